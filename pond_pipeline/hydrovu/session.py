"""One paged question to the API, and everything that can go wrong on the way to its answer.

A failed attempt is repeated from the page that failed, never from the first; what remains is one
`HydroVuError` that names the subject, the page, its cursor, the address and what to do.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http import HTTPStatus
from itertools import count
from typing import TypeVar

import httpx

from pond_pipeline.errors import HydroVuError
from pond_pipeline.hydrovu.auth import ADDRESS_HINT, CREDENTIALS_HINT
from pond_pipeline.hydrovu.outage import Outage
from pond_pipeline.hydrovu.page import decode
from pond_pipeline.hydrovu.rate import RateLimit
from pond_pipeline.hydrovu.retry import (
    TransientError,
    UnreachableError,
    described,
    number_header,
    raise_if_transient,
    retried,
)
from pond_pipeline.hydrovu.shape import ShapeError

T = TypeVar("T")

TIMEOUT = httpx.Timeout(10.0, read=60.0)
"""Seconds. Slow answers to long ranges are known; a minute without a byte is none."""

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

# HydroVu API, paging: only the response's header drives; absent or empty, it was the last page.
_START_PAGE = "X-ISI-Start-Page"
_NEXT_PAGE = "X-ISI-Next-Page"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, page by page, with the same path and parameters or the cursors are void.

    Attributes:
        subject: What it is about, for messages, e.g. `location 4990594334457856`.
        path: Below the base address.
        params: Query parameters.
        is_empty_when_404: True where the API says "no data" with HTTP 404.
    """

    subject: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    is_empty_when_404: bool = False


class Session:
    """Connections to the API under one credential.

    Args:
        base_url: Scheme and host, without a secret in it.
        auth: Signs each request.
        transport: Instead of the network.
        sleep: Waits so many seconds.
        clock: The present instant, aware.
        attempts: How often one page is asked for.
        rate: The limit to keep to.
        outage: What is known of the server; while it is out of reach, it is asked once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: httpx.Auth,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
        attempts: int,
        rate: RateLimit,
        outage: Outage,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._attempts = attempts
        self._rate = rate
        self._outage = outage
        self._lock = threading.Lock()
        self.requests = 0
        self._http = httpx.Client(
            base_url=base_url,
            auth=auth,
            headers={"Accept": "application/json", "User-Agent": "duckpond"},
            timeout=TIMEOUT,
            transport=transport,
            verify=_trusted(),
            # A proxy of the environment leads to the network, and seldom back to this machine.
            trust_env=httpx.URL(base_url).host not in _THIS_MACHINE,
            # Hooks see every request, those for tokens and the repeated ones too.
            event_hooks={"request": [self._await_turn], "response": [self._heed_limit]},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pages(self, question: Question, read: Callable[[object], T]) -> Iterator[tuple[int, T]]:
        """Yield page number and page, as the API's cursors lead.

        Args:
            question: What to ask.
            read: Makes a page of decoded JSON, or raises `ShapeError`.

        Raises:
            HydroVuError: The API refused, failed, or answered nonsense, or its pages never end.
        """
        cursor = ""
        asked = {cursor}
        for number in count(1):
            place = _Place(question, number, cursor)
            response = self._ask(place)
            if response is None:
                return
            try:
                page = read(response.document)
            except ShapeError as exc:
                hint = "the API has changed, or `base_url` is not HydroVu's: report it"
                raise place.failure(str(exc), url=response.url, hint=hint) from exc
            yield number, page
            cursor = response.next_cursor
            if not cursor:
                return
            if cursor in asked:
                what = f"its {_NEXT_PAGE} {cursor} was asked for before: the pages never end"
                hint = "try again; if it persists, write to HydroVu support with this line"
                raise place.failure(what, url=response.url, hint=hint)
            asked.add(cursor)

    def _ask(self, place: "_Place") -> "_Answer | None":
        """Ask for one page as often as it takes; None is an expected 404."""
        question = place.question
        headers = {_START_PAGE: place.cursor} if place.cursor else {}
        request = self._http.build_request(
            "GET", question.path, params=question.params, headers=headers
        )

        def attempt() -> _Answer | None:
            response = self._send(request)
            status = response.status_code
            if status == HTTPStatus.NOT_FOUND and question.is_empty_when_404:
                return None
            if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise place.failure(f"HTTP {status}", url=request.url, hint=CREDENTIALS_HINT)
            if status != HTTPStatus.OK:
                raise place.failure(f"HTTP {status}", url=request.url, hint=ADDRESS_HINT)
            return _answer(response)

        is_out = self._outage.lasts(self._clock())
        attempts = 1 if is_out else self._attempts
        try:
            return retried(attempt, attempts=attempts, sleep=self._sleep)
        except TransientError as exc:
            if isinstance(exc, UnreachableError):
                self._outage.begin(self._clock())
            how = "as a moment ago" if is_out else f"the last of {attempts} attempts"
            raise place.failure(f"{exc}, {how}", url=request.url, hint=exc.hint) from exc

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._http.send(request)
        except httpx.RequestError as exc:
            msg = f"{described(exc.request)} failed with {type(exc).__name__}: {exc}"
            is_reached = not isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout)
            kind = TransientError if is_reached else UnreachableError
            raise kind(msg, hint=ADDRESS_HINT) from exc
        self._outage.end()
        raise_if_transient(response, now=self._clock())
        return response

    def _await_turn(self, request: httpx.Request) -> None:  # noqa: ARG002  # httpx's hook
        wait_s = self._rate.reserve(self._clock())
        if wait_s > 0:
            self._sleep(wait_s)
        with self._lock:
            self.requests += 1

    def _heed_limit(self, response: httpx.Response) -> None:
        used = number_header(response.headers, "x-isi-requests-this-minute")
        if used is not None:
            reset_s = number_header(response.headers, "x-isi-requests-timeout")
            self._rate.observe(self._clock(), used=used, reset_s=reset_s)


@cache
def _trusted() -> ssl.SSLContext:
    """Return which servers are trusted: reading the authorities takes 0.03 s, so once a process."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class _Place:
    """One page of a question: what an error has to name."""

    question: Question
    number: int
    cursor: str

    def failure(self, what: str, *, url: httpx.URL, hint: str) -> HydroVuError:
        cursor = f", {_START_PAGE} {self.cursor}" if self.cursor else ""
        msg = f"HydroVu {self.question.subject}, page {self.number}: {what} (GET {url}{cursor})"
        return HydroVuError(msg, hint=hint)


@dataclass(frozen=True, slots=True)
class _Answer:
    url: httpx.URL
    document: object
    next_cursor: str


def _answer(response: httpx.Response) -> _Answer:
    try:
        document = decode(response.content)
    except ValueError as exc:
        size = len(response.content)
        msg = f"{described(response.request)} answered what is no JSON, {size} bytes: {exc}"
        raise TransientError(msg, hint=ADDRESS_HINT) from exc
    return _Answer(response.url, document, response.headers.get(_NEXT_PAGE, "").strip())
