"""Copies on this disk of a pond's files in a bucket, where alone they are durable.

The copies lie as the files of a pond do, so that whatever reads a pond reads them. A file that is
named by its digest is fetched when it is first wanted and checked against its name. Copies that
nobody wants any more are deleted when there are too many.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from typing_extensions import override

from pond_core.errors import CorruptionError, DataError, StorageError
from pond_core.storage.bucket import Access, Bucket
from pond_core.storage.durability import Durability, digest_of, storage_errors

LEAVING = "leaving"
"""Where files lie for a day that a clean-up has taken away: see "On S3" in `docs/format.md`."""

_MOST_BYTES = 2 * 1024**3
"""What the copies may take together, unless `$POND_CACHE_BYTES` says otherwise."""

_NO_BOUND = 2**63

_WANTED_S = 3600
"""A copy that was wanted within the hour stays: an engine may have its path and open it later."""

_TOUCHED_S = 600
"""How old the time of a copy may be that is wanted: so few reads write."""

_LEFT_S = 24 * 3600
"""What a killed process left in the making is deleted after a day."""

_AT_ONCE = 8
"""Files that are fetched at a time: what one waits for is the way there and back."""

_SWEEPS = 16
"""How often is looked for copies to delete while as much is fetched as there may be."""


class Cache(Durability):
    """A pond's files in a bucket, and copies of them in a directory.

    Several processes of one machine may share the directory; it may be deleted at any time.

    Attributes:
        bucket: Where they are durable.
        root: The directory.
    """

    def __init__(self, bucket: Bucket, root: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        super().__init__(full=False)  # a copy that is lost is fetched again
        self.bucket = bucket
        self.root = root
        self._most_bytes = most_bytes
        self._taken_bytes = 0
        self._guard = threading.Lock()
        self._is_proven = False
        self._is_apart = False

    @classmethod
    def of(
        cls, url: str, *, access: Access | None = None, environ: Mapping[str, str] = os.environ
    ) -> "Cache":
        """Return the cache of a pond: in a directory of its own below `$POND_CACHE`.

        Raises:
            DataError: The URL names no bucket, or `$POND_CACHE_BYTES` is no number.
            StorageError: The directory cannot be made.
        """
        bucket = Bucket(url, access=access)
        base = environ.get("POND_CACHE")
        place = Path(base) if base else Path.home() / ".cache" / "duckpond"
        # Two servers may have buckets of one name.
        named = f"{bucket.endpoint}\n{bucket.url}"
        root = place.absolute() / hashlib.sha256(named.encode()).hexdigest()[:24]
        with storage_errors(root):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)  # copies are as private
        return cls(bucket, root, most_bytes=_most_bytes(environ))

    @property
    @override
    def is_synced(self) -> bool:
        return True

    @property
    @override
    def has_copies(self) -> bool:
        return True

    @property
    @override
    def attempts(self) -> int:
        return 200  # other machines know nothing of the lock

    @override
    def label(self, path: Path) -> str:
        return f"{self.bucket.label}/{self.name(path)}".removesuffix("/.")

    def name(self, path: Path) -> str:
        """Return what a file is called in the bucket whose copy has a path."""
        return path.relative_to(self.root).as_posix()

    @override
    def publish(self, data: bytes, target: Path, *, temporary: Path) -> None:
        """See `Durability.publish`; a file that is there is put again.

        So it is as new to a clean-up of any machine.
        """
        del temporary
        self._prove()
        self.bucket.write(self.name(target), bytes(data))  # obstore takes no Arrow buffer
        self.copy_in(data, target)
        self._take(len(data))

    @override
    def publish_all(self, files: Mapping[Path, bytes], *, temporary: Path) -> None:
        def publish(target: Path) -> None:
            self.publish(files[target], target, temporary=temporary)

        self._prove()
        with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
            list(pool.map(publish, files))

    @override
    def create(self, data: bytes, target: Path, *, temporary: Path) -> bool:
        """See `Durability.create`; False may mean one's own after a lost reply: look."""
        self._prove()
        del temporary
        if not self.bucket.create(self.name(target), data):
            return False
        self.copy_in(data, target)
        return True

    def copy_in(self, data: bytes, path: Path) -> None:
        """Make a copy of a file that is in the bucket."""
        with storage_errors(path):
            for directory in (path.parent, self.root / "tmp"):
                self.make_directory(directory)
            with self._written(data, path, self.root / "tmp") as partial:
                partial.replace(path)

    @override
    def fetch(self, paths: Iterable[Path]) -> None:
        missing = [path for path in paths if not _is_wanted(path)]
        if missing:
            with ThreadPoolExecutor(min(_AT_ONCE, len(missing))) as pool:
                self._take(sum(pool.map(self._fetch, missing)))

    @override
    def mend(self, paths: Iterable[Path]) -> bool:
        bad = [path for path in paths if not _is_good(path)]
        for path in bad:
            with storage_errors(path):
                path.unlink(missing_ok=True)
        return bool(bad)

    @override
    def found(self, folder: Path) -> list[Path]:
        return [self.root / each.name for each in self.bucket.files(self.name(folder))]

    @override
    def has(self, path: Path) -> bool:
        return True  # a clean-up of any machine leaves what is less than a day old

    @override
    def release(self, path: Path) -> None:
        if self._is_apart:
            self.drop(path)

    @contextlib.contextmanager
    def apart(self) -> Iterator["Cache"]:
        """Yield one without any copies, whose copies are deleted afterwards."""
        with storage_errors(self.root):
            self.make_directory(self.root / "tmp")
            made = tempfile.TemporaryDirectory(dir=self.root / "tmp", prefix="apart-")
        with made as root:
            cache = Cache(self.bucket, Path(root), most_bytes=_NO_BOUND)
            cache._is_apart = True
            yield cache

    def copies(self) -> list[Path]:
        """Return the copies of files that are named by their digests."""
        return [*self.root.glob("objects/*/*"), *self.root.glob("oplog/tier=*/part=*/*")]

    def drop(self, path: Path) -> None:
        """Delete a copy."""
        with storage_errors(path):
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete the copies that were not wanted for longest, until there is room."""
        now_s = time.time()
        copies: list[tuple[float, int, Path]] = []
        for path in self.copies():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                copies.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in copies) - self._most_bytes
        for changed_s, size, path in sorted(copies):
            if excess <= 0 or changed_s > now_s - _WANTED_S:
                break
            self.drop(path)
            excess -= size
        for path in self.root.glob("tmp/*"):
            with contextlib.suppress(OSError):  # somebody else may do the same
                if path.stat().st_mtime < now_s - _LEFT_S:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _fetch(self, path: Path) -> int:
        """Fetch one file, and return its size."""
        name = self.name(path)
        temporary = self.root / "tmp"
        partial = temporary / f"{path.name}.{secrets.token_hex(8)}"
        for directory in (temporary, path.parent):
            self.make_directory(directory)
        try:
            if not (self.bucket.download(name, partial) or self._bring_back(name, partial)):
                msg = f"{self.bucket.label}/{name} is missing, though the log names it"
                raise CorruptionError(msg, hint="`pond verify` says what else is")
            if digest_of(partial) != _digest_in(path):
                msg = f"{self.bucket.label}/{name} is damaged: its bytes do not have its name"
                raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
            with storage_errors(path):
                size = partial.stat().st_size
                partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return size

    def _bring_back(self, name: str, partial: Path) -> bool:
        """Fetch a file that a clean-up took away although it is wanted, and undo that."""
        for cleanup in reversed(self.bucket.folders(LEAVING)):
            left = f"{LEAVING}/{cleanup}/{name}"
            if self.bucket.download(left, partial):
                with contextlib.suppress(StorageError):  # whoever may only read has it all the same
                    self.bucket.copy(left, name)
                return True
        return False

    def _prove(self) -> None:
        """Refuse a bucket that does not refuse, before anything is written to it."""
        if not self._is_proven:
            self.bucket.prepare()
            self._is_proven = True

    def _take(self, count: int) -> None:
        """Note that so many bytes were added, by this process or by one after the other."""
        marker = self.root / "swept"
        with self._guard:
            self._taken_bytes += count
            if self._taken_bytes < self._most_bytes // _SWEEPS and _is_recent(marker):
                return
            self._taken_bytes = 0
        with storage_errors(marker):
            marker.touch()
        self.sweep()


def _is_wanted(path: Path) -> bool:
    """Say whether a copy is here; if so, it stays for an hour."""
    try:
        if path.stat().st_mtime < time.time() - _TOUCHED_S:
            os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _is_recent(marker: Path) -> bool:
    try:
        return marker.stat().st_mtime > time.time() - _WANTED_S
    except FileNotFoundError:
        return False


def _is_good(path: Path) -> bool:
    try:
        return digest_of(path) == _digest_in(path)
    except StorageError:
        return False


def _digest_in(path: Path) -> str:
    return path.name.partition(".")[0]


def _most_bytes(environ: Mapping[str, str]) -> int:
    told = environ.get("POND_CACHE_BYTES") or str(_MOST_BYTES)
    if not told.isdecimal():
        msg = f"POND_CACHE_BYTES is {told!r}, and no number of bytes"
        raise DataError(msg, hint="write 2147483648 for 2 GiB")
    return int(told)
