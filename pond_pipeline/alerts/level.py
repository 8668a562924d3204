"""Thresholds: what is new in a column since it was looked at, judged reading by reading. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from typing_extensions import override


class Reading(NamedTuple):
    """One value of a column."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a value must not cross.

    Attributes:
        above: The most that is good; None: there is none.
        below: The least that is good; None: there is none.
    """

    above: float | None
    below: float | None

    def crossed(self, value: float) -> str:
        """Return what a value crosses, such as `above 8`; empty if it crosses nothing."""
        if self.above is not None and value > self.above:
            return f"above {self.above:g}"
        if self.below is not None and value < self.below:
            return f"below {self.below:g}"
        return ""

    @override
    def __str__(self) -> str:
        """Return all of it, as part of the name of an incident."""
        sides = (("above", self.above), ("below", self.below))
        return " or ".join(f"{side} {value:g}" for side, value in sides if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How far a column was judged.

    Attributes:
        newest: The newest reading that was judged.
        since: When the values began to be beyond the threshold; None if the newest is not.
        written: The newest transaction of the series then.
    """

    newest: Reading
    since: datetime | None
    written: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """That values were, or are, beyond a threshold.

    Attributes:
        since: The first such reading.
        worst: The one that is furthest beyond.
        until: The reading that is good again; None while it lasts.
    """

    since: datetime
    worst: Reading
    until: Reading | None


def judge(
    before: Level | None, readings: Sequence[Reading], bounds: Bounds
) -> tuple[Level | None, Crossing | None]:
    """Judge what is new in a column.

    Args:
        before: How far it was judged; None: never, and only the newest reading counts. What
            happened years ago is no news.
        readings: Finite values, newer than that, in order of time.
        bounds: The threshold.

    Returns:
        How far it is judged now, and what is to be told: what lasts, or else the newest of what
        came and went.
    """
    level, crossing = before, None
    for reading in readings[-1:] if before is None else readings:
        is_beyond = bounds.crossed(reading.value) != ""
        since = None if level is None else level.since
        if is_beyond and since is None:
            since, crossing = reading.at, Crossing(since=reading.at, worst=reading, until=None)
        elif is_beyond and crossing is not None:
            worst = max(crossing.worst, reading, key=lambda each: _beyond(each, bounds))
            crossing = Crossing(since=crossing.since, worst=worst, until=None)
        elif not is_beyond and since is not None and crossing is not None:
            crossing = Crossing(since=since, worst=crossing.worst, until=reading)
        level = Level(newest=reading, since=since if is_beyond else None)
    if level is not None and level.since is not None:
        crossing = Crossing(since=level.since, worst=level.newest, until=None)
    return level, crossing


def _beyond(reading: Reading, bounds: Bounds) -> float:
    """Return by how much a reading is beyond a threshold."""
    over = [reading.value - bounds.above] if bounds.above is not None else []
    under = [bounds.below - reading.value] if bounds.below is not None else []
    return max(over + under)
