"""A place in which nobody can read or guess anything who does not have its key.

Each part of a name is sealed by AES-SIV, together with the parts before it: equal names are equal,
so that a file is found, and whoever has the key can list them. Content is sealed piece by piece by
AES-GCM, under a key that is made for the file of a random salt. The name is bound to each piece,
and so are its number and whether it is the last: no file can be read under another name, cut short,
or put together of others.

What is seen without the key: how many files there are, how they are grouped, how large they are,
and when they were written.
"""

import base64
import io
import json
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pond_core.errors import CorruptionError, DataError
from pond_core.storage.place import Place, Stored

MARKER = "sealed.json"
"""What says in the clear that a place is sealed, and how its keys are made of a passphrase."""

_FORMAT = 1

_LOST = "put it back from a copy: without it no key fits"

_SEALED = re.compile(r"[a-z2-7]{34}|[a-z2-7]{40}")
"""What `ponds` and `condemned` look like, sealed: 16 bytes more, five bits to a character."""

_SCRYPT = {"n": 2**15, "r": 8, "p": 3}
"""The cost of trying a passphrase: OWASP's password storage cheat sheet, for 32 MiB of memory."""

_SHORTEST = 16
"""Characters of a passphrase; a shorter one could be found by trying."""

_MAGIC = b"DPS1"
_SALT_BYTES = 16
_HEAD_BYTES = len(_MAGIC) + _SALT_BYTES
_TAG_BYTES = 16
_PIECE_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class _Keys:
    """What is made of a passphrase: what seals names, and what keys of files are made of."""

    names: AESSIV
    content: bytes


class Sealed:
    """The files of a place, sealed.

    Args:
        place: Where they are.
        passphrase: Who has it can read them, nobody else, and never without it.

    Raises:
        DataError: The passphrase is too short.
    """

    def __init__(self, place: Place, passphrase: str) -> None:
        if len(passphrase) < _SHORTEST:
            msg = f"the key of {place.label} has less than {_SHORTEST} characters"
            hint = "make a long one: python -c 'import secrets; print(secrets.token_hex())'"
            raise DataError(msg, hint=hint)
        self._place = place
        self._passphrase = passphrase
        self._known: _Keys | None = None

    @property
    def label(self) -> str:
        """What the place itself is called."""
        return self._place.label

    def prepare(self) -> None:
        """See `Place.prepare`; what is there must be sealed by the same passphrase.

        Raises:
            CorruptionError: What tells how the keys are made is missing or damaged.
            DataError: It is not.
        """
        self._place.prepare()
        with self._place.writing():
            if self._place.size(MARKER) is not None or self._place.folders("ponds"):
                self._keys()
            elif any(map(_SEALED.fullmatch, self._place.folders(""))):
                # Another one would be made of another salt: what is there fits no key then.
                msg = f"{self.label}/{MARKER} is missing"
                raise CorruptionError(msg, hint=_LOST)
            else:
                self._place.create(MARKER, _marked(self._passphrase))

    def writing(self) -> AbstractContextManager[None]:
        """See `Place.writing`."""
        return self._place.writing()

    def size(self, name: str) -> int | None:
        """See `Place.size`; of what is sealed."""
        size = None if self._is_empty() else self._place.size(self._sealed(name))
        return None if size is None else _size_within(size)

    def files(self, folder: str) -> Iterator[Stored]:
        """See `Place.files`."""
        if self._is_empty():
            return
        found = [
            replace(each, name=name, size=_size_within(each.size))
            for each in self._place.files(self._sealed(folder))
            if (name := self._opened(each.name)) is not None
        ]
        yield from sorted(found, key=lambda each: each.name)

    def folders(self, folder: str) -> list[str]:
        """See `Place.folders`."""
        if self._is_empty():
            return []
        sealed = self._sealed(folder)
        names = (f"{sealed}/{each}" for each in self._place.folders(sealed))
        opened = (self._opened(name) for name in names)
        return sorted(each.rpartition("/")[2] for each in opened if each is not None)

    def read(self, name: str) -> bytes | None:
        """See `Place.read`.

        Raises:
            CorruptionError: It is not what was written under that name.
        """
        data = None if self._is_empty() else self._place.read(self._sealed(name))
        if data is None:
            return None
        out = io.BytesIO()
        self._open(name, io.BytesIO(data), len(data), out)
        return out.getvalue()

    def open(self, name: str) -> BinaryIO:
        """See `Place.open`; it is read at once, since no part can be trusted by itself."""
        data = self.read(name)
        if data is None:
            msg = f"{self.label}/{name} is missing"
            raise CorruptionError(msg, hint="`pond backup verify` says what else is")
        return io.BytesIO(data)

    def write(self, name: str, data: bytes) -> None:
        """See `Place.write`."""
        self._place.write(self._sealed(name), self._closed(name, data))

    def create(self, name: str, data: bytes) -> bool:
        """See `Place.create`."""
        return self._place.create(self._sealed(name), self._closed(name, data))

    def upload(self, source: Path, name: str) -> None:
        """See `Place.upload`; needs as much room for temporary files."""
        with tempfile.TemporaryDirectory() as directory:
            target = Path(directory) / "sealed"
            with source.open("rb") as file, target.open("wb") as out:
                self._close(name, file, source.stat().st_size, out)
            self._place.upload(target, self._sealed(name))

    def download(self, name: str, target: Path) -> bool:
        """See `Place.download`; needs as much room for temporary files."""
        with tempfile.TemporaryDirectory() as directory:
            sealed = Path(directory) / "sealed"
            if self._is_empty() or not self._place.download(self._sealed(name), sealed):
                return False
            with sealed.open("rb") as file, target.open("wb") as out:
                self._open(name, file, sealed.stat().st_size, out)
        return True

    def delete(self, names: Iterable[str]) -> None:
        """See `Place.delete`."""
        self._place.delete([self._sealed(name) for name in names])

    def _is_empty(self) -> bool:
        """Say whether nothing is there yet, not even what would say how it is sealed."""
        return not (self._known or is_sealed(self._place) or self._place.folders("ponds"))

    def _keys(self) -> _Keys:
        if self._known is None:
            data = self._place.read(MARKER)
            if data is None:
                msg = f"what lies in {self.label} is not sealed"
                raise DataError(msg, hint="leave the key out, or name another place")
            self._known = _made_of(self._passphrase, data, label=self.label)
        return self._known

    def _sealed(self, name: str) -> str:
        keys = self._keys()
        sealed: list[str] = []
        for part in name.split("/") if name else ():
            above = "/".join(sealed).encode()
            sealed.append(_text(keys.names.encrypt(part.encode(), [above])))
        return "/".join(sealed)

    def _opened(self, sealed: str) -> str | None:
        """Return the name that is sealed; None for what is in the place besides."""
        keys, parts, above = self._keys(), [], ""
        for each in sealed.split("/"):
            try:
                part = keys.names.decrypt(_bytes(each), [above.encode()])
            except (InvalidTag, ValueError):
                return None
            parts.append(part.decode())
            above = f"{above}/{each}".lstrip("/")
        return "/".join(parts)

    def _closed(self, name: str, data: bytes) -> bytes:
        out = io.BytesIO()
        self._close(name, io.BytesIO(data), len(data), out)
        return out.getvalue()

    def _close(self, name: str, file: BinaryIO, size: int, out: BinaryIO) -> None:
        salt = secrets.token_bytes(_SALT_BYTES)
        cipher = _cipher(self._keys().content, salt)
        out.write(_MAGIC + salt)
        pieces = max(1, -(-size // _PIECE_BYTES))
        for number in range(pieces):
            piece = file.read(_PIECE_BYTES)
            nonce = _nonce(number, is_last=number == pieces - 1)
            out.write(cipher.encrypt(nonce, piece, name.encode()))

    def _open(self, name: str, file: BinaryIO, size: int, out: BinaryIO) -> None:
        head = file.read(_HEAD_BYTES)
        cipher = _cipher(self._keys().content, head[len(_MAGIC) :])
        pieces = max(1, -(-(size - _HEAD_BYTES) // (_PIECE_BYTES + _TAG_BYTES)))
        try:
            if not head.startswith(_MAGIC) or len(head) < _HEAD_BYTES:
                raise InvalidTag
            for number in range(pieces):
                piece = file.read(_PIECE_BYTES + _TAG_BYTES)
                nonce = _nonce(number, is_last=number == pieces - 1)
                out.write(cipher.decrypt(nonce, piece, name.encode()))
        except InvalidTag:
            msg = f"{self.label}/{name} is damaged, or is not what was written under that name"
            hint = "docs/backup.md says what can be done about it"
            raise CorruptionError(msg, hint=hint) from None


def is_sealed(place: Place) -> bool:
    """Say whether what lies in a place is sealed."""
    return place.size(MARKER) is not None


def _marked(passphrase: str) -> bytes:
    """Return a new marker."""
    salt = secrets.token_bytes(_SALT_BYTES)
    master = Scrypt(salt, 32, **_SCRYPT).derive(passphrase.encode())
    facts = {
        "format": _FORMAT,
        "salt": salt.hex(),
        **_SCRYPT,
        "check": _derived(master, b"check", 16).hex(),
    }
    return json.dumps(facts).encode()


def _made_of(passphrase: str, marker: bytes, *, label: str) -> _Keys:
    try:
        facts = json.loads(marker)
        salt, cost = bytes.fromhex(facts["salt"]), {name: int(facts[name]) for name in _SCRYPT}
        expected, known = bytes.fromhex(facts["check"]), facts["format"] == _FORMAT
        if known and cost != _SCRYPT:
            # Whoever keeps the file shall not say how long this works on it, or how easily.
            raise ValueError
    except (ValueError, KeyError, TypeError) as exc:
        msg = f"{label}/{MARKER} is damaged"
        raise CorruptionError(msg, hint=_LOST) from exc
    if not known:
        msg = f"{label}/{MARKER} has format {facts['format']}, this DuckPond reads {_FORMAT}"
        raise DataError(msg, hint="install a newer duckpond")
    master = Scrypt(salt, 32, **cost).derive(passphrase.encode())
    if not secrets.compare_digest(_derived(master, b"check", 16), expected):
        msg = f"the key is not the one of {label}"
        raise DataError(msg, hint="without the key that it was made with nothing can be read")
    return _Keys(AESSIV(_derived(master, b"names", 64)), _derived(master, b"content", 32))


def _derived(key: bytes, purpose: bytes, length: int, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), length, salt, b"duckpond backup " + purpose).derive(key)


def _cipher(content: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(content, b"file", 32, salt))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _size_within(size: int) -> int:
    """Return the size of what is sealed in a file of a size; of none that is whole, too small."""
    body = size - _HEAD_BYTES
    return body - _TAG_BYTES * max(1, -(-body // (_PIECE_BYTES + _TAG_BYTES)))


def _text(data: bytes) -> str:
    """Return bytes as a part of a name that every disk takes, however it treats capitals."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
