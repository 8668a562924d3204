"""A threshold is judged reading by reading: what came and went between two looks is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from pond_pipeline.alerts.level import Bounds, Crossing, Level, Reading, judge

HOT = Bounds(above=8.0, below=None)
BOTH = Bounds(above=8.0, below=4.0)


def readings(*values: float, first: int = 0) -> list[Reading]:
    """Return one reading an hour."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    return [Reading(start + timedelta(hours=first + n), v) for n, v in enumerate(values)]


def after(values: Sequence[float], bounds: Bounds = HOT) -> tuple[Level | None, Crossing | None]:
    """Judge values that come after a look at one that is good."""
    level, _ = judge(None, readings(6.0), bounds)
    return judge(level, readings(*values, first=1), bounds)


def test_at_the_first_look_only_the_newest_reading_counts() -> None:
    assert judge(None, readings(9.0, 7.0), HOT)[1] is None
    level, crossing = judge(None, readings(7.0, 9.0), HOT)
    assert level is not None
    assert crossing == Crossing(since=level.newest.at, worst=level.newest, until=None)


def test_a_spike_that_came_and_went_is_told_with_its_worst_reading() -> None:
    _, crossing = after([8.5, 9.5, 9.0, 7.0])
    told = readings(8.5, 9.5, 9.0, 7.0, first=1)
    assert crossing == Crossing(since=told[0].at, worst=told[1], until=told[3])


def test_what_is_beyond_lasts_while_nothing_new_comes() -> None:
    level, first = after([9.0])
    again, crossing = judge(level, [], HOT)
    assert (again, crossing) == (level, first)
    assert crossing is not None
    assert crossing.until is None


def test_what_was_beyond_and_is_good_again_is_over() -> None:
    level, _ = after([9.0])
    good, crossing = judge(level, readings(7.0, first=2), HOT)
    assert crossing is None
    assert good is not None
    assert good.since is None


def test_what_lasts_began_with_the_first_reading_beyond() -> None:
    level, _ = after([9.0])
    _, crossing = judge(level, readings(9.5, 10.0, first=2), HOT)
    assert crossing is not None
    assert (crossing.since, crossing.worst.value) == (readings(9.0, first=1)[0].at, 10.0)


def test_of_two_sides_either_counts() -> None:
    _, crossing = after([3.0, 1.0, 6.0], BOTH)
    assert crossing is not None
    assert crossing.worst.value == 1.0


@pytest.mark.parametrize(
    ("value", "crossed"), [(8.0, ""), (8.1, "above 8"), (4.0, ""), (3.9, "below 4")]
)
def test_the_threshold_itself_is_good(value: float, crossed: str) -> None:
    assert BOTH.crossed(value) == crossed
    assert str(BOTH) == "above 8 or below 4"


def test_nothing_is_known_of_a_column_without_values() -> None:
    assert judge(None, [], HOT) == (None, None)
