"""What a file may hold, as Arrow: checks before a write, cuts and joins after a read. Pure.

A window's table has a column `timestamp: timestamp[us, UTC]`, without nulls, ascending, repeated
only where the series' key has further columns.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import DataError, SchemaError
from pond_core.window import Window, from_us

TIMESTAMP = "timestamp"
"""The column that says when; every window has it."""

INSTANT = pa.timestamp("us", tz="UTC")
"""The one Arrow type for instants."""

_ONLY_TIMESTAMP = pa.schema([pa.field(TIMESTAMP, INSTANT, nullable=False)])


def check_data(data: object, *, path: str) -> None:
    """Refuse what is not bytes.

    Raises:
        DataError: It is something else.
    """
    if not isinstance(data, bytes):
        msg = f"{path} cannot hold a {type(data).__name__} as data"
        raise DataError(msg, hint="encode it to bytes, or write it as a table")


def check_table(table: pa.Table, *, path: str) -> None:
    """Refuse what is no table, or one whose columns cannot be told apart.

    Raises:
        DataError: It is no `pyarrow.Table`.
        SchemaError: Two columns have one name.
    """
    if not isinstance(table, pa.Table):
        msg = f"{path} cannot hold a {type(table).__name__}"
        raise DataError(msg, hint="convert it to a pyarrow.Table")
    names = table.column_names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        msg = f"{path} cannot hold two columns named {repeated[0]!r}"
        raise SchemaError(msg, hint="rename one of them")


def check_window(table: pa.Table, window: Window, *, path: str) -> None:
    """Refuse a table that is no content of a window.

    Raises:
        SchemaError: `timestamp` is missing or of another type.
        DataError: `timestamp` has nulls, goes backwards, or lies outside the window.
    """
    check_table(table, path=path)
    instants = _instants(table, path=path)
    if instants.null_count:
        msg = f"{path} has {instants.null_count} rows without a timestamp"
        raise DataError(msg, hint="drop them, or find out when they were measured")
    times = instants.cast(pa.int64()).combine_chunks()
    if pc.any(pc.less(times[1:], times[:-1])).as_py():
        msg = f"{path} has timestamps that go backwards"
        raise DataError(msg, hint="sort the table by timestamp")
    for outside in (us for us in time_range(table) or () if not window.contains(us)):
        msg = f"{path} has the timestamp {_text(outside)}, outside of {span(window)}"
        raise DataError(msg, hint="widen the window, or leave such rows out")


def time_range(table: pa.Table) -> tuple[int, int] | None:
    """Return the first and last `timestamp` of a sorted table, in microseconds.

    None for a table without rows.
    """
    if table.num_rows == 0:
        return None
    instants = table.column(TIMESTAMP)
    return instants[0].value, instants[-1].value


def rows_within(table: pa.Table, window: Window) -> pa.Table:
    """Return the rows of a window's table that lie inside `window`; no copy if all do."""
    bounds = time_range(table)
    if bounds is None:
        return table
    first, last = bounds
    start, end = window.start_us, window.end_us
    # Only a bound between two rows is compared: one outside may be more than 64 bits hold.
    if (start is not None and start > last) or (end is not None and end <= first):
        return table.slice(0, 0)
    if start is not None and start > first:
        kept = pc.greater_equal(table.column(TIMESTAMP), pa.scalar(start, INSTANT))
        table = table.filter(kept)
    if end is not None and end <= last:
        table = table.filter(pc.less(table.column(TIMESTAMP), pa.scalar(end, INSTANT)))
    return table


def concatenate(tables: Sequence[pa.Table], *, path: str) -> pa.Table:
    """Join the windows of a series, in the order given.

    Returns:
        All rows; the columns of all tables in order of first appearance, null where a table lacks
        one; `timestamp` alone if there are no tables.

    Raises:
        SchemaError: One column has two types.
    """
    if not tables:
        return _ONLY_TIMESTAMP.empty_table()
    _check_types(tables, path=path)
    joined = pa.concat_tables(tables, promote_options="default")
    fields = [
        # Arrow keeps "not null" even where it has just filled nulls in.
        field.with_nullable(field.nullable or any(field.name not in t.column_names for t in tables))
        for field in joined.schema
    ]
    return joined.cast(pa.schema(fields, metadata=joined.schema.metadata))


def _instants(table: pa.Table, *, path: str) -> pa.ChunkedArray:
    if TIMESTAMP not in table.column_names:
        msg = f"{path} needs a column {TIMESTAMP!r}; there are {', '.join(table.column_names)}"
        raise SchemaError(msg, hint="name the column of instants 'timestamp'")
    instants = table.column(TIMESTAMP)
    if instants.type != INSTANT:
        msg = f"{path} needs {TIMESTAMP!r} as {INSTANT}, not {instants.type}"
        raise SchemaError(msg, hint="convert it to UTC in microseconds before writing")
    return instants


def _check_types(tables: Sequence[pa.Table], *, path: str) -> None:
    """Refuse a column with two types; `null`, the type of no value at all, fits any."""
    types: dict[str, pa.DataType] = {}
    for table in tables:
        for field in table.schema:
            known = types.setdefault(field.name, field.type)
            if pa.types.is_null(known):
                types[field.name] = field.type
            elif known != field.type and not pa.types.is_null(field.type):
                msg = f"{path} has {field.name!r} as {known} and, later, as {field.type}"
                raise SchemaError(msg, hint="rewrite the windows of one type with the other")


def span(window: Window) -> str:
    """Return a window as text for a person."""
    return f"[{_text(window.start_us)}, {_text(window.end_us)})"


def _text(instant_us: int | None) -> str:
    return "open" if instant_us is None else from_us(instant_us).isoformat()
