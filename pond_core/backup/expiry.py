"""Expiry: a point from which only chosen moments can be restored, without the rows of others.

It is a point like any other, with the same transaction as the one before it. Rows that only
snapshots in between would show are left out where they are many; what they referred to is nobody's
then, and falls to a clean-up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.keep import Keep, Moment
from pond_core.backup.point import Point, Segment
from pond_core.backup.points import Points
from pond_core.backup.progress import Progress
from pond_core.backup.reach import reached
from pond_core.backup.sending import Sending
from pond_core.oplog import HEADERS, OpKind, Shown, superseded

_WORTH = 0.25
"""The share of a segment's rows that must have gone before it is written anew for that alone."""

_SMALL_BYTES = 8 * 1024**2
"""Neighbors that are smaller together become one; the measure of a full segment."""

_JUDGED = ("part", "txn", "seq", "op", "parent_id", "name", "node_id", "window_start", "window_end")


@dataclass(frozen=True, slots=True)
class Expired:
    """What an expiry came to.

    Attributes:
        point: The newest point.
        moments: What can be restored of the moments that were pushed, the oldest first.
        expired: How many moments can no longer be.
        rows: How many rows were left out.
        bytes: How many bytes were sent.
    """

    point: Point
    moments: tuple[Moment, ...]
    expired: int
    rows: int
    bytes: int


def moments(points: Points, point: Point, *, after: int, first: int) -> list[Moment]:
    """Return the pushed moments that a point can restore, the oldest first.

    Args:
        points: The pond's points.
        point: The newest one, or an end.
        after: The number of the end before it, which none of its moments is in; 0 without one.
        first: The first point that has to be there. What those before it told, later ones tell
            among what they kept; and a clean-up may delete them while this looks.
    """
    begin = max(after + 1, first)
    numbers = (number for number in points.numbers() if begin <= number <= point.number)
    pushed = (points.get(number) for number in numbers)
    found = {Moment(each.txn, each.ts_us) for each in pushed} | {*_moments_of(point)}
    return sorted(each for each in found if each.txn in point.shown)


def expire(
    files: Files, keep: Keep, *, told: Progress, sleep: Callable[[float], None]
) -> Expired | None:
    """Keep only chosen moments of a pond's backup; None if it has no point.

    Args:
        files: The backup's files.
        keep: Which moments.
        told: Is told what was sent.
        sleep: How to wait for a clean-up.

    Raises:
        CorruptionError: The backup is damaged; nothing has expired.
        StorageError: The place refuses; what was sent need not be sent again.
    """
    points = Points(files)
    while True:
        newest = points.newest()
        if newest is None:
            return None
        ends = points.ends()
        after = [0, *(end.number for end in ends)]
        mine = moments(points, newest, after=after[-1], first=newest.first)
        older = [
            moments(points, end, after=at, first=newest.first)
            for end, at in zip(ends, after, strict=False)
        ]
        everything = {*mine}.union(*older)
        chosen = keep.chosen(everything)
        staying = [each for each in mine if each in chosen]
        if chosen != everything:
            for end, found in zip(ends, older, strict=True):
                _thin_end(points, end, [each for each in found if each in chosen])
        sending = Sending(files, told, sleep)
        point, rows = newest, 0
        if staying != mine:
            point, rows = _thinned(files, sending, newest, staying)
            sending.finish()
        elif newest.thinned_us < newest.ts_us:
            # So that who comes next knows, and need not look at all points again.
            point = newest.followed(thinned_us=newest.ts_us)
        if point is not newest and not points.add(point):
            continue
        for end, found in zip(ends, older, strict=True):
            if chosen.isdisjoint(found):
                points.drop_end(end.number)
        left = tuple(sorted(chosen))
        return Expired(point, left, len(everything) - len(left), rows, sending.bytes)


def _moments_of(point: Point) -> list[Moment]:
    pairs = zip(point.kept, point.kept_us, strict=True)
    return [*(Moment(*pair) for pair in pairs), Moment(point.txn, point.ts_us)]


def _thin_end(points: Points, end: Point, staying: Sequence[Moment]) -> None:
    """Let an end tell itself which moments stay: the points that did are no longer needed."""
    before = [each for each in staying if each.txn < end.txn]
    if before and before != _moments_of(end)[:-1]:
        kept, kept_us = (tuple(each.txn for each in before), tuple(each.ts_us for each in before))
        points.end(replace(end, horizon=end.txn, kept=kept, kept_us=kept_us, thinned_us=end.ts_us))


def _thinned(
    files: Files, sending: Sending, newest: Point, staying: Sequence[Moment]
) -> tuple[Point, int]:
    """Return a point of which only some moments can be restored, and how many rows that spares."""
    before = staying[:-1]  # the newest one is the point itself
    shown = Shown(newest.txn, tuple(each.txn for each in before))
    needed = _needed(files, newest.segments, shown)
    segments: list[Segment] = []
    spared = 0
    for group in _groups(newest.segments):
        masks = [needed[each.sha256] for each in group]
        rows = sum(len(mask) for mask in masks)
        left = sum(mask.true_count for mask in masks)
        if len(group) == 1 and rows - left < _WORTH * rows:
            segments.extend(group)
            continue
        tables = [_rows(files, each).filter(needed[each.sha256]) for each in group]
        digest, size = sending.send_segment(pa.concat_tables(tables))
        segments.append(Segment(digest, size, group[0].after, group[-1].upto, pushes=0))
        spared += rows - left
    point = newest.followed(
        horizon=newest.txn,
        first=newest.number + 1,
        thinned_us=newest.ts_us,
        kept=shown.kept,
        kept_us=tuple(each.ts_us for each in before),
        bytes=newest.bytes + sending.bytes,
        segments=tuple(segments),
    )
    return point, spared


def _needed(files: Files, segments: Sequence[Segment], shown: Shown) -> dict[str, pa.BooleanArray]:
    """Return of each segment which rows some moment that can be shown needs."""
    tables = [_rows(files, each, _JUDGED) for each in segments]
    rows = pa.concat_tables(tables)
    rows = rows.append_column("at", pa.array(range(rows.num_rows)))
    subjects = pa.array(sorted(reached(rows, (*shown.kept, shown.horizon))))
    needed = pa.array([True] * rows.num_rows)
    for part in range(HEADERS):
        mine = rows.filter(pc.equal(rows["part"], part))
        until = pa.array(superseded(mine, complete=True), pa.int64())
        some_need = shown.needs(mine.append_column("until", until))
        counts = pc.or_kleene(pc.is_null(until), some_need)
        # Of what it hides something may be left, in a segment that is not worth writing anew.
        counts = pc.or_(counts, pc.equal(mine["op"], OpKind.UNLINK))
        is_reached = pc.is_in(pc.coalesce(mine["parent_id"], mine["node_id"]), subjects)
        going = mine["at"].filter(pc.invert(pc.and_(counts, is_reached)))
        needed = pc.and_(needed, pc.invert(pc.is_in(rows["at"], going.combine_chunks())))
    flags = needed.combine_chunks() if isinstance(needed, pa.ChunkedArray) else needed
    found, start = {}, 0
    for each, table in zip(segments, tables, strict=True):
        found[each.sha256] = flags.slice(start, table.num_rows)
        start += table.num_rows
    return found


def _groups(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield neighbors that are small together; each of the others by itself."""
    group: list[Segment] = []
    for each in segments:
        if group and sum(one.size for one in group) + each.size > _SMALL_BYTES:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _rows(files: Files, each: Segment, columns: Sequence[str] = ()) -> pa.Table:
    name = segment.file_of(each.sha256)
    rows = segment.decode(name, files.read_content(name, digest=each.sha256))
    return rows.select(columns) if columns else rows
