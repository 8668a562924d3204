"""Files that are whole and on disk, or not there.

A file is written under a temporary name, synced, linked to its own name, and the directory is
synced: after a crash or a power loss a name never leads to part of a file. Names are SHA-256
digests, so writing the same content twice is harmless.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pond_core.errors import StorageError
from pond_core.storage.tally import count

_MIN_FREE_BYTES = 64 * 1024**2
"""A commit refuses below this much free space, so that the log can always be read and repaired."""


class Durability:
    """Whether a write waits for the disk. A `Cache` does what this does for files in a bucket.

    Attributes:
        full: True syncs files and directories (survives a power loss); False leaves that to the
            operating system (survives the end of the process).
    """

    def __init__(self, *, full: bool = True) -> None:
        self.full = full
        self._settled: set[Path] = set()

    @classmethod
    def named(cls, name: str) -> "Durability":
        """Return what `full` or `process` means.

        Raises:
            ValueError: It is neither.
        """
        if name not in {"full", "process"}:
            msg = f"durability is 'full' or 'process', not {name!r}"
            raise ValueError(msg)
        return cls(full=name == "full")

    @property
    def is_synced(self) -> bool:
        """True if what `create` has made is whole after a power loss."""
        return self.full

    @property
    def has_copies(self) -> bool:
        """True if files are durable elsewhere, and here are copies of some."""
        return False

    @property
    def attempts(self) -> int:
        """Refused commits in a row before giving up: under the lock one means a foreign writer."""
        return 16

    def label(self, path: Path) -> str:
        """Return how messages name a file or folder."""
        return str(path)

    def fetch(self, paths: Iterable[Path]) -> None:
        """Have files here that are named by their digests; on a disk they are.

        Raises:
            CorruptionError: One is missing where it should be fetched from, or damaged there.
            StorageError: That place cannot be reached, or the disk refuses.
        """

    def mend(self, paths: Iterable[Path]) -> bool:
        """Delete what is no good copy of a file elsewhere; True if reading it anew is worth it."""
        del paths
        return False

    def release(self, path: Path) -> None:
        """Delete a copy that was fetched to be looked at once."""

    def found(self, folder: Path) -> list[Path]:
        """Return the files below a folder, in order, wherever they are durable."""
        with storage_errors(folder):
            return sorted(path for path in folder.rglob("*") if path.is_file())

    def has(self, path: Path) -> bool:
        """Say whether a file that was published within the day is there still."""
        return path.is_file()

    def sync_file(self, path: Path) -> None:
        """Wait until the file's bytes, or a directory's names, are on disk."""
        if not self.full:
            return
        with storage_errors(path):
            _sync(path)

    def publish(self, data: bytes, target: Path, *, temporary: Path) -> None:
        """Write a file that appears whole; one that is there already and whole is left.

        Args:
            data: The file's bytes.
            target: Its name, one that only this content can have.
            temporary: A directory on the same file system, for the file in the making.
        """
        with storage_errors(target):
            # A copy of a pond may lack its empty directories.
            for directory in (target.parent, temporary):
                self.make_directory(directory)
            if not self._took_up(target, data):
                with self._written(data, target, temporary) as partial:
                    # Also over what a power loss under durability `process` left: not what its
                    # name says.
                    partial.replace(target)
        self.sync_file(target.parent)

    def publish_all(self, files: Mapping[Path, bytes], *, temporary: Path) -> None:
        """Do what `publish` does for several files."""
        for target, data in files.items():
            self.publish(data, target, temporary=temporary)

    def create(self, data: bytes, target: Path, *, temporary: Path) -> bool:
        """Write a file that appears whole; False if one of that name is there already.

        Raises:
            StorageError: The disk refuses. The file may be there all the same: look.
        """
        with storage_errors(target):
            self.make_directory(temporary)
            with self._written(data, target, temporary) as partial:
                try:
                    os.link(partial, target)
                except FileExistsError:
                    return False
        return True

    @contextlib.contextmanager
    def _written(self, data: bytes, target: Path, temporary: Path) -> Iterator[Path]:
        """Write a file under a temporary name, which is gone afterwards."""
        partial = temporary / f"{target.name}.{secrets.token_hex(8)}"
        try:
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                if self.full:
                    os.fsync(file.fileno())
            count(files_written=1, bytes_written=len(data))
            yield partial
        finally:
            partial.unlink(missing_ok=True)

    def _took_up(self, target: Path, data: bytes) -> bool:
        """Say whether a file is there and whole; if so, a clean-up leaves it for another day."""
        try:
            if target.stat().st_size != len(data) or target.read_bytes() != data:
                return False
            os.utime(target)
            if self.full:
                _sync(target)
        except FileNotFoundError:
            return False  # or a clean-up has it in its hands: then it is written anew
        return True

    def make_directory(self, path: Path) -> None:
        """Make a directory and those above it, each synced into the one that holds it."""
        if self.full and path not in self._settled and path.is_dir():
            # Who made it may have died before it was synced into the directory above.
            self.sync_file(path.parent)
        self._settled.add(path)
        missing = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for directory in reversed(missing):
            with storage_errors(directory):
                directory.mkdir(exist_ok=True)
            self.sync_file(directory.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(data: bytes | memoryview) -> str:
    """Return the SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file of any size, hexadecimal."""
    with storage_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_room(directory: Path, need_bytes: int) -> None:
    """Refuse early when the disk is too full for what is to be written.

    Raises:
        StorageError: Less than max(64 MiB, twice `need_bytes`) is free.
    """
    free = shutil.disk_usage(directory).free
    need = max(_MIN_FREE_BYTES, 2 * need_bytes)
    if free < need:
        msg = f"{directory} has {free >> 20} MiB free, this commit wants {need >> 20} MiB"
        raise StorageError(msg, hint="free some space and run it again; nothing was written")


_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space and run it again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run it again"),
    errno.EROFS: ("the file system is read-only", "mount it writable"),
    errno.EACCES: ("permission denied", "check who owns the pond's directory"),
    errno.EPERM: ("not permitted", "the pond's file system must allow hard links"),
    errno.EEXIST: ("a file has that name", "choose another place for the pond"),
    errno.ENOTDIR: ("a part of the path is no directory", "choose another place for the pond"),
}


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into `StorageError`."""
    try:
        yield
    except OSError as exc:
        reason, hint = _REASONS.get(exc.errno or 0, (exc.strerror or str(exc), ""))
        msg = f"{path}: {reason}"
        raise StorageError(msg, hint=hint) from exc
