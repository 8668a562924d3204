"""What a wide series as a whole is judged by: order, gaps, batteries, freshness.

Each check returns its verdict and the facts behind it; whoever asks decides how loud it gets. It
is made from the profiles of the periods of the series, in order of time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pond_core import from_us
from pond_pipeline.quality.profile import BatteryProfile, Profile

AHEAD = timedelta(hours=1)
"""How far a reading may be ahead of now, or of its own fetch: beyond, its clock is wrong."""


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """Whether instants rise, and each is there once.

    Attributes:
        passed: They do.
        rows: How many there are.
        repeated: Rows with the instant of the row before.
        fallen: Rows with an earlier one.
        first_at: The first instant at fault; None when it passed.
    """

    passed: bool
    rows: int
    repeated: int
    fallen: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without readings.

    Attributes:
        begin: The last reading before it.
        end: The first one after it.
    """

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """From one reading to the other."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class GapCheck:
    """Whether readings came as often as they should.

    Attributes:
        passed: There is no gap.
        gaps: All that are longer than the limit, in order.
        limit: How long two readings may be apart.
    """

    passed: bool
    gaps: tuple[Gap, ...]
    limit: timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """The least that is good.

    Attributes:
        value: It.
        unit: The unit that it is in; a column in another one is not judged by it.
    """

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class BatteryCheck:
    """Whether a battery still has enough.

    Attributes:
        column: What tells.
        passed: Its newest value is not below the limit; also where it is not judged.
        limit: What it is judged by; None: the column is in another unit.
        unit: The column's; empty where nobody knows.
        last: The newest value.
        last_at: When it was read.
        lowest: The lowest value.
        lowest_at: When that was first read.
    """

    column: str
    passed: bool
    limit: Limit | None
    unit: str
    last: float
    last_at: datetime
    lowest: float
    lowest_at: datetime


@dataclass(frozen=True, slots=True)
class FreshnessCheck:
    """Whether an instrument is still heard of.

    Attributes:
        passed: Its newest reading is not older than the limit, and not of the future.
        newest: When that was made; None when there is none at all, which fails.
        age: How old it is; negative where a clock runs ahead.
        limit: How old it may be.
    """

    passed: bool
    newest: datetime | None
    age: timedelta | None
    limit: timedelta

    @property
    def is_ahead(self) -> bool:
        """Whether its newest reading is of the future."""
        return self.age is not None and self.age < -AHEAD


def check_order(parts: Sequence[Profile]) -> OrderCheck:
    """Judge the instants of a series: strictly rising is right."""
    edges = _edges(parts)
    repeated = sum(part.repeated for part in parts) + sum(end == begin for begin, end in edges)
    fallen = sum(part.fallen for part in parts) + sum(end < begin for begin, end in edges)
    wrong = [part.wrong_us for part in parts if part.wrong_us is not None]
    wrong += [end for begin, end in edges if end <= begin]
    return OrderCheck(
        passed=not wrong,
        rows=sum(part.rows for part in parts),
        repeated=repeated,
        fallen=fallen,
        first_at=from_us(min(wrong)) if wrong else None,
    )


def check_gaps(parts: Sequence[Profile], *, limit: timedelta) -> GapCheck:
    """Judge the instants of a series, in order, by how far its rows are apart.

    Args:
        parts: Each lists every step over the limit. A gap over the edge of two is found, too.
        limit: How far two rows may be apart.
    """
    steps = sorted([*_edges(parts), *(step for part in parts for step in part.steps)])
    gaps = (Gap(from_us(begin), from_us(end)) for begin, end in steps)
    long = tuple(gap for gap in gaps if gap.length > limit)
    return GapCheck(passed=not long, gaps=long, limit=limit)


def check_battery(
    parts: Sequence[Profile], *, limits: Mapping[str, Limit]
) -> tuple[BatteryCheck, ...]:
    """Judge each column that tells about a battery and has a value.

    Args:
        parts: The series.
        limits: By the column's `parameter`; columns of other parameters are passed over.

    Returns:
        One verdict per such column, in the order in which they first have a value.
    """
    columns: dict[str, list[BatteryProfile]] = {}
    for part in parts:
        for battery in part.batteries:
            if battery.parameter in limits:
                columns.setdefault(battery.column, []).append(battery)
    return tuple(_battery(told, limits[told[-1].parameter]) for told in columns.values())


def check_freshness(newest: datetime | None, *, now: datetime, limit: timedelta) -> FreshnessCheck:
    """Judge the newest reading by its age.

    Args:
        newest: Its instant, aware; None when there is no reading.
        now: The present, aware.
        limit: How old it may be. A reading that is ahead by more than `AHEAD` is of a wrong
            clock or zone, and says nothing of when the instrument was last heard of.
    """
    age = None if newest is None else now - newest
    return FreshnessCheck(age is not None and -AHEAD <= age <= limit, newest, age, limit)


def _edges(parts: Sequence[Profile]) -> list[tuple[int, int]]:
    """Return the steps from the last row of each part to the first of the next."""
    ends = [
        (part.first_us, part.last_us)
        for part in parts
        if part.first_us is not None and part.last_us is not None
    ]
    return [(before[1], after[0]) for before, after in pairwise(ends)]


def _battery(told: Sequence[BatteryProfile], limit: Limit) -> BatteryCheck:
    newest = told[-1]
    lowest = min(told, key=lambda each: each.lowest)
    is_judged = newest.unit == limit.unit
    return BatteryCheck(
        newest.column,
        passed=not is_judged or newest.last >= limit.value,
        limit=limit if is_judged else None,
        unit=newest.unit,
        last=newest.last,
        last_at=from_us(newest.last_us),
        lowest=lowest.lowest,
        lowest_at=from_us(lowest.lowest_us),
    )
