"""The OAuth2 client-credentials flow, as an `httpx.Auth`.

A token is fetched when the first request needs one, renewed before it ends, and renewed once when
the server refuses it all the same. Neither the secret nor a token is ever part of a message or a
`repr`.
"""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
from typing_extensions import override

from pond_pipeline.errors import HydroVuError
from pond_pipeline.hydrovu.page import decode
from pond_pipeline.hydrovu.retry import TransientError, described, raise_if_transient
from pond_pipeline.hydrovu.shape import ShapeError, member

SCOPE = "read:locations read:data"
"""HydroVu API, the scopes of the client-credentials flow."""

CREDENTIALS_HINT = (
    "check the client id and secret: HYDROVU_KEY and HYDROVU_SECRET in .env, or what `key` and "
    "`secret` in resources.yaml name"
)
"""What to do when the API refuses."""

ADDRESS_HINT = (
    "check the network, and the address: `base_url` in resources.yaml, or HYDROVU_URL in .env; "
    "without an account, `pond simulator` answers in another terminal"
)
"""What to do when something answers that is not the API, or nothing does."""

_EARLY_S = 60.0
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, eq=False)
class _Token:
    text: str = field(repr=False)
    renew_at: datetime | None  # None: the server named no end, so its refusal will


class ClientCredentials(httpx.Auth):
    """Signs the requests of synchronous clients; safe to share between them and between threads."""

    requires_response_body = True

    def __init__(
        self, token_url: str, key: str, secret: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._token_url = token_url
        self._key = key
        self._secret = secret
        self._clock = clock
        self._token: _Token | None = None
        # Held while a token is fetched, so that a hundred threads fetch one.
        self._lock = threading.Lock()

    @override
    def __repr__(self) -> str:
        return f"ClientCredentials({self._token_url!r})"

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token; when it is refused, once more with a new one."""
        token = yield from self._valid_token(refused=None)
        request.headers["Authorization"] = f"Bearer {token.text}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            token = yield from self._valid_token(refused=token)
            request.headers["Authorization"] = f"Bearer {token.text}"
            yield request

    def _valid_token(
        self, *, refused: _Token | None
    ) -> Generator[httpx.Request, httpx.Response, _Token]:
        with self._lock:
            token = self._token
            # Another thread may have renewed the refused one already.
            if token is None or token is refused or self._is_ending(token):
                response = yield self._token_request()
                token = self._token = self._read(response)
            return token

    def _is_ending(self, token: _Token) -> bool:
        return token.renew_at is not None and self._clock() >= token.renew_at

    def _token_request(self) -> httpx.Request:
        # In the body, not as HTTP Basic: both are accepted, and a body needs no agreement on how
        # to quote unusual characters.
        form = {
            "grant_type": "client_credentials",
            "client_id": self._key,
            "client_secret": self._secret,
            "scope": SCOPE,
        }
        return httpx.Request("POST", self._token_url, data=form)

    def _read(self, response: httpx.Response) -> _Token:
        asked = described(response.request)
        raise_if_transient(response, now=self._clock())
        if response.status_code in _REFUSALS:
            msg = f"HydroVu refused the credentials: {asked} answered HTTP {response.status_code}"
            raise HydroVuError(msg, hint=CREDENTIALS_HINT)
        if response.status_code != HTTPStatus.OK:
            msg = f"HydroVu gave no token: {asked} answered HTTP {response.status_code}"
            raise HydroVuError(msg, hint=ADDRESS_HINT)
        try:
            document = decode(response.content)
        except ValueError as exc:
            msg = f"{asked} answered what is no JSON: {exc}"
            raise TransientError(msg, hint=ADDRESS_HINT) from exc
        try:
            text = member(document, "access_token", str, where="the answer")
        except ShapeError as exc:
            msg = f"HydroVu gave no token: {asked}: {exc}"
            raise HydroVuError(msg, hint=ADDRESS_HINT) from exc
        if not text or not text.isascii() or not text.isprintable():
            msg = f"HydroVu gave a token that no header can carry: {asked}"
            raise HydroVuError(msg, hint=ADDRESS_HINT)
        return _Token(text, renew_at=self._renew_at(document))

    def _renew_at(self, document: object) -> datetime | None:
        lifetime_s = document.get("expires_in") if isinstance(document, dict) else None
        if type(lifetime_s) is not int or not 0 < lifetime_s < timedelta.max.days:
            return None
        # A lifetime below two minutes leaves no whole minute to be early.
        return self._clock() + timedelta(seconds=lifetime_s - min(_EARLY_S, lifetime_s / 2))
