"""Downsampling, against the plain definition of each aggregate."""

import math
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

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
UTC_TEXTS = ["5m", "7m", "15m", "1h", "3h", "1w", "1mo"]
ZONED_TEXTS = ["10m", "15m", "1h", "2h", "1d", "3d", "1w", "1mo", "1q", "1y"]
RESOLUTIONS = st.lists(
    st.sampled_from(UTC_TEXTS).map(Resolution.parse)
    | st.builds(
        Resolution.parse,
        st.sampled_from(ZONED_TEXTS),
        st.sampled_from(["America/Los_Angeles", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    ),
    unique=True,
    min_size=1,
    max_size=5,
)
CUTS = st.lists(st.integers(-200, 200), max_size=3)
ORIGINS = st.sampled_from(
    [
        0,
        -45_294_000,  # mean local time ends in California: until then hours began at odd seconds
        29_892_060,  # clocks go back in California
        29_588_580,  # clocks go back at Lord Howe, by half an hour
        25_688_340,  # clocks go forward at midnight in Sao Paulo
        29_453_760,  # a year begins
    ]
)
"""The minute from which readings count."""

Readings = dict[int, tuple[float | None, int | None]]


def a_series(minutes: list[int], **columns: list[object]) -> pa.Table:
    instants = pa.array([minute * MINUTE_US for minute in minutes], INSTANT)
    return check(pa.table({"timestamp": instants, **columns}))


def a_table(readings: Readings, origin: int = 0) -> pa.Table:
    return a_series(
        [origin + minute for minute in readings],
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


@given(READINGS, RESOLUTIONS, CUTS, ORIGINS)
def test_every_aggregate_is_what_its_name_says(
    readings: Readings, resolutions: list[Resolution], cuts: list[int], origin: int
) -> None:
    """However the input is cut into pieces, and whichever resolution another is made from."""
    table = a_table(readings, origin)
    bounds = [None, *((origin + cut) * MINUTE_US for cut in sorted(cuts)), None]
    pieces = [slice_window(table, Window(*pair)) for pair in pairwise(bounds)]
    result = downsample(iter(pieces), resolutions=resolutions, aggregates=list(Aggregate))
    assert resolutions == list(result)
    for resolution, buckets in result.items():
        expected: dict[int, tuple[list[float | None], list[float | None]]] = defaultdict(
            lambda: ([], [])
        )
        for minute, (x, n) in sorted(readings.items()):
            start = resolution.floor_us((origin + minute) * MINUTE_US)
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


@given(READINGS, st.integers(-210, 210), st.integers(0, 200), RESOLUTIONS, ORIGINS)
def test_a_window_gives_the_same_buckets_as_the_whole_series(
    readings: Readings, start: int, minutes: int, resolutions: list[Resolution], origin: int
) -> None:
    table = a_table(readings, origin)
    window = Window((origin + start) * MINUTE_US, (origin + start + minutes) * MINUTE_US)
    whole = downsample(table, resolutions=resolutions)
    part = downsample(table, resolutions=resolutions, window=window)
    for resolution in resolutions:
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


MIXES = [
    [HOUR, DAY],
    [Resolution.parse("1d", "Asia/Kolkata"), Resolution.parse("1w", "Asia/Kolkata")],
    [HOUR, Resolution.parse("6h", "Asia/Kathmandu"), Resolution.parse("1d", "Asia/Kathmandu")],
]


@pytest.mark.parametrize("resolutions", MIXES)
@pytest.mark.parametrize("start_s", [17, 999_999])
def test_12_6_a_window_of_a_long_series_is_the_same_to_the_last_bit(
    long_series: pa.Table, start_s: int, resolutions: list[Resolution]
) -> None:
    """Otherwise bringing a downsample up to date would write what has not changed."""
    window = Window(start_s * 1_000_000, None)
    whole = downsample(long_series, resolutions=resolutions)
    part = downsample(long_series, resolutions=resolutions, window=window)
    for resolution in resolutions:
        assert slice_window(whole[resolution], resolution.cover(window)) == part[resolution]


@pytest.mark.parametrize("resolutions", MIXES)
def test_12_6_cuts_between_buckets_do_not_change_a_bit(
    long_series: pa.Table, resolutions: list[Resolution]
) -> None:
    cuts = [
        resolution.floor_us(share * len(long_series) // 7 * 1_000_000)
        for share in (1, 4)
        for resolution in resolutions
    ]
    bounds = [None, *sorted(cuts), None]
    pieces = [slice_window(long_series, Window(*pair)) for pair in pairwise(bounds)]
    whole = downsample(long_series, resolutions=resolutions)
    assert downsample(pieces, resolutions=resolutions) == whole


def test_local_days_months_and_years_are_those_of_the_wall_calendar() -> None:
    """Told by `datetime` alone, over two years with a change of the clocks in spring and autumn."""
    zone = "America/Los_Angeles"
    hours = [*range(480_000, 480_000 + 2 * 8766)]
    walls = [datetime.fromtimestamp(hour * 3600, ZoneInfo(zone)) for hour in hours]
    table = a_series([hour * 60 for hour in hours], x=[float(hour % 97) for hour in hours])
    spans = {"1d": "%Y-%m-%d", "1w": "%G-%V", "1mo": "%Y-%m", "1y": "%Y"}
    resolutions = [Resolution.parse(text, zone) for text in spans]
    result = downsample(table, resolutions=[HOUR, *resolutions], aggregates=list(Aggregate))
    for resolution, form in zip(resolutions, spans.values(), strict=True):
        expected: dict[str, list[float | None]] = defaultdict(list)
        for hour, wall in zip(hours, walls, strict=True):
            expected[wall.strftime(form)].append(float(hour % 97))
        for aggregate in Aggregate:
            cells = [plainly(values)[aggregate] for values in expected.values()]
            assert result[resolution][f"x.{aggregate}"].to_pylist() == pytest.approx(cells)


def test_a_bad_clock_far_in_the_future_has_its_local_day_too() -> None:
    """Not all the days between: nobody waits for eleven million of them."""
    month = Resolution.parse("1mo", "America/Los_Angeles")
    day = Resolution.parse("1d", "America/Los_Angeles")
    table = a_series([0, 16_666_666_666], x=[1.0, 2.0])
    result = downsample(table, resolutions=[HOUR, day, month])
    assert [result[each]["x.avg"].to_pylist() for each in (day, month)] == [[1.0, 2.0]] * 2


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
