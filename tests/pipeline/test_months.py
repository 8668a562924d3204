from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import to_us
from pond_pipeline.months import Month, contiguous, months_between

MONTHS = st.builds(Month, st.integers(1, 9000), st.integers(1, 12))


@given(month=MONTHS)
def test_a_key_reads_back_as_its_month(month: Month) -> None:
    assert Month.parse(month.key) == month
    assert str(month) == month.key


@given(month=MONTHS)
def test_a_month_ends_where_the_next_begins(month: Month) -> None:
    assert month.window.end_us == month.next().window.start_us
    assert month < month.next()


@given(instant=st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_an_instant_lies_in_its_month(instant: datetime) -> None:
    assert Month.of(instant).window.contains(to_us(instant))


def test_the_month_of_an_instant_is_that_of_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert Month.of(datetime(2025, 3, 1, 8, tzinfo=tokyo)) == Month(2025, 2)


def test_the_month_of_a_day_is_its_own() -> None:
    assert Month.of(date(2025, 3, 31)) == Month(2025, 3)


@pytest.mark.parametrize("key", ["2025", "2025-13", "2025-00", "2025-01-01", "", "03-2025"])
def test_what_is_no_month_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="data"):
        Month.parse(key)


def test_the_months_between_two_include_both() -> None:
    months = months_between(Month(2024, 11), Month(2025, 2))
    assert [month.key for month in months] == ["2024-11", "2024-12", "2025-01", "2025-02"]


def test_there_are_no_months_between_a_month_and_an_earlier_one() -> None:
    assert months_between(Month(2025, 2), Month(2025, 1)) == []


@given(months=st.lists(st.builds(Month, st.integers(2024, 2026), st.integers(1, 12))))
def test_runs_of_months_have_no_gaps_and_lose_none(months: list[Month]) -> None:
    runs = contiguous(months)
    assert [month for run in runs for month in run] == sorted(set(months))
    for run in runs:
        assert list(run) == months_between(run[0], run[-1])


def test_a_gap_parts_months() -> None:
    runs = contiguous([Month(2025, 3), Month(2024, 12), Month(2025, 1), Month(2025, 1)])
    assert runs == [[Month(2024, 12), Month(2025, 1)], [Month(2025, 3)]]
