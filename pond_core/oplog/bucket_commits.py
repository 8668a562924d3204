"""The commits of a log in a bucket, and the copy of its `_delta_log` on this disk.

A commit is created under the next version: the bucket refuses a second one. What is new is found by
asking for the next version until there is none. Both are right only if no commit after the newest
one that is known here can have been cleared away; see "On S3" in `docs/format.md`.
"""

import contextlib
import secrets
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from pond_core.errors import StorageError
from pond_core.oplog import delta_log
from pond_core.storage import Cache, Since, exclusive, storage_errors

_KEPT = timedelta(hours=24)
"""How long a commit stays at least, by the clock of the bucket."""

_SURE_S = 6 * 3600
"""How long after looking it is sure that a version that is free was never taken. What is left of a
day is for a transaction that began 12 hours earlier, and for objects put an hour before it."""

_COMPARED_S = 600
"""How often the copy is compared: the pond may be another one that was made in its place."""

_AT_ONCE = 8
"""Commits that are fetched at a time."""


class BucketCommits:
    """The commits of one log, as one process sees them.

    The caller holds the lock of the cache where it writes; machines know nothing of each other.
    """

    def __init__(self, log: Path, *, cache: Cache) -> None:
        self._log = log
        self._cache = cache
        self._bucket = cache.bucket
        self._folder = cache.name(log)
        self._newest = -1
        self._looked: Since | None = None
        self._compared: Since | None = None

    def open(self) -> None:
        """Bring the copy up to date, whatever it is."""
        self._compare()

    def is_there(self) -> bool:
        """See `Commits.is_there`."""
        listed = (each.name for each in self._bucket.files(self._folder))
        return any(delta_log.version_of(name) is not None for name in listed)

    def look(self) -> None:
        """See `Commits.look`; costs one request where there is nothing new.

        Raises:
            StorageError: The bucket cannot be reached.
        """
        newest = delta_log.newest(self._log)
        is_known = self._compared is not None and self._compared.seconds < _COMPARED_S
        if not (is_known and newest >= self._newest >= 0):
            self._compare()
            return
        now = Since()
        while self.bring(newest + 1):
            newest += 1
        self._looked, self._newest = now, newest

    def look_again(self) -> bool:
        """See `Commits.look_again`."""
        with self._copying():
            self._copy_all()
        return True

    def bring(self, version: int, *, to: Path | None = None) -> bool:
        """See `Commits.bring`; where it is brought to may be another directory."""
        path = delta_log.commit_path(to or self._log, version)
        data = self._bucket.read(f"{self._folder}/{path.name}")
        if data is not None:
            self._cache.copy_in(data, path)
        return data is not None

    def create(self, version: int, data: bytes) -> bool:
        """See `Commits.create`."""
        looked = self._looked
        if looked is None or looked.seconds > _SURE_S:
            return False  # whoever stood still for so long has to look again
        path = delta_log.commit_path(self._log, version)
        landed = self._cache.create(data, path, temporary=self._cache.root / "tmp")
        if landed and looked.seconds > _SURE_S:
            self._check_in_line(version, path)
        return landed

    def keep_checkpoint(self) -> None:
        """See `Commits.keep_checkpoint`; what others still may need stays for a day."""
        *_, newest = delta_log.checkpoints(self._log)
        for path in (delta_log.checkpoint_path(self._log, newest), delta_log.pointer(self._log)):
            with contextlib.suppress(FileNotFoundError):
                self._bucket.write(self._cache.name(path), path.read_bytes())
        delta_log.clear(self._log)
        self._clear()

    def _clear(self) -> None:
        """Delete commits and checkpoints that are a day old and not needed to open the table."""
        found = {
            version: each
            for each in self._bucket.files(self._folder)
            if (version := delta_log.version_of(each.name)) is not None
        }
        versions = [v for (v, is_checkpoint) in found if is_checkpoint]
        kept = sorted(versions)[-delta_log.KEPT_CHECKPOINTS :]
        if len(kept) < delta_log.KEPT_CHECKPOINTS:
            return
        # The checkpoint was put just now: the newest time tells what the bucket's clock says.
        limit = max(each.changed for each in found.values()) - _KEPT
        old = [k for k, each in found.items() if k[0] < kept[0] and each.changed < limit]
        if old:
            self._bucket.delete(found[key].name for key in sorted(old))

    def _check_in_line(self, version: int, path: Path) -> None:
        """Take back a commit that landed hours late, if what comes after it was there before it.

        Then its place had been taken, and cleared away. What was put after it was built upon it.
        """
        name = self._cache.name(path)
        before = self._cache.name(delta_log.commit_path(self._log, version - 1))
        listed = {
            each.name: each.changed for each in self._bucket.files(self._folder, after=before)
        }
        landed = listed.pop(name)
        if any(delta_log.version_of(n) and changed < landed for n, changed in listed.items()):
            self._bucket.delete([name])
            self._cache.drop(path)
            msg = f"{self._bucket.label}: a commit took more than {_SURE_S // 3600} hours"
            raise StorageError(msg, hint="nothing was written; run it again")

    def _compare(self) -> None:
        """See whether the copy is one of what is in the bucket, and bring it up to date."""
        with self._copying():
            now = Since()
            newest = delta_log.newest(self._log)
            later = self._later(newest) if newest >= max(self._newest, 0) else None
            if later is None:
                self._copy_all()
            else:
                self._copy(later)
            self._newest = delta_log.newest(self._log)
            self._looked = self._compared = now

    def _later(self, newest: int) -> list[int] | None:
        """Return the versions after the newest one here; None if they do not follow from it."""
        path = delta_log.commit_path(self._log, newest)
        name = self._cache.name(path)
        if delta_log.torn(self._log) or self._bucket.read(name) != _bytes_of(path):
            return None
        listed = self._bucket.files(self._folder, after=name)
        found = (delta_log.version_of(each.name) for each in listed)
        later = sorted(each[0] for each in found if each is not None and not each[1])
        return later if later == list(range(newest + 1, newest + 1 + len(later))) else None

    def _copy_all(self) -> None:
        """Copy what it takes to open the table, and put it in the place of what is here."""
        found = {delta_log.version_of(each.name) for each in self._bucket.files(self._folder)}
        start = max((each[0] for each in found if each is not None and each[1]), default=-1)
        commits = [each[0] for each in found if each and not each[1] and each[0] >= start]
        temporary = self._cache.root / "tmp"
        stage = temporary / f"copy-{secrets.token_hex(8)}"
        self._cache.make_directory(stage)
        if start >= 0:
            path = delta_log.checkpoint_path(stage, start)
            self._bucket.download(f"{self._folder}/{path.name}", path)
        self._copy(commits, to=stage)
        with storage_errors(self._log):
            self._cache.make_directory(self._log.parent)
            if self._log.exists():
                self._log.replace(temporary / f"old-{secrets.token_hex(8)}")
            stage.replace(self._log)
            for old in temporary.glob("old-*"):
                shutil.rmtree(old, ignore_errors=True)

    def _copy(self, versions: Iterable[int], *, to: Path | None = None) -> None:
        wanted = sorted(versions)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda version: self.bring(version, to=to), wanted):
                pass

    def _copying(self) -> contextlib.AbstractContextManager[None]:
        """Be the only process of this machine that puts another copy in the place of this one."""
        self._cache.make_directory(self._cache.root)
        return exclusive(self._cache.root / "copying")


def _bytes_of(path: Path) -> bytes:
    with storage_errors(path):
        return path.read_bytes()
