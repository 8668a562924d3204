"""Leaving out what was flagged."""

from collections.abc import Collection

import polars as pl
import pyarrow as pa

from pond_core import SchemaError
from pond_pipeline.quality.flag import is_flag, roll_ups


def drop_flagged(table: pa.Table, exclude: Collection[int]) -> pa.Table:
    """Return a table without its flag columns, and without the values that some flags are given to.

    Rows stay, also those without any value left. An average of flags says nothing, so what is
    downsampled goes through this also where nothing is to be left out.

    Args:
        table: A wide table, flagged or not; flags may be of any integer type. Where a flag is
            null, the value stays.
        exclude: The flags in whose roll-up a value becomes null, e.g. `{Flag.SUSPECT, Flag.FAIL}`.

    Raises:
        SchemaError: Something is to be left out, and there are flags of a column that is not
            there: it was renamed, or its flags were selected without it.
    """
    rolled_up = roll_ups(table.schema) if exclude else {}
    if lost := sorted(set(rolled_up) - set(table.column_names)):
        msg = f"column {rolled_up[lost[0]]!r} flags {lost[0]!r}, which is not there"
        raise SchemaError(msg, hint="give the column and its flags the same new name, or neither")
    fields = [field for field in table.schema if not is_flag(field)]
    arrays = [
        _good(table[field.name], table[rolled_up[field.name]], exclude)
        if field.name in rolled_up
        else table[field.name]
        for field in fields
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _good(
    values: pa.ChunkedArray, flags: pa.ChunkedArray, exclude: Collection[int]
) -> pa.ChunkedArray:
    frame = pl.DataFrame([pl.Series("value", values), pl.Series("flag", flags)])
    is_bad = pl.col("flag").is_in([int(each) for each in exclude])
    good = frame.select(value=pl.when(is_bad).then(None).otherwise(pl.col("value")))
    return good.to_arrow()["value"]
