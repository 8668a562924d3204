"""The files of a backup: whole and on disk under their names, or not there.

What this asks of the place is little, so that it can be a disk of any kind: rename, and a lock
against a second program that writes. No hard links.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pond_core.errors import CorruptionError
from pond_core.storage import Durability, digest_of, exclusive, sha256_of, storage_errors

_CHUNK_BYTES = 1024**2


class Files:
    """The files below a folder, by their names with `/`.

    Attributes:
        root: The folder.
    """

    def __init__(self, root: Path, *, durability: Durability) -> None:
        self.root = root
        self._durability = durability

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one that writes; what an earlier one left in the making is deleted.

        Raises:
            LockError: The file system cannot lock.
            StorageError: It refuses.
        """
        self._durability.make_directory(self.root / "tmp")
        with exclusive(self.root / "lock"):
            for path in sorted((self.root / "tmp").iterdir()):
                with storage_errors(path):
                    path.unlink()
            yield

    def size(self, name: str) -> int | None:
        """Return the size of a file; None if it is not there."""
        path = self.root / name
        with storage_errors(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[str]:
        """Return the names of what is in a folder, in order; none if it is not there."""
        path = self.root / folder
        with storage_errors(path):
            found = path.iterdir() if path.is_dir() else ()
            return sorted(f"{folder}/{each.name}" for each in found)

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in a folder, in order; none if it is not there."""
        path = self.root / folder
        with storage_errors(path):
            found = sorted(path.iterdir()) if path.is_dir() else []
            return [each.name for each in found if each.is_dir()]

    def read(self, name: str, *, digest: str) -> bytes:
        """Return the bytes of a file that has a digest.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
        """
        path = self.root / name
        with storage_errors(path):
            try:
                data = path.read_bytes()
            except FileNotFoundError as exc:
                raise _damaged(path, "missing") from exc
        if sha256_of(data) != digest:
            raise _damaged(self.root / name, "damaged")
        return data

    def open(self, name: str) -> BinaryIO:
        """Return a file to read parts of.

        Raises:
            StorageError: It cannot be read.
        """
        path = self.root / name
        with storage_errors(path):
            return path.open("rb")

    def write(self, name: str, data: bytes) -> None:
        """Write a file; the caller is the only one who writes.

        Raises:
            StorageError: The disk refuses; the file is not there.
        """
        target = self.root / name
        with _in_the_making(target, self.root / "tmp", self._durability) as partial:
            partial.write_bytes(data)

    def send(self, source: Path, name: str, *, digest: str) -> int:
        """Copy a file that has a digest into the folder, and return its size.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
            StorageError: The disk refuses; the file is not there.
        """
        temporary = self.root / "tmp"
        target = self.root / name
        return _copy(source, target, digest, temporary, self._durability)

    def fetch(self, name: str, target: Path, *, digest: str, temporary: Path) -> int:
        """Copy a file that has a digest out of the folder, and return its size.

        Args:
            name: The file.
            target: What it is copied to.
            digest: What its bytes must have.
            temporary: A directory beside the target, for the file in the making.

        Raises:
            CorruptionError: It is missing, or its bytes do not have that digest.
            StorageError: The disk refuses; the target is not there.
        """
        return _copy(self.root / name, target, digest, temporary, self._durability)

    def has_digest(self, name: str, digest: str) -> bool:
        """Say whether the bytes of a file, of any size, have a digest."""
        return digest_of(self.root / name) == digest


def _copy(source: Path, target: Path, digest: str, temporary: Path, durability: Durability) -> int:
    found = hashlib.sha256()
    size = 0
    with _in_the_making(target, temporary, durability) as partial:
        try:
            reading = source.open("rb")
        except FileNotFoundError as exc:
            raise _damaged(source, "missing") from exc
        with reading, partial.open("xb") as writing:
            while chunk := reading.read(_CHUNK_BYTES):
                found.update(chunk)
                size += writing.write(chunk)
        if found.hexdigest() != digest:
            raise _damaged(source, "damaged")
    return size


@contextlib.contextmanager
def _in_the_making(target: Path, temporary: Path, durability: Durability) -> Iterator[Path]:
    """Yield a path to write to; afterwards its file is on disk under its name."""
    partial = temporary / f"{target.name}.{secrets.token_hex(8)}"
    with storage_errors(target):
        for directory in (target.parent, temporary):
            durability.make_directory(directory)
        try:
            yield partial
            durability.sync_file(partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    durability.sync_file(target.parent)


def _damaged(path: Path, what: str) -> CorruptionError:
    msg = f"{path} is {what}"
    return CorruptionError(msg, hint="docs/backup.md says what can be done about it")
