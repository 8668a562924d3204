"""Many small windows side by side, stored as one.

A pull every hour leaves a window of a few rows each. Ten thousand of them decode in 0.9 s, one
Parquet object of the same rows in 20 ms. So upkeep writes neighbors anew as one row of the log,
which is no part of a transaction: it says the same as they do, from the last of their txns on.
Snapshots before that txn read the windows as they were.
"""

import logging
from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa

from pond_core.errors import CorruptionError
from pond_core.oplog import CONDENSED_SEQ, CONDENSED_SEQS, Operation, OpKind, OpLog
from pond_core.tinyfs.content import concatenate, rows_within
from pond_core.tlogfs.content import load_table, store
from pond_core.tlogfs.objects import ObjectStore
from pond_core.window import Window

_LOGGER = logging.getLogger(__name__)

_WINDOWS = 64
"""Small windows side by side that are worth fewer larger ones."""

_SMALL_BYTES = 16 * 1024
"""Stored bytes of a small window; a larger one costs little beside what it holds."""

_CHUNK_BYTES = 256 * 1024
"""Stored bytes of small windows that become one: a reader of a short range reads all of it. As one
they take a seventh of that, since a batch of one row is mostly heads of columns."""

_CHUNK_WINDOWS = 1024
"""How many become one at most: empty windows have no bytes."""

Run = list[tuple[Window, Operation]]


class Condenser:
    """Condenses the series of one log."""

    def __init__(self, log: OpLog, objects: ObjectStore) -> None:
        self._log = log
        self._objects = objects

    def __call__(self, part: int, nodes: Collection[str]) -> list[Operation]:
        """Return the rows that condense what can be condensed of these nodes, as of the head."""
        state = self._log.state(part, txn=self._log.table.head)
        # Other parts are not asked: each has places of its own.
        first = CONDENSED_SEQ + part * CONDENSED_SEQS
        rows: list[Operation] = []
        for node_id in sorted(nodes):
            for run in _runs(state.node(node_id).pieces):
                taken = {row.seq for row in rows if row.txn == _last(run).txn}
                taken |= self._log.places(part, _last(run).txn)
                try:
                    rows.append(self._condensed(run, seq=max(first - 1, *taken) + 1))
                except CorruptionError as exc:
                    # One damaged window must not keep all others, and the pond, from upkeep.
                    _LOGGER.warning("windows of node %s are not condensed: %s", node_id, exc)
        return rows

    def _condensed(self, run: Run, *, seq: int) -> Operation:
        last = _last(run)
        tables = [rows_within(self._table(row), live) for live, row in run if row.rows]
        tables = [table for table in tables if table.num_rows]
        stored = store(concatenate(tables, path="the series") if tables else None, self._objects)
        return Operation(
            OpKind.CONDENSED,
            last.part,
            txn=last.txn,
            seq=seq,
            ts_us=last.ts_us,
            node_id=last.node_id,
            version=max(row.version or 0 for _, row in run),
            window_start_us=run[0][0].start_us,
            window_end_us=run[-1][0].end_us,
            min_time_us=stored.min_time_us,
            max_time_us=stored.max_time_us,
            rows=stored.rows,
            size=stored.size,
            sha256=stored.sha256,
            arrow_schema=stored.arrow_schema,
            content=stored.content,
        )

    def _table(self, row: Operation) -> pa.Table:
        return load_table(row, self._log.content(row), self._objects)


def _runs(pieces: Iterable[tuple[Window, Operation]]) -> Iterator[Run]:
    """Iterate over small windows side by side, wherever they are many, as much as becomes one.

    The newest of them, where more is to come, are left as they are.
    """
    run: Run = []
    schema: str | None = None
    for live, row in pieces:
        is_small = (row.size or 0) <= _SMALL_BYTES
        # A reader of one window gets its columns, and not those of its neighbors.
        is_alike = schema is None or row.arrow_schema in (None, schema)
        if run and not (is_small and is_alike and run[-1][0].end_us == live.start_us):
            yield from _chunks(run)
            run, schema = [], None
        if is_small:
            run.append((live, row))
            schema = schema or row.arrow_schema
    yield from _chunks(run)


def _chunks(run: Run) -> Iterator[Run]:
    if len(run) < _WINDOWS:
        return
    start = size = 0
    for at, (_, row) in enumerate(run, start=1):
        size += row.size or 0
        if size >= _CHUNK_BYTES or at - start == _CHUNK_WINDOWS:
            yield run[start:at]
            start, size = at, 0
    if len(run) - start >= _WINDOWS:
        yield run[start:]


def _last(run: Run) -> Operation:
    """Return the newest row of a run: from its txn on the condensed row says the same."""
    return max((row for _, row in run), key=lambda row: (row.txn, row.seq))
