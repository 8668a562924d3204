"""Stretches of time in which the clocks of a zone are not changed."""

from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from pond_core.series.zone import stretch
from pond_core.window import from_us

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
INSTANTS = st.integers(-(10**16), 10**16)


def offset_us(zone: str, instant_us: int) -> int:
    offset = from_us(instant_us).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


@given(ZONES, INSTANTS, st.fractions(0, 1))
def test_the_clocks_are_not_changed_within_a_stretch(zone: str, instant_us: int, at: float) -> None:
    here = stretch(zone, instant_us)
    assert here.start_us <= instant_us < here.end_us
    within_us = here.start_us + int((here.end_us - here.start_us - 1) * at)
    assert offset_us(zone, within_us) == here.offset_us
    assert offset_us(zone, here.start_us - 1) == here.before_us


@given(ZONES, INSTANTS)
def test_stretches_follow_each_other(zone: str, instant_us: int) -> None:
    here = stretch(zone, instant_us)
    after = stretch(zone, here.end_us)
    assert (after.start_us, after.before_us) == (here.end_us, here.offset_us)
    assert stretch(zone, here.start_us) == stretch(zone, here.end_us - 1) == here


def test_a_change_that_lasted_four_days_is_seen() -> None:
    """The shortest of all: in Freetown clocks were 20 minutes ahead in September 1939."""
    start = stretch("Africa/Freetown", -957_139_200_000_000)
    assert (start.end_us - start.start_us) // 1_000_000 == 344_400


def test_beyond_the_years_of_datetime_clocks_stay_as_they_are() -> None:
    late, early = (stretch("America/Los_Angeles", sign * 10**18) for sign in (1, -1))
    assert late.offset_us == late.before_us == -8 * 3_600_000_000
    assert early.offset_us == early.before_us == -28_378_000_000
