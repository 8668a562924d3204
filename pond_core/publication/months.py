"""A series cut into months (UTC): a published table has a file for each month that has readings.

So what replaces a reading replaces a month, an hourly pull leaves no small files, and the file
statistics of `timestamp` let any engine skip the other months, whatever its query is written like.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime

import pyarrow as pa

from pond_core.series.column import TIMESTAMP
from pond_core.window import Window, from_us, to_us

_FIRST, _LAST = (MINYEAR, 1), (MAXYEAR, 12)
"""The months that also have all that `datetime` cannot tell: what broken clocks stamp."""


def month_of(instant_us: int) -> str:
    """Return the month of an instant: `2026-11`."""
    instant = from_us(instant_us)
    return f"{instant.year:04}-{instant.month:02}"


def window_of(month: str) -> Window:
    """Return what lies in a month."""
    year, number = (int(part) for part in month.split("-"))
    start = None if (year, number) == _FIRST else _start_us(year, number)
    end = None if (year, number) == _LAST else _start_us(year + number // 12, number % 12 + 1)
    return Window(start, end)


def months_of(rows: pa.Table) -> Iterator[str]:
    """Yield the months in which rows lie that are in order of time."""
    instants = rows[TIMESTAMP].combine_chunks()
    at = 0
    while at < len(instants):
        month = month_of(instants[at].value)
        yield month
        end_us = window_of(month).end_us
        if end_us is None:
            return
        at = bisect_left(instants, end_us, lo=at, key=lambda instant: instant.value)


def _start_us(year: int, number: int) -> int:
    return to_us(datetime(year, number, 1, tzinfo=UTC))
