"""Bucket widths and where buckets begin."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import DataError
from pond_core.series import Resolution, cover_all
from pond_core.series.table import instant_text
from pond_core.window import ALWAYS, Window

HOUR = Resolution.parse("1h")
DAY = Resolution.parse("1d")
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000


def start_of(text: str, instant: str, zone: str = "UTC") -> str:
    """Return the start of a bucket, in UTC."""
    start_us = Resolution.parse(text, zone).floor_us(us(instant))
    return instant_text(start_us).removesuffix("Z")


def us(instant: str) -> int:
    start_us = Window.of(datetime.fromisoformat(instant + "Z")).start_us
    assert start_us is not None
    return start_us


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("1h", 3600),
        ("24h", 86400),
        ("1d", 86400),
        ("7d", 604800),
        ("1w", 604800),
    ],
)
def test_a_resolution_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert Resolution.parse(text).duration_us == seconds * 1_000_000


@pytest.mark.parametrize(
    "text", ["", "h", "0h", "-1h", "1.5h", "1H", "1 h", "1h\n", "٣h", "1mon", "1M"]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(DataError, match="is no resolution") as caught:
        Resolution.parse(text)
    assert "15m, 1h" in caught.value.hint


@pytest.mark.parametrize("text", ["367d", "8785h", "53w", "101y"])
def test_a_width_that_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is too long") as caught:
        Resolution.parse(text)
    assert "at most" in caught.value.hint


@pytest.mark.parametrize("text", ["5mo", "7mo", "18mo", "24mo", "3q", "8q"])
def test_12_2_months_that_do_not_divide_a_year_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="does not divide a year") as caught:
        Resolution.parse(text)
    assert "2y" in caught.value.hint


@pytest.mark.parametrize("text", ["7h", "36h", "11m", "7s", "1441m"])
def test_12_3_hours_that_fit_no_local_day_are_refused_in_a_zone_alone(text: str) -> None:
    assert Resolution.parse(text).duration_us
    with pytest.raises(DataError, match="neither divides a day nor is whole days") as caught:
        Resolution.parse(text, "Europe/Berlin")
    assert "time zone" in caught.value.hint


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "localtime", "PST", "+01"])
def test_a_zone_is_one_of_the_iana_database(zone: str) -> None:
    with pytest.raises(DataError, match="is no time zone") as caught:
        Resolution.parse("1d", zone)
    assert "America/Los_Angeles" in caught.value.hint


def test_resolutions_are_equal_if_their_text_and_zone_are() -> None:
    zone = "Asia/Kolkata"
    assert Resolution.parse("1d", zone) == Resolution.parse("1d", zone)
    assert hash(Resolution.parse("1d", zone)) == hash(Resolution.parse("1d", zone))
    others = [DAY, Resolution.parse("24h", zone), Resolution.parse("1d", "Asia/Tokyo")]
    assert Resolution.parse("1d", zone) not in others


@pytest.mark.parametrize("text", ["1mo", "1q", "1y"])
def test_months_have_no_one_length(text: str) -> None:
    assert Resolution.parse(text).duration_us is None


def test_local_days_have_no_one_length() -> None:
    assert Resolution.parse("24h", "Europe/Dublin").duration_us is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("1w", "2026-07-27"),  # a Monday
        ("2w", "2026-07-20"),
        ("7d", "2026-07-30"),  # a Thursday
        ("1mo", "2026-08-01"),
        ("2mo", "2026-07-01"),
        ("3mo", "2026-07-01"),
        ("1q", "2026-07-01"),
        ("2q", "2026-07-01"),
        ("1y", "2026-01-01"),
        ("10y", "2020-01-01"),
        ("100y", "2000-01-01"),
    ],
)
def test_12_2_weeks_begin_on_monday_and_months_on_the_first(text: str, start: str) -> None:
    assert start_of(text, "2026-08-01T13:59:59") == f"{start}T00:00:00"


def test_months_before_1970_are_those_of_the_calendar() -> None:
    assert start_of("1mo", "1964-02-29T23:59:59") == "1964-02-01T00:00:00"
    assert start_of("1y", "0001-12-31T00:00:00") == "0001-01-01T00:00:00"


@pytest.mark.parametrize("cycles", [-700, -10, 10, 700])
def test_months_go_on_where_datetime_ends(cycles: int) -> None:
    """The calendar repeats every 400 years; clocks that run wild have written such years."""
    month, away_us = Resolution.parse("1mo"), cycles * 146_097 * DAY_US
    leap_day = us("2024-02-29T12:00:00")
    assert month.floor_us(leap_day + away_us) == us("2024-02-01T00:00:00") + away_us
    assert month.ceil_us(leap_day + away_us) == us("2024-03-01T00:00:00") + away_us


@given(st.integers(-(10**18), 10**18))
def test_every_instant_lies_in_a_bucket_that_begins_at_a_whole_multiple(instant_us: int) -> None:
    start = HOUR.floor_us(instant_us)
    assert start % HOUR_US == 0
    assert start <= instant_us < start + HOUR_US


@given(st.integers(-(10**18), 10**18))
def test_rounding_up_reaches_the_next_start_unless_it_is_one(instant_us: int) -> None:
    assert HOUR.ceil_us(instant_us) == HOUR.floor_us(instant_us + HOUR_US - 1)


def test_a_window_is_covered_by_whole_buckets() -> None:
    assert Window(HOUR_US, 3 * HOUR_US) == HOUR.cover(Window(HOUR_US + 1, 2 * HOUR_US + 1))
    assert Window(HOUR_US, 2 * HOUR_US) == HOUR.cover(Window(HOUR_US, 2 * HOUR_US))


def test_a_window_is_covered_by_whole_local_buckets() -> None:
    zone = "America/Los_Angeles"
    day, month = Resolution.parse("1d", zone), Resolution.parse("1mo", zone)
    window = Window(us("2026-03-08T12:00:00"), us("2026-03-09T07:00:00"))
    assert day.cover(window) == Window(us("2026-03-08T08:00:00"), us("2026-03-09T07:00:00"))
    assert month.cover(window) == Window(us("2026-03-01T08:00:00"), us("2026-04-01T07:00:00"))
    assert cover_all([day, month], window) == month.cover(window)


def test_an_open_side_stays_open() -> None:
    assert cover_all([HOUR, DAY], ALWAYS) == ALWAYS


def test_several_resolutions_are_covered_by_the_widest_buckets() -> None:
    assert Window(0, 2 * DAY_US) == cover_all([HOUR, DAY], Window(HOUR_US + 1, DAY_US + 1))


@pytest.mark.parametrize(
    ("text", "zone", "instant", "start"),
    [
        ("1d", "Asia/Kolkata", "2026-08-01T18:29:59", "2026-07-31T18:30:00"),
        ("1d", "Asia/Kolkata", "2026-08-01T18:30:00", "2026-08-01T18:30:00"),
        ("6h", "Asia/Kathmandu", "2026-08-01T00:00:00", "2026-07-31T18:15:00"),
        ("1h", "Asia/Kathmandu", "2026-08-01T00:00:00", "2026-07-31T23:15:00"),
        ("15m", "Asia/Kathmandu", "2026-08-01T00:00:00", "2026-08-01T00:00:00"),
        ("1w", "Pacific/Auckland", "2026-08-02T11:59:59", "2026-07-26T12:00:00"),
        ("1mo", "America/Los_Angeles", "2026-12-01T07:59:59", "2026-11-01T07:00:00"),
        ("1y", "America/Los_Angeles", "2026-07-01T00:00:00", "2026-01-01T08:00:00"),
        # Mean local time, 7:52:58 behind, until November 1883.
        ("1d", "America/Los_Angeles", "1850-01-01T12:00:00", "1850-01-01T07:52:58"),
        # 12.4 Clocks leapt from 02:00 to 03:00, and a bucket of two hours began in between.
        ("2h", "Europe/Berlin", "2026-03-29T01:30:00", "2026-03-29T01:00:00"),
        ("3h", "Europe/Berlin", "2026-03-29T00:59:00", "2026-03-28T23:00:00"),
        # 12.4 Midnight was leapt over.
        ("1d", "America/Sao_Paulo", "2018-11-04T03:00:00", "2018-11-04T03:00:00"),
        ("1d", "America/Sao_Paulo", "2018-11-04T02:59:59", "2018-11-03T03:00:00"),
        # 12.4 All of 30 December was leapt over.
        ("1d", "Pacific/Apia", "2011-12-30T09:59:59", "2011-12-29T10:00:00"),
        ("1d", "Pacific/Apia", "2011-12-30T10:00:00", "2011-12-30T10:00:00"),
        # 12.5 Midnight came twice, and an hour of the day with it.
        ("1d", "America/Havana", "2026-11-01T05:30:00", "2026-11-01T04:00:00"),
        # 12.5 An hour came twice: buckets of an hour are an hour, one of two hours is three.
        ("1h", "Europe/Dublin", "2026-10-25T00:30:00", "2026-10-25T00:00:00"),
        ("1h", "Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T01:00:00"),
        ("2h", "Europe/Dublin", "2026-10-25T01:30:00", "2026-10-24T23:00:00"),
        # 12.5 Half an hour came twice: too little for buckets of an hour.
        ("1h", "Australia/Lord_Howe", "2026-04-04T15:20:00", "2026-04-04T14:00:00"),
        ("30m", "Australia/Lord_Howe", "2026-04-04T15:20:00", "2026-04-04T15:00:00"),
        ("1h", "Australia/Lord_Howe", "2026-10-03T15:40:00", "2026-10-03T15:30:00"),
    ],
)
def test_buckets_begin_by_the_clocks_of_a_zone(
    text: str, zone: str, instant: str, start: str
) -> None:
    assert start_of(text, instant, zone) == start


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-08-01", 24)]
)
@pytest.mark.parametrize("text", ["24h", "1d"])
def test_12_3_a_local_day_is_as_long_as_it_is(text: str, date: str, hours: int) -> None:
    day = Resolution.parse(text, "America/Los_Angeles")
    start_us = day.floor_us(us(f"{date}T12:00:00"))
    assert day.ceil_us(start_us + 1) - start_us == hours * HOUR_US
