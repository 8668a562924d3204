"""The log as tables: `pond.oplog`, `pond.transactions` and `pond.nodes`, as of a snapshot's txn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from pond_core.oplog import Header, Operation, dump_facts
from pond_core.tinyfs import EntryType, NodePath, Piece, ReadFS
from pond_core.tinyfs.content import INSTANT, TIMESTAMP, rows_within, time_range
from pond_core.tlogfs import OpLogBackend

_TRANSACTIONS = pa.schema(
    [
        ("txn", pa.int64()),
        ("time", INSTANT),
        ("author", pa.string()),
        ("message", pa.string()),
        ("run_id", pa.string()),
        ("asset", pa.string()),
        ("partitions", pa.list_(pa.string())),
        ("operations", pa.int64()),
        ("rows", pa.int64()),
        ("bytes", pa.int64()),
        ("txn_uuid", pa.string()),
        ("hash", pa.string()),
        ("previous", pa.string()),
    ]
)

_OPLOG = pa.schema(
    [
        ("txn", pa.int64()),
        ("seq", pa.int32()),
        ("time", INSTANT),
        ("op", pa.string()),
        ("part", pa.int32()),
        ("parent_id", pa.string()),
        ("name", pa.string()),
        ("node_id", pa.string()),
        ("entry_type", pa.string()),
        ("version", pa.int64()),
        ("window_start", INSTANT),
        ("window_end", INSTANT),
        ("min_time", INSTANT),
        ("max_time", INSTANT),
        ("rows", pa.int64()),
        ("size", pa.int64()),
        ("sha256", pa.string()),
        ("factory", pa.string()),
        ("attributes", pa.string()),
    ]
)

_NODES = pa.schema(
    [
        ("path", pa.string()),
        ("node_id", pa.string()),
        ("entry_type", pa.string()),
        ("factory", pa.string()),
        ("version", pa.int64()),
        ("txn", pa.int64()),
        ("rows", pa.int64()),
        ("size", pa.int64()),
        ("min_time", INSTANT),
        ("max_time", INSTANT),
        ("windows", pa.int64()),
        ("attributes", pa.string()),
    ]
)


def transactions(_: ReadFS, store: OpLogBackend) -> pa.Table:
    """Return one row per transaction, oldest first."""
    return _table([_transaction(header) for header in store.headers()], _TRANSACTIONS)


def oplog(_: ReadFS, store: OpLogBackend) -> pa.Table:
    """Return one row per operation, in the order in which they were done, without content."""
    return _table([_operation(row) for row in store.operations()], _OPLOG)


def nodes(fs: ReadFS, store: OpLogBackend) -> pa.Table:
    """Return one row per path in the tree, in path order; dynamic directories are not opened."""
    return _table([_node(node, store) for node in _walk(fs.lookup("/"), fs)], _NODES)


LOG_TABLES: Mapping[str, Callable[[ReadFS, OpLogBackend], pa.Table]] = {
    "pond.nodes": nodes,
    "pond.oplog": oplog,
    "pond.transactions": transactions,
}
"""What computes each table, by its name in a query."""


def _walk(node: NodePath, fs: ReadFS) -> Iterator[NodePath]:
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        if node.entry_type is EntryType.DIRECTORY and not node.entry.factory:
            pending.extend(reversed(fs.ls(node.path)))


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = []
    for column in schema:
        values = [row[column.name] for row in rows]
        # An instant may lie beyond the years that Python's datetime knows.
        array = pa.array(values, pa.int64() if column.type == INSTANT else column.type)
        columns.append(array.cast(column.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _transaction(header: Header) -> dict[str, Any]:
    return {
        "txn": header.txn,
        "time": header.ts_us,
        "author": header.provenance.author,
        "message": header.provenance.message,
        "run_id": header.provenance.run_id,
        "asset": header.provenance.asset,
        "partitions": list(header.provenance.partitions),
        "operations": header.operations,
        "rows": header.rows,
        "bytes": header.bytes,
        "txn_uuid": header.txn_uuid,
        "hash": header.hash,
        "previous": header.previous,
    }


def _operation(row: Operation) -> dict[str, Any]:
    return {
        "txn": row.txn,
        "seq": row.seq,
        "time": row.ts_us,
        "op": str(row.op),
        "part": row.part,
        "parent_id": row.parent_id,
        "name": row.name,
        "node_id": row.node_id,
        "entry_type": row.entry_type,
        "version": row.version,
        "window_start": row.window_start_us,
        "window_end": row.window_end_us,
        "min_time": row.min_time_us,
        "max_time": row.max_time_us,
        "rows": row.rows,
        "size": row.size,
        "sha256": row.sha256,
        "factory": row.factory,
        "attributes": row.attributes,
    }


def _node(path: NodePath, store: OpLogBackend) -> dict[str, Any]:
    node = path.node
    is_series = path.entry_type is EntryType.SERIES
    spans = [span for piece in node.pieces if (span := _span(piece, store)) is not None]
    has_rows = path.entry_type in (EntryType.SERIES, EntryType.TABLE) and node.recipe is None
    return {
        "path": path.path,
        "node_id": path.node_id,
        "entry_type": str(path.entry_type),
        "factory": path.entry.factory or None,
        "version": max((piece.version for piece in node.pieces), default=None),
        "txn": max((piece.txn for piece in node.pieces if piece.txn is not None), default=None),
        "rows": sum(span.rows for span in spans) if has_rows else None,
        "size": sum(piece.size for piece in node.pieces) if node.pieces else None,
        "min_time": min((span.low_us for span in spans if span.low_us is not None), default=None),
        "max_time": max((span.high_us for span in spans if span.high_us is not None), default=None),
        "windows": len(node.pieces) if is_series and node.recipe is None else None,
        "attributes": dump_facts(node.attributes),
    }


class _Span(NamedTuple):
    """How many rows of a piece count, and their first and last instant."""

    rows: int
    low_us: int | None
    high_us: int | None


def _span(piece: Piece, store: OpLogBackend) -> _Span | None:
    if not piece.rows:
        return None
    if piece.is_whole:
        return _Span(piece.rows, piece.min_time_us, piece.max_time_us)
    # The log says how many rows were written, not how many of them a later write has cut off.
    content = store.read(piece, [TIMESTAMP])
    rows = rows_within(content, piece.window) if isinstance(content, pa.Table) else None
    times = None if rows is None else time_range(rows)
    return None if rows is None or times is None else _Span(rows.num_rows, *times)
