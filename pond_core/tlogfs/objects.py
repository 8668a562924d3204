"""Objects: immutable content kept outside the log, named by its SHA-256."""

from collections.abc import Iterator
from pathlib import Path

from pond_core.errors import CorruptionError
from pond_core.oplog import Durability, sha256_of, storage_errors


class ObjectStore:
    """The files below `<pond>/objects`, each `<first two hex digits>/<sha256>`."""

    def __init__(self, pond: Path, *, durability: Durability) -> None:
        self.root = pond / "objects"
        self._tmp = pond / "tmp"
        self._durability = durability

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; bytes that are there already are kept once."""
        digest = sha256_of(data)
        self._durability.publish(data, self.path(digest), temporary=self._tmp)
        return digest

    def path(self, digest: str) -> Path:
        """Return where an object lies."""
        return self.root / digest[:2] / digest

    def get(self, digest: str) -> bytes:
        """Return an object's bytes.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
        """
        path = self.path(digest)
        if not path.is_file():
            msg = f"{path} is missing, though the log names it"
            raise CorruptionError(msg, hint="`pond verify` says what else is")
        with storage_errors(path):
            data = path.read_bytes()
        if sha256_of(data) != digest:
            msg = f"{path} is damaged: its bytes do not have the digest that is its name"
            raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
        return data

    def digests(self) -> Iterator[str]:
        """Iterate over what is there, referenced or not."""
        return (path.name for path in sorted(self.root.glob("*/*")) if path.is_file())
