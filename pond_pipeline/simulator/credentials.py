"""Who may ask: OAuth2 client credentials and the tokens given for them."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

SCOPES = ("read:locations", "read:data")
"""All scopes of the API."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that was given out."""

    token: str
    scopes: AbstractSet[str]
    expires_s: float


class Credentials:
    """One account and its living tokens."""

    def __init__(self, key: str, secret: str, *, lifetime_s: int) -> None:
        self._key = key
        self._secret = secret
        self.lifetime_s = lifetime_s
        self._grants: dict[str, Grant] = {}

    def knows(self, form: Mapping[str, str], authorization: str) -> bool:
        """Say whether key and secret are right, in the form body or as HTTP Basic."""
        key, secret = _basic(authorization) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        # Both are compared whatever the first says, and as bytes: they may be any text.
        key_is_right = hmac.compare_digest(key.encode(), self._key.encode())
        return hmac.compare_digest(secret.encode(), self._secret.encode()) and key_is_right

    def grant(self, form: Mapping[str, str], *, now_s: float) -> Grant:
        """Give a token for the scopes that are asked for; without any, for all."""
        asked = form.get("scope", "").split() or SCOPES
        grant = Grant(
            token=secrets.token_urlsafe(32),
            scopes=frozenset(SCOPES) & frozenset(asked),
            expires_s=now_s + self.lifetime_s,
        )
        self._grants[grant.token] = grant
        return grant

    def check(self, authorization: str, *, now_s: float) -> Grant | None:
        """Return the living grant that a `Bearer` header names."""
        scheme, _, token = authorization.partition(" ")
        grant = self._grants.get(token.strip())
        if scheme.lower() != "bearer" or grant is None or now_s >= grant.expires_s:
            return None
        return grant

    def forget(self) -> None:
        """Let all tokens expire."""
        self._grants.clear()


def parse_form(body: str) -> dict[str, str]:
    """Return the fields of a form body; the first of equal names wins."""
    return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    key, _, secret = text.partition(":")
    # RFC 6749, 2.3.1: both are form-encoded before they are joined. Clients that do not encode
    # send the same text unless it holds a percent or plus sign.
    return unquote_plus(key), unquote_plus(secret)
