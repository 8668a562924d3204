"""Which node each row of the log is about, for all rows at once.

To find a few rows among a million it takes six columns in bulk, not a million values in Python.
"""

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, OpKind, OpLog, read_table

_COLUMNS = ("txn", "seq", "op", "parent_id", "name", "node_id", "entry_type")
_EMPTY = pa.table({name: pa.array([], pa.string()) for name in _COLUMNS})


def scan(log: OpLog, *, after: int = 0, upto: int, only: tuple[OpKind, ...] = ()) -> pa.Table:
    """Return rows of the txns in `(after, upto]` without headers, in any order.

    Args:
        log: The log.
        after: The txn after which they begin.
        upto: The last txn.
        only: Which operations; none is all.

    Returns:
        The columns `txn`, `seq`, `op`, `parent_id`, `name`, `node_id`, `entry_type` of the log. A
        row that two merges at once left twice is there twice.

    Raises:
        CorruptionError: A log file is missing or damaged.
    """
    while True:
        files = log.files()
        wanted = [
            file
            for file in files
            if file.part != HEADERS and file.max_txn > after and file.min_txn <= upto
        ]
        try:
            log.table.fetch(wanted)
            tables = [
                _chosen(read_table(log.table.path, file, _COLUMNS), after, upto, only)
                for file in wanted
            ]
        except CorruptionError:
            log.head()
            if log.files() == files:
                raise
            continue  # merged meanwhile: the rows are in other files
        return pa.concat_tables(tables) if tables else _EMPTY


def _chosen(rows: pa.Table, after: int, upto: int, only: tuple[OpKind, ...]) -> pa.Table:
    chosen = pc.and_(pc.greater(rows["txn"], after), pc.less_equal(rows["txn"], upto))
    chosen = pc.and_(chosen, pc.not_equal(rows["op"], OpKind.CONDENSED.value))
    if only:
        chosen = pc.and_(chosen, pc.is_in(rows["op"], pa.array([op.value for op in only])))
    return rows.filter(chosen)
