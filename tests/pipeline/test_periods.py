from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import to_us
from pond_pipeline.periods import Cadence, Period, contiguous, periods_between

CADENCES = st.sampled_from(Cadence)
DAYS = st.dates(date(1970, 1, 1), date(9000, 1, 1))
PERIODS = st.builds(Period.of, DAYS, CADENCES)
MONTHS = st.builds(Period.of, st.dates(date(2024, 1, 1), date(2026, 12, 31)))


@given(period=PERIODS)
def test_a_key_reads_back_as_its_period(period: Period) -> None:
    assert Period.parse(period.key) == period
    assert str(period) == period.key


@given(period=PERIODS)
def test_a_period_ends_where_the_next_begins(period: Period) -> None:
    assert period.window.end_us == period.next().window.start_us
    assert period < period.next()


@given(
    instant=st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants naive bounds
    cadence=CADENCES,
)
def test_an_instant_lies_in_its_period(instant: datetime, cadence: Cadence) -> None:
    assert Period.of(instant, cadence).window.contains(to_us(instant))


def test_the_month_of_an_instant_is_that_of_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert Period.of(datetime(2025, 3, 1, 8, tzinfo=tokyo)) == Period.parse("2025-02")


def test_the_month_of_a_day_is_its_own() -> None:
    assert Period.of(date(2025, 3, 31)) == Period.parse("2025-03")


@pytest.mark.parametrize(
    ("key", "cadence"),
    [
        ("2025-03-31", Cadence.DAILY),
        ("2025-03", Cadence.MONTHLY),
        ("2025", Cadence.YEARLY),
    ],
)
def test_a_key_tells_how_long_its_period_is(key: str, cadence: Cadence) -> None:
    assert Period.parse(key).cadence is cadence


@pytest.mark.parametrize("key", ["2025-13", "2025-00", "", "03-2025", "25", "2025-1"])
def test_what_is_no_period_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="data"):
        Period.parse(key)


def test_the_months_between_two_include_both() -> None:
    months = periods_between(Period.parse("2024-11"), Period.parse("2025-02"))
    assert [month.key for month in months] == ["2024-11", "2024-12", "2025-01", "2025-02"]


def test_there_are_no_months_between_a_month_and_an_earlier_one() -> None:
    assert periods_between(Period.parse("2025-02"), Period.parse("2025-01")) == []


@given(months=st.lists(MONTHS))
def test_runs_of_months_have_no_gaps_and_lose_none(months: list[Period]) -> None:
    runs = contiguous(months)
    assert [month for run in runs for month in run] == sorted(set(months))
    for run in runs:
        assert list(run) == periods_between(run[0], run[-1])


def test_a_gap_parts_months() -> None:
    december, january, march = (Period.parse(key) for key in ("2024-12", "2025-01", "2025-03"))
    assert contiguous([march, december, january, january]) == [[december, january], [march]]


@given(periods=st.lists(PERIODS, max_size=8))
def test_a_run_has_one_cadence_and_none_is_lost(periods: list[Period]) -> None:
    runs = contiguous(periods)
    assert {period for run in runs for period in run} == set(periods)
    assert all(len({period.cadence for period in run}) == 1 for run in runs)
