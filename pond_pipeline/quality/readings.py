"""One column's readings on their way through polars, and what a test of them is."""

from typing import ClassVar, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

INSTANT = pl.col("instant")
"""When each reading was made: int64, microseconds since the epoch, rising, never null."""

VALUE = pl.col("value")
"""What was read: float64. For tests it is finite, and null where there is no value."""

SECONDS = pl.col("seconds")
"""How long the row before is ago: float64, null in the first row."""

_US_PER_SECOND = 1_000_000.0


def readings_of(table: pa.Table, column: str) -> pl.DataFrame:
    """Return one float64 column of a wide table as `instant`, `seconds` and `value`.

    The names are ours, since polars would read some names of columns as patterns.
    """
    instants = pl.Series("instant", table["timestamp"].cast(pa.int64()))
    elapsed_us = instants.diff().to_arrow().cast(pa.float64())
    # Arrow divides: polars multiplies by the inverse of a constant, but not in a single row, so
    # that the last bit would depend on how many rows there are.
    seconds = pl.Series("seconds", pc.divide(elapsed_us, _US_PER_SECOND))
    return pl.DataFrame([instants, seconds, pl.Series("value", table[column])])


class ColumnTest(Protocol):
    """One test of one column."""

    name: ClassVar[str]
    """How its flag column ends; also its key in the configuration."""

    standard_name: ClassVar[str]
    """The CF standard name of its flags."""

    @property
    def readings_before(self) -> int:
        """How many rows before a row its flag depends on."""
        ...

    @property
    def readings_after(self) -> int:
        """How many rows after a row its flag depends on."""
        ...

    def flags(self) -> pl.Expr:
        """Return the flags (int64) of `VALUE` at `INSTANT`; of missing values any."""
        ...
