"""From a pond into a backup: what that does not have yet, and at last a point.

Objects are there before the segment whose rows refer to them, and segments before the point that
names them. So a crash leaves files that no point names, which the next push takes up. A push of
hours makes a point now and then, of what was sent so far.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import FIRST, Point, Segment
from pond_core.backup.points import Points
from pond_core.backup.progress import Progress
from pond_core.backup.sending import Sending
from pond_core.errors import CorruptionError, PondDivergedError
from pond_core.oplog import Header, OpLog, Proof, Shown
from pond_core.tlogfs import ObjectStore

MERGED = 16
"""So many segments of as many pushes each are written as one: so they stay few, and a row is
written again a number of times that grows with the logarithm of the number of pushes."""

_SEALED_BYTES = 8 * 1024**2
"""A segment of this size is not written again; nor is such a log file."""

_SEGMENT_ROWS = 20_000
"""What a segment of many transactions holds at most, so that little is in memory at a time."""

_STRETCH_BYTES = 4 * 1024**3
"""What is sent for a segment comes to this at most, unless one transaction is larger: an hour or
two over a slow line."""

_PART_S = 3600
"""What was sent after so long becomes a point, and the push goes on from there: what no point needs
may fall to a clean-up before a push of days is done, and is lost to whoever needs it at once."""

_ROW_BYTES = 64 * 1024
_SEGMENT_BYTES = 64 * 1024**2
"""What its contents come to at most, where each row has as much as a row can hold."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to.

    Attributes:
        point: The newest point of the pond in the backup.
        is_new: Whether this push made it; else nothing was committed since.
        objects: How many objects were sent.
        bytes: How many bytes were sent, the point not counted.
    """

    point: Point
    is_new: bool
    objects: int
    bytes: int


def push(
    log: OpLog,
    objects: ObjectStore,
    files: Files,
    *,
    begin: Callable[[], None],
    told: Progress,
    sleep: Callable[[float], None],
) -> Pushed:
    """Bring the backup of a pond up to date.

    Args:
        log: The pond's log.
        objects: Its objects.
        files: The backup's files.
        begin: Is asked, before the first point is made, whether that is right.
        told: Is told what was sent.
        sleep: How to wait for a clean-up.

    Raises:
        PondDivergedError: The pond's history does not go on from the newest point.
        CorruptionError: The pond is damaged; no point was made.
        StorageError: A disk or the place refuses; what was sent need not be sent again.
    """
    done, is_whole = _part(log, objects, files, begin=begin, told=told, sleep=sleep)
    while not is_whole:
        further = partial(_told_after, done, told)
        more, is_whole = _part(log, objects, files, begin=begin, told=further, sleep=sleep)
        done = Pushed(
            more.point,
            is_new=done.is_new or more.is_new,
            objects=done.objects + more.objects,
            bytes=done.bytes + more.bytes,
        )
    return done


def _told_after(done: Pushed, told: Progress, objects: int, size: int) -> None:
    told(done.objects + objects, done.bytes + size)


def _part(
    log: OpLog,
    objects: ObjectStore,
    files: Files,
    *,
    begin: Callable[[], None],
    told: Progress,
    sleep: Callable[[float], None],
) -> tuple[Pushed, bool]:
    """Make one point, and say whether it is of all that was committed when this began."""
    points = Points(files)
    while True:
        last = points.newest()
        if last is None:
            begin()
        head, shown = log.head(), log.shown
        _check_continued(log, last, head)
        if last is not None and last.txn == head:
            return Pushed(last, is_new=False, objects=0, bytes=0), True
        sending = Sending(files, told, sleep)
        try:
            point = _point(log, objects, sending, last, head=head, shown=shown)
        except CorruptionError:
            if not _is_forgotten(log, shown):
                raise
            continue
        # Else what was read last lacks what was forgotten meanwhile, and what was read first not.
        if _is_forgotten(log, shown):
            continue
        sending.finish()
        if last is not None and _begins_anew(last, shown):
            points.end(last)
        if points.add(point):
            pushed = Pushed(point, is_new=True, objects=sending.objects, bytes=sending.bytes)
            return pushed, point.txn == head


def _point(
    log: OpLog,
    objects: ObjectStore,
    sending: Sending,
    last: Point | None,
    *,
    head: int,
    shown: Shown,
) -> Point:
    """Send all that a new point needs, and return it: of the head, or of what took long enough."""
    known = None if last is None or _begins_anew(last, shown) else last
    horizon = shown.horizon
    # What expired is not there any more, and does not come back with rows that are written anew.
    fixed = horizon if known is None else max(horizon, known.horizon)
    kept, pushes = _kept(() if known is None else known.segments, horizon=fixed)
    after = kept[-1].upto if kept else 0
    proof = Proof(horizon=horizon, last=log.header(after))
    sent = 0 if known is None else known.txn

    def made(after: int, upto: int) -> Segment:
        rows = log.transcript(after=after, upto=upto)
        proof.add(rows)
        rows = segment.with_objects(rows)
        sending.send_objects(segment.objects_in(segment.newer(rows, sent)), objects)
        # All but the last are full, and never written again.
        return Segment(*sending.send_segment(rows), after, upto, pushes if upto == head else 0)

    segments = list(kept)
    for first, upto in _stretches(log.headers(after=after, upto=head)):
        segments.append(made(first, upto))
        # No point is of less than the last one is, or of what cannot be shown.
        if upto > sent and upto >= horizon and sending.has_taken(_PART_S):
            break
    own = [log.header(txn) for txn in (shown.kept if known is None else ())]
    own_us = tuple(each.ts_us if each else 0 for each in own)
    return Point(
        number=FIRST if last is None else last.number + 1,
        previous="" if last is None else last.digest,
        pond=log.pond_id,
        txn=proof.txn,
        hash=proof.hash,
        ts_us=0 if proof.last is None else proof.last.ts_us,
        horizon=horizon if known is None else known.horizon,
        kept=shown.kept if known is None else known.kept,
        kept_us=own_us if known is None else known.kept_us,
        first=FIRST if last is None else last.first,
        thinned_us=0 if known is None else known.thinned_us,
        objects=sending.objects + (0 if known is None else known.objects),
        bytes=sending.bytes + (0 if known is None else known.bytes),
        segments=tuple(segments),
    )


def _begins_anew(last: Point, shown: Shown) -> bool:
    """Say whether what came after a point is not all there any more, and cannot follow it."""
    return last.txn < shown.horizon


def _check_continued(log: OpLog, last: Point | None, head: int) -> None:
    if last is None or last.txn == 0:
        return
    header = log.header(last.txn) if last.txn <= head else None
    if header is None and log.is_replica:
        msg = f"{log.label} is a replica, and behind: the backup has txn {last.txn} of its pond"
        raise PondDivergedError(msg, hint="pull first")
    if header is None or header.hash != last.hash:
        msg = (
            f"{log.label} and its backup went apart: the backup holds {last.txn} transactions of "
            f"pond {last.pond}, and the pond does not go on from these"
        )
        hint = "restore the backup beside it and compare; push to another place to keep both"
        raise PondDivergedError(msg, hint=hint)


def _is_forgotten(log: OpLog, shown: Shown) -> bool:
    log.head()  # look
    return log.shown != shown


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
    """Yield ranges `(after, upto]` of txns whose rows can be held, and sent, at a time."""
    first, rows, size, sent = 0, 0, 0, 0
    for at, header in enumerate(headers):
        more = header.operations + 1
        more_bytes = min(header.bytes, more * _ROW_BYTES)
        is_full = rows + more > _SEGMENT_ROWS or size + more_bytes > _SEGMENT_BYTES
        if at > first and (is_full or sent + header.bytes > _STRETCH_BYTES):
            yield headers[first].txn - 1, header.txn - 1
            first, rows, size, sent = at, 0, 0, 0
        rows, size, sent = rows + more, size + more_bytes, sent + header.bytes
    if headers:
        yield headers[first].txn - 1, headers[-1].txn
