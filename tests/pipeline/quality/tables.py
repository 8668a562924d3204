"""Wide tables for the tests of quality, made by hand and real."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from pond_pipeline.quality import ColumnTests, flag

NOYO = Path(__file__).parents[4] / "shared" / "noyo" / "hydrovu"
LOCATIONS = (4990594334457856, 6154708427603968, 5877040213786624, 6187749627789312)

INSTANT = pa.timestamp("us", tz="UTC")
START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000

VALUES = st.one_of(
    st.none(),
    st.sampled_from([0.0, 0.1, 0.2, 0.30000000000000004, 1.0, -3.0, math.nan]),
    st.floats(-100, 100),
)
"""Values that repeat, are close to each other, or are missing in one of two ways."""

SERIES = st.dictionaries(st.integers(0, 200_000), VALUES, min_size=1, max_size=40)
"""Values of a column by seconds since `START`, at irregular intervals."""


def at(hours: float) -> datetime:
    """Return an instant so many hours after the start."""
    return START + hours * HOUR


def a_column(name: str = "x", *, unit: str = "", scope: str = "") -> pa.Field:
    """Return the field of a column of readings; `Depth.m` has the parameter `Depth`."""
    facts = {"parameter": name.partition(".")[0], "unit": unit or name.partition(".")[2]}
    if scope:
        facts["scope"] = scope
    return pa.field(f"{scope}.{name}" if scope else name, pa.float64(), metadata=facts)


def a_table(instants: Sequence[datetime], **columns: Sequence[float | None]) -> pa.Table:
    """Return a wide table with a column of readings for each keyword."""
    fields = [pa.field("timestamp", INSTANT, nullable=False), *map(a_column, columns)]
    return pa.table([list(instants), *columns.values()], schema=pa.schema(fields))


def hourly(**columns: Sequence[float | None]) -> pa.Table:
    """Return a wide table with one row per hour."""
    rows = len(next(iter(columns.values())))
    return a_table([at(hour) for hour in range(rows)], **columns)


def a_series(values: dict[int, float | None]) -> pa.Table:
    """Return the wide table of `SERIES`."""
    seconds = sorted(values)
    instants = [START + timedelta(seconds=each) for each in seconds]
    return a_table(instants, x=[values[each] for each in seconds])


def flags_of(table: pa.Table, entry: ColumnTests, test: str) -> list[int]:
    """Return the flags that one test gives to the column `x`."""
    found: list[int] = flag(table, [entry])[f"x.qc.{test}"].to_pylist()
    return found


def real_readings(location: int) -> pa.Table:
    """Return what one instrument of Noyo Harbor read, with the meaning of its columns."""
    table = pq.read_table(NOYO / f"{location}.parquet")
    instants = table["timestamp"].cast(pa.int64()).cast(pa.timestamp("s", "UTC")).cast(INSTANT)
    fields = [a_column(name) for name in table.column_names if name != "timestamp"]
    arrays = [instants, *(table[field.name] for field in fields)]
    schema = pa.schema([pa.field("timestamp", INSTANT, nullable=False), *fields])
    return pa.Table.from_arrays(arrays, schema=schema).sort_by("timestamp")
