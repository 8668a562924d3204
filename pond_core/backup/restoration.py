"""From a backup into a new pond: proven row by row and byte by byte as it arrives.

The pond is made in `restoring/` of its directory, but for the objects, which stay where they are
put; one rename makes it a pond. So a restoration that was interrupted is done again with the
objects that it has.
"""

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.progress import Fetched
from pond_core.errors import CorruptionError, ExistsError
from pond_core.oplog import (
    HEADERS,
    LogFile,
    OpLog,
    Proof,
    Provenance,
    Shown,
    add_action,
    write_transcript,
)
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
        self._objects = ObjectStore(to, durability=durability)
        self._fetched: list[int] = []
        self._bytes = 0

    def run(self, point: Point) -> Restored:
        """Make the pond."""
        with storage_errors(self._stage):
            shutil.rmtree(self._stage, ignore_errors=True)
        log = OpLog.create(self._stage, durability=self._durability)
        proof = Proof(horizon=point.horizon)
        written = list(self._rows(point, proof))
        if proof.txn != self._upto or (self._upto == point.txn and proof.hash != point.hash):
            msg = f"{self._files.label}: the rows up to txn {point.txn} are not those of its point"
            raise CorruptionError(msg, hint="restore from another point: `pond backup list`")
        _commit(log, written, proof, shown=point.shown.upto(self._upto))
        # Its own first transaction changes nothing, and says in the chain whose history this was.
        source = _provenance(point, self._upto)
        log.append(lambda _head, _others: (), base=self._upto, provenance=source)
        _merge(log)
        with storage_errors(self._to):
            # The step that makes it a pond.
            (self._stage / "oplog").replace(self._to / "oplog")
            self._durability.sync_file(self._to)
            shutil.rmtree(self._stage)
        fetched = self._bytes + sum(self._fetched)
        return Restored(log.pond_id, point.pond, self._upto, len(self._fetched), fetched)

    def _rows(self, point: Point, proof: Proof) -> Iterator[LogFile]:
        """Fetch the segments and the objects that they need, and write the rows as log files."""
        for each in point.segments:
            if each.after >= self._upto:
                break
            name = segment.file_of(each.sha256)
            rows = segment.decode(name, self._files.read_content(name, digest=each.sha256))
            self._bytes += each.size
            rows = rows.filter(pc.less_equal(rows["txn"], self._upto))
            proof.add(rows.drop_columns(["object"]))
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                wanted = segment.objects_in(rows)
                for size in pool.map(self._fetch, wanted, wanted.values()):
                    self._fetched.extend([] if size is None else [size])
                    self._tell(point)
            yield from write_transcript(self._stage, rows, durability=self._durability)

    def _tell(self, point: Point) -> None:
        # What has expired was sent, too: then nobody knows.
        total = 0 if point.horizon else point.bytes
        self._told(len(self._fetched), self._bytes + sum(self._fetched), total)

    def _fetch(self, digest: str, size: int | None) -> int | None:
        """Fetch an object, and return its size; None if it was there."""
        target = self._objects.path(digest)
        if target.is_file() and size in (None, target.stat().st_size):
            return None  # an earlier attempt put it there; it has its name since it was whole
        return self._files.fetch(
            segment.object_file_of(digest),
            target,
            digest=digest,
            temporary=self._stage / "tmp",
            durability=self._durability,
        )


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


def _commit(log: OpLog, written: Sequence[LogFile], proof: Proof, *, shown: Shown) -> None:
    if proof.last is not None:
        actions = [add_action(file, data_change=True) for file in written]
        log.table.commit(actions, txn=proof.txn, txn_uuid=proof.last.txn_uuid)
    if shown.horizon:
        log.table.set(shown.properties)


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
