"""Readings as an instrument makes them, and a long series of them.

The series has one window per month. In some months one day was replaced, so that what is left of
the month lies around it; the last day or so came hour by hour and is not merged.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.scale import Scale
from pond_core import Pond, Window, slice_window, to_us

SERIES = "/combined/harbor/Basin"
"""The path of the long series."""

COLUMNS = ("Temperature.C", "DO.mg/L", "Salinity.PSU", "Depth.m", "pH", "Turbidity.NTU")
"""Its columns beside `timestamp`, all float64."""

DAY_US = 86_400_000_000
"""A day."""

_HOUR_US = 3_600_000_000
_FIRST_YEAR = 2016
_TRANSACTION_MONTHS = 12


def months(count: int) -> list[Window]:
    """Return that many months from the first on, as windows."""
    starts = [
        to_us(datetime(_FIRST_YEAR + number // 12, number % 12 + 1, 1, tzinfo=UTC))
        for number in range(count + 1)
    ]
    return [Window(start, end) for start, end in pairwise(starts)]


def bounds(window: Window) -> tuple[int, int]:
    """Return the start and the end of a window that has both, in microseconds."""
    if window.start_us is None or window.end_us is None:
        msg = "the window is open"
        raise ValueError(msg)
    return window.start_us, window.end_us


def readings(window: Window, *, origin_us: int, step_us: int, seed: int = 0) -> pa.Table:
    """Return the readings of a window: one row every `step_us` from `origin_us` on.

    Values rise and fall with the day and the year, with noise, at two decimals; the same window
    and seed give the same values.
    """
    start_us, end_us = bounds(window)
    first, end = (-((origin_us - edge) // step_us) for edge in (start_us, end_us))
    times = origin_us + np.arange(first, end, dtype=np.int64) * step_us
    noise = np.random.default_rng([seed, first])
    day, year = (2 * np.pi * times / (DAY_US * days) for days in (1, 365.25))
    columns = {
        name: np.round(
            10 + place + 3 * np.sin(year + place) + np.sin(day) + noise.normal(0, 0.2, len(times)),
            2,
        )
        for place, name in enumerate(COLUMNS)
    }
    instants = pa.array(times).cast(pa.timestamp("us", tz="UTC"))
    schema = pa.schema(
        [pa.field("timestamp", instants.type, nullable=False)]
        + [pa.field(name, pa.float64()) for name in COLUMNS]
    )
    return pa.Table.from_arrays([instants, *map(pa.array, columns.values())], schema=schema)


def write_series(path: Path, scale: Scale) -> None:
    """Make a pond with the long series."""
    windows = months(scale.months)
    origin_us, end_us = bounds(Window(windows[0].start_us, windows[-1].end_us))
    step_us = (end_us - origin_us) // scale.rows
    pond = Pond.init(path)
    with pond.transaction() as tx:
        tx.mkdir(SERIES.rpartition("/")[0], parents=True)
    hours_us = end_us - scale.unmerged * _HOUR_US
    windows[-1] = Window(windows[-1].start_us, hours_us)
    for first in range(0, len(windows), _TRANSACTION_MONTHS):
        with pond.transaction() as tx:
            for window in windows[first : first + _TRANSACTION_MONTHS]:
                table = readings(window, origin_us=origin_us, step_us=step_us)
                tx.write_window(SERIES, table, window)
    for day in replaced_days(scale):
        table = readings(day, origin_us=origin_us, step_us=step_us, seed=1)
        with pond.transaction() as tx:
            tx.write_window(SERIES, table, day)
    last = readings(Window(hours_us, end_us), origin_us=origin_us, step_us=step_us)
    for start_us in range(hours_us, end_us, _HOUR_US):
        hour = Window(start_us, start_us + _HOUR_US)
        with pond.transaction() as tx:
            tx.write_window(SERIES, slice_window(last, hour), hour)


def replaced_days(scale: Scale) -> Iterator[Window]:
    """Iterate over the days that were replaced: the 15th, in months far apart."""
    windows = months(scale.months)
    apart = scale.months // max(1, scale.replaced)
    for month in windows[apart // 2 :: apart][: scale.replaced]:
        start_us = bounds(month)[0] + 14 * DAY_US
        yield Window(start_us, start_us + DAY_US)


def asked_month(scale: Scale) -> Window:
    """Return a month in the middle that is one window, whole."""
    return months(scale.months)[scale.months // 2 + 1]
