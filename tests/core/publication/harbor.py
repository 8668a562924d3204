"""A pond with a site of three months, a dictionary, and what happens to them."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pond_core import Pond, Window

SITE = "/combined/harbor/Wharf"
UNITS = "/raw/harbor/units"
OXYGEN, FLAG, DEPTH = "AT500_Surface.DO.mg/L", "AT500_Surface.DO.mg/L.flag", "Vulink.Depth.m [5]"
START = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = ("2026-01", "2026-02", "2026-03")

_INSTANT = pa.timestamp("us", tz="UTC")


def readings(
    start: datetime,
    count: int,
    *,
    level: float = 8.0,
    deep: bool = False,
    every: timedelta = timedelta(hours=1),
) -> pa.Table:
    """Return readings with whatever a column may hold: NaN, null, text, true and false."""
    times = [start + each * every + timedelta(microseconds=1) for each in range(count)]
    oxygen = [None if each % 7 == 3 else level + each / 10 for each in range(count)]
    columns = {
        "timestamp": pa.array(times, _INSTANT),
        OXYGEN: pa.array([float("nan") if n == 5 else x for n, x in enumerate(oxygen)]),
        FLAG: pa.array([each % 5 for each in range(count)], pa.int64()),
        "note": pa.array(["µS/cm" if each % 2 else None for each in range(count)]),
        "is_ice": pa.array([each % 3 == 0 for each in range(count)]),
    }
    if deep:
        columns[DEPTH] = pa.array([float(each) for each in range(count)])
    table = pa.table(columns)
    at = table.schema.get_field_index(OXYGEN)
    return table.cast(table.schema.set(at, table.schema.field(at).with_metadata({"unit": "mg/L"})))


def window_of(month: str) -> Window:
    """Return the window of one of `MONTHS`, or of the one after them."""
    number = int(month.removeprefix("2026-"))
    return Window.of(
        datetime(2026, number, 1, tzinfo=UTC), datetime(2026, number + 1, 1, tzinfo=UTC)
    )


def collect(
    pond: Pond,
    month: str,
    *,
    hours: int = 600,
    level: float = 8.0,
    deep: bool = False,
) -> None:
    """Write a month of the site."""
    start = window_of(month).start
    assert start is not None
    write_month(pond, month, readings(start, hours, level=level, deep=deep))


def write_month(pond: Pond, month: str, rows: pa.Table) -> None:
    """Write these readings as a month of the site."""
    with pond.transaction() as tx:
        tx.mkdir("/combined/harbor", parents=True, exist_ok=True)
        tx.write_window(SITE, rows, window_of(month))


def write_units(pond: Pond, *names: str) -> None:
    """Write the dictionary."""
    with pond.transaction() as tx:
        tx.mkdir("/raw/harbor", parents=True, exist_ok=True)
        numbers = pa.array(range(len(names)), pa.uint16())
        tx.write_table(UNITS, pa.table({"timestamp": numbers, "name": list(names)}))


def fill(pond: Pond) -> None:
    """Write three months of the site, and the dictionary."""
    for month in MONTHS:
        collect(pond, month)
    write_units(pond, "C", "mg/L")
