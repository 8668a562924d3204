"""Two states of one series made into one: new readings over old ones."""

from collections.abc import Collection, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core.series.column import unequal
from pond_core.series.schema import conform, unify
from pond_core.series.table import WIDE_KEY, concat, extent, slice_window
from pond_core.window import Window

_ROW = "row"
_OLD_ROW = "old_row"


def upsert(old: pa.Table, new: pa.Table, *, key: Sequence[str] = WIDE_KEY) -> pa.Table:
    """Return all rows of both tables; where a key is in both, the row of `new`.

    Rows of `old` before and after the range of `new` are not copied.

    Args:
        old: A series table with this key.
        new: A series table with this key.
        key: What is unique in each row, `timestamp` first.

    Returns:
        A series table with the unified schema.

    Raises:
        SchemaError: A column has two types.
    """
    schema = unify([old.schema, new.schema])
    below, above = conform(old, schema), conform(new, schema)
    span = extent(above)
    if span is None:
        return below
    kept = _without(slice_window(below, span), above, key=key)
    middle = above
    if len(kept):
        both = pa.concat_tables([kept, above])
        middle = both.sort_by([(name, "ascending") for name in key]).combine_chunks()
    before = slice_window(below, Window(None, span.start_us))
    after = slice_window(below, Window(span.end_us, None))
    return concat([piece for piece in (before, middle, after) if len(piece)])


def keep_equal(
    old: pa.Table,
    new: pa.Table,
    *,
    key: Sequence[str] = WIDE_KEY,
    ignore: Collection[str] = ("fetched_at",),
) -> pa.Table:
    """Return `new`, with the old cells of the ignored columns in every row that says no more.

    A row says no more when the row of its key in `old` equals it in all but the ignored columns,
    so that fetching the same readings again makes no difference.

    Args:
        old: A series table with this key.
        new: A series table with this key.
        key: What is unique in each row, `timestamp` first.
        ignore: The columns to take from `old`.

    Returns:
        The rows and columns of `new`, in its order.

    Raises:
        SchemaError: A column has two types.
    """
    schema = unify([old.schema, new.schema])
    if not any(name in ignore for name in new.column_names):
        return new
    old_rows = _keys(old, key).rename({_ROW: _OLD_ROW})
    match = _keys(new, key).join(old_rows, on=_names(key), how="left", maintain_order="left")
    ours = conform(new, schema)
    theirs = conform(old, schema).take(match[_OLD_ROW].to_arrow())
    equal = match[_OLD_ROW].is_not_null()
    for name in schema.names:
        if name not in ignore:
            equal &= ~unequal(ours[name], theirs[name])
    result = new
    for place, field in enumerate(new.schema):
        if field.name in ignore:
            kept = pc.if_else(equal.to_arrow(), theirs[field.name], new[field.name])
            result = result.set_column(place, field, kept)
    return result


def _without(table: pa.Table, other: pa.Table, *, key: Sequence[str]) -> pa.Table:
    """Return the rows whose key is not in another table."""
    mine = _keys(table, key).join(
        _keys(other, key), on=_names(key), how="anti", maintain_order="left"
    )
    return table.take(mine[_ROW].to_arrow())


def _keys(table: pa.Table, key: Sequence[str]) -> pl.DataFrame:
    """Return the key columns under names of ours, and the number of each row."""
    columns = {ours: pl.Series(table[name]) for ours, name in zip(_names(key), key, strict=True)}
    return pl.DataFrame(columns).with_row_index(_ROW)


def _names(key: Sequence[str]) -> list[str]:
    return [f"key{place}" for place in range(len(key))]
