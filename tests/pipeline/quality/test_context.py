"""Flags month by month are those of the whole series, as long as the context is read."""

from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import Window, slice_window, to_us
from pond_pipeline.quality import (
    ColumnTests,
    Context,
    FlatLineTest,
    GapTest,
    GrossRangeTest,
    RateOfChangeTest,
    SpikeMethod,
    SpikeTest,
    Target,
    context_of,
    flag,
)
from tests.pipeline.quality.tables import (
    HOUR,
    LOCATIONS,
    NOYO,
    SERIES,
    START,
    a_series,
    hourly,
    real_readings,
)

X = Target(column="x")
INTERVAL = timedelta(seconds=600)

RANGE = GrossRangeTest(fail=(-1, 1))
SPIKE = SpikeTest(suspect=0.1, fail=1)
RATE = RateOfChangeTest(fail=1)
GAP = GapTest(suspect_after=INTERVAL, fail_after=5 * INTERVAL)


def a_flat_line(suspect: int, fail: int) -> FlatLineTest:
    return FlatLineTest(
        tolerance=0.5,
        suspect_after=suspect * INTERVAL,
        fail_after=(suspect + fail) * INTERVAL,
        interval=INTERVAL,
    )


ENTRIES = st.builds(
    ColumnTests,
    target=st.just(X),
    gross_range=st.just(RANGE),
    spike=st.sampled_from([None, SPIKE, SpikeTest(fail=1, method=SpikeMethod.DIFFERENTIAL)]),
    rate_of_change=st.sampled_from([None, RATE]),
    flat_line=st.none() | st.builds(a_flat_line, st.integers(1, 5), st.integers(0, 5)),
    gap=st.sampled_from([None, GAP]),
)
SECONDS = st.none() | st.integers(-1000, 201_000)


def a_window(start: int | None, end: int | None) -> Window:
    bounds = (None if each is None else START + timedelta(seconds=each) for each in (start, end))
    return Window.of(*bounds)


@given(SERIES, ENTRIES, SECONDS, SECONDS)
def test_the_flags_of_a_window_are_those_of_the_whole_series(
    values: dict[int, float | None], entry: ColumnTests, start: int | None, end: int | None
) -> None:
    table, window = a_series(values), a_window(start, end)
    reach = context_of([entry]).cover(table["timestamp"], window)
    part = flag(slice_window(table, reach), [entry], window=window)
    assert str(slice_window(flag(table, [entry]), window).to_pylist()) == str(part.to_pylist())


@pytest.mark.skipif(not NOYO.exists(), reason=f"the real readings are not at {NOYO}")
@pytest.mark.parametrize("location", LOCATIONS)
def test_two_real_years_have_the_same_flags_month_by_month(location: int) -> None:
    table = real_readings(location)
    entries = [
        ColumnTests(
            target=Target(column=name),
            gross_range=GrossRangeTest(suspect=(0.5, 20), fail=(0, 30)),
            spike=SpikeTest(suspect=0.1, fail=1),
            rate_of_change=RateOfChangeTest(suspect=0.1, fail=1),
            flat_line=FlatLineTest(
                tolerance=0.01, suspect_after=6 * HOUR, fail_after=40 * HOUR, interval=HOUR
            ),
            gap=GapTest(suspect_after=2 * HOUR),
        )
        for name in table.column_names[1:]
    ]
    context = context_of(entries)
    month_us = 30 * 24 * (HOUR // timedelta(microseconds=1))
    newest_us = table["timestamp"][-1].value
    starts = [None, *range(to_us(START) - 12 * month_us, newest_us, month_us)]
    parts = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        window = Window(start, end)
        reach = context.cover(table["timestamp"], window)
        parts.append(flag(slice_window(table, reach), entries, window=window))
    assert pa.concat_tables(parts).equals(flag(table, entries))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ColumnTests(target=X, gross_range=RANGE), Context(0, 0)),
        (ColumnTests(target=X, spike=SPIKE), Context(1, 1)),
        (ColumnTests(target=X, rate_of_change=RATE), Context(1, 0)),
        (ColumnTests(target=X, flat_line=a_flat_line(2, 3)), Context(5, 0)),
        (ColumnTests(target=X, gap=GAP), Context(1, 0)),
        (ColumnTests(target=X, spike=SPIKE, flat_line=a_flat_line(2, 3)), Context(5, 1)),
    ],
)
def test_every_test_tells_how_many_rows_it_sees(entry: ColumnTests, expected: Context) -> None:
    assert context_of([entry]) == expected


def test_nothing_to_test_needs_nothing() -> None:
    window = Window(1, 2)
    assert context_of([]).cover(hourly(x=[1.0])["timestamp"], window) == window


def test_a_range_holds_just_the_rows_that_are_needed() -> None:
    hours = [to_us(START + each * HOUR) for each in range(10)]
    instants = hourly(x=[1.0] * 10)["timestamp"]
    assert Context(2, 1).cover(instants, Window(hours[4], hours[6])) == Window(
        hours[2], hours[6] + 1
    )


def test_a_range_is_open_where_rows_may_still_come() -> None:
    hours = [to_us(START + each * HOUR) for each in range(3)]
    instants = hourly(x=[1.0] * 3)["timestamp"]
    assert Context(2, 1).cover(instants, Window(hours[1], hours[2] + 1)) == Window()
