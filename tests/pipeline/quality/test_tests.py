"""Each test by itself: thresholds, ends, missing values, and settings that cannot be meant."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pond_pipeline.errors import ConfigError
from pond_pipeline.quality import (
    ColumnTests,
    FlatLineTest,
    GapTest,
    GrossRangeTest,
    RateOfChangeTest,
    SpikeMethod,
    SpikeTest,
    Target,
)
from tests.pipeline.quality.tables import HOUR, a_table, at, flags_of, hourly

X = Target(column="x")
ZERO = timedelta(0)


def test_the_bounds_of_a_span_are_good_values() -> None:
    entry = ColumnTests(target=X, gross_range=GrossRangeTest(suspect=(1, 2), fail=(0, 3)))
    table = hourly(x=[-0.1, 0.0, 0.9, 1.0, 2.0, 2.1, 3.0, 3.1])
    assert flags_of(table, entry, "gross_range") == [4, 3, 3, 1, 1, 3, 3, 4]


def test_a_span_may_be_open_on_one_side() -> None:
    entry = ColumnTests(target=X, gross_range=GrossRangeTest(suspect=(1, 5), fail=(0, None)))
    assert flags_of(hourly(x=[-1.0, 0.5, 1e9]), entry, "gross_range") == [4, 3, 3]


def test_a_span_alone_is_enough() -> None:
    only_suspect = ColumnTests(target=X, gross_range=GrossRangeTest(suspect=(0, 1)))
    only_fail = ColumnTests(target=X, gross_range=GrossRangeTest(fail=(0, 1)))
    assert flags_of(hourly(x=[2.0]), only_suspect, "gross_range") == [3]
    assert flags_of(hourly(x=[2.0]), only_fail, "gross_range") == [4]


def test_a_spike_is_as_high_as_it_stands_over_the_mean_of_its_neighbors() -> None:
    entry = ColumnTests(target=X, spike=SpikeTest(suspect=2, fail=4))
    table = hourly(x=[0.0, 2.0, 0.0, 2.5, 0.0, 7.0, 10.0])
    assert flags_of(table, entry, "spike") == [2, 1, 3, 3, 4, 1, 2]


def test_a_step_is_no_spike_where_both_differences_count() -> None:
    entry = ColumnTests(target=X, spike=SpikeTest(fail=2, method=SpikeMethod.DIFFERENTIAL))
    step, spike = hourly(x=[0.0, 0.0, 9.0, 9.0]), hourly(x=[0.0, 9.0, 1.0])
    assert flags_of(step, entry, "spike") == [2, 1, 1, 2]
    assert flags_of(spike, entry, "spike") == [2, 4, 2]


@pytest.mark.parametrize("method", SpikeMethod)
def test_a_spike_beside_a_missing_value_is_not_evaluated(method: SpikeMethod) -> None:
    entry = ColumnTests(target=X, spike=SpikeTest(fail=1, method=method))
    table = hourly(x=[0.0, 9.0, None, 9.0, 0.0, 9.0, 0.0])
    assert flags_of(table, entry, "spike") == [2, 2, 9, 2, 4, 4, 2]


def test_a_single_reading_is_no_spike_that_anybody_can_see() -> None:
    assert flags_of(hourly(x=[1.0]), ColumnTests(target=X, spike=SpikeTest(fail=1)), "spike") == [2]


def test_a_rate_counts_in_the_unit_of_time_that_is_said() -> None:
    table = a_table([at(0), at(0.5), at(1), at(3)], x=[0.0, 1.0, 1.5, -4.0])
    per_hour = ColumnTests(target=X, rate_of_change=RateOfChangeTest(suspect=1.5, fail=2.2))
    per_day = ColumnTests(
        target=X, rate_of_change=RateOfChangeTest(suspect=36, fail=50, per=timedelta(days=1))
    )
    assert flags_of(table, per_hour, "rate_of_change") == [1, 3, 1, 4]
    assert flags_of(table, per_day, "rate_of_change") == [1, 3, 1, 4]


def test_a_rate_after_a_missing_value_passes() -> None:
    entry = ColumnTests(target=X, rate_of_change=RateOfChangeTest(fail=0.1))
    assert flags_of(hourly(x=[1.0, None, 9.0]), entry, "rate_of_change") == [1, 9, 1]


def test_parts_of_a_second_count_for_a_rate() -> None:
    """Where ioos-qc cuts them off, and divides by zero."""
    entry = ColumnTests(target=X, rate_of_change=RateOfChangeTest(fail=1, per=timedelta(seconds=1)))
    half = timedelta(seconds=0.5)
    table = a_table([at(0), at(0) + half, at(0) + 4 * half], x=[0.0, 0.4, 1.8])
    assert flags_of(table, entry, "rate_of_change") == [1, 1, 1]


def test_a_line_is_flat_once_it_has_been_for_the_whole_time() -> None:
    entry = ColumnTests(
        target=X,
        flat_line=FlatLineTest(
            tolerance=0.1, suspect_after=2 * HOUR, fail_after=3 * HOUR, interval=HOUR
        ),
    )
    table = hourly(x=[5.0, 5.05, 5.0, 5.0, 5.0, 5.2, 5.2])
    assert flags_of(table, entry, "flat_line") == [1, 1, 3, 4, 4, 1, 1]


def test_a_first_value_after_a_long_silence_is_not_flat() -> None:
    """Where ioos-qc says that it fails: the range of one value is zero."""
    entry = ColumnTests(
        target=X,
        flat_line=FlatLineTest(
            tolerance=0.1, suspect_after=3 * HOUR, fail_after=5 * HOUR, interval=HOUR
        ),
    )
    table = hourly(x=[None, None, None, None, None, None, 5.0, 5.0, 5.0, 5.0])
    assert flags_of(table, entry, "flat_line") == [9, 9, 9, 9, 9, 9, 2, 3, 4, 4]


def test_few_values_are_enough_to_see_that_a_line_is_not_flat() -> None:
    entry = ColumnTests(
        target=X, flat_line=FlatLineTest(tolerance=0.1, fail_after=5 * HOUR, interval=HOUR)
    )
    table = hourly(x=[None, None, None, None, 1.0, 5.0])
    assert flags_of(table, entry, "flat_line") == [9, 9, 9, 9, 1, 1]


def test_missing_values_are_missing_in_the_shortest_series() -> None:
    """Where ioos-qc lets series of one or two readings pass whatever they hold."""
    entry = ColumnTests(
        target=X, flat_line=FlatLineTest(tolerance=0.1, fail_after=HOUR, interval=HOUR)
    )
    assert flags_of(hourly(x=[5.0, None]), entry, "flat_line") == [1, 9]


def test_a_stretch_longer_than_the_series_is_not_flat() -> None:
    entry = ColumnTests(
        target=X, flat_line=FlatLineTest(tolerance=0.1, fail_after=999 * HOUR, interval=HOUR)
    )
    assert flags_of(hourly(x=[5.0, 5.0]), entry, "flat_line") == [1, 1]


def test_a_gap_is_flagged_at_the_reading_that_ends_it_and_nobody_knows_about_the_first() -> None:
    entry = ColumnTests(target=X, gap=GapTest(suspect_after=HOUR, fail_after=4 * HOUR))
    table = a_table([at(0), at(5), at(6), at(8), at(9)], x=[1.0, 1.0, 1.0, 1.0, None])
    assert flags_of(table, entry, "gap") == [2, 4, 1, 3, 9]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (GrossRangeTest, "gross_range has no span"),
        (lambda: GrossRangeTest(fail=(2, 1)), r"nothing lies in \[2, 1\]"),
        (lambda: GrossRangeTest(fail=(0, 1), suspect=(0, 2)), "does not lie inside of fail"),
        (lambda: GrossRangeTest(fail=(0, 1), suspect=(None, 1)), "does not lie inside of fail"),
        (lambda: GrossRangeTest(fail=(float("nan"), 1)), "nothing lies in"),
        (SpikeTest, "spike has no threshold"),
        (lambda: SpikeTest(suspect=0), "spike: the threshold 0 is not positive"),
        (lambda: SpikeTest(fail=float("nan")), "is not positive"),
        (lambda: SpikeTest(suspect=2, fail=1), "what fails at 1 was never suspect at 2"),
        (RateOfChangeTest, "rate_of_change has no threshold"),
        (lambda: RateOfChangeTest(fail=1, per=ZERO), "is no time to change in"),
        (GapTest, "gap has no threshold"),
        (lambda: GapTest(fail_after=ZERO), "is not positive"),
        (
            lambda: FlatLineTest(tolerance=0, fail_after=HOUR, interval=HOUR),
            "no range is below the tolerance 0",
        ),
        (
            lambda: FlatLineTest(tolerance=1, fail_after=HOUR / 2, interval=HOUR),
            "is shorter than the interval",
        ),
        (
            lambda: FlatLineTest(tolerance=1, fail_after=HOUR, interval=ZERO),
            "is no interval of readings",
        ),
        (lambda: FlatLineTest(tolerance=1, interval=HOUR), "flat_line has no threshold"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(make: Callable[[], object], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        make()
