"""Objects: immutable content kept outside the log, named by its SHA-256."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from pond_core.errors import CorruptionError
from pond_core.storage import Durability, Since, count_read, sha256_of, storage_errors

_FRESH_S = 3600
"""A schema that this process put within the hour is not put again: clean-up spares a day's."""


class ObjectStore:
    """The files below `<pond>/objects`, each `<first two hex digits>/<sha256>`."""

    def __init__(self, pond: Path, *, durability: Durability) -> None:
        self.root = pond / "objects"
        self._tmp = pond / "tmp"
        self._durability = durability
        self._schemas: dict[str, pa.Schema] = {}
        self._put: dict[str, Since] = {}

    @property
    def are_copies(self) -> bool:
        """True if what is not on this disk may have to be fetched."""
        return self._durability.has_copies

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; bytes that are there already are kept once."""
        digest = sha256_of(data)
        self._durability.publish(data, self.path(digest), temporary=self._tmp)
        return digest

    def path(self, digest: str) -> Path:
        """Return where an object lies."""
        return self.root / digest[:2] / digest

    def has(self, digest: str) -> bool:
        """Say whether an object is there; one that is not will be put anew."""
        if self._durability.has(self.path(digest)):
            return True
        self._put.pop(digest, None)
        return False

    def fetch(self, digests: Iterable[str]) -> None:
        """Have objects here that are about to be read; see `Durability.fetch`."""
        self._durability.fetch(self.path(digest) for digest in digests)

    def mend(self, digest: str) -> bool:
        """Delete a copy of an object that is no good; see `Durability.mend`."""
        return self._durability.mend([self.path(digest)])

    def release(self, digest: str) -> None:
        """Let go of an object that was only to be checked; see `Durability.release`."""
        self._durability.release(self.path(digest))

    def get(self, digest: str) -> bytes:
        """Return an object's bytes.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
        """
        path = self.path(digest)
        self.fetch([digest])
        if not path.is_file():
            msg = f"{path} is missing, though the log names it"
            raise CorruptionError(msg, hint="`pond verify` says what else is")
        with storage_errors(path):
            data = path.read_bytes()
        count_read(path, len(data))
        if sha256_of(data) != digest:
            if self.mend(digest):
                return self.get(digest)
            msg = f"{path} is damaged: its bytes do not have the digest that is its name"
            raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
        return data

    def schema(self, digest: str) -> pa.Schema:
        """Return the Arrow schema that an object is; each is read once.

        Raises:
            CorruptionError: The object is missing or damaged, or is no schema.
        """
        if digest not in self._schemas:
            try:
                self._schemas[digest] = pa.ipc.read_schema(pa.py_buffer(self.get(digest)))
            except (pa.ArrowException, OSError) as exc:
                msg = f"{self.path(digest)} is no Arrow schema: {exc}"
                raise CorruptionError(msg, hint="`pond verify` says what else is damaged") from exc
        return self._schemas[digest]

    def put_schema(self, schema: pa.Schema) -> str:
        """Keep an Arrow schema and return its digest."""
        data = schema.serialize().to_pybytes()
        digest = sha256_of(data)
        put = self._put.get(digest)
        if put is None or put.seconds > _FRESH_S:
            began = Since()
            self.put(data)
            # Not before it is there: another thread would name it, and be refused.
            self._put[digest] = began
            self._schemas[digest] = schema
        return digest

    def digests(self) -> Iterator[str]:
        """Iterate over what is there, referenced or not."""
        return (path.name for path in self._durability.found(self.root))
