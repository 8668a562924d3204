"""Which moments are kept: the last of each of the newest periods that have one."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pond_core import DataError, Keep, Moment
from pond_core.window import to_us

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def hourly(count: int) -> list[Moment]:
    return [Moment(n + 1, to_us(START + timedelta(hours=n))) for n in range(count)]


def txns(kept: set[Moment]) -> list[int]:
    return sorted(each.txn for each in kept)


def test_the_last_moment_of_each_of_the_newest_days_is_kept() -> None:
    # Hours 0 to 11 are of the first day, 12 to 35 of the second, 36 to 59 of the third.
    assert txns(Keep(daily=2).chosen(hourly(50))) == [36, 50]


def test_kinds_of_periods_add_up() -> None:
    assert txns(Keep(daily=1, hourly=3, yearly=1).chosen(hourly(50))) == [48, 49, 50]


def test_days_without_a_moment_do_not_count() -> None:
    far = [Moment(1, to_us(START)), Moment(2, to_us(START + timedelta(days=300)))]
    assert txns(Keep(daily=2).chosen(far)) == [1, 2]


def test_weeks_begin_on_monday() -> None:
    sunday, monday = datetime(2026, 1, 4, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)
    moments = [Moment(1, to_us(START)), Moment(2, to_us(sunday)), Moment(3, to_us(monday))]
    assert txns(Keep(weekly=5).chosen(moments)) == [2, 3]


def test_two_commits_of_one_microsecond_are_told_apart_by_their_txn() -> None:
    assert txns(Keep(daily=1).chosen([Moment(2, 0), Moment(1, 0)])) == [2]


@pytest.mark.parametrize("counts", [{}, {"daily": 0}, {"daily": -1, "monthly": 2}])
def test_to_keep_nothing_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(DataError, match="keeps nothing"):
        Keep(**counts)


@given(
    gaps=st.lists(st.integers(1, 90_000), min_size=1, max_size=60),
    daily=st.integers(0, 5),
    monthly=st.integers(0, 5),
)
def test_what_is_kept_is_kept_by_keeping_again(gaps: list[int], daily: int, monthly: int) -> None:
    at, moments = START, []
    for number, gap in enumerate(gaps, start=1):
        at += timedelta(minutes=gap)
        moments.append(Moment(number, to_us(at)))
    keep = Keep(hourly=1, daily=daily, monthly=monthly)
    kept = keep.chosen(moments)
    assert keep.chosen(kept) == kept
    assert moments[-1] in kept
    assert len(kept) <= 1 + daily + monthly
