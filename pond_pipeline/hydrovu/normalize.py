"""From raw readings to a wide table: one row per instant, one column per parameter and unit.

Pure: the same raw readings, names and settings give the same table. Readings that an instrument's
clock stamped with an impossible instant are set aside, never silently dropped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from pond_core import SchemaError, Window, from_us, to_us
from pond_pipeline.hydrovu.columns import Column
from pond_pipeline.hydrovu.records import Names
from pond_pipeline.hydrovu.table import RAW_KEY, RAW_SCHEMA, is_within

QUARANTINE_SCHEMA = RAW_SCHEMA.append(pa.field("reason", pa.string(), nullable=False))
"""A raw reading as it came, and why its instant is impossible: one of the two reasons below."""

BEFORE_FLOOR = "before clock_floor"
AFTER_FETCH = "later than fetched_at + 1 h"

_TIMESTAMP = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
_TOLERANCE_US = timedelta(hours=1) // timedelta(microseconds=1)
_IDS = ["parameter_id", "unit_id"]


@dataclass(frozen=True, slots=True)
class Normalized:
    """What became of raw readings.

    Attributes:
        table: `timestamp` (timestamp[us, UTC], not null, sorted, unique), then one nullable float64
            column per parameter and unit that has a value here, sorted by name, with the metadata
            of `Column.field`. Null: no such reading at that instant. No row and no column is null
            throughout.
        quarantine: Columns of `QUARANTINE_SCHEMA`, sorted by `RAW_KEY`.
    """

    table: pa.Table
    quarantine: pa.Table


def normalize(
    raw: pa.Table,
    names: Names,
    *,
    window: Window,
    clock_floor: datetime,
    clock: ZoneInfo | None = None,
    raw_window: Window | None = None,
) -> Normalized:
    """Turn raw readings of one instrument into a wide table.

    A reading whose value is null, NaN or infinite says nothing, and is only in raw.

    Args:
        raw: Columns of `RAW_SCHEMA`, sorted by `RAW_KEY` and unique on it.
        names: The API's dictionary.
        window: The range of the resulting table; later and earlier readings are left out.
        clock_floor: Before it no reading is possible.
        clock: The zone whose wall time the instrument stamps as if it were UTC; None for UTC.
            Of the hour that autumn repeats the first pass is taken; a time that spring skips is
            taken as if the clock had not been changed yet. Of two readings that thereby get one
            instant, the later stamped stays. `raw` should then reach a day over `window`.
        raw_window: Which readings can be quarantined, by their raw `timestamp`, so that each is
            only once over all windows; by default `window`.

    Raises:
        SchemaError: The columns of `raw` are not those of `RAW_SCHEMA`.
    """
    if raw.schema.names != RAW_SCHEMA.names or raw.schema.types != RAW_SCHEMA.types:
        msg = f"raw readings should have the columns\n{RAW_SCHEMA}\nand have\n{raw.schema}"
        raise SchemaError(msg)
    judged = _with_instant(pl.DataFrame(raw), clock).with_columns(reason=_reason(clock_floor))
    readings = judged.filter(
        pl.col("reason").is_null(),
        is_within(pl.col("instant"), window),
        pl.col("value").is_finite(),
    )
    set_aside = judged.filter(
        pl.col("reason").is_not_null(),
        is_within(pl.col("timestamp"), window if raw_window is None else raw_window),
    )
    quarantine = set_aside.select(QUARANTINE_SCHEMA.names).sort(RAW_KEY)
    return Normalized(
        table=_wide(readings, names), quarantine=quarantine.to_arrow().cast(QUARANTINE_SCHEMA)
    )


def _with_instant(raw: pl.DataFrame, clock: ZoneInfo | None) -> pl.DataFrame:
    """Add the column `instant`: when each reading really was made."""
    if clock is None:
        return raw.with_columns(instant=pl.col("timestamp"))
    stamps = raw.select(pl.col("timestamp").unique())
    instants_us = [_instant_us(stamp_us, clock) for stamp_us in stamps["timestamp"].to_physical()]
    instants = pl.Series("instant", instants_us, pl.Int64).cast(raw.schema["timestamp"])
    return raw.join(stamps.with_columns(instants), on="timestamp", maintain_order="left")


def _instant_us(stamp_us: int, clock: ZoneInfo) -> int:
    # With `fold=0` zoneinfo does what `normalize` promises for repeated and skipped times. A stamp
    # beyond year 9999 is clamped, which leaves it as impossible as it was.
    return to_us(from_us(stamp_us).replace(tzinfo=clock, fold=0))


def _reason(clock_floor: datetime) -> pl.Expr:
    """Say why an `instant` is impossible; null where it is possible."""
    instant_us = pl.col("instant").to_physical()
    return (
        pl.when(instant_us < to_us(clock_floor))
        .then(pl.lit(BEFORE_FLOOR))
        .when(instant_us > pl.col("fetched_at").to_physical() + _TOLERANCE_US)
        .then(pl.lit(AFTER_FETCH))
    )


def _wide(readings: pl.DataFrame, names: Names) -> pa.Table:
    """Pivot long readings, in order of their raw timestamp."""
    pairs = readings.select(_IDS).unique().rows()
    columns = sorted((Column.of(*pair, names=names) for pair in pairs), key=lambda c: c.name)
    schema = pa.schema([_TIMESTAMP, *(column.field for column in columns)])
    column_names = schema.names[1:]
    labels = pl.DataFrame(
        [(column.parameter_id, column.unit_id, column.name) for column in columns],
        schema=dict.fromkeys(_IDS, pl.String) | {"column": pl.Enum(column_names)},
        orient="row",
    )
    wide = (
        readings.select(*_IDS, "instant", "value")
        .join(labels, on=_IDS, maintain_order="left")
        .pivot(
            on="column",
            on_columns=column_names,
            index="instant",
            values="value",
            aggregate_function="last",
        )
        .sort("instant")
    )
    return wide.rename({"instant": "timestamp"}).to_arrow().cast(schema)
