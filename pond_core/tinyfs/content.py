"""What a file may hold, as Arrow: checks before a write, cuts and joins after a read. Pure.

A window's table has a column `timestamp: timestamp[us, UTC]`, without nulls, ascending, repeated
only where the series' key has further columns.
"""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import DataError, SchemaError
from pond_core.window import Window, from_us

TIMESTAMP = "timestamp"
"""The column that says when; every window has it."""

INSTANT = pa.timestamp("us", tz="UTC")
"""The one Arrow type for instants."""

MAX_COLUMNS = 10_000
"""The most columns of a table: its schema is read whole for the least of its values."""

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
        SchemaError: It has more than `MAX_COLUMNS` columns, two of one name, or one of a type
            that Parquet does not give back.
    """
    if not isinstance(table, pa.Table):
        msg = f"{path} cannot hold a {type(table).__name__}"
        raise DataError(msg, hint="convert it to a pyarrow.Table")
    if table.num_columns > MAX_COLUMNS:
        msg = f"{path} cannot hold {table.num_columns} columns; {MAX_COLUMNS} are the most"
        raise SchemaError(msg, hint="make rows of them: a column for the name, one for the value")
    names = Counter(table.column_names)
    repeated = min((name for name, times in names.items() if times > 1), default=None)
    if repeated is not None:
        msg = f"{path} cannot hold two columns named {repeated!r}"
        raise SchemaError(msg, hint="rename one of them")
    unkept = {kind: what for kind in {*table.schema.types} if (what := _unkept(kind)) is not None}
    for field in table.schema if unkept else ():
        if field.type in unkept:
            msg = f"{path} cannot hold {field.name!r} as {field.type}"
            hint = f"Parquet does not give {unkept[field.type]} back; cast it"
            raise SchemaError(msg, hint=hint)


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
    if all(
        table.schema is tables[0].schema
        or table.schema.equals(tables[0].schema, check_metadata=True)
        for table in tables
    ):
        return pa.concat_tables(tables)
    _check_types(tables, path=path)
    joined = pa.concat_tables(tables, promote_options="default")
    fields = [
        # Arrow keeps "not null" even where it has just filled nulls in.
        field.with_nullable(field.nullable or any(field.name not in t.column_names for t in tables))
        for field in joined.schema
    ]
    return joined.cast(pa.schema(fields, metadata=joined.schema.metadata))


def _unkept(kind: pa.DataType) -> str | None:
    """Return what of a type Parquet does not give back; None if it gives all of it back."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _unkept(kind.storage_type)
    if types.is_dictionary(kind):
        return None if _is_text(kind.value_type) and not kind.ordered else "such a dictionary"
    if (
        types.is_union(kind)
        or types.is_run_end_encoded(kind)
        or types.is_interval(kind)
        or (types.is_decimal(kind) and kind.scale < 0)
        or (types.is_fixed_size_binary(kind) and kind.byte_width == 0)
        or (types.is_fixed_size_list(kind) and kind.list_size == 0)
        or (types.is_struct(kind) and kind.num_fields == 0)
    ):
        return f"a {kind}"
    below = (_unkept(kind.field(i).type) for i in range(kind.num_fields))
    return next((found for found in below if found is not None), None)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
    )


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
