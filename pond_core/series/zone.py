"""What the clocks of a time zone showed when: ranges of time with one offset from UTC.

The rules are those of the IANA database, as `zoneinfo` reads it. That tells the offset at an
instant and not when it changes, so changes are searched for.
"""

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from pond_core.errors import DataError
from pond_core.window import from_us, to_us

UTC = "UTC"
"""The name of the zone whose offset is always nothing."""

_DAY_US = 86_400_000_000

_ERA_US = 1 << 45
"""Changes are searched for in so much time at once: 407 days, a thousandth of a second of work."""

_EARLIEST_US, _LATEST_US = -62_135_510_400_000_000, 253_402_128_000_000_000
"""0001-01-02 and 9999-12-30: the clocks of any zone are in the range of `datetime` there."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of time in which the clocks of a zone are not changed.

    Attributes:
        start_us: Its first instant.
        end_us: The first instant after it.
        offset_us: What clocks show, less UTC.
        before_us: The same just before the start; equal where the clocks were not changed then.
    """

    start_us: int
    end_us: int
    offset_us: int
    before_us: int


def check_zone(name: str) -> None:
    """Make sure that a name is one of the IANA database.

    Raises:
        DataError: It is not, or its meaning depends on the machine.
    """
    # Nearly always it is UTC: the names of all others are looked up in as many files.
    if name != UTC and name not in _zones():
        msg = f"{name!r} is no time zone"
        raise DataError(msg, hint="write UTC, or an IANA name such as America/Los_Angeles")


def stretch(zone: str, instant_us: int) -> Stretch:
    """Return a stretch that an instant lies in; long ones come in several parts.

    Before year 1 and after year 9999 clocks are as at the edge of that range.
    """
    era = _era(zone, instant_us // _ERA_US)
    return era[bisect_left(era, instant_us + 1, key=lambda each: each.start_us) - 1]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}


@lru_cache(maxsize=1 << 13)
def _era(zone: str, number: int) -> tuple[Stretch, ...]:
    """Return the stretches from `number` to `number + 1` times the length of an era."""
    clocks = ZoneInfo(zone)
    start_us, end_us = number * _ERA_US, (number + 1) * _ERA_US
    # The shortest stretch in the database is four days (Freetown, September 1939).
    probes = [*range(start_us - 1, end_us - 1, _DAY_US), end_us - 1]
    offsets = [_offset_us(clocks, probe_us) for probe_us in probes]
    changes = [
        _first_us(clocks, early_us, late_us)
        for (early_us, late_us), (before, after) in zip(
            pairwise(probes), pairwise(offsets), strict=True
        )
        if before != after
    ]
    bounds = [*sorted({start_us, *changes}), end_us]
    return tuple(
        Stretch(each_us, next_us, _offset_us(clocks, each_us), _offset_us(clocks, each_us - 1))
        for each_us, next_us in pairwise(bounds)
    )


def _first_us(clocks: ZoneInfo, early_us: int, late_us: int) -> int:
    """Return the first instant whose offset is no longer the early one."""
    before = _offset_us(clocks, early_us)
    later = range(early_us + 1, late_us + 1)
    return later[bisect_left(later, 1, key=lambda us: _offset_us(clocks, us) != before)]


def _offset_us(clocks: ZoneInfo, instant_us: int) -> int:
    known_us = min(max(instant_us, _EARLIEST_US), _LATEST_US)
    shown = from_us(known_us).astimezone(clocks).replace(tzinfo=dt.UTC)
    return to_us(shown) - known_us
