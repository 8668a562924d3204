"""Series tables: their canonical form, and cutting and chaining them without copying.

A series table has `timestamp: timestamp[us, UTC]`, never null, as its first column, and is sorted
by its key and unique on it. The key begins with `timestamp`: a wide table has that alone (one row
per instant), a long one names further columns. `check` is the door: all else here and in the
neighboring modules takes tables that passed it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import DataError, SchemaError
from pond_core.series.column import INSTANT, TIMESTAMP, canonical
from pond_core.series.schema import check_names, conform, unify
from pond_core.window import ALWAYS, Window, from_us, to_us

WIDE_KEY = (TIMESTAMP,)
"""The key of a table with one row per instant."""

_CHUNK_ROWS = 1 << 16
"""Rows of a chunk from which on copying it costs more than having it apart."""


def check(table: pa.Table, *, key: Sequence[str] = WIDE_KEY, window: Window = ALWAYS) -> pa.Table:
    """Return a table in canonical form: what a series stores.

    `timestamp` comes first and is not nullable; numbers become float64 or int64, text string,
    instants timestamp[us, UTC]; rows are sorted by the key; each column is one chunk; field
    metadata stays, but for the field ids that a Parquet reader leaves.

    Args:
        table: Any Arrow table with a column `timestamp` that knows its time zone.
        key: What is unique in each row, `timestamp` first; no column of it a float.
        window: Where all rows must lie.

    Raises:
        SchemaError: A column is missing, nameless, there twice, or of a type that a series does
            not store without loss.
        DataError: A key is null or comes twice, or a row lies outside the window.
    """
    check_names(table.column_names)
    _check_key_is_there(table.column_names, key=key)
    result = _canonical(table)
    _check_key(result, key=key)
    if _first_fall(result, key=key) is not None:
        result = result.sort_by([(name, "ascending") for name in key])
        repeat = _first_fall(result, key=key)
        if repeat is not None:
            raise _repeated(result, repeat, key=key)
    _check_inside(result, window=window)
    return result


def slice_window(table: pa.Table, window: Window) -> pa.Table:
    """Return the rows of a window, without copying; O(log n)."""
    instants = table[TIMESTAMP]
    start = 0 if window.start_us is None else _position(instants, window.start_us)
    end = len(table) if window.end_us is None else _position(instants, window.end_us)
    return table.slice(start, max(0, end - start))


def extent(table: pa.Table) -> Window | None:
    """Return the smallest window that holds all rows; None where there are none."""
    ends_us = ends(table)
    return None if ends_us is None else Window(ends_us[0], ends_us[1] + 1)


def ends(table: pa.Table) -> tuple[int, int] | None:
    """Return the first and the last instant of a table in order of time; None without rows."""
    instants = table[TIMESTAMP]
    return (instants[0].value, instants[-1].value) if len(table) else None


def concat(tables: Iterable[pa.Table]) -> pa.Table:
    """Chain pieces of disjoint time ranges, given in order of time, without copying their cells.

    Returns:
        All rows with the unified schema; columns have as many chunks as there are pieces.

    Raises:
        SchemaError: A column has two types.
        DataError: A piece begins before the one before it ends.
    """
    pieces = list(tables)
    check_order(map(ends, pieces))
    schema = unify(piece.schema for piece in pieces)
    if not pieces:
        return schema.empty_table()
    return pa.concat_tables([conform(piece, schema) for piece in pieces])


def compact(table: pa.Table) -> pa.Table:
    """Return a table in one chunk per column where it has many small ones, else as it is.

    A month that came hour by hour has as many chunks as hours, and each costs what a column does.
    """
    chunks = table[TIMESTAMP].num_chunks if TIMESTAMP in table.column_names else 1
    return table.combine_chunks() if chunks > 1 + len(table) // _CHUNK_ROWS else table


def check_order(ends_us: Iterable[tuple[int, int] | None]) -> None:
    """Make sure that each of several tables begins after the one before it ended.

    Args:
        ends_us: The `ends` of the tables.

    Raises:
        DataError: One does not.
    """
    newest_us = None
    for first_us, last_us in filter(None, ends_us):
        if newest_us is not None and first_us <= newest_us:
            msg = f"a piece that begins at {instant_text(first_us)} comes too late"
            raise DataError(msg, hint="pieces of a series are disjoint and in order of time")
        newest_us = last_us


def check_wide(table: pa.Table, *, label: str) -> None:
    """Make sure that a table has one row per instant, in order of time.

    Raises:
        DataError: It does not; `label` says which table it is.
    """
    fall = _first_fall(table, key=WIDE_KEY)
    if fall is not None:
        instant = instant_text(table[TIMESTAMP][fall + 1].value)
        msg = f"{label}: more than one row at {instant}, or not in order of time"
        raise DataError(msg, hint="use the normalized table, which has one row per instant")


def instant_text(instant_us: int) -> str:
    """Return an instant as a reader expects it, also where `datetime` cannot hold it."""
    instant = from_us(instant_us)
    if to_us(instant) != instant_us:
        return f"{instant_us} us after 1970-01-01T00:00:00Z"
    return instant.isoformat().replace("+00:00", "Z")


def _position(instants: pa.ChunkedArray, instant_us: int) -> int:
    """Return how many instants are earlier; Python integers have no overflow at far bounds."""
    return bisect_left(instants, instant_us, key=lambda scalar: scalar.value)


def _check_key_is_there(names: Sequence[str], *, key: Sequence[str]) -> None:
    for name in (TIMESTAMP, *key):
        if name not in names:
            msg = f"there is no column {name!r}, only {', '.join(map(repr, names)) or 'none'}"
            raise SchemaError(msg, hint=f"a series needs {', '.join(map(repr, key))}")


def _canonical(table: pa.Table) -> pa.Table:
    if not pa.types.is_timestamp(table.schema.field(TIMESTAMP).type):
        msg = f"column {TIMESTAMP!r} is {table.schema.field(TIMESTAMP).type}, not an instant"
        raise SchemaError(msg, hint=f"convert it to {INSTANT}; mind seconds and milliseconds")
    names = sorted(table.column_names, key=lambda name: name != TIMESTAMP)
    arrays = [canonical(table[name], name=name) for name in names]
    fields = [
        pa.field(
            name,
            array.type,
            nullable=name != TIMESTAMP,
            metadata=_meaning(table.schema.field(name)),
        )
        for name, array in zip(names, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields)).combine_chunks()


def _meaning(field: pa.Field) -> dict[bytes, bytes]:
    """Return what metadata says about a column, without what belongs to the file it came from.

    A field id that stays would be written again, and twice once two files are joined.
    """
    metadata = field.metadata or {}
    return {k: v for k, v in metadata.items() if not k.startswith(b"PARQUET:")}


def _check_key(table: pa.Table, *, key: Sequence[str]) -> None:
    for name in (TIMESTAMP, *key):
        column = table[name]
        if pa.types.is_floating(column.type):
            msg = f"column {name!r} is {column.type}, which cannot tell rows apart"
            raise SchemaError(msg, hint="use integers or text in the key of a series")
        if column.null_count:
            row = pc.index(column.is_null(), value=True).as_py()
            msg = f"column {name!r} is null in row {row}, and in {column.null_count} in all"
            raise DataError(msg, hint="leave rows without a key out")


def _first_fall(table: pa.Table, *, key: Sequence[str]) -> int | None:
    """Return the first row that the next one does not follow strictly in the order of the key."""
    rises: pa.ChunkedArray | None = None
    for name in reversed(key):
        above, below = table[name].slice(0, max(0, len(table) - 1)), table[name].slice(1)
        less = pc.less(above, below)
        rises = less if rises is None else pc.or_(less, pc.and_(pc.equal(above, below), rises))
    fall = pc.index(rises, value=False).as_py()
    return None if fall < 0 else int(fall)


def _repeated(table: pa.Table, row: int, *, key: Sequence[str]) -> DataError:
    instant = instant_text(table[TIMESTAMP][row].value)
    others = "".join(f", {n} {table[n][row].as_py()!r}" for n in key if n != TIMESTAMP)
    msg = f"column {TIMESTAMP!r}: more than one row at {instant}{others}"
    return DataError(msg, hint="keep one, or name the column that tells them apart in the key")


def _check_inside(table: pa.Table, *, window: Window) -> None:
    inside = slice_window(table, window)
    if len(inside) == len(table):
        return
    instants = table[TIMESTAMP]
    starts_inside = len(inside) > 0 and window.contains(instants[0].value)
    first = instants[len(inside) if starts_inside else 0].value
    bounds = [
        ".." if bound is None else instant_text(bound) for bound in (window.start_us, window.end_us)
    ]
    msg = (
        f"column {TIMESTAMP!r}: {len(table) - len(inside)} rows outside"
        f" [{bounds[0]}, {bounds[1]}), the first at {instant_text(first)}"
    )
    raise DataError(msg, hint="write them to the window they belong to")
