from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_pipeline.simulator import (
    HARBOR,
    HARBOR_SITES,
    HARBOR_START,
    Readings,
    SeriesKey,
    harbor,
)
from pond_pipeline.simulator.dictionary import PARAMETERS, UNITS
from pond_pipeline.simulator.fleet import (
    HOURS_WITHOUT_CLOCK,
    MOVED,
    POWER_LOST,
    REPLACED,
    Instrument,
)
from tests.pipeline.simulator.visitor import NOON, StoppedClock, Visitor, epoch, stamps

NOW = int(NOON.timestamp())
START = int(HARBOR_START.timestamp())
ALWAYS = 2**40
OLD, NEW, POWERLESS, BASIN, CARRIED, MISCOUNTER = HARBOR
TEMPERATURE, TURBIDITY, BATTERY = (
    SeriesKey("1", "1"),
    SeriesKey("25", "194"),
    SeriesKey("33", "241"),
)


def _all(instrument: Instrument, *, seed: int = 1, now_s: int = NOW) -> Readings:
    return harbor(seed).readings(instrument.id, 0, ALWAYS, now_s=now_s)


def _between(frame: pl.DataFrame, start_s: int, end_s: int) -> list[tuple[int, float]]:
    return frame.filter(pl.col("timestamp").is_between(start_s, end_s)).rows()


@settings(deadline=None, max_examples=50)
@given(
    instrument=st.sampled_from(HARBOR),
    start_s=st.integers(0, NOW + 20 * 366 * 86_400),
    length_s=st.integers(0, 30 * 86_400),
)
def test_a_reading_is_the_same_whatever_else_is_asked_for(
    instrument: Instrument, start_s: int, length_s: int
) -> None:
    part = harbor(1).readings(instrument.id, start_s, start_s + length_s, now_s=NOW)
    expected = {
        key: rows
        for key, frame in _all(instrument).items()
        if (rows := _between(frame, start_s, start_s + length_s))
    }
    assert {key: frame.rows() for key, frame in part.items()} == expected


@settings(deadline=None, max_examples=50)
@given(instrument=st.sampled_from(HARBOR), now_s=st.integers(0, NOW))
def test_what_existed_once_stays(instrument: Instrument, now_s: int) -> None:
    then, now = _all(instrument, now_s=now_s), _all(instrument)
    for key, frame in then.items():
        assert set(frame.rows()) <= set(now[key].rows())


@settings(deadline=None, max_examples=50)
@given(
    instrument=st.sampled_from(HARBOR),
    start_s=st.integers(0, NOW + 20 * 366 * 86_400),
    now_s=st.integers(START - 9999, NOW),
)
def test_the_first_reading_at_or_after_an_instant_is_found(
    instrument: Instrument, start_s: int, now_s: int
) -> None:
    readings = harbor(1).readings(instrument.id, start_s, ALWAYS, now_s=now_s)
    firsts = [int(frame["timestamp"][0]) for frame in readings.values()]
    assert harbor(1).first_at(instrument.id, start_s, now_s=now_s) == min(firsts, default=None)


def test_another_seed_is_another_harbor_at_the_same_instants() -> None:
    one, two = _all(BASIN, seed=1)[TEMPERATURE], _all(BASIN, seed=2)[TEMPERATURE]
    assert one["timestamp"].equals(two["timestamp"])
    assert not one["value"].equals(two["value"])


def test_a_reading_exists_from_its_instant_on(visitor: Visitor, clock: StoppedClock) -> None:
    query = {"startTime": epoch(2026, 11, 20, 12)}
    clock.now = NOON + timedelta(minutes=59)
    assert stamps(visitor.data(**query)) == [epoch(2026, 11, 20, 12)]
    clock.now = NOON + timedelta(hours=1)
    visitor.log_in()
    assert len(stamps(visitor.data(**query))) == 2


def test_a_harbor_may_end_before_the_clock() -> None:
    world = harbor(now=datetime(2025, 1, 1, tzinfo=UTC))
    frame = world.readings(BASIN.id, 0, ALWAYS, now_s=NOW)[TEMPERATURE]
    assert frame["timestamp"][-1] == epoch(2025, 1, 1)
    assert world.first_at(BASIN.id, epoch(2025, 1, 2), now_s=NOW) is None


def test_there_are_three_sites_and_six_instruments_with_ids_as_long_as_real_ones() -> None:
    assert len(HARBOR_SITES) == 3
    assert len({instrument.id for instrument in HARBOR}) == 6
    assert all(2**52 < instrument.id < 2**53 for instrument in HARBOR)
    for instrument in HARBOR:
        for sensor in instrument.sensors:
            assert sensor.key.parameter_id in PARAMETERS
            assert sensor.key.unit_id in UNITS


def test_an_instrument_was_replaced_by_another_at_its_site() -> None:
    assert OLD.stays[-1].site == NEW.stays[0].site
    replaced_s = int(REPLACED.timestamp())
    assert _all(OLD)[TEMPERATURE]["timestamp"][-1] == replaced_s - 3600
    assert _all(NEW)[TEMPERATURE]["timestamp"][0] == replaced_s


def test_an_instrument_was_carried_to_another_site() -> None:
    before, after = CARRIED.stays
    assert before.site != after.site
    assert before.end == after.start == MOVED
    frame = _all(CARRIED)[BATTERY]
    assert frame.height == (NOW - START) // 3600 + 1


def test_an_instrument_lost_its_clock_once() -> None:
    found = _all(POWERLESS)[TEMPERATURE]["timestamp"].to_list()
    lost_s = int(POWER_LOST.timestamp())
    assert found[: HOURS_WITHOUT_CLOCK + 1] == [0, 3600, 7200, 10_800, 14_400, START]
    missing = set(range(START, NOW + 1, 3600)) - set(found)
    assert missing == {lost_s + hour * 3600 for hour in range(HOURS_WITHOUT_CLOCK)}


def test_readings_without_a_clock_do_not_exist_before_they_were_taken() -> None:
    lost_s = int(POWER_LOST.timestamp())
    assert harbor().first_at(POWERLESS.id, 0, now_s=lost_s - 1) == START
    assert harbor().first_at(POWERLESS.id, 0, now_s=lost_s) == 0


def test_an_instrument_now_and_then_stamps_the_future() -> None:
    found = _all(MISCOUNTER)[TEMPERATURE]["timestamp"]
    assert found.filter(found > NOW).len() == 9
    assert found.len() == (NOW - START) // 3600 + 1


def test_a_parameter_appears_after_some_months() -> None:
    readings = _all(BASIN)
    assert readings[TEMPERATURE]["timestamp"][0] == START
    assert readings[TURBIDITY]["timestamp"][0] == epoch(2025, 6, 11, 17)


def test_values_carry_the_noise_of_float32() -> None:
    value = _all(BASIN)[TEMPERATURE]["value"]
    assert value.cast(pl.Float32).cast(pl.Float64).equals(value)


@pytest.mark.parametrize("instrument", HARBOR, ids=lambda instrument: instrument.name)
def test_values_are_plausible(instrument: Instrument) -> None:
    limits = {
        "1": (0, 30),
        "3": (0, 8),
        "10": (200, 55_000),
        "12": (0, 36),
        "16": (13.5, 15.5),
        "17": (7, 8.6),
        "20": (5, 13),
        "21": (70, 120),
        "25": (0, 150),
        "33": (20, 100.5),
    }
    for key, frame in _all(instrument).items():
        low, high = limits[key.parameter_id]
        assert frame["value"].is_between(low, high).all(), key


def test_an_unknown_location_has_nothing() -> None:
    assert harbor().readings(1, 0, ALWAYS, now_s=NOW) == {}
    assert harbor().first_at(1, 0, now_s=NOW) is None


def test_the_harbor_goes_on_in_later_years() -> None:
    later = epoch(2035, 7, 1)
    found = harbor().readings(BASIN.id, later - 86_400, later, now_s=later)
    assert found[TEMPERATURE].height == 25
