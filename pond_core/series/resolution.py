"""Bucket widths: how coarse a downsample is, and where its buckets begin."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pond_core.errors import DataError
from pond_core.window import Window

_UNITS_US = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_LONGEST_US = 366 * _UNITS_US["d"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The width of the buckets of a downsample.

    Buckets begin at whole multiples of the width since 1970-01-01T00:00Z (a Thursday: so do those
    of `7d`).

    Attributes:
        text: As written, e.g. `1h`; paths are named by it.
        duration_us: The width in microseconds.

    >>> Resolution.parse("15m")
    Resolution(text='15m', duration_us=900000000)
    """

    text: str
    duration_us: int

    @classmethod
    def parse(cls, text: str) -> "Resolution":
        """Read a whole number of seconds, minutes, hours or days, as in `15m`, `1h` or `7d`.

        Raises:
            DataError: The text is none, or the width is longer than 366 days.
        """
        match = re.fullmatch(r"([1-9][0-9]{0,9})([smhd])", text)
        duration_us = int(match[1]) * _UNITS_US[match[2]] if match else 0
        if not 0 < duration_us <= _LONGEST_US:
            msg = f"{text!r} is no resolution"
            raise DataError(msg, hint="write e.g. 15m, 1h, 24h or 7d, at most 366d")
        return cls(text, duration_us)

    def floor_us(self, instant_us: int) -> int:
        """Return the start of the bucket that an instant lies in."""
        return instant_us - instant_us % self.duration_us

    def ceil_us(self, instant_us: int) -> int:
        """Return the first start of a bucket that is not earlier than an instant."""
        return -self.floor_us(-instant_us)

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
