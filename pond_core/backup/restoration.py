"""From a backup into a new pond: proven row by row and byte by byte as it arrives.

The pond is made in `restoring/` of its directory, but for the objects, which stay where they are
put; one rename makes it a pond. So a restoration that was interrupted is done again with the
objects that it has.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pond_core.backup import segment
from pond_core.backup.arrival import arrive
from pond_core.backup.fetching import Fetching
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.progress import Fetched
from pond_core.errors import ExistsError
from pond_core.oplog import HEADERS, OpLog, Provenance
from pond_core.storage import Durability, storage_errors
from pond_core.tlogfs import ObjectStore

_STAGE = "restoring"

_AT_ONCE = 8
"""Objects on their way: each waits for an answer."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A pond that was made of a backup.

    Attributes:
        pond: Its UUID, which no other pond has.
        parent: The UUID of the pond that the backup is of.
        txn: The transaction of the parent that it shows; its own first one is the next.
        objects: How many objects were fetched.
        bytes: How many bytes were fetched.
    """

    pond: str
    parent: str
    txn: int
    objects: int
    bytes: int


def restore(
    files: Files, point: Point, to: Path, *, upto: int, durability: Durability, told: Fetched
) -> Restored:
    """Make a pond that shows what another one held as of a txn, and before it.

    Args:
        files: The files of the backup.
        point: A point whose segments have that txn.
        to: The pond's directory: not there, empty, or of a restoration that was interrupted.
        upto: The txn.
        durability: Whether to wait for the disk.
        told: Is told how many objects and bytes were fetched.

    Raises:
        ExistsError: Something else is there.
        CorruptionError: The backup is damaged; there is no pond.
        StorageError: The disk refuses; there is no pond.
    """
    done = _finished(to, point, upto=upto, durability=durability)
    if done is not None:
        return done
    _check_free(to)
    return _Restoration(files, to, upto=upto, durability=durability, told=told).run(point)


class _Restoration:
    def __init__(
        self, files: Files, to: Path, *, upto: int, durability: Durability, told: Fetched
    ) -> None:
        self._files = files
        self._told = told
        self._to = to
        self._stage = to / _STAGE
        self._upto = upto
        self._durability = durability

    def run(self, point: Point) -> Restored:
        """Make the pond."""
        with storage_errors(self._stage):
            shutil.rmtree(self._stage, ignore_errors=True)
        # What has expired was sent, too: then nobody knows.
        total = 0 if point.horizon else point.bytes
        fetching = Fetching(
            self._files,
            ObjectStore(self._to, durability=self._durability),
            temporary=self._stage / "tmp",
            durability=self._durability,
            told=lambda objects, size: self._told(objects, size, total),
        )
        log = arrive(
            fetching,
            point,
            self._stage,
            upto=self._upto,
            durability=self._durability,
            seen=lambda rows: fetching.fetch(segment.objects_in(rows)),
        )
        # Its own first transaction changes nothing, and says in the chain whose history this was.
        source = _provenance(point, self._upto)
        log.append(lambda _head, _others: (), base=self._upto, provenance=source)
        _merge(log)
        with storage_errors(self._to):
            # The step that makes it a pond.
            (self._stage / "oplog").replace(self._to / "oplog")
            self._durability.sync_file(self._to)
            shutil.rmtree(self._stage)
        return Restored(log.pond_id, point.pond, self._upto, fetching.objects, fetching.bytes)


def _finished(to: Path, point: Point, *, upto: int, durability: Durability) -> Restored | None:
    """Return the pond that an earlier attempt made; it died before it had cleared up."""
    stage = to / _STAGE
    if not (stage.is_dir() and OpLog.exists(to)):
        return None
    log = OpLog(to, durability=durability)
    own = log.headers(after=upto)
    if [each.provenance for each in own] != [_provenance(point, upto)]:
        return None
    with storage_errors(stage):
        shutil.rmtree(stage)
    return Restored(log.pond_id, point.pond, upto, 0, 0)


def _provenance(point: Point, txn: int) -> Provenance:
    message = f"restored from a backup of pond {point.pond}, as of txn {txn}"
    return Provenance(author="pond backup restore", message=message)


def _check_free(to: Path) -> None:
    """Refuse a place where something is that a restoration did not leave."""
    with storage_errors(to):
        found = {path.name for path in to.iterdir()} if to.exists() else set()
    if found and (_STAGE not in found or OpLog.exists(to)):
        msg = f"{to} is not empty"
        hint = "a pond is restored into a new directory, never over another one"
        raise ExistsError(msg, path=str(to), hint=hint)


def _merge(log: OpLog) -> None:
    """Put the rows in order as upkeep does: few files, superseded rows aside."""
    for part in range(HEADERS + 1):
        with log.exclusive():
            log.head()
            log.upkeep.thorough(part, gone=())
    with log.exclusive():
        log.table.checkpoint()
    # Nobody has seen those that were merged: they need not stay for an hour.
    known = {log.table.path / file.path for file in log.files()}
    for path in set(log.table.path.glob("tier=*/part=*/*")) - known:
        path.unlink()
