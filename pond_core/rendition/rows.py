"""The rows of a table or series, some at a time: ten years need no more memory than a month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa

from pond_core.tinyfs import EntryType, Node, NodePath, Piece, ReadFS
from pond_core.tinyfs.content import TIMESTAMP, concatenate
from pond_core.tlogfs import OpLogBackend
from pond_core.window import ALWAYS, Window

_ROWS_AT_ONCE = 512 * 1024
"""About how many rows are read at a time: of six columns 28 MiB."""


@dataclass(frozen=True)
class RowStream:
    """Rows in order, in tables of one schema. It can be iterated over once.

    Attributes:
        schema: The columns, with their metadata.
        tables: The rows; each table has that schema.
    """

    schema: pa.Schema
    tables: Iterator[pa.Table] = field(repr=False)


def stream_rows(
    tree: ReadFS, path: str, window: Window = ALWAYS, columns: Sequence[str] | None = None
) -> RowStream:
    """Return the rows of a table or series as they would be read at once, some at a time.

    Args:
        tree: Where it is.
        path: The table or series.
        window: Which readings of a series; of a table, all rows are given.
        columns: Which columns, in the order wanted; a series always has its `timestamp`.

    Raises:
        NotFoundError: Nothing is there.
        WrongTypeError: It is neither.
        SchemaError: There is no such column, or one has two types.
    """
    node = tree.lookup(path)
    store = tree.backend
    if (
        node.entry_type is not EntryType.SERIES
        or node.node.recipe is not None
        or not isinstance(store, OpLogBackend)
    ):
        is_table = node.entry_type is EntryType.TABLE
        table = node.read_table(columns) if is_table else node.read_series(window, columns)
        return RowStream(table.schema, iter([table]))
    schema = _schema(tree, node, store, window, columns)

    def tables() -> Iterator[pa.Table]:
        for stretch in _stretches(node.node, window):
            table = tree.read_series(path, stretch, columns)
            if table.num_rows:
                yield _conformed(table, schema)

    return RowStream(schema, tables())


def _schema(
    tree: ReadFS, node: NodePath, store: OpLogBackend, window: Window, columns: Sequence[str] | None
) -> pa.Schema:
    """Return the schema that reading all of it at once would give."""
    if columns is not None:
        fields = tree.read_series(node.path, Window(0, 0), columns).schema
        return pa.schema([field.with_nullable(field.name != TIMESTAMP) for field in fields])
    schemas = [
        schema
        for piece in node.node.within(window)
        if _has_rows(tree, node.path, piece, window) and (schema := store.schema(piece)) is not None
    ]
    distinct = list({id(schema): schema for schema in schemas}.values())
    return concatenate([schema.empty_table() for schema in distinct], path=node.path).schema


def _has_rows(tree: ReadFS, path: str, piece: Piece, window: Window) -> bool:
    """Say whether any row of a piece counts; timestamps are read where nothing else can tell."""
    if not piece.rows or piece.min_time_us is None or piece.max_time_us is None:
        return False
    live = piece.window.intersect(window)
    if live.contains(piece.min_time_us) or live.contains(piece.max_time_us):
        return True
    if not live.overlaps(Window(piece.min_time_us, piece.max_time_us + 1)):
        return False
    return bool(tree.read_series(path, live, [TIMESTAMP]).num_rows)


def _stretches(node: Node, window: Window) -> Iterator[Window]:
    """Yield ranges of time, in order, that together have all rows, and each about as many."""
    held: Window | None = None
    rows = 0
    for piece in node.within(window):
        for live, more in _slices(piece, piece.window.intersect(window)):
            if held is not None and rows + more > _ROWS_AT_ONCE:
                yield held
                held, rows = None, 0
            held = live if held is None else Window(held.start_us, live.end_us)
            rows += more
    if held is not None:
        yield held


def _slices(piece: Piece, live: Window) -> Iterator[tuple[Window, int]]:
    """Yield equal parts of the time of a large piece, with about how many rows each has."""
    rows, first_us, last_us = piece.rows or 0, piece.min_time_us, piece.max_time_us
    if rows <= _ROWS_AT_ONCE or first_us is None or last_us is None:
        yield live, rows
        return
    count = -(-rows // _ROWS_AT_ONCE)
    span_us = last_us + 1 - first_us
    bounds = [first_us + span_us * number // count for number in range(count + 1)]
    for start_us, end_us in pairwise(bounds):
        part = live.intersect(Window(start_us, end_us))
        if not part.is_empty:
            yield part, rows // count


def _conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.schema.equals(schema, check_metadata=True):
        return table
    return pa.concat_tables([schema.empty_table(), table], promote_options="default").cast(schema)
