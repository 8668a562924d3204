"""Backups of one pond or of several, in a folder or a bucket."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pond_core.backup.cleanup import CleanedUp, clean_up
from pond_core.backup.condemned import drop_damaged_list
from pond_core.backup.contact import Contacts
from pond_core.backup.expiry import Expired, expire
from pond_core.backup.files import Files
from pond_core.backup.healing import drop_damaged_points, heal
from pond_core.backup.held import Held, hold
from pond_core.backup.inspection import Inspection, inspect
from pond_core.backup.keep import Keep
from pond_core.backup.moment import moment
from pond_core.backup.moving import check_free, move_in
from pond_core.backup.place import check_apart, place_of
from pond_core.backup.point import Point
from pond_core.backup.points import Points
from pond_core.backup.progress import Fetched, Progress, silent
from pond_core.backup.push import Pushed, push
from pond_core.backup.replica import Pulled, pull
from pond_core.backup.restoration import Restored, restore
from pond_core.errors import DataError, NotFoundError, PondError, StorageError
from pond_core.oplog import OpLog
from pond_core.storage import Access, Bucket, Durability, Folder, Place, Sealed, is_sealed, url_of
from pond_core.tlogfs import ObjectStore


class Backups:
    """Where backups are; `docs/backup.md` says what lies there.

    Args:
        where: A folder, or `s3://bucket/prefix`, or a place of another kind.
        access: How a bucket is reached; without one the environment says it.
        key: A passphrase of 16 characters or more: what is sent is sealed, and what is there was
            sealed by it. Nothing of it can be read without, by anybody, ever.
        durability: `full` waits for the disk of a folder, `process` does not.

    Attributes:
        label: What it is called in messages: the folder's path or the bucket's URL.
        is_sealed: Whether nobody can read it without the key.
    """

    def __init__(
        self,
        where: str | Path | Place,
        *,
        access: Access | None = None,
        key: str | None = None,
        durability: str = "full",
    ) -> None:
        self._durability = Durability.named(durability)
        place = place_of(where, access, self._durability)
        self.label = place.label
        self.is_sealed = key is not None
        self._bare = place
        self._kept = place if key is None else Sealed(place, key)
        self._is_checked = self.is_sealed

    @classmethod
    def at(cls, where: "str | Path | Backups") -> "Backups":
        """Return the backups that are at a place, or those that are given."""
        return where if isinstance(where, Backups) else cls(where)

    def prepare(self) -> None:
        """Make the place, and prove that it can be written to safely; a push does so as well.

        Raises:
            DataError: What is there is a pond, or is sealed by another key, or is not, and should
                be.
            StorageError: The place refuses, or a bucket does not refuse what it should.
        """
        if isinstance(self._bare, Folder):
            check_apart(self._bare)  # before anything is made there
            self._place.prepare()
        else:
            self._place.prepare()
            check_apart(self._bare)

    def prove(self) -> None:
        """Prove that a push could begin now: see `prepare`; a folder is locked once as well.

        Raises:
            DataError: As `prepare` does.
            LockError: The folder's file system cannot lock.
            StorageError: The place refuses, or does not refuse what it should.
        """
        self.prepare()
        with self._place.writing():
            pass

    def ponds(self) -> list[str]:
        """Return the UUIDs of the ponds that have a backup here."""
        return self._place.folders("ponds")

    def points(self, pond: str | None = None) -> list[Point]:
        """Return the points of a pond, the oldest first; of all ponds without one.

        Raises:
            NotFoundError: The pond that is named has none.
            CorruptionError: One is damaged.
            FormatTooNewError: A newer DuckPond wrote one.
        """
        wanted = self.ponds() if pond is None else [pond]
        found = [point for each in wanted for point in reversed([*self._points(each).backwards()])]
        if pond is not None and not found:
            raise self._nothing(pond)
        return found

    def newest(self, pond: str) -> Point | None:
        """Return the newest point of a pond; None if it has none.

        Raises:
            CorruptionError: It is damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        return self._points(pond).newest()

    def push(
        self,
        log: OpLog,
        objects: ObjectStore,
        *,
        anew: bool = False,
        told: Progress | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Pushed:
        """Bring the backup of a pond up to date, and note that it is; see `Pond.push`."""
        contacts = Contacts(log.pond)

        def begin() -> None:
            """Look whether it is right that nothing of the pond is there."""
            if not isinstance(self._bare, Folder):  # of which it was looked at
                check_apart(self._bare)
            before = contacts.of(self.label, "push")
            if before is not None and before.txn and not anew:
                msg = f"{self.label} has nothing of this pond, and had all up to txn {before.txn}"
                hint = "is the disk plugged in? if it is lost: `pond backup push --anew`"
                raise StorageError(msg, hint=hint)

        if isinstance(self._bare, Folder):
            check_apart(self._bare)  # in a bucket it takes a request: only once
        with contacts.noting_failure(self.label, "push"):
            if isinstance(self._bare, Folder) and self._bare.would_be_made:
                begin()  # before anything is made there
            self._place.prepare()
            with self._place.writing():
                files = self._files(log.pond_id)
                pushed = push(log, objects, files, begin=begin, told=told or silent, sleep=sleep)
        contacts.succeeded(self.label, "push", txn=pushed.point.txn, ts_us=pushed.point.ts_us)
        return pushed

    def expire(
        self,
        keep: Keep,
        *,
        pond: str | None = None,
        told: Progress | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Expired:
        """Keep only chosen moments of a pond's backup.

        From then on a moment in between cannot be restored. What only it needed is deleted by
        `clean_up`, a day or more later.

        Args:
            keep: Which moments.
            pond: The pond; needed where there are several.
            told: Is told what was sent.
            sleep: How to wait for a clean-up.

        Raises:
            NotFoundError: There is no such backup.
            CorruptionError: The backup is damaged; nothing has expired.
            StorageError: The place refuses.
        """
        which = self._only(pond)
        with self._place.writing():
            expired = expire(self._files(which), keep, told=told or silent, sleep=sleep)
        if expired is None:
            raise self._nothing(which)
        return expired

    def clean_up(self) -> CleanedUp:
        """Delete what no point has needed for a day; others push meanwhile.

        Raises:
            CorruptionError: A backup is damaged, so that nobody knows what is needed.
            NotFoundError: There is no backup; nothing was touched.
            StorageError: The place refuses, or somebody else is deleting.
        """
        if not self.ponds():
            raise self._nothing(None)
        check_apart(self._bare)
        with self._place.writing():
            return clean_up(self._place, [self._files(pond) for pond in self.ponds()])

    def restore(
        self,
        to: str | Path,
        *,
        pond: str | None = None,
        as_of: int | datetime | None = None,
        access: Access | None = None,
        told: Fetched | None = None,
    ) -> Restored:
        """Make a new pond of a backup, with all its history up to a moment.

        It has a UUID of its own and knows its parent's: what is committed to it from then on is
        another history. An interrupted restoration goes on when it is asked for again.

        Args:
            to: Its directory, which must not be there, or be empty; or `s3://bucket/prefix` where
                no pond is. Then there has to be room for all of it on this disk meanwhile.
            pond: The pond that the backup is of; needed where there are several.
            as_of: A txn, or an aware instant; the newest point without one.
            access: How the bucket that it goes to is reached; as the environment says without one.
            told: Is told how many objects and bytes were fetched so far, and of about how many
                bytes: of all that was pushed until the point, or 0 where some of it is gone.

        Raises:
            NotFoundError: There is no such backup, or it does not reach that far.
            SnapshotForgottenError: What was there then was dropped before it was backed up, or
                has expired.
            ExistsError: Something is at that directory.
            CorruptionError: The backup is damaged; there is no pond.
            StorageError: The disk or the place refuses; there is no pond.
        """
        which = self._only(pond)
        point, txn = self._moment(which, as_of)
        url = url_of(to)
        if url is None:
            return self._restored(point, Path(to).absolute(), txn, told)
        bucket = Bucket(url, access=access)
        check_free(bucket)
        with tempfile.TemporaryDirectory(prefix="pond-") as directory:
            done = self._restored(point, Path(directory) / "pond", txn, told)
            move_in(Path(directory) / "pond", bucket)
        return done

    @contextmanager
    def opened(
        self,
        *,
        pond: str | None = None,
        as_of: int | datetime | None = None,
        told: Progress | None = None,
    ) -> Iterator[Held]:
        """Yield what a pond held at a moment, without making a pond of it; see `open_backup`."""
        which = self._only(pond)
        point, txn = self._moment(which, as_of)
        with hold(self._files(which), point, upto=txn, told=told or silent) as held:
            yield held

    def _restored(self, point: Point, to: Path, txn: int, told: Fetched | None) -> Restored:
        files, how = self._files(point.pond), self._durability
        return restore(files, point, to, upto=txn, durability=how, told=told or silent)

    def pull(
        self, to: str | Path, *, pond: str | None = None, told: Progress | None = None
    ) -> Pulled:
        """Bring a replica of a pond up to date: a pond on this disk that only follows it.

        It has the pond's UUID and history, and takes no transactions of its own; see `promote`.

        Args:
            to: Its directory; a replica is made there if nothing is.
            pond: The pond; needed for a new replica where there are several.
            told: Is told how many objects and bytes were fetched so far.

        Raises:
            NotFoundError: There is no such backup.
            ExistsError: Something else is in that directory.
            DataError: Another pond is, or one that is no replica; or it is in a bucket.
            PondDivergedError: The replica shows another history than the backup holds.
            CorruptionError: The backup is damaged; the replica is as before.
            StorageError: The disk or the place refuses; the replica is as before.
        """
        if url_of(to) is not None:
            msg = f"{to} is in a bucket, and a replica is on the disk of the machine that reads it"
            raise DataError(msg, hint="machines can share a pond that is in a bucket itself")
        path = Path(to).absolute()
        there = OpLog(path, durability=self._durability) if OpLog.exists(path) else None
        if pond is None and there is not None and there.is_replica:
            pond = there.pond_id
        contacts = Contacts(path)
        try:
            which = self._only(pond)
            point = self.newest(which)
            if point is None:
                raise self._nothing(which)
            files, told = self._files(which), told or silent
            pulled = pull(files, point, path, durability=self._durability, told=told)
        except PondError as exc:
            # What was never a replica, or is none any more, is not behind.
            if OpLog.exists(path) and OpLog(path, durability=self._durability).is_replica:
                contacts.failed(self.label, "pull", str(exc))
            raise
        contacts.succeeded(self.label, "pull", txn=point.txn, ts_us=point.ts_us)
        return pulled

    def verify(
        self, *, pond: str | None = None, full: bool = False, told: Fetched | None = None
    ) -> Inspection:
        """Check whether all is there that the newest points need.

        Args:
            pond: Whose points; all ponds without one.
            full: Check every point, and read every byte.
            told: Is told how many objects and bytes of a pond's backup were looked at so far, and
                of how many bytes; 0 until that is known.

        Raises:
            NotFoundError: There is no such backup.
        """
        wanted = self.ponds() if pond is None else [pond]
        found = Inspection(0, 0, 0, 0, ())
        with tempfile.TemporaryDirectory() as temporary:
            for each in wanted:
                files = self._files(each)
                found += inspect(files, full=full, temporary=Path(temporary), told=told or silent)
        if not (found.points or found.findings):
            raise self._nothing(pond)
        return found

    def heal(self, log: OpLog, objects: ObjectStore, *, told: Fetched | None = None) -> Inspection:
        """Send again what is missing or damaged; see `Pond.heal`."""
        tell = told or silent
        self.prepare()
        files = self._files(log.pond_id)
        with self._place.writing():
            drop_damaged_list(self._place)
            drop_damaged_points(files)
            point = push(
                log,
                objects,
                files,
                begin=lambda: check_apart(self._bare),
                told=lambda count, size: tell(count, size, 0),
                sleep=time.sleep,
            ).point
            Contacts(log.pond).succeeded(self.label, "push", txn=point.txn, ts_us=point.ts_us)
            with tempfile.TemporaryDirectory() as temporary:
                return heal(files, log, objects, temporary=Path(temporary), told=tell)

    @property
    def _place(self) -> Place:
        """The place, having seen once that its files can be read."""
        if not self._is_checked:
            if is_sealed(self._kept):
                msg = f"the backups in {self.label} are sealed"
                raise DataError(msg, hint="say their key: POND_BACKUP_KEY=... in the environment")
            self._is_checked = True
        return self._kept

    def _files(self, pond: str) -> Files:
        return Files(self._place, pond, shared=not self.is_sealed)

    def _points(self, pond: str) -> Points:
        return Points(self._files(pond))

    def _only(self, pond: str | None) -> str:
        ponds = self.ponds()
        if pond is None and len(ponds) > 1:
            msg = f"{self.label} has backups of {len(ponds)} ponds: {', '.join(ponds)}"
            raise DataError(msg, hint="say which one: `--of`, or `pond` of a resource")
        if pond not in (None, *ponds) or not ponds:
            raise self._nothing(pond)
        return pond or ponds[0]

    def _moment(self, pond: str, as_of: int | datetime | None) -> tuple[Point, int]:
        newest = self.newest(pond)
        if newest is None:
            raise self._nothing(pond)
        return moment(self._files(pond), newest, as_of)

    def _nothing(self, pond: str | None) -> NotFoundError:
        of = "" if pond is None else f" of pond {pond}"
        msg = f"there is no backup{of} in {self.label}"
        hint = "make one with `pond backup push`"
        if isinstance(self._bare, Folder) and not self._bare.root.exists():
            hint = "is the disk plugged in? else make one with `pond backup push`"
        elif pond is not None and (ponds := self.ponds()):
            hint = f"it has backups of {', '.join(ponds)}"
        return NotFoundError(msg, path=self.label, hint=hint)
