"""The opaque page cursors of the API: 64 characters of base64, bound to the exact query."""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass

_PACKING = struct.Struct(">qq")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a paged reply.

    Attributes:
        position: Where the page starts: an instant in seconds, or the index of a list entry.
        page: Its number, from 1.
    """

    position: int
    page: int


class Cursors:
    """Writes and reads cursors. The same secret reads them after a restart."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(secret.encode()).digest()

    def write(self, cursor: Cursor, *, query: str) -> str:
        """Return the text of a cursor that is valid for one query only."""
        plain = _PACKING.pack(cursor.position, cursor.page)
        tag = self._tag(plain, query)
        return base64.b64encode(_mask(plain, tag) + tag).decode()

    def read(self, text: str, *, query: str) -> Cursor | None:
        """Return the cursor that was written for this query; None if it was not."""
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
        tag = raw[_PACKING.size :]
        if len(tag) != hashlib.sha256().digest_size:
            return None
        plain = _mask(raw[: _PACKING.size], tag)
        if not hmac.compare_digest(tag, self._tag(plain, query)):
            return None
        return Cursor(*_PACKING.unpack(plain))

    def _tag(self, plain: bytes, query: str) -> bytes:
        return hmac.digest(self._key, plain + query.encode(), "sha256")


def _mask(data: bytes, tag: bytes) -> bytes:
    """Hide or show the packed place, so that no client is tempted to read it."""
    return bytes(a ^ b for a, b in zip(data, tag, strict=False))
