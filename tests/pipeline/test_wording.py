"""Durations, instants and counts as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from pond_pipeline.wording import count_text, duration_text, instant_text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0 s"),
        (timedelta(microseconds=10), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=4, minutes=3), "2 d 4 h"),
        (timedelta(days=2, minutes=3), "2 d"),
        (timedelta(hours=-1, minutes=-30), "-1 h 30 min"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text


def test_an_instant_is_told_to_the_minute() -> None:
    assert instant_text(datetime(2025, 3, 1, 12, 0, 59, tzinfo=UTC)) == "2025-03-01 12:00 UTC"


@pytest.mark.parametrize(("count", "text"), [(0, "0 gaps"), (1, "1 gap"), (1200, "1,200 gaps")])
def test_a_count_has_its_plural(count: int, text: str) -> None:
    assert count_text(count, "gap") == text
