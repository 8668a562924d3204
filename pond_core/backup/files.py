"""The files of a pond's backup: content under its digest, shared by all ponds, and the pond's own.

What is read is compared with its digest; whoever keeps the files is not trusted with a byte.
"""

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pond_core.errors import CorruptionError
from pond_core.storage import Durability, Place, digest_of, sha256_of, storage_errors

SHARED = ("objects", "segments")
"""The folders of what is named by its digest."""


class Files:
    """The files that the backup of one pond consists of.

    Args:
        place: Where they are.
        pond: The pond's UUID.
        shared: Whether content that is equal is there once for all ponds. Where it is sealed, each
            pond's is bound to it.

    Attributes:
        place: Where they are.
        pond: The pond's UUID.
    """

    def __init__(self, place: Place, pond: str, *, shared: bool) -> None:
        self.place = place
        self.pond = pond
        self._shared = SHARED if shared else ()

    @property
    def label(self) -> str:
        """How messages name the place."""
        return self.place.label

    def where(self, name: str) -> str:
        """Return where in the place a file is."""
        return name if name.startswith(self._shared) else f"ponds/{self.pond}/{name}"

    def size(self, name: str) -> int | None:
        """Return the size of a file; None if it is not there."""
        return self.place.size(self.where(name))

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the sizes of all files below a folder, by name: one request for a thousand."""
        where = self.where(folder)
        found = self.place.files(where)
        return {f"{folder}{each.name.removeprefix(where)}": each.size for each in found}

    def names(self, folder: str) -> list[str]:
        """Return the last parts of the names of the pond's own files in a folder, in order."""
        above = f"{self.where(folder)}/"
        found = (each.name.removeprefix(above) for each in self.place.files(self.where(folder)))
        return sorted(name for name in found if "/" not in name)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; None if it is not there."""
        return self.place.read(self.where(name))

    def read_content(self, name: str, *, digest: str) -> bytes:
        """Return the bytes of a file that has a digest.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
        """
        data = self.read(name)
        if data is None:
            raise self._damaged(name, "missing")
        if sha256_of(data) != digest:
            raise self._damaged(name, "damaged")
        return data

    def open(self, name: str) -> BinaryIO:
        """Return a file to read parts of.

        Raises:
            StorageError: It cannot be read.
        """
        return self.place.open(self.where(name))

    def write(self, name: str, data: bytes) -> None:
        """Write a file, over one that is there."""
        self.place.write(self.where(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that is not there yet; False if there is one; see `Place.create`."""
        return self.place.create(self.where(name), data)

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        self.place.delete([self.where(name) for name in names])

    def send(self, source: Path, name: str, *, digest: str) -> int:
        """Copy a file that has a digest to the place, and return its size.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
            StorageError: The place refuses; the file is not there.
        """
        if not source.is_file():
            raise _damaged(source, "missing")
        if digest_of(source) != digest:
            raise _damaged(source, "damaged")
        self.place.upload(source, self.where(name))
        return source.stat().st_size

    def fetch(
        self, name: str, target: Path, *, digest: str, temporary: Path, durability: Durability
    ) -> int:
        """Copy a file that has a digest to this machine, and return its size.

        Args:
            name: The file.
            target: What it is copied to; it appears whole.
            digest: What its bytes must have.
            temporary: A directory beside the target, for the file in the making.
            durability: Whether to wait for the disk.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
            StorageError: The disk or the place refuses; the target is not there.
        """
        for directory in (target.parent, temporary):
            durability.make_directory(directory)
        with _in_the_making(target, temporary) as partial:
            if not self.place.download(self.where(name), partial):
                raise self._damaged(name, "missing")
            if digest_of(partial) != digest:
                raise self._damaged(name, "damaged")
            durability.sync_file(partial)
            with storage_errors(target):
                partial.replace(target)
                size = target.stat().st_size
        durability.sync_file(target.parent)
        return size

    def has_digest(self, name: str, digest: str, *, temporary: Path) -> bool:
        """Say whether the bytes of a file, of any size, have a digest."""
        with _in_the_making(temporary / digest, temporary) as partial:
            return self.place.download(self.where(name), partial) and digest_of(partial) == digest

    def _damaged(self, name: str, what: str) -> CorruptionError:
        return _damaged(f"{self.label}/{self.where(name)}", what)


@contextlib.contextmanager
def _in_the_making(target: Path, temporary: Path) -> Iterator[Path]:
    """Yield a path to write to, which is gone afterwards."""
    partial = temporary / f"{target.name}.{secrets.token_hex(8)}"
    try:
        yield partial
    finally:
        with storage_errors(partial):
            partial.unlink(missing_ok=True)


def _damaged(where: str | Path, what: str) -> CorruptionError:
    msg = f"{where} is {what}"
    return CorruptionError(msg, hint="docs/backup.md says what can be done about it")
