"""Half-open ranges, checked against the sets of integers that they stand for."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pond_core.window import ALWAYS, Window, from_us, to_us

INSTANTS = range(-3, 12)
BOUNDS = st.none() | st.integers(0, 8)
WINDOWS = st.builds(Window, BOUNDS, BOUNDS)


def held(window: Window) -> set[int]:
    """Return those of a few instants that lie inside."""
    return {us for us in INSTANTS if window.contains(us)}


def test_a_window_holds_its_start_and_not_its_end() -> None:
    assert held(Window(2, 5)) == {2, 3, 4}


def test_an_open_side_has_no_bound() -> None:
    assert held(ALWAYS) == set(INSTANTS)
    assert held(Window(None, 0)) == {-3, -2, -1}
    assert held(Window(9, None)) == {9, 10, 11}


@given(WINDOWS)
def test_a_window_is_empty_when_nothing_can_be_inside(window: Window) -> None:
    assert window.is_empty == (held(window) == set())


@given(WINDOWS, WINDOWS)
def test_intersecting_is_as_with_sets(one: Window, other: Window) -> None:
    assert held(one.intersect(other)) == held(one) & held(other)
    assert one.overlaps(other) == bool(held(one) & held(other))
    assert one.covers(other) == (held(one) >= held(other))


@given(WINDOWS, WINDOWS)
def test_cutting_is_as_with_sets(window: Window, hole: Window) -> None:
    parts = window.cut(hole)
    assert set().union(*map(held, parts)) == held(window) - held(hole)


@given(WINDOWS, WINDOWS)
def test_the_parts_of_a_cut_are_in_order_and_never_empty(window: Window, hole: Window) -> None:
    parts = window.cut(hole)
    assert not any(part.is_empty for part in parts)
    assert all(max(held(a)) < min(held(b)) for a, b in itertools.pairwise(parts))


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_from_microseconds(instant: datetime) -> None:
    assert from_us(to_us(instant)) == instant


def test_an_instant_counts_by_its_zone() -> None:
    pacific = timezone(timedelta(hours=-8))
    assert to_us(datetime(1969, 12, 31, 16, 0, 1, tzinfo=pacific)) == 1_000_000


def test_a_naive_instant_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"has no time zone; write e\.g\. 2024-03-01T00:00:00Z"):
        to_us(datetime(2024, 3, 1))  # noqa: DTZ001  # that it is naive is the point


def test_instants_beyond_datetime_are_clamped() -> None:
    assert from_us(10**18) == datetime.max.replace(tzinfo=UTC)
    assert from_us(-(10**18)) == datetime.min.replace(tzinfo=UTC)


def test_a_window_of_datetimes_shows_them_again() -> None:
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
    window = Window.of(start, end)
    assert (window.start, window.end) == (start, end)
    assert (Window.of().start, Window.of().end) == (None, None)
    assert Window.of(start).end_us is None
