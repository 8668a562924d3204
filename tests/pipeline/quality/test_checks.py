"""What a series as a whole is judged by."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pond_core import Window, slice_window
from pond_pipeline.quality import (
    BATTERY_LEVEL,
    BATTERY_VOLTAGE,
    BatteryCheck,
    Gap,
    GapCheck,
    Limit,
    OrderCheck,
    Profile,
    check_battery,
    check_freshness,
    check_gaps,
    check_order,
    profile,
)
from tests.pipeline.quality.tables import HOUR, LOCATIONS, NOYO, a_table, at, real_readings

PERCENT, VOLTS = Limit(20, "%"), Limit(3.3, "V")
LIMITS = {BATTERY_LEVEL: PERCENT, BATTERY_VOLTAGE: VOLTS}


def parts(*periods: list[float]) -> list[Profile]:
    """Return the profiles of periods with readings at these hours."""
    return [profile(a_table([at(hour) for hour in hours]), over=HOUR) for hours in periods]


def battery(*periods: pa.Table) -> tuple[BatteryCheck, ...]:
    return check_battery([profile(each) for each in periods], limits=LIMITS)


def test_rising_instants_are_in_order() -> None:
    assert check_order(parts([0, 1], [], [2])) == OrderCheck(
        passed=True, rows=3, repeated=0, fallen=0, first_at=None
    )


def test_instants_that_repeat_or_fall_are_counted_and_the_first_is_named() -> None:
    assert check_order(parts([0, 1, 1, 5, 3, 3])) == OrderCheck(
        passed=False, rows=6, repeated=2, fallen=1, first_at=at(1)
    )


def test_an_instant_that_falls_behind_the_period_before_is_out_of_order() -> None:
    assert check_order(parts([0, 3], [2, 4], [4])) == OrderCheck(
        passed=False, rows=5, repeated=1, fallen=1, first_at=at(2)
    )


def test_nothing_is_in_order_and_has_no_gap() -> None:
    assert check_order(parts([])).passed
    assert check_gaps(parts([]), limit=HOUR).passed


def test_gaps_longer_than_the_limit_are_told_with_both_their_ends() -> None:
    assert check_gaps(parts([0, 1, 3, 5.5, 6, 10]), limit=2 * HOUR) == GapCheck(
        passed=False, gaps=(Gap(at(3), at(5.5)), Gap(at(6), at(10))), limit=2 * HOUR
    )


def test_a_gap_over_the_edge_of_two_periods_is_found() -> None:
    assert check_gaps(parts([0, 1], [], [5, 6]), limit=2 * HOUR).gaps == (Gap(at(1), at(5)),)


def test_a_battery_is_judged_by_its_newest_value() -> None:
    columns: dict[str, list[float | None]] = {
        "Battery Level.%": [80.0, 10.0, 90.0, None],
        "Battery Voltage.V": [3.6, 3.4, 3.2, 3.1],
    }
    table = a_table([at(0), at(1), at(2), at(3)], **columns)
    level, voltage = battery(table.slice(0, 2), table.slice(2))
    assert level == BatteryCheck(
        "Battery Level.%",
        passed=True,
        limit=PERCENT,
        unit="%",
        last=90.0,
        last_at=at(2),
        lowest=10.0,
        lowest_at=at(1),
    )
    assert (voltage.passed, voltage.last, voltage.lowest_at) == (False, 3.1, at(3))


def test_a_battery_at_its_limit_is_good_and_one_that_says_nothing_is_not_judged() -> None:
    columns: dict[str, list[float | None]] = {
        "Battery Level.%": [20.0],
        "Battery Voltage.V": [None],
    }
    (level,) = battery(a_table([at(0)], **columns))
    assert (level.column, level.passed) == ("Battery Level.%", True)


def test_a_battery_in_another_unit_than_its_limit_is_not_judged() -> None:
    (voltage,) = battery(a_table([at(0)], **{"Battery Voltage.mV": [3.0]}))
    assert (voltage.passed, voltage.limit, voltage.unit) == (True, None, "mV")


def test_columns_that_tell_of_no_battery_are_passed_over() -> None:
    table = a_table([at(0)], **{"Temperature.C": [1.0], "Battery Level.%": [1.0]})
    assert check_battery([profile(table)], limits={BATTERY_VOLTAGE: VOLTS}) == ()


@pytest.mark.parametrize(
    ("hours", "passed"), [(0, True), (3, True), (3.01, False), (-1, True), (-1.01, False)]
)
def test_a_reading_is_fresh_until_it_is_older_than_the_limit_unless_it_is_of_the_future(
    hours: float, *, passed: bool
) -> None:
    check = check_freshness(at(0), now=at(hours), limit=3 * HOUR)
    assert (check.passed, check.age, check.limit) == (passed, at(hours) - at(0), 3 * HOUR)


def test_an_instrument_that_was_never_heard_of_is_not_fresh() -> None:
    check = check_freshness(None, now=at(0), limit=HOUR)
    assert (check.passed, check.newest, check.age) == (False, None, None)


@pytest.mark.skipif(not NOYO.exists(), reason=f"the real readings are not at {NOYO}")
def test_a_real_instrument_has_the_gaps_that_are_known_of_it() -> None:
    table = real_readings(LOCATIONS[0])
    assert check_order([profile(table)]).passed
    since_2024 = profile(slice_window(table, Window.of(at(-366 * 24))), over=2 * HOUR)
    winter = Gap(datetime(2025, 1, 10, 17, tzinfo=UTC), datetime(2025, 2, 19, 21, tzinfo=UTC))
    assert check_gaps([since_2024], limit=2 * HOUR).gaps == (winter,)
