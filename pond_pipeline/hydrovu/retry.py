"""Which failures are worth another attempt, and how long to wait before it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from logging import getLogger
from typing import TypeVar

import httpx
import tenacity

from pond_pipeline.hydrovu.rate import MINUTE_S

T = TypeVar("T")

ATTEMPTS = 5
"""How often one page is asked for: about 20 s of a server's failing, or five of its minutes."""

LONGEST_WAIT_S = 300.0
"""What a server may make us wait at most; a larger `Retry-After` becomes a failure to look at."""

_LOG = getLogger(__name__)

_BACKOFF = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)


class TransientError(Exception):
    """An attempt failed in a way that another attempt may not.

    Attributes:
        hint: What to do when it is still so after the last attempt.
        wait_s: How long the server wants us to wait; None leaves it to the usual backoff.
    """

    def __init__(self, message: str, *, hint: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.wait_s = wait_s


class UnreachableError(TransientError):
    """Nothing answered where the server should be."""


def retried(attempt: Callable[[], T], *, attempts: int, sleep: Callable[[float], None]) -> T:
    """Call `attempt` until it succeeds, `attempts` times at most.

    Raises:
        TransientError: Of the last attempt.
    """
    caller = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(attempts),
        wait=_wait_s,
        sleep=sleep,
        before_sleep=_tell,
        reraise=True,
    )
    return caller(attempt)


def raise_if_transient(response: httpx.Response, *, now: datetime) -> None:
    """Raise `TransientError` for a status that passes: 429, 408 and every 5xx."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TransientError(
            f"{described(response.request)} answered HTTP 429, too many requests",
            hint="something else uses the same credentials: stop it, or try again in a minute",
            wait_s=_asked_wait_s(response.headers, now=now, default=MINUTE_S),
        )
    if status == HTTPStatus.REQUEST_TIMEOUT or response.is_server_error:
        raise TransientError(
            f"{described(response.request)} answered HTTP {status}",
            hint="try again later; if it persists, write to HydroVu support with this URL, page "
            "number and cursor",
            wait_s=_asked_wait_s(response.headers, now=now, default=None),
        )


def described(request: httpx.Request) -> str:
    """Return method and path of a request, for messages."""
    return f"{request.method} {request.url.path}"


def number_header(headers: httpx.Headers, name: str) -> float | None:
    """Return a header that holds a number not below 0; None without it or with anything else."""
    text = headers.get(name, "").strip()
    # Digits only: `float` also knows "nan" and "1e999".
    return float(text) if text.isascii() and text.isdecimal() else None


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransientError) and error.wait_s is not None:
        return error.wait_s
    return _BACKOFF(state)


def _tell(state: tenacity.RetryCallState) -> None:
    """Log what failed, in words for an operator."""
    error = state.outcome.exception() if state.outcome else None
    _LOG.warning("%s; asked again in %.0f s", error, state.upcoming_sleep)


def _asked_wait_s(headers: httpx.Headers, *, now: datetime, default: float | None) -> float | None:
    """Return what `Retry-After` asks, else what is left of the API's minute, else `default`."""
    asked_s = number_header(headers, "retry-after")
    if asked_s is None:
        asked_s = _seconds_until(headers.get("retry-after", ""), now=now)
    if asked_s is None and default is not None:
        left_s = number_header(headers, "x-isi-requests-timeout")
        asked_s = default if left_s is None else min(left_s, default)
    return None if asked_s is None else min(asked_s, LONGEST_WAIT_S)


def _seconds_until(http_date: str, *, now: datetime) -> float | None:
    try:
        until = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    # A date "-0000" is parsed as naive; HTTP dates are UTC.
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
