"""Bucket widths: how coarse a downsample is, and where its buckets begin."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pond_core.errors import DataError
from pond_core.series.grid import DAY_US, Grid, Months, Rule, Steps
from pond_core.series.zone import UTC, check_zone
from pond_core.window import Window

_STEPS_US = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": DAY_US, "w": 7 * DAY_US}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_FIRST_MONDAY_US = 4 * DAY_US
"""1970-01-05T00:00."""

_LONGEST_US = 366 * DAY_US
_MOST_YEARS = 100


@dataclass(frozen=True, slots=True)
class Resolution:
    """The width of the buckets of a downsample.

    Attributes:
        text: As written, e.g. `1h`; paths are named by it. It does not tell the zone.
        grid: Where buckets begin.

    >>> Resolution.parse("15m").duration_us
    900000000
    """

    text: str
    grid: Grid

    @classmethod
    def parse(cls, text: str, zone: str = UTC) -> "Resolution":
        """Read a whole number and a unit, as in `15m`, `1h`, `7d`, `1w`, `1mo`, `1q` or `1y`.

        Seconds, minutes, hours and days (`s`, `m`, `h`, `d`) count from 1970-01-01T00:00, a
        Thursday; weeks (`w`) from the first Monday after. Months (`mo`), quarters (`q`) and years
        (`y`) are those of the calendar.

        Args:
            text: At most `366d`, `52w` or `100y`. Months and quarters divide a year.
            zone: The IANA name of the zone whose clocks tell when buckets begin. Days are
                calendar days there, of 23 or 25 hours when clocks are changed, and `24h` is one.
                Other than in UTC, what is shorter than a day divides it.

        Raises:
            DataError: The text is none, is too long, or makes no sense in that zone; or there is
                no such zone.
        """
        match = re.fullmatch(r"([1-9][0-9]{0,9})(mo|[smhdwqy])", text)
        if match is None:
            msg = f"{text!r} is no resolution"
            raise DataError(msg, hint="write e.g. 15m, 1h, 24h, 7d, 1w, 1mo, 1q or 1y")
        check_zone(zone)
        return cls(text, Grid(_rule(text, int(match[1]), match[2], zone), zone))

    @property
    def duration_us(self) -> int | None:
        """The width in microseconds; None where buckets differ, as months and local days do."""
        rule = self.grid.rule
        return rule.width_us if self.grid.zone == UTC and isinstance(rule, Steps) else None

    def floor_us(self, instant_us: int) -> int:
        """Return the start of the bucket that an instant lies in."""
        return self.grid.floor_us(instant_us)

    def ceil_us(self, instant_us: int) -> int:
        """Return the first start of a bucket that is not earlier than an instant."""
        return self.grid.ceil_us(instant_us)

    def cover(self, window: Window) -> Window:
        """Return the range of all buckets that overlap a window; an open side stays open."""
        return Window(
            None if window.start_us is None else self.floor_us(window.start_us),
            None if window.end_us is None else self.ceil_us(window.end_us),
        )


def cover_all(resolutions: Iterable[Resolution], window: Window) -> Window:
    """Return the range of all buckets of any resolution that overlap a window.

    It is what one has to read to compute them in whole.
    """
    covers = [resolution.cover(window) for resolution in resolutions]
    starts = [cover.start_us for cover in covers if cover.start_us is not None]
    ends = [cover.end_us for cover in covers if cover.end_us is not None]
    return Window(min(starts, default=None), max(ends, default=None))


def _rule(text: str, number: int, unit: str, zone: str) -> Rule:
    """Return which times of the clocks are meant, if that makes sense."""
    if unit in _MONTHS:
        return _months(text, number * _MONTHS[unit], unit)
    width_us = number * _STEPS_US[unit]
    if width_us > _LONGEST_US:
        msg = f"{text!r} is too long for a resolution"
        raise DataError(msg, hint="write at most 366d or 52w, or years as in 1y")
    if zone != UTC and DAY_US % width_us and width_us % DAY_US:
        msg = f"{text!r} neither divides a day nor is whole days, so it has no place in {zone}"
        raise DataError(msg, hint="write e.g. 15m, 1h, 6h or 1d, or leave the time zone out")
    return Steps(width_us, _FIRST_MONDAY_US % width_us if unit == "w" else 0)


def _months(text: str, count: int, unit: str) -> Months:
    if unit == "y":
        if count > _MOST_YEARS * 12:
            msg = f"{text!r} is too long for a resolution"
            raise DataError(msg, hint=f"write at most {_MOST_YEARS}y")
    elif 12 % count:
        msg = f"{text!r} does not divide a year, so it has no place in the calendar"
        raise DataError(msg, hint="write 1, 2, 3, 4, 6 or 12mo; 1, 2 or 4q; or years as in 2y")
    return Months(count)
