"""A small pond for factories: two instruments with an hour between readings, on two days."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pond_core import FS, Window

DAY = datetime(2026, 1, 1, tzinfo=UTC)
HOUR_US = 3_600_000_000


def instant_us(hours: float) -> int:
    """Return so many hours after the first day began, in microseconds."""
    return int((DAY + timedelta(hours=hours)).timestamp()) * 1_000_000


def between(first: float, last: float) -> Window:
    return Window(instant_us(first), instant_us(last))


def hourly(hours: range, *columns: pa.Field, plus: float = 0.0) -> pa.Table:
    """Return readings each hour: the number of the hour, and more in each further column."""
    instants = pa.array([instant_us(hour) for hour in hours], pa.timestamp("us", tz="UTC"))
    arrays = [pa.array([hour + plus + 100 * i for hour in hours]) for i in range(len(columns))]
    fields = [pa.field("timestamp", instants.type, nullable=False), *columns]
    return pa.Table.from_arrays([instants, *arrays], schema=pa.schema(fields))


def measured(name: str, parameter: str, unit: str) -> pa.Field:
    return pa.field(name, pa.float64(), metadata={"parameter": parameter, "unit": unit})


TEMPERATURE = measured("Temperature.C", "Temperature", "C")
OXYGEN = measured("DO.mg/L", "DO", "mg/L")


def furnish(fs: FS) -> FS:
    """Write two instruments, day by day: A measures both, B the temperature from the second day."""
    fs.mkdir("/normalized/noyo", parents=True)
    for day in (0, 24):
        first = hourly(range(day, day + 24), TEMPERATURE, OXYGEN)
        fs.write_window("/normalized/noyo/A", first, between(day, day + 24))
    second = hourly(range(24, 48), TEMPERATURE, plus=0.5)
    fs.write_window("/normalized/noyo/B", second, between(24, 48))
    return fs


def column(table: pa.Table, name: str) -> dict[int, object]:
    """Return a column by the hour of its instants."""
    hours = [
        (us - instant_us(0)) // HOUR_US for us in table["timestamp"].cast(pa.int64()).to_pylist()
    ]
    return dict(zip(hours, table[name].to_pylist(), strict=True))
