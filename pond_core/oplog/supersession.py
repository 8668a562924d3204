"""Which rows count no more, and since when.

A row counts in the snapshots from its own txn up to, not including, its `until`: the txn of the
row that took its place. A snapshot at N reads the rows with `txn <= N < until` and folds to the
same as if it read all rows up to N.
"""

from collections import Counter
from typing import Any

import pyarrow as pa

from pond_core.oplog.fold import place
from pond_core.oplog.operation import OpKind
from pond_core.window import ALWAYS, Window

_KEYS = ("txn", "seq", "op", "parent_id", "name", "node_id", "window_start", "window_end")


def until(rows: pa.Table, *, complete: bool) -> list[int | None]:
    """Return, for each row, the txn since which it counts no more; None while it counts.

    Args:
        rows: Rows of one part, with the columns of the log, each once, in any order.
        complete: Whether these are all rows of the part that still count. Only then is an
            `unlink` itself done with: no row is left that it would have to hide.
    """
    judged = _Judged(rows.num_rows, complete=complete)
    columns = [_plain(rows.column(name)) for name in _KEYS]
    order = sorted(range(rows.num_rows), key=lambda i: (columns[0][i], columns[1][i]))
    for i in order:
        txn, _, op, parent, name, node, start, end = (column[i] for column in columns)
        match OpKind(op):
            case OpKind.LINK:
                judged.succeed((parent, name), i, txn)
            case OpKind.UNLINK:
                judged.remove((parent, name), i, txn)
            case OpKind.ATTRIBUTES:
                judged.succeed((node,), i, txn)
            case OpKind.MARK:
                judged.succeed((node, start, end), i, txn)
            case OpKind.WRITE:
                judged.place(node, ALWAYS, i, txn)
            case OpKind.WINDOW | OpKind.CONDENSED:
                judged.place(node, Window(start, end), i, txn)
            case OpKind.HEADER:
                pass
    return judged.until


class _Judged:
    """What has been seen so far, in order, and what it did to rows before."""

    def __init__(self, rows: int, *, complete: bool) -> None:
        self.until: list[int | None] = [None] * rows
        self._complete = complete
        self._last: dict[tuple[object, ...], int] = {}
        self._pieces: dict[str, list[tuple[Window, int]]] = {}
        self._held: Counter[int] = Counter()

    def succeed(self, key: tuple[object, ...], row: int, txn: int) -> None:
        before = self._last.get(key)
        if before is not None:
            self.until[before] = txn
        self._last[key] = row

    def remove(self, key: tuple[object, ...], row: int, txn: int) -> None:
        self.succeed(key, row, txn)
        if self._complete:
            # It stays the last one: where a later row was judged without it, what that one
            # superseded counts for longer, and this has to hide it for as long.
            self.until[row] = txn

    def place(self, node: str, window: Window, row: int, txn: int) -> None:
        cut, left = place(self._pieces.setdefault(node, []), window, row)
        self._held.update((row, *left))
        self._held.subtract(cut)
        for other in cut:
            if not self._held[other]:
                self.until[other] = txn


def _plain(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return list(column.to_pylist())
