"""Bucket widths and where buckets begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import DataError
from pond_core.series import Resolution, cover_all
from pond_core.window import ALWAYS, Window

HOUR = Resolution.parse("1h")
DAY = Resolution.parse("1d")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("15m", 900), ("1h", 3600), ("24h", 86400), ("1d", 86400), ("7d", 604800)],
)
def test_a_resolution_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert Resolution(text, seconds * 1_000_000) == Resolution.parse(text)


@pytest.mark.parametrize(
    "text", ["", "h", "0h", "-1h", "1.5h", "1H", "1 h", "1w", "1h\n", "٣h", "367d"]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(DataError, match="is no resolution") as caught:
        Resolution.parse(text)
    assert "15m, 1h" in caught.value.hint


@given(st.integers(-(10**18), 10**18))
def test_every_instant_lies_in_a_bucket_that_begins_at_a_whole_multiple(instant_us: int) -> None:
    start = HOUR.floor_us(instant_us)
    assert start % HOUR.duration_us == 0
    assert start <= instant_us < start + HOUR.duration_us


@given(st.integers(-(10**18), 10**18))
def test_rounding_up_reaches_the_next_start_unless_it_is_one(instant_us: int) -> None:
    assert HOUR.ceil_us(instant_us) == HOUR.floor_us(instant_us + HOUR.duration_us - 1)


def test_a_window_is_covered_by_whole_buckets() -> None:
    hour = HOUR.duration_us
    assert Window(hour, 3 * hour) == HOUR.cover(Window(hour + 1, 2 * hour + 1))
    assert Window(hour, 2 * hour) == HOUR.cover(Window(hour, 2 * hour))


def test_an_open_side_stays_open() -> None:
    assert cover_all([HOUR, DAY], ALWAYS) == ALWAYS


def test_several_resolutions_are_covered_by_the_widest_buckets() -> None:
    hour, day = HOUR.duration_us, DAY.duration_us
    assert Window(0, 2 * day) == cover_all([HOUR, DAY], Window(hour + 1, day + 1))
