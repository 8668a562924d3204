"""A folder with backups of one pond or of several, which share what is equal."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc

from pond_core.backup import point as points
from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.inspection import Inspection, inspect
from pond_core.backup.point import Point
from pond_core.backup.push import Pushed, push
from pond_core.backup.restoration import Restored, restore
from pond_core.errors import (
    CorruptionError,
    DataError,
    Finding,
    NotFoundError,
    SnapshotForgottenError,
    StorageError,
)
from pond_core.oplog import OpLog
from pond_core.storage import Durability
from pond_core.tlogfs import ObjectStore
from pond_core.window import to_us


class BackupFolder:
    """A folder with backups; `docs/backup.md` says what lies in it.

    Attributes:
        path: The folder; a push makes it, but not what it lies in: a disk that is not plugged in
            shall not be mistaken for an empty one.
    """

    def __init__(self, path: str | Path, *, durability: str = "full") -> None:
        self.path = Path(path)
        self._durability = Durability.named(durability)
        self._files = Files(self.path.absolute(), durability=self._durability)

    def ponds(self) -> list[str]:
        """Return the UUIDs of the ponds that have a backup here."""
        return self._files.folders("ponds")

    def points(self, pond: str | None = None) -> list[Point]:
        """Return the points of a pond, the oldest first; of all ponds without one.

        Raises:
            CorruptionError: One is damaged.
            FormatTooNewError: A newer DuckPond wrote one.
        """
        wanted = self.ponds() if pond is None else [pond]
        return [self._read(name) for each in wanted for name in self._names(each)]

    def newest(self, pond: str) -> Point | None:
        """Return the newest point of a pond; None if it has none.

        Raises:
            CorruptionError: It is damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        names = self._names(pond)
        return self._read(names[-1]) if names else None

    def push(self, log: OpLog, objects: ObjectStore) -> Pushed:
        """Bring the folder up to date with a pond; see `Pond.push`."""
        if not self.path.absolute().parent.is_dir():
            msg = f"there is no {self.path.absolute().parent} to make a backup in"
            raise StorageError(msg, hint="is the disk plugged in? else make that directory")
        with self._files.writing():
            return push(log, objects, self._files, self.newest(log.pond_id))

    def restore(
        self, to: str | Path, *, pond: str | None = None, as_of: int | datetime | None = None
    ) -> Restored:
        """Make a new pond of a backup, with all its history up to a moment.

        It has a UUID of its own and knows its parent's: what is committed to it from then on is
        another history. An interrupted restoration goes on when it is asked for again.

        Args:
            to: Its directory, which must not be there, or be empty.
            pond: The pond that the backup is of; needed where the folder has several.
            as_of: A txn, or an aware instant; the newest point without one.

        Raises:
            NotFoundError: There is no such backup, or it does not reach that far.
            SnapshotForgottenError: What was there then was dropped before it was backed up.
            ExistsError: Something is at that directory.
            CorruptionError: The backup is damaged; there is no pond.
            StorageError: The disk refuses; there is no pond.
        """
        point, txn = self._moment(self._only(pond), as_of)
        target = Path(to).absolute()
        return restore(self._files, point, target, upto=txn, durability=self._durability)

    def verify(self, *, pond: str | None = None, full: bool = False) -> Inspection:
        """Check whether all is there that the newest points need.

        Args:
            pond: Whose point; all ponds without one.
            full: Check every point, and read every byte.

        Raises:
            NotFoundError: There is no such backup.
        """
        wanted = self.ponds() if pond is None else [pond]
        names = {each: self._names(each) for each in wanted}
        if not wanted or not all(names.values()):
            raise self._nothing(pond)
        chosen = [name for found in names.values() for name in (found if full else found[-1:])]
        found: list[Point] = []
        damaged: list[Finding] = []
        for name in chosen:
            try:
                found.append(self._read(name))
            except CorruptionError as exc:
                damaged.append(Finding("point damaged", name, str(exc)))
        return inspect(self._files, found, damaged, full=full)

    def _names(self, pond: str) -> list[str]:
        names = self._files.names(points.folder_of(pond))
        return [name for name in names if points.txn_of(name) is not None]

    def _read(self, name: str) -> Point:
        return points.decode(name, self._files.read(name, digest=points.digest_in(name)))

    def _only(self, pond: str | None) -> str:
        ponds = self.ponds()
        if pond is None and len(ponds) > 1:
            msg = f"{self.path} has backups of {len(ponds)} ponds: {', '.join(ponds)}"
            raise DataError(msg, hint="say which one")
        if pond not in (None, *ponds) or not ponds:
            raise self._nothing(pond)
        return pond or ponds[0]

    def _moment(self, pond: str, as_of: int | datetime | None) -> tuple[Point, int]:
        """Return the earliest point that has a moment, and the txn that the moment means."""
        names = self._names(pond)
        if not names:
            raise self._nothing(pond)
        match as_of:
            case None:
                at, txn = len(names) - 1, points.txn_of(names[-1]) or 0
            case datetime():
                at, txn = self._at_instant(names, to_us(as_of))
            case _:
                at, txn = (
                    bisect_left(names, as_of, key=lambda name: points.txn_of(name) or 0),
                    as_of,
                )
        if txn < 0 or at == len(names):
            msg = f"{self.path} has no txn {txn} of pond {pond}"
            hint = f"the newest that it has is {points.txn_of(names[-1])}"
            raise NotFoundError(msg, path=str(self.path), hint=hint)
        point = self._read(names[at])
        if txn not in point.shown:
            msg = f"what the pond held as of txn {txn} was dropped before it was backed up"
            near = point.shown.around(txn)
            also = f", and of those before it txn {near} can be" if near else ""
            hint = f"{point.horizon} is the first that can be restored{also}"
            raise SnapshotForgottenError(msg, path=str(self.path), hint=hint)
        return point, txn

    def _at_instant(self, names: list[str], instant_us: int) -> tuple[int, int]:
        at = bisect_left(names, instant_us, key=lambda name: self._read(name).ts_us)
        at = min(at, len(names) - 1)
        point = self._read(names[at])
        return at, next(self._txns_until(point, instant_us), 0)

    def _txns_until(self, point: Point, instant_us: int) -> Iterator[int]:
        """Iterate over the last txn until an instant of each segment, the newest first."""
        for each in reversed(point.segments):
            name = segment.file_of(each.sha256)
            rows = segment.decode(name, self._files.read(name, digest=each.sha256))
            past = rows.filter(pc.less_equal(rows["ts"].cast("int64"), instant_us))
            if past.num_rows:
                yield pc.max(past["txn"]).as_py()

    def _nothing(self, pond: str | None) -> NotFoundError:
        of = "" if pond is None else f" of pond {pond}"
        msg = f"there is no backup{of} in {self.path}"
        return NotFoundError(msg, path=str(self.path), hint="make one with `pond backup push`")
