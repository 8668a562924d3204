"""The moment that somebody asks for: which point of a backup has it, and which txn it is."""

from collections.abc import Iterator
from datetime import datetime

import pyarrow.compute as pc

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.points import Points
from pond_core.errors import NotFoundError, SnapshotForgottenError
from pond_core.window import to_us


def moment(files: Files, newest: Point, as_of: int | datetime | None) -> tuple[Point, int]:
    """Return the newest point that has a moment, and the txn that the moment means.

    Args:
        files: The files of the backup.
        newest: Its newest point.
        as_of: A txn, or an aware instant; the newest point without one.

    Raises:
        NotFoundError: The backup does not reach that far.
        SnapshotForgottenError: What was there then was dropped before it was backed up, or has
            expired.
        CorruptionError: A segment or an end is damaged.
    """
    match as_of:
        case None:
            return newest, newest.txn
        case datetime():
            txn = next(_txns_until(files, newest, to_us(as_of)), 0)
        case _:
            txn = as_of
    if not 0 <= txn <= newest.txn:
        msg = f"{files.label} has no txn {txn} of pond {newest.pond}"
        hint = f"the newest that it has is {newest.txn}"
        raise NotFoundError(msg, path=files.label, hint=hint)
    if txn in newest.shown:
        return newest, txn
    for end in reversed(Points(files).ends()):
        if txn in end.shown and txn <= end.txn:
            return end, txn
    msg = f"what the pond held as of txn {txn} has expired, or was dropped before it was pushed"
    near = newest.shown.around(txn)
    also = f", and of those before it txn {near} can be" if near else ""
    hint = f"{newest.horizon} is the first that can be restored{also}"
    raise SnapshotForgottenError(msg, path=files.label, hint=hint)


def _txns_until(files: Files, point: Point, instant_us: int) -> Iterator[int]:
    """Iterate over the last txn until an instant of each segment, the newest first."""
    for each in reversed(point.segments):
        name = segment.file_of(each.sha256)
        rows = segment.decode(name, files.read_content(name, digest=each.sha256))
        past = rows.filter(pc.less_equal(rows["ts"].cast("int64"), instant_us))
        if past.num_rows:
            yield pc.max(past["txn"]).as_py()
