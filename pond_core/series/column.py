"""One column of a series: the five types it may have, and when two of its cells are equal.

Cells are compared by their bits: null equals null, every NaN equals every other, and 0.0 is not
-0.0. The content hash, `difference` and `keep_equal` all rest on this one comparison, so they
never disagree about what has changed.
"""

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import SchemaError

TIMESTAMP = "timestamp"
"""The name of the first column of every series table."""

INSTANT = pa.timestamp("us", tz="UTC")
"""The one type of time."""

TYPE_NAMES = {
    pa.float64(): "float64",
    pa.int64(): "int64",
    pa.string(): "string",
    pa.bool_(): "bool",
    INSTANT: "timestamp[us, UTC]",
}
"""The types that a series stores, and their names in messages and in the content hash."""

NUMERIC = (pa.float64(), pa.int64())
"""The types that have an average."""


def canonical(column: pa.ChunkedArray, *, name: str) -> pa.ChunkedArray:
    """Return a column in the one of the five types that holds its values without loss.

    Args:
        column: Any Arrow column.
        name: Its name, for errors.

    Raises:
        SchemaError: The type is none that a series stores, or a value would change.
    """
    target = _canonical_type(column.type, name=name)
    if column.type == target:
        return column
    try:
        return column.cast(target)
    except pa.ArrowInvalid as exc:
        msg = f"column {name!r}: {column.type} does not fit {TYPE_NAMES[target]}: {exc}"
        raise SchemaError(msg, hint="round or convert the values before they are stored") from exc


def comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a canonical column as int64, string or bool in which equal cells are equal values.

    Numbers and instants become their 64 bits, every NaN the same one; nulls stay null.
    """
    bits = column.type if column.type in (pa.string(), pa.bool_()) else pa.int64()
    return pa.chunked_array([_one_nan(chunk).view(bits) for chunk in column.chunks], type=bits)


def unequal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pl.Series:
    """Return where two canonical columns of one type and length differ: bool, never null."""
    return pl.Series(comparable(one)).ne_missing(pl.Series(comparable(other)))


def _canonical_type(dtype: pa.DataType, *, name: str) -> pa.DataType:
    """Return which of the five types holds a type's values."""
    is_a = pa.types
    if is_a.is_dictionary(dtype):
        return _canonical_type(dtype.value_type, name=name)
    if is_a.is_timestamp(dtype):
        if dtype.tz is None:
            msg = f"column {name!r}: {dtype} has no time zone"
            raise SchemaError(msg, hint="convert it to UTC; its zone would be a guess")
        return INSTANT
    if is_a.is_floating(dtype):
        return pa.float64()
    if is_a.is_integer(dtype):
        return pa.int64()
    if is_a.is_string(dtype) or is_a.is_large_string(dtype) or is_a.is_string_view(dtype):
        return pa.string()
    if is_a.is_boolean(dtype):
        return pa.bool_()
    msg = f"column {name!r}: a series does not store {dtype}"
    raise SchemaError(msg, hint=f"convert it to one of {', '.join(TYPE_NAMES.values())}")


def _one_nan(chunk: pa.Array) -> pa.Array:
    """Return a chunk with one bit pattern for NaN, where there is any."""
    if not pa.types.is_floating(chunk.type):
        return chunk
    is_nan = pc.is_nan(chunk)
    return pc.if_else(is_nan, float("nan"), chunk) if pc.any(is_nan).as_py() else chunk
