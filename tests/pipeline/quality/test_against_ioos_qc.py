"""Our flags against those of ioos-qc, which oceanographers run."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pond_pipeline.quality import (
    ColumnTests,
    FlatLineTest,
    GapTest,
    GrossRangeTest,
    RateOfChangeTest,
    SpikeMethod,
    SpikeTest,
    Target,
    flag,
)
from tests.pipeline.quality import oracle
from tests.pipeline.quality.tables import HOUR, LOCATIONS, NOYO, SERIES, a_series, real_readings

LEAST = 1e-6
"""A threshold where a quantile is 0: some columns hardly move."""

THRESHOLDS = st.tuples(st.sampled_from([0.1, 0.5, 3.0]), st.sampled_from([0.0, 0.5, 20.0]))
METHODS = st.sampled_from(list(SpikeMethod))

with_noyo = pytest.mark.skipif(not NOYO.exists(), reason=f"the real readings are not at {NOYO}")


def assert_equal_flags(table: pa.Table, column: str, entry: ColumnTests) -> Counter[int]:
    """Compare all flags of a column, and return how often each is in the roll-up."""
    flagged = flag(table, [entry])
    for test, flags in oracle.expected(table, column, entry).items():
        name = f"{column}.qc.{test}" if test else f"{column}.qc"
        assert flags.tolist() == flagged[name].to_pylist(), name
    return Counter(flagged[f"{column}.qc"].to_pylist())


def sensible(table: pa.Table, column: str, method: SpikeMethod) -> ColumnTests:
    """Return thresholds that some readings of a column exceed, and most do not."""
    values = oracle.values_of(table, column)
    hours = np.diff(table["timestamp"].cast(pa.int64()).to_numpy()) / 3.6e9
    steps = np.abs(np.diff(values))
    low, suspect_low, suspect_high, high = np.nanquantile(values, [0.001, 0.01, 0.99, 0.999])
    spike, rate = np.nanquantile(steps, [0.99, 0.999]), np.nanquantile(steps / hours, [0.99, 0.999])
    return ColumnTests(
        target=Target(column=column),
        gross_range=GrossRangeTest(
            suspect=(float(suspect_low), float(suspect_high) + LEAST),
            fail=(float(low), float(high) + LEAST),
        ),
        spike=SpikeTest(suspect=max(LEAST, spike[0]), fail=max(2 * LEAST, spike[1]), method=method),
        rate_of_change=RateOfChangeTest(
            suspect=max(LEAST, rate[0]), fail=max(2 * LEAST, rate[1]), per=HOUR
        ),
        flat_line=FlatLineTest(
            tolerance=max(LEAST, float(np.nanquantile(steps, 0.2))),
            suspect_after=4 * HOUR,
            fail_after=8 * HOUR,
            interval=oracle.median_interval(table),
        ),
        gap=GapTest(suspect_after=2 * HOUR, fail_after=12 * HOUR),
    )


@with_noyo
@pytest.mark.parametrize("method", SpikeMethod)
@pytest.mark.parametrize("location", LOCATIONS)
def test_every_reading_of_noyo_harbor_has_the_flags_of_ioos_qc(
    location: int, method: SpikeMethod
) -> None:
    table = real_readings(location)
    seen: Counter[int] = Counter()
    for column in table.column_names[1:]:
        seen += assert_equal_flags(table, column, sensible(table, column, method))
    assert {1, 3, 4} <= set(seen), "the configuration is not worth its name"


@with_noyo
@pytest.mark.parametrize("location", LOCATIONS)
def test_where_no_reading_is_missing_a_flat_line_is_exactly_that_of_ioos_qc(location: int) -> None:
    table = real_readings(location)
    for column in table.column_names[1:]:
        part = table.filter(table[column].is_valid())
        test = sensible(part, column, SpikeMethod.AVERAGE).flat_line
        assert test is not None
        flags = flag(part, [ColumnTests(target=Target(column=column), flat_line=test)])
        ours = flags[f"{column}.qc.flat_line"].to_pylist()
        assert oracle.flat_line(part, column, test).tolist() == ours


@given(SERIES, THRESHOLDS, METHODS)
def test_values_that_come_at_any_time_have_the_flags_of_ioos_qc(
    values: dict[int, float | None], thresholds: tuple[float, float], method: SpikeMethod
) -> None:
    assume(len(values) >= 3)
    suspect, more = thresholds
    seconds = timedelta(seconds=1)
    entry = ColumnTests(
        target=Target(column="x"),
        gross_range=GrossRangeTest(suspect=(-1, 1), fail=(-1, 1 + more)),
        spike=SpikeTest(suspect=suspect, fail=suspect + more, method=method),
        rate_of_change=RateOfChangeTest(suspect=suspect, fail=suspect + more),
        gap=GapTest(suspect_after=300 * seconds, fail_after=5000 * seconds),
    )
    assert_equal_flags(a_series(values), "x", entry)


@given(
    SERIES,
    st.sampled_from([0.05, 0.15, 1.0, 50.0]),
    st.integers(1, 5),
    st.integers(0, 5),
    st.integers(0, 99),
)
def test_a_flat_line_at_any_interval_has_the_flags_of_ioos_qc(
    values: dict[int, float | None], tolerance: float, suspect: int, more: int, percent: int
) -> None:
    assume(len(values) >= 3)
    table = a_series(values)
    interval = oracle.median_interval(table)
    # Durations need not be whole intervals.
    part = timedelta(seconds=interval.total_seconds() * percent // 100)
    test = FlatLineTest(
        tolerance=tolerance,
        suspect_after=suspect * interval + part,
        fail_after=(suspect + more) * interval + part,
        interval=interval,
    )
    assert_equal_flags(table, "x", ColumnTests(target=Target(column="x"), flat_line=test))
