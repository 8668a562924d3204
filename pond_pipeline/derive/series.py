"""From the result of a query to a series: one row per instant, in types that a series stores."""

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import TIME_ONLY, DataError, QueryError, SchemaError, from_us
from pond_pipeline.derive.sandbox import run

_TIMESTAMP = TIME_ONLY.field(0)

_US_PER_S = 1_000_000

_FARTHEST_S = 100_000_000_000
"""The year 5138: what is later counts milliseconds, or is no time at all."""


def derive(query: str, source: bytes | pa.Table, *, name: str, timezone: str = "UTC") -> pa.Table:
    """Return the series that a query makes of one input.

    The result must have one column called `timestamp`, in any case: TIMESTAMPTZ, or a number of
    seconds since 1970-01-01T00:00Z, or TIMESTAMP or DATE, which are local times in `timezone`.

    Args:
        query: One SELECT in DuckDB's SQL, in which `$1` is the input: `FROM $1`,
            `read_csv('$1', header = true)`.
        source: The input: the bytes of a file, or a table, which the query sees as Parquet.
        name: What errors call the input; the end of a file's name says how `FROM $1` reads it:
            `.parquet`, `.json`, `.jsonl` and `.ndjson` as what they are, all else as CSV.
        timezone: The zone of the session: `America/Los_Angeles`, `UTC-08:00`.

    Returns:
        `timestamp: timestamp[us, UTC]`, never null, first; sorted by it and unique on it; at least
        one row. Then the other columns in the query's order, nullable and without metadata: every
        number as float64 (in the next file, the same column may have decimals), text as string,
        bool, and instants as timestamp[us, UTC]. The same input gives the same table each time.

    Raises:
        QueryError: As `check_query`, or the query fails on this input.
        SchemaError: The result has no `timestamp` or two, two columns of one name, or a column of a
            type that a series does not store.
        DataError: The result has no rows, a row without an instant, two rows at one instant, or a
            whole number that float64 does not hold.
    """
    try:
        return _series(run(query, source, name=name, timezone=timezone))
    except (QueryError, DataError) as exc:
        raise type(exc)(f"{name}: {exc}", hint=exc.hint) from exc


def _series(result: pa.Table) -> pa.Table:
    names = result.column_names
    _check_names(names)
    time = next(n for n in names if n.lower() == _TIMESTAMP.name)
    if not len(result):
        raise DataError("the query gives no rows", hint="look at its WHERE, and at its joins")
    instants = _instants(result[time], name=time)
    others = [name for name in names if name != time]
    fields = [_TIMESTAMP]
    arrays = [instants]
    for name in others:
        arrays.append(_values(result[name], name=name))
        fields.append(pa.field(name, arrays[-1].type))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields)).sort_by(_TIMESTAMP.name)
    _check_unique(table[_TIMESTAMP.name])
    return table.combine_chunks()


def _check_names(names: list[str]) -> None:
    if "" in names:
        raise SchemaError("a column has no name", hint="name it by AS")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"two columns are called {twice!r}"
        raise SchemaError(msg, hint="name them apart by AS")
    times = [name for name in names if name.lower() == _TIMESTAMP.name]
    if len(times) != 1:
        found = " and ".join(times) if times else f"only {', '.join(names)}"
        msg = f"the result has {found}, where one column is called timestamp"
        raise SchemaError(msg, hint='write e.g. SELECT "Date and Time" AS timestamp, ...')


def _instants(column: pa.ChunkedArray, *, name: str) -> pa.ChunkedArray:
    """Return a column as instants, none of them null, and none that no clock shows."""
    is_a = pa.types
    if is_a.is_timestamp(column.type):
        us = column.cast(_TIMESTAMP.type).cast(pa.int64())
    elif is_a.is_integer(column.type) or is_a.is_floating(column.type) or _is_decimal(column.type):
        us = _microseconds(column, name=name)
    else:
        msg = f"column {name!r} is {column.type}, which is no time"
        raise SchemaError(msg, hint=f"""write e.g. strptime("{name}", '%Y-%m-%d %H:%M')""")
    if us.null_count:
        row = pc.index(us.is_null(), value=True).as_py()
        msg = f"column {name!r} is null in row {row + 1} of the result, and {us.null_count} in all"
        raise DataError(msg, hint=f'leave such rows out: WHERE "{name}" IS NOT NULL')
    far = pc.index(_is_near(us, _FARTHEST_S * _US_PER_S), value=False).as_py()
    if far >= 0:
        raise _no_instant(column[far], name=name)
    return us.cast(_TIMESTAMP.type)


def _microseconds(seconds: pa.ChunkedArray, *, name: str) -> pa.ChunkedArray:
    """Return seconds since 1970 as microseconds."""
    exact = seconds if pa.types.is_integer(seconds.type) else seconds.cast(pa.float64())
    far = pc.index(_is_near(exact, _FARTHEST_S), value=False).as_py()
    if far >= 0:
        raise _no_instant(seconds[far], name=name)
    if pa.types.is_integer(exact.type):
        return pc.multiply(exact.cast(pa.int64()), _US_PER_S)
    # A double tells seconds of today to a quarter of a microsecond.
    return pc.round(pc.multiply(exact, float(_US_PER_S))).cast(pa.int64())


def _is_near(values: pa.ChunkedArray, bound: int) -> pa.ChunkedArray:
    """Say which numbers lie closer to zero than a bound: NaN does not, null is null."""
    wide = values.cast(pa.float64(), safe=False)
    return pc.and_(pc.greater(wide, float(-bound)), pc.less(wide, float(bound)))


def _no_instant(value: pa.Scalar, *, name: str) -> DataError:
    shown = value.value if pa.types.is_timestamp(value.type) else value.as_py()
    msg = f"column {name!r}: {shown} is no instant"
    return DataError(msg, hint="a number counts seconds since 1970: divide milliseconds by 1000")


def _values(column: pa.ChunkedArray, *, name: str) -> pa.ChunkedArray:
    """Return a column in the type in which a series has it."""
    is_a, kind = pa.types, column.type
    if is_a.is_dictionary(kind):
        return column.cast(kind.value_type)
    if is_a.is_boolean(kind) or is_a.is_string(kind):
        return column
    if is_a.is_timestamp(kind):
        return column.cast(_TIMESTAMP.type)
    if is_a.is_null(kind) or is_a.is_floating(kind) or is_a.is_integer(kind) or _is_decimal(kind):
        try:
            return column.cast(pa.float64())
        except pa.ArrowInvalid as exc:
            msg = f"column {name!r} has whole numbers that float64 does not hold: {exc}"
            hint = f'if they are no measurements, "{name}"::VARCHAR keeps them as text'
            raise DataError(msg, hint=hint) from exc
    msg = f"column {name!r}: a series does not store {kind}"
    hint = f'convert it to a number, a text, a boolean or an instant: "{name}"::VARCHAR'
    raise SchemaError(msg, hint=hint)


def _is_decimal(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind))


def _check_unique(instants: pa.ChunkedArray) -> None:
    """Make sure that sorted instants are there once each."""
    repeats = pc.equal(instants.slice(0, len(instants) - 1), instants.slice(1))
    row = pc.index(repeats, value=True).as_py()
    if row >= 0:
        instant = from_us(instants[row].value).isoformat().replace("+00:00", "Z")
        msg = f"more than one row at {instant}, and {pc.sum(repeats).as_py()} such in all"
        hint = "SELECT DISTINCT drops rows that are the same throughout; GROUP BY makes one of many"
        raise DataError(msg, hint=hint)
