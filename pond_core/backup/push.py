"""From a pond into a folder: what the folder does not have yet, and at last a point.

Objects are there before the segment whose rows refer to them, and segments before the point that
names them. So a crash leaves files that no point names, which the next push takes up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import Point, Segment, encode
from pond_core.errors import CorruptionError, PondDivergedError
from pond_core.oplog import Header, OpLog, Proof, Shown
from pond_core.storage import sha256_of
from pond_core.tlogfs import ObjectStore

MERGED = 16
"""So many segments of as many pushes each are written as one: so they stay few, and a row is
written again a number of times that grows with the logarithm of the number of pushes."""

_SEALED_BYTES = 8 * 1024**2
"""A segment of this size is not written again; nor is such a log file."""

_SEGMENT_ROWS = 20_000
"""What a segment of many transactions holds at most, so that little is in memory at a time."""

_ROW_BYTES = 64 * 1024
_SEGMENT_BYTES = 64 * 1024**2
"""What its contents come to at most, where each row has as much as a row can hold."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to.

    Attributes:
        point: The newest point of the pond in the folder.
        is_new: Whether this push made it; else nothing was committed since.
        objects: How many objects were sent.
        bytes: How many bytes were sent, the point not counted.
    """

    point: Point
    is_new: bool
    objects: int
    bytes: int


def push(log: OpLog, objects: ObjectStore, files: Files, last: Point | None) -> Pushed:
    """Bring a folder up to date with a pond. The caller is the only one who writes there.

    Args:
        log: The pond's log.
        objects: Its objects.
        files: The folder.
        last: The newest point of this pond in it.

    Raises:
        PondDivergedError: The pond's history does not go on from that point.
        CorruptionError: The pond is damaged; no point was made.
        StorageError: The disk refuses; what was sent need not be sent again.
    """
    while True:
        head, shown = log.head(), log.shown
        _check_continued(log, last, head)
        if last is not None and last.txn == head:
            return Pushed(last, is_new=False, objects=0, bytes=0)
        sending = _Sending(log, objects, files)
        try:
            point = sending.point(last, head=head, shown=shown)
        except CorruptionError:
            if not _is_forgotten(log, shown):
                raise
            continue
        # Else what was read last lacks what was forgotten meanwhile, and what was read first not.
        if not _is_forgotten(log, shown):
            files.write(*encode(point))
            return Pushed(point, is_new=True, objects=sending.objects, bytes=sending.bytes)


class _Sending:
    """One push, and what it has sent so far."""

    def __init__(self, log: OpLog, objects: ObjectStore, files: Files) -> None:
        self.objects = 0
        self.bytes = 0
        self._log = log
        self._store = objects
        self._files = files

    def point(self, last: Point | None, *, head: int, shown: Shown) -> Point:
        """Send all that a new point needs, and return it."""
        horizon = shown.horizon
        if last is not None and last.txn < horizon:
            # What came since is not all there any more: it cannot be told as what comes next.
            last = None
        kept, pushes = _kept(() if last is None else last.segments, horizon=horizon)
        after = kept[-1].upto if kept else 0
        proof = Proof(horizon=horizon, last=_header(self._log, after))
        known = 0 if last is None else last.txn
        made = [
            # All but the last are full, and never written again.
            self._segment(first, upto, proof, known=known, pushes=pushes if upto == head else 0)
            for first, upto in _stretches(self._log.headers(after=after, upto=head))
        ]
        return Point(
            pond=self._log.pond_id,
            txn=head,
            hash=proof.hash,
            ts_us=0 if proof.last is None else proof.last.ts_us,
            horizon=horizon if last is None else last.horizon,
            kept=shown.kept if last is None else last.kept,
            objects=self.objects + (0 if last is None else last.objects),
            bytes=self.bytes + (0 if last is None else last.bytes),
            segments=(*kept, *made),
        )

    def _segment(self, after: int, upto: int, proof: Proof, *, known: int, pushes: int) -> Segment:
        rows = self._log.transcript(after=after, upto=upto)
        proof.add(rows)
        rows = segment.with_objects(rows)
        for digest, size in segment.objects_in(segment.newer(rows, known)).items():
            self._send_object(digest, size)
        data = segment.encode(rows)
        digest = sha256_of(data)
        name = segment.file_of(digest)
        if self._files.size(name) != len(data):
            self._files.write(name, data)
            self.bytes += len(data)
        return Segment(digest, len(data), after, upto, pushes)

    def _send_object(self, digest: str, size: int | None) -> None:
        name = segment.object_file_of(digest)
        there = self._files.size(name)
        if there is None or there != (size or there):
            self.bytes += self._files.send(self._store.path(digest), name, digest=digest)
            self.objects += 1


def _check_continued(log: OpLog, last: Point | None, head: int) -> None:
    if last is None or last.txn == 0:
        return
    header = _header(log, last.txn) if last.txn <= head else None
    if header is None or header.hash != last.hash:
        msg = (
            f"{log.pond} and its backup went apart: the backup holds {last.txn} transactions of "
            f"pond {last.pond}, and the pond does not go on from these"
        )
        hint = "restore the backup beside it and compare; push to another folder to keep both"
        raise PondDivergedError(msg, hint=hint)


def _is_forgotten(log: OpLog, shown: Shown) -> bool:
    log.head()  # look
    return log.shown != shown


def _header(log: OpLog, txn: int) -> Header | None:
    return next(iter(log.headers(after=txn - 1, upto=txn)), None) if txn else None


def _kept(segments: Sequence[Segment], *, horizon: int) -> tuple[list[Segment], int]:
    """Return the segments that stay, and of how many pushes the new one will have the rows."""
    kept, pushes = list(segments), 1
    while len(kept) >= MERGED - 1:
        tail = kept[1 - MERGED :]
        is_due = all(s.pushes == pushes and s.size < _SEALED_BYTES for s in tail)
        if not is_due or tail[0].after < horizon:
            break
        del kept[1 - MERGED :]
        pushes *= MERGED
    return kept, pushes


def _stretches(headers: Sequence[Header]) -> Iterator[tuple[int, int]]:
    """Yield ranges `(after, upto]` of txns with few enough rows to be held at a time."""
    first, rows, size = 0, 0, 0
    for at, header in enumerate(headers):
        more = header.operations + 1
        more_bytes = min(header.bytes, more * _ROW_BYTES)
        if at > first and (rows + more > _SEGMENT_ROWS or size + more_bytes > _SEGMENT_BYTES):
            yield headers[first].txn - 1, header.txn - 1
            first, rows, size = at, 0, 0
        rows, size = rows + more, size + more_bytes
    if headers:
        yield headers[first].txn - 1, headers[-1].txn
