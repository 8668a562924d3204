"""What is kept of a period, so that a series is judged without reading it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.quality import check_gaps, check_order, profile
from tests.pipeline.quality.tables import HOUR, HOUR_US, START, a_table, at, hourly

SECONDS = st.sets(st.integers(0, 100_000), max_size=60)


def test_a_regular_series_lists_no_step() -> None:
    found = profile(hourly(x=[0.0] * 50))
    assert (found.rows, found.steps, found.rest_us) == (50, (), HOUR_US)


def test_a_long_step_is_listed_with_both_its_ends() -> None:
    found = profile(a_table([at(hour) for hour in (0, 1, 2, 3, 9, 10)]))
    ((begin, end),) = found.steps
    assert (end - begin, found.rest_us) == (6 * HOUR_US, HOUR_US)


def test_of_many_long_steps_the_longest_are_listed() -> None:
    hours = [0.0]
    for length in range(40):
        hours += [hours[-1] + 1, hours[-1] + 2, hours[-1] + 3, hours[-1] + 13 + length]
    found = profile(a_table([at(hour) for hour in hours]))
    assert len(found.steps) == 16
    assert found.rest_us == min(end - begin for begin, end in found.steps) - HOUR_US
    assert found.lists_over(timedelta(microseconds=found.rest_us))
    assert not found.lists_over(timedelta(microseconds=found.rest_us - 1))


def test_an_empty_period_has_an_empty_profile() -> None:
    found = profile(a_table([]))
    assert (found.rows, found.first_us, found.last_us, found.steps) == (0, None, None, ())


@given(seconds=SECONDS, cut=st.integers(0, 100_000), limit=st.integers(1, 50_000))
def test_two_parts_are_judged_as_the_whole(seconds: set[int], cut: int, limit: int) -> None:
    over = timedelta(seconds=limit)
    instants = [START + timedelta(seconds=each) for each in sorted(seconds)]
    edge = START + timedelta(seconds=cut)
    before = [each for each in instants if each < edge]
    sides = [a_table(before), a_table(instants[len(before) :])]
    whole = profile(a_table(instants), over=over)
    parts = [profile(side, over=over) for side in sides]
    assert check_gaps(parts, limit=over) == check_gaps([whole], limit=over)
    assert check_order(parts) == check_order([whole])


@given(seconds=SECONDS)
def test_without_a_limit_no_step_is_lost_above_the_rest(seconds: set[int]) -> None:
    table = a_table([START + timedelta(seconds=each) for each in sorted(seconds)])
    short = profile(table)
    rest = timedelta(microseconds=short.rest_us)
    assert short.steps == profile(table, over=rest).steps
    assert rest == timedelta() or profile(table, over=rest - timedelta(microseconds=1)) != short


def test_a_limit_lists_all_steps_that_are_longer() -> None:
    found = profile(a_table([at(hour) for hour in range(0, 200, 2)]), over=HOUR)
    assert len(found.steps) == 99
