"""A folder on a disk as a place: other disks, sticks, what some other program carries away.

What this asks of the disk is little, so that it can be of any kind: rename, and a lock. No hard
links, which exFAT and some network disks lack.
"""

import contextlib
import errno
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pond_core.errors import StorageError
from pond_core.storage.durability import Durability, storage_errors
from pond_core.storage.lock import exclusive
from pond_core.storage.place import Stored

_TEMPORARY = "tmp"

_IN_THE_MAKING = re.compile(r".+\.[0-9a-f]{16}")
"""Names of files in the making; all others in `tmp/` are somebody else's."""


class Folder:
    """The files below a directory.

    Attributes:
        root: The directory; made by `prepare`, but not what it lies in: a disk that is not plugged
            in shall not be mistaken for an empty one.
    """

    def __init__(self, root: Path, *, durability: Durability) -> None:
        self.root = root.absolute()
        self._durability = durability

    @property
    def label(self) -> str:
        """Its path."""
        return str(self.root)

    @property
    def would_be_made(self) -> bool:
        """Whether `prepare` would make it: it is not there, and what it lies in is."""
        return self.root.parent.is_dir() and not self.root.exists()

    def prepare(self) -> None:
        """See `Place.prepare`; a lock keeps two programs from creating one file."""
        if not self.root.parent.is_dir():
            msg = f"there is no {self.root.parent} to make a backup in"
            raise StorageError(msg, hint="is the disk plugged in? else make that directory")
        self._durability.make_directory(self.root / _TEMPORARY)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one that writes; what an earlier one left in the making is deleted.

        Raises:
            LockError: The file system cannot lock.
            StorageError: It refuses.
        """
        self._durability.make_directory(self.root / _TEMPORARY)
        with exclusive(self.root / "lock"):
            for path in sorted((self.root / _TEMPORARY).iterdir()):
                if _IN_THE_MAKING.fullmatch(path.name):
                    with storage_errors(path):
                        path.unlink()
            yield

    def size(self, name: str) -> int | None:
        """See `Place.size`."""
        path = self.root / name
        with storage_errors(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def files(self, folder: str) -> Iterator[Stored]:
        """See `Place.files`."""
        root = self.root / folder
        with storage_errors(root):
            found = sorted(path for path in root.rglob("*") if path.is_file())
        for path in found:
            with storage_errors(path), contextlib.suppress(FileNotFoundError):
                status = path.stat()
                changed = datetime.fromtimestamp(status.st_mtime, UTC)
                yield Stored(path.relative_to(self.root).as_posix(), status.st_size, changed)

    def folders(self, folder: str) -> list[str]:
        """See `Place.folders`."""
        path = self.root / folder
        with storage_errors(path):
            found = sorted(path.iterdir()) if path.is_dir() else []
            return [each.name for each in found if each.is_dir()]

    def read(self, name: str) -> bytes | None:
        """See `Place.read`."""
        path = self.root / name
        with storage_errors(path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def open(self, name: str) -> BinaryIO:
        """See `Place.open`."""
        path = self.root / name
        with storage_errors(path):
            return path.open("rb")

    def write(self, name: str, data: bytes) -> None:
        """See `Place.write`; the caller is `writing`."""
        with self._in_the_making(name) as partial:
            partial.write_bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        """See `Place.create`; the caller is `writing`, which makes looking first enough."""
        if self.size(name) is not None:
            return False
        self.write(name, data)
        return True

    def upload(self, source: Path, name: str) -> None:
        """See `Place.upload`; the caller is `writing`."""
        with self._in_the_making(name) as partial:
            shutil.copyfile(source, partial)

    def download(self, name: str, target: Path) -> bool:
        """See `Place.download`."""
        source = self.root / name
        try:
            shutil.copyfile(source, target)
        except OSError as exc:
            if isinstance(exc, FileNotFoundError) and self.size(name) is None:
                return False
            is_full = exc.errno in (errno.ENOSPC, errno.EDQUOT)
            with storage_errors(target if is_full else source):
                raise
        return True

    def delete(self, names: Iterable[str]) -> None:
        """See `Place.delete`; the caller is `writing`."""
        parents = set()
        for path in (self.root / name for name in names):
            with storage_errors(path):
                path.unlink(missing_ok=True)
            parents.add(path.parent)
        for parent in parents:
            if parent.is_dir():  # else nothing was there
                self._durability.sync_file(parent)

    @contextlib.contextmanager
    def _in_the_making(self, name: str) -> Iterator[Path]:
        """Yield a path to write to; afterwards its file is on disk under its name."""
        target = self.root / name
        temporary = self.root / _TEMPORARY
        partial = temporary / f"{target.name}.{secrets.token_hex(8)}"
        with storage_errors(target):
            for directory in (target.parent, temporary):
                self._durability.make_directory(directory)
            try:
                yield partial
                self._durability.sync_file(partial)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        self._durability.sync_file(target.parent)
