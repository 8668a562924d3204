"""A history as it arrives from a backup: proven row by row, and written as a log."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from pond_core.backup.fetching import Fetching
from pond_core.backup.point import Point
from pond_core.errors import CorruptionError
from pond_core.oplog import LogFile, OpLog, Proof, add_action, write_transcript
from pond_core.storage import Durability


def arrive(
    fetching: Fetching,
    point: Point,
    to: Path,
    *,
    upto: int,
    durability: Durability,
    seen: Callable[[pa.Table], None] = lambda _rows: None,
) -> OpLog:
    """Fetch the rows up to a txn, and return a log of them, in which nothing is merged.

    Args:
        fetching: Fetches from the backup.
        point: A point whose segments have that txn.
        to: A directory that is not there, or is empty.
        upto: The txn.
        durability: Whether to wait for the disk.
        seen: Is told the rows of each segment, with the columns `SEGMENT`, once they are proven.

    Raises:
        CorruptionError: The backup is damaged.
        StorageError: The disk or the place refuses.
    """
    log = OpLog.create(to, durability=durability)
    proof = Proof(horizon=point.horizon)
    written: list[LogFile] = []
    for rows in fetching.rows(point, upto=upto):
        proof.add(rows.drop_columns(["object"]))
        seen(rows)
        written.extend(write_transcript(to, rows, durability=durability))
    txn_uuid = checked_end(proof, point, upto=upto, label=fetching.label)
    shown = point.shown.upto(upto)
    if upto:
        actions = [add_action(file, data_change=True) for file in written]
        log.table.commit(actions, txn=upto, txn_uuid=txn_uuid)
    if shown.horizon:
        log.table.set(shown.properties)
    return log


def checked_end(proof: Proof, point: Point, *, upto: int, label: str) -> str:
    """Return the `txn_uuid` of the last transaction that was proven; empty if there is none.

    Raises:
        CorruptionError: That is another one than the point has there.
    """
    if proof.txn != upto or (upto == point.txn and proof.hash != point.hash):
        msg = f"{label}: the rows up to txn {point.txn} are not those of its point"
        raise CorruptionError(msg, hint="restore from another point: `pond backup list`")
    return "" if proof.last is None else proof.last.txn_uuid
