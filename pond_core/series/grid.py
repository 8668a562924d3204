"""Where buckets begin: at regular times of the clocks on the wall, in some time zone.

Times on the wall are integers here too: microseconds since 1970-01-01T00:00 of the same clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd
from typing import TypeAlias

import polars as pl

from pond_core.series.zone import UTC, Stretch, stretch

DAY_US = 86_400_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""The Gregorian calendar repeats: `date` need not hold a year to know its days."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Times on the wall at equal distances.

    Attributes:
        width_us: The distance.
        first_us: One of them.
    """

    width_us: int
    first_us: int = 0

    @property
    def step_us(self) -> int:
        """The widest steps from 1970-01-01T00:00 that hit all of them."""
        return gcd(self.width_us, self.first_us)

    def floor(self, wall_us: int) -> int:
        """Return the last one that is not later."""
        return wall_us - (wall_us - self.first_us) % self.width_us

    def ceil(self, wall_us: int) -> int:
        """Return the first one that is not earlier."""
        return wall_us + (self.first_us - wall_us) % self.width_us

    def floors(self, walls: pl.Series) -> pl.Series:
        """Return `floor` of each of many."""
        return walls - (walls - self.first_us) % self.width_us

    def divides(self, other: "Rule") -> bool:
        """Say whether all times of another rule are among these."""
        if isinstance(other, Steps):
            away_us = other.first_us - self.first_us
            return other.width_us % self.width_us == 0 and away_us % self.width_us == 0
        return other.step_us % self.width_us == 0 and self.first_us % self.width_us == 0


@dataclass(frozen=True, slots=True)
class Months:
    """Midnights on the wall at the first of each month whose number a count divides.

    Months are numbered from January of year 0, so 3 gives quarters, 12 years, 120 decades.
    """

    count: int

    @property
    def width_us(self) -> int:
        """The least distance of two."""
        return 28 * DAY_US * self.count

    @property
    def step_us(self) -> int:
        """The widest steps from 1970-01-01T00:00 that hit all of them."""
        return DAY_US

    def floor(self, wall_us: int) -> int:
        """Return the last one that is not later."""
        return self._start(self._number(wall_us))

    def ceil(self, wall_us: int) -> int:
        """Return the first one that is not earlier."""
        return self._start(self._number(wall_us - 1) + 1)

    def floors(self, walls: pl.Series) -> pl.Series:
        """Return `floor` of each of a few."""
        return pl.Series([self.floor(wall_us) for wall_us in walls], dtype=pl.Int64)

    def divides(self, other: "Rule") -> bool:
        """Say whether all times of another rule are among these."""
        return isinstance(other, Months) and other.count % self.count == 0

    def _number(self, wall_us: int) -> int:
        cycles, day = divmod(wall_us // DAY_US + _EPOCH_DAY - 1, _CYCLE_DAYS)
        then = date.fromordinal(day + 1)
        return ((cycles * _CYCLE_YEARS + then.year) * 12 + then.month - 1) // self.count

    def _start(self, number: int) -> int:
        year, month = divmod(number * self.count, 12)
        cycles, year_before = divmod(year - 1, _CYCLE_YEARS)
        days = cycles * _CYCLE_DAYS + date(year_before + 1, month + 1, 1).toordinal()
        return (days - _EPOCH_DAY) * DAY_US


Rule: TypeAlias = Steps | Months


@dataclass(frozen=True, slots=True)
class Grid:
    """Instants at which buckets begin: each bucket ends where the next one begins.

    They are those at which the clocks of the zone show a time that the rule gives. A time that
    clocks leap over counts as the instant of the leap. One that they show twice counts twice if
    the buckets are at most as wide as what is repeated, else the first time.

    Attributes:
        rule: Which times of the clocks. In a zone other than UTC its steps divide a day, or are
            whole days: only so do finer grids hold coarser ones wherever clocks are changed.
        zone: The IANA name of the zone.
    """

    rule: Rule
    zone: str = UTC

    @property
    def every_us(self) -> int | None:
        """The width of buckets that count from 1970-01-01T00:00Z; None if they do not."""
        is_plain = self.zone == UTC and isinstance(self.rule, Steps) and not self.rule.first_us
        return self.rule.width_us if is_plain else None

    def floor_us(self, instant_us: int) -> int:
        """Return the start of the bucket that an instant lies in."""
        if self.zone == UTC:
            return self.rule.floor(instant_us)
        while True:
            here = stretch(self.zone, instant_us)
            start_us = self.rule.floor(instant_us + here.offset_us) - here.offset_us
            if start_us >= self._first_us(here):
                return start_us
            if self._leaps(here):
                return here.start_us
            instant_us = here.start_us - 1

    def ceil_us(self, instant_us: int) -> int:
        """Return the first start of a bucket that is not earlier than an instant."""
        if self.zone == UTC:
            return self.rule.ceil(instant_us)
        while True:
            here = stretch(self.zone, instant_us)
            if instant_us == here.start_us and self._leaps(here):
                return instant_us
            start_us = self.rule.ceil(instant_us + here.offset_us) - here.offset_us
            start_us = max(start_us, self._first_us(here))
            if start_us < here.end_us:
                return start_us
            instant_us = here.end_us

    def floors(self, instants: pl.Series) -> pl.Series:
        """Return `floor_us` of each of many instants (int64, in order of time)."""
        if self.zone == UTC:
            return self.rule.floors(instants)
        parts = [pl.Series(dtype=pl.Int64)]
        row = 0
        while row < len(instants):
            here = stretch(self.zone, instants[row])
            end = instants.search_sorted(here.end_us - 1, side="right")
            walls = instants.slice(row, end - row) + here.offset_us
            starts = self.rule.floors(walls) - here.offset_us
            early = starts < self._first_us(here)
            if early.any():
                starts = starts.set(early, self.floor_us(here.start_us))
            parts.append(starts)
            row = end
        return pl.concat(parts)

    def divides(self, other: "Grid") -> bool:
        """Say whether every bucket of another grid is made of whole buckets of this one.

        Of grids of two zones no is said, whatever their clocks show.
        """
        return self.zone == other.zone and self.rule.divides(other.rule)

    def _first_us(self, here: Stretch) -> int:
        """Return the first instant from which on each time that the rule gives counts."""
        wall_us = here.start_us + here.offset_us
        repeated_us = here.before_us - here.offset_us
        if 0 < repeated_us < self.rule.width_us:
            wall_us += repeated_us
        return self.rule.ceil(wall_us) - here.offset_us

    def _leaps(self, here: Stretch) -> bool:
        """Say whether clocks leapt over a time that the rule gives when a stretch began."""
        return self.rule.ceil(here.start_us + here.before_us) - here.offset_us < here.start_us


def finest(grids: Iterable[Grid]) -> tuple[Grid, ...]:
    """Return a grid for each zone, the coarsest with equal steps that divides all given."""
    steps: dict[str, int] = {}
    for grid in grids:
        steps[grid.zone] = gcd(steps.get(grid.zone, 0), grid.rule.step_us)
    return tuple(Grid(Steps(step_us), zone) for zone, step_us in steps.items())


def last_starts(grids: Sequence[Grid], instants: pl.Series) -> pl.Series:
    """Return the last start of a bucket of any grid, for each of many instants.

    Args:
        grids: At least one.
        instants: int64, in order of time.
    """
    starts, *others = (grid.floors(instants) for grid in grids)
    for other in others:
        starts = starts.zip_with(starts > other, other)
    return starts
