"""Small wide series, and how they get into a pond month by month."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from pond_core import Pond, Provenance, slice_window
from pond_pipeline.periods import Period
from pond_pipeline.record import Recorded, SeriesUpdate, Slice, record

INSTANT = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
COLUMN = "Temperature.C"


def water(readings: Mapping[str, float | None], *, column: str = COLUMN) -> pa.Table:
    """Return a wide table of one column, of values by instant (`2025-01-31 23:00`)."""
    field = pa.field(column, pa.float64(), metadata={"unit": "C"})
    times = [at(each) for each in readings]
    return pa.table([times, list(readings.values())], schema=pa.schema([INSTANT, field]))


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def months_of(*keys: str) -> list[Period]:
    return [Period.parse(key) for key in keys]


def update_of(table: pa.Table, *keys: str, fingerprint: str = "") -> SeriesUpdate:
    """Return an update in which each month holds its rows of a table."""
    slices = [
        Slice(m, slice_window(table, m.window), span=m.window, reach=(m.window,))
        for m in months_of(*keys)
    ]
    return SeriesUpdate([slices], fingerprint=fingerprint)


def store(pond: Pond, path: str, table: pa.Table, *keys: str) -> list[Recorded]:
    """Make months of a series hold their rows of a table."""
    return list(record(pond, path, update_of(table, *keys), provenance=Provenance()))


def rows_of(pond: Pond, path: str, column: str = COLUMN) -> dict[str, float | None]:
    """Return the values of one column by instant."""
    table = pond.snapshot().read_series(path)
    times = (f"{each:%Y-%m-%d %H:%M}" for each in table["timestamp"].to_pylist())
    return dict(zip(times, table[column].to_pylist(), strict=True))
