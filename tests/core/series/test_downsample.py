"""Downsampling, against the plain definition of each aggregate."""

import math
import threading
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import DataError, SchemaError
from pond_core.series import Aggregate, Resolution, check, concat, downsample, slice_window
from pond_core.series.column import INSTANT
from pond_core.window import Window

MINUTE_US = 60_000_000
HOUR = Resolution.parse("1h")
TWO_HOURS = Resolution.parse("2h")
DAY = Resolution.parse("24h")

VALUES = st.none() | st.floats(-1e6, 1e6) | st.just(math.nan)
READINGS = st.dictionaries(
    st.integers(-200, 200), st.tuples(VALUES, st.none() | st.integers(-(2**40), 2**40))
)
"""A float and an integer by minute."""
RESOLUTIONS = st.lists(st.sampled_from(["5m", "7m", "15m", "1h", "3h"]), unique=True, min_size=1)
CUTS = st.lists(st.integers(-200, 200), max_size=3)

Readings = dict[int, tuple[float | None, int | None]]


def a_series(minutes: list[int], **columns: list[object]) -> pa.Table:
    instants = pa.array([minute * MINUTE_US for minute in minutes], INSTANT)
    return check(pa.table({"timestamp": instants, **columns}))


def a_table(readings: Readings) -> pa.Table:
    return a_series(
        list(readings),
        x=pa.array([x for x, _ in readings.values()], pa.float64()),
        n=pa.array([n for _, n in readings.values()], pa.int64()),
    )


def plainly(values: list[float | None]) -> dict[str, float | None]:
    there = [v for v in values if v is not None and not math.isnan(v)]
    if not there:
        return {"count": 0} | dict.fromkeys(["avg", "min", "max", "sum", "first", "last"])
    total = math.fsum(there)
    return {
        "avg": total / len(there),
        "min": min(there),
        "max": max(there),
        "count": len(there),
        "sum": total,
        "first": there[0],
        "last": there[-1],
    }


@given(READINGS, RESOLUTIONS, CUTS)
def test_every_aggregate_is_what_its_name_says(
    readings: Readings, texts: list[str], cuts: list[int]
) -> None:
    """However the input is cut into pieces, and whichever resolution another is made from."""
    table = a_table(readings)
    bounds = [None, *(cut * MINUTE_US for cut in sorted(cuts)), None]
    pieces = [slice_window(table, Window(*pair)) for pair in pairwise(bounds)]
    resolutions = [Resolution.parse(text) for text in texts]
    result = downsample(iter(pieces), resolutions=resolutions, aggregates=list(Aggregate))
    assert resolutions == list(result)
    for resolution, buckets in result.items():
        expected: dict[int, tuple[list[float | None], list[float | None]]] = defaultdict(
            lambda: ([], [])
        )
        for minute, (x, n) in sorted(readings.items()):
            start = resolution.floor_us(minute * MINUTE_US)
            expected[start][0].append(x)
            expected[start][1].append(n)
        assert list(expected) == buckets["timestamp"].cast(pa.int64()).to_pylist()
        for place, column in enumerate(["x", "n"]):
            cells = [plainly(values[place]) for values in expected.values()]
            for aggregate in Aggregate:
                found = buckets[f"{column}.{aggregate}"].to_pylist()
                assert [c[aggregate] for c in cells] == [
                    value if value is None else pytest.approx(value, rel=1e-12, abs=1e-7)
                    for value in found
                ]


@given(READINGS, st.integers(-210, 210), st.integers(0, 200))
def test_a_window_gives_the_same_buckets_as_the_whole_series(
    readings: Readings, start: int, minutes: int
) -> None:
    table = a_table(readings)
    window = Window(start * MINUTE_US, (start + minutes) * MINUTE_US)
    whole = downsample(table, resolutions=[HOUR, TWO_HOURS])
    part = downsample(table, resolutions=[HOUR, TWO_HOURS], window=window)
    for resolution in (HOUR, TWO_HOURS):
        assert slice_window(whole[resolution], resolution.cover(window)) == part[resolution]


def test_columns_are_named_and_explained() -> None:
    meaning = pa.schema(
        [
            pa.field("timestamp", INSTANT, nullable=False),
            pa.field("DO.mg/L", pa.float64(), metadata={"unit": "mg/L"}),
        ]
    )
    table = pa.table({"timestamp": [0], "DO.mg/L": [8.4]}, schema=meaning)
    buckets = downsample(table, resolutions=[HOUR])[HOUR]
    names = ["DO.mg/L.avg", "DO.mg/L.min", "DO.mg/L.max", "DO.mg/L.count"]
    assert ["timestamp", *names] == buckets.column_names
    assert buckets.schema.field("DO.mg/L.max").metadata == {b"unit": b"mg/L", b"aggregate": b"max"}
    assert check(buckets).schema.equals(buckets.schema, check_metadata=True)


def test_a_bucket_without_values_counts_zero_and_one_without_rows_is_absent() -> None:
    buckets = downsample(a_series([0, 150], x=[None, 2.0]), resolutions=[HOUR])[HOUR]
    assert buckets["x.count"].to_pylist() == [0, 1]
    assert buckets["x.avg"].to_pylist() == [None, 2.0]


def test_an_average_of_unequal_parts_is_not_an_average_of_averages() -> None:
    table = a_series([0, 60, 61, 62], x=[1.0, 5.0, 5.0, 5.0])
    assert downsample(table, resolutions=[HOUR, TWO_HOURS])[TWO_HOURS]["x.avg"].to_pylist() == [4.0]


def test_integers_keep_their_type_and_their_average_does_not_overflow() -> None:
    big = 2**62
    buckets = downsample(a_series([0, 1, 2], n=[big, big, big]), resolutions=[HOUR])[HOUR]
    assert [big] == buckets["n.max"].to_pylist()
    assert [float(big)] == buckets["n.avg"].to_pylist()


def test_columns_that_have_no_average_are_left_out() -> None:
    table = a_series([0], s=["a"], b=[True], x=[1.0])
    assert downsample(table, resolutions=[HOUR], aggregates=[Aggregate.AVG])[HOUR].column_names == [
        "timestamp",
        "x.avg",
    ]


def test_a_column_may_begin_in_a_later_piece() -> None:
    pieces = [a_series([0], x=[1.0]), a_series([30], y=[2.0])]
    buckets = downsample(pieces, resolutions=[HOUR])[HOUR]
    assert buckets["x.count"].to_pylist() == [1]
    assert buckets["y.avg"].to_pylist() == [2.0]
    assert buckets == downsample(concat(pieces), resolutions=[HOUR])[HOUR]


@pytest.mark.parametrize("name", ["*", "^.*$", "bucket", "x.avg", ""])
def test_a_column_may_have_any_name(name: str) -> None:
    table = pa.table({"timestamp": pa.array([0], INSTANT), "x": [1.0], name: [2.0]})
    buckets = downsample(table, resolutions=[HOUR])[HOUR]
    assert buckets[f"{name}.avg"].to_pylist() == [2.0]


def test_a_type_that_changes_between_pieces_is_refused() -> None:
    with pytest.raises(SchemaError, match="'x' changes its type from double to int64"):
        downsample([a_series([0], x=[1.0]), a_series([1], x=[1])], resolutions=[HOUR])


def test_pieces_out_of_order_are_refused() -> None:
    with pytest.raises(DataError, match="comes too late"):
        downsample([a_series([60]), a_series([0])], resolutions=[HOUR])


def test_a_long_table_is_refused() -> None:
    table = pa.table({"timestamp": pa.array([0, 0], INSTANT), "value": [1.0, 2.0]})
    with pytest.raises(DataError, match="more than one row at 1970-01-01T00:00:00Z"):
        downsample(table, resolutions=[HOUR])


def test_an_empty_series_has_empty_downsamples_with_all_columns() -> None:
    buckets = downsample(a_table({}), resolutions=[HOUR])[HOUR]
    assert len(buckets) == 0
    assert pa.int64() == buckets.schema.field("x.count").type


def test_no_piece_at_all_is_time_alone() -> None:
    assert downsample([], resolutions=[HOUR])[HOUR].column_names == ["timestamp"]


def test_no_resolution_is_no_table() -> None:
    assert downsample(a_table({}), resolutions=[]) == {}


def test_equal_widths_of_two_names_are_two_tables() -> None:
    result = downsample(a_series([0], x=[1.0]), resolutions=[DAY, Resolution.parse("1d")])
    assert [resolution.text for resolution in result] == ["24h", "1d"]


@pytest.fixture(scope="module")
def long_series() -> pa.Table:
    """Return more readings than are folded at once, one per second, that add up inexactly."""
    seconds = range(1_200_000)
    columns = {
        "timestamp": pa.array([s * 1_000_000 for s in seconds], INSTANT),
        "second": pa.array(seconds, pa.float64()),
        "x": pa.array([(s * 7919 % 10007) / 7 if s % 11 else None for s in seconds]),
    }
    return check(pa.table(columns))


@pytest.mark.parametrize("seconds", [2, 600])
def test_a_long_series_has_every_bucket_once_and_in_order(
    long_series: pa.Table, seconds: int
) -> None:
    resolution = Resolution.parse(f"{seconds}s")
    aggregates = [Aggregate.FIRST, Aggregate.LAST, Aggregate.COUNT]
    table = long_series.select(["timestamp", "second"])
    buckets = downsample(table, resolutions=[resolution], aggregates=aggregates)[resolution]
    starts = [float(start) for start in range(0, len(table), seconds)]
    assert starts == buckets["second.first"].to_pylist()
    assert [start + seconds - 1 for start in starts] == buckets["second.last"].to_pylist()
    assert {seconds} == set(buckets["second.count"].to_pylist())


@pytest.mark.parametrize("start_s", [17, 999_999])
def test_a_window_of_a_long_series_is_the_same_to_the_last_bit(
    long_series: pa.Table, start_s: int
) -> None:
    """Otherwise bringing a downsample up to date would write what has not changed."""
    window = Window(start_s * 1_000_000, None)
    whole = downsample(long_series, resolutions=[HOUR, DAY])
    part = downsample(long_series, resolutions=[HOUR, DAY], window=window)
    for resolution in (HOUR, DAY):
        assert slice_window(whole[resolution], resolution.cover(window)) == part[resolution]


def test_a_value_that_is_no_number_changes_no_other_bucket_by_a_bit() -> None:
    numbers: list[object] = [(minute * 7919 % 10007) / 7 for minute in range(3000)]
    spoilt = [*numbers[:1000], math.nan, *numbers[1001:]]
    clean, marred = (
        downsample(a_series(list(range(3000)), x=x), resolutions=[HOUR], aggregates=list(Aggregate))
        for x in (numbers, spoilt)
    )
    same = [*range(16), *range(17, 50)]
    assert clean[HOUR].take(same) == marred[HOUR].take(same)
    assert marred[HOUR]["x.count"][16].as_py() == 59


def test_pieces_are_read_in_the_thread_that_asked_for_them() -> None:
    """A connection, as SQLite's, may belong to it."""
    readers = []

    def pieces() -> Iterator[pa.Table]:
        for minute in (0, 90, 180):
            readers.append(threading.get_ident())
            yield a_series([minute], x=[1.0])

    assert len(downsample(pieces(), resolutions=[HOUR])[HOUR]) == 3
    assert set(readers) == {threading.get_ident()}


def test_what_goes_wrong_while_a_piece_is_read_is_raised() -> None:
    def pieces() -> Iterator[pa.Table]:
        yield a_series([0], x=[1.0])
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        downsample(pieces(), resolutions=[HOUR])
