"""From raw readings to a wide table."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import ALWAYS, SchemaError, Window, to_us
from pond_pipeline.hydrovu import QUARANTINE_SCHEMA, RAW_SCHEMA, Names, Normalized, normalize
from tests.pipeline.hydrovu.api import NOON, Point, raw_of

NAMES = Names({"1": "Temperature", "20": "DO"}, {"1": "C", "2": "F", "117": "mg/L"})
FLOOR = datetime(2000, 1, 1, tzinfo=UTC)
FLOOR_S = int(FLOOR.timestamp())
NOON_S = int(NOON.timestamp())
PACIFIC = ZoneInfo("America/Los_Angeles")


def normalized(
    raw: pa.Table,
    *,
    window: Window = ALWAYS,
    clock: ZoneInfo | None = None,
    raw_window: Window | None = None,
) -> Normalized:
    return normalize(
        raw, NAMES, window=window, clock_floor=FLOOR, clock=clock, raw_window=raw_window
    )


def seconds(table: pa.Table) -> list[int]:
    return [us // 10**6 for us in table["timestamp"].cast(pa.int64()).to_pylist()]


def wall_s(text: str) -> int:
    """Return what a device in local time stamps when the clock on the wall shows this."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def utc(table: pa.Table) -> list[str]:
    return [f"{instant:%m-%dT%H:%M}" for instant in table["timestamp"].to_pylist()]


def test_each_parameter_and_unit_is_a_column_and_each_instant_a_row() -> None:
    raw = raw_of(
        ("1", "1", [(NOON_S - 60, 12.0), (NOON_S, 12.5)]),
        ("20", "117", [(NOON_S, 8.0)]),
        ("1", "2", [(NOON_S, 54.5)]),
    )

    assert normalized(raw).table.to_pylist() == [
        {
            "timestamp": NOON - timedelta(seconds=60),
            "DO.mg/L": None,
            "Temperature.C": 12.0,
            "Temperature.F": None,
        },
        {"timestamp": NOON, "DO.mg/L": 8.0, "Temperature.C": 12.5, "Temperature.F": 54.5},
    ]


def test_the_table_has_timestamp_then_columns_by_name_with_metadata() -> None:
    schema = normalized(
        raw_of(("20", "117", [(NOON_S, 8.0)]), ("1", "1", [(NOON_S, 1.0)]))
    ).table.schema

    assert schema.names == ["timestamp", "DO.mg/L", "Temperature.C"]
    assert schema.field(0).equals(RAW_SCHEMA.field(0))
    assert schema.field(1).metadata[b"parameter"] == b"DO"
    assert schema.types[1:] == [pa.float64(), pa.float64()]


def test_no_reading_is_an_empty_table_with_timestamp_alone() -> None:
    result = normalized(RAW_SCHEMA.empty_table())

    assert result.table.schema.names == ["timestamp"]
    assert result.table.num_rows == 0
    assert result.quarantine.equals(QUARANTINE_SCHEMA.empty_table())


def test_columns_other_than_those_of_a_raw_table_are_refused() -> None:
    with pytest.raises(SchemaError, match="fetched_at"):
        normalized(raw_of().drop(["fetched_at"]))


def test_a_value_that_is_no_number_is_null() -> None:
    raw = raw_of(
        ("1", "1", [(NOON_S, float("nan"))]),
        ("20", "117", [(NOON_S, 8.0), (NOON_S + 1, float("-inf")), (NOON_S + 2, None)]),
        ("1", "2", [(NOON_S + 3, None), (NOON_S, 2.0)]),
    )

    assert normalized(raw).table.to_pylist() == [
        {"timestamp": NOON, "DO.mg/L": 8.0, "Temperature.F": 2.0}
    ]


def test_the_table_is_cut_to_the_window() -> None:
    raw = raw_of(("1", "1", [(NOON_S + i, float(i)) for i in range(4)]))
    window = Window((NOON_S + 1) * 10**6, (NOON_S + 3) * 10**6)

    assert seconds(normalized(raw, window=window).table) == [NOON_S + 1, NOON_S + 2]


def test_a_reading_at_the_floor_is_possible_and_one_before_is_not() -> None:
    result = normalized(raw_of(("1", "1", [(FLOOR_S - 1, 1.0), (FLOOR_S, 2.0)])))

    assert seconds(result.table) == [FLOOR_S]
    assert seconds(result.quarantine) == [FLOOR_S - 1]
    assert result.quarantine["reason"].to_pylist() == ["before clock_floor"]


def test_a_reading_an_hour_after_it_was_fetched_is_possible_and_one_later_is_not() -> None:
    result = normalized(raw_of(("1", "1", [(NOON_S + 3600, 1.0), (NOON_S + 3601, 2.0)])))

    assert seconds(result.table) == [NOON_S + 3600]
    assert seconds(result.quarantine) == [NOON_S + 3601]
    assert result.quarantine["reason"].to_pylist() == ["later than fetched_at + 1 h"]


@pytest.mark.parametrize("clock", [None, PACIFIC])
@pytest.mark.parametrize("stamp", [0, 960, -(9 * 10**12), 10**12, 9 * 10**12])
def test_no_stamp_is_too_wrong_to_be_set_aside(stamp: int, clock: ZoneInfo | None) -> None:
    result = normalized(raw_of(("1", "1", [(stamp, 1.0)])), clock=clock)

    assert result.table.num_rows == 0
    assert seconds(result.quarantine) == [stamp]


def test_the_quarantine_keeps_readings_as_they_came_and_in_order() -> None:
    raw = raw_of(("20", "117", [(5, None), (1, 8.0)]), ("1", "1", [(5, float("inf"))]))
    quarantine = normalized(raw).quarantine

    assert quarantine.schema.equals(QUARANTINE_SCHEMA)
    assert quarantine.drop(["reason"]).equals(raw)


def test_a_reading_is_quarantined_in_the_window_of_its_raw_timestamp_only() -> None:
    raw = raw_of(("1", "1", [(1, 1.0), (2, 2.0), (NOON_S, 3.0)]))
    first = normalized(raw, window=Window.of(FLOOR), raw_window=Window(None, 2 * 10**6))
    default = normalized(raw, window=Window.of(FLOOR))

    assert seconds(first.quarantine) == [1]
    assert seconds(first.table) == [NOON_S]
    assert seconds(default.quarantine) == []


def local(*points: tuple[str, float], window: Window = ALWAYS) -> pa.Table:
    raw = raw_of(("1", "1", [(wall_s(text), value) for text, value in points]))
    return normalized(raw, clock=PACIFIC, window=window).table


def test_local_time_becomes_utc_in_winter_and_in_summer() -> None:
    table = local(("2025-01-15T04:00", 1.0), ("2025-07-15T04:00", 2.0))

    assert utc(table) == ["01-15T12:00", "07-15T11:00"]


def test_of_the_hour_that_autumn_repeats_the_first_pass_is_taken() -> None:
    table = local(("2025-11-02T00:30", 1.0), ("2025-11-02T01:30", 2.0), ("2025-11-02T02:30", 3.0))

    assert utc(table) == ["11-02T07:30", "11-02T08:30", "11-02T10:30"]


def test_a_time_that_spring_skips_is_moved_over_the_gap() -> None:
    assert utc(local(("2025-03-09T02:30", 1.0))) == ["03-09T10:30"]


def test_of_two_stamps_that_become_one_instant_the_later_stays() -> None:
    table = local(("2025-03-09T02:30", 1.0), ("2025-03-09T03:30", 2.0))

    assert utc(table) == ["03-09T10:30"]
    assert table["Temperature.C"].to_pylist() == [2.0]


def test_the_window_is_in_utc_for_a_local_clock_too() -> None:
    january = Window.of(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))
    table = local(
        ("2024-12-31T15:59", 1.0),
        ("2024-12-31T16:00", 2.0),
        ("2025-01-31T15:59", 3.0),
        ("2025-01-31T16:00", 4.0),
        window=january,
    )

    assert table["Temperature.C"].to_pylist() == [2.0, 3.0]


def test_the_future_is_judged_after_a_local_clock_is_corrected() -> None:
    # 07:00 on a wall in UTC-8 is 15:00 UTC, three hours after the readings were fetched.
    ahead = normalized(raw_of(("1", "1", [(wall_s("2026-03-01T07:00"), 1.0)])), clock=PACIFIC)
    east = normalized(
        raw_of(("1", "1", [(wall_s("2026-03-01T20:00"), 1.0)])), clock=ZoneInfo("Asia/Shanghai")
    )

    assert ahead.quarantine["reason"].to_pylist() == ["later than fetched_at + 1 h"]
    assert utc(east.table) == ["03-01T12:00"]


VALUES = st.none() | st.floats(allow_nan=True, allow_infinity=True)
STAMPS = st.sampled_from([0, FLOOR_S - 1, FLOOR_S, NOON_S, NOON_S + 3600, NOON_S + 3601, 10**12])
SERIES = st.dictionaries(
    st.tuples(st.sampled_from(["1", "20", "77"]), st.sampled_from(["1", "117", "78"])),
    st.dictionaries(STAMPS | st.integers(FLOOR_S, NOON_S), VALUES, max_size=6),
    max_size=5,
)


@given(series=SERIES)
def test_every_reading_is_in_the_table_or_in_quarantine_and_can_be_found_again(
    series: dict[tuple[str, str], dict[int, float | None]],
) -> None:
    raw = raw_of(*((p, u, list[Point](points.items())) for (p, u), points in series.items()))
    result = normalized(raw)
    table = result.table
    melted = {
        (stamp, field.metadata[b"parameter_id"], field.metadata[b"unit_id"]): value
        for field, column in zip(list(table.schema)[1:], table.columns[1:], strict=True)
        for stamp, value in zip(seconds(table), column.to_pylist(), strict=True)
        if value is not None
    }
    readings = {
        (stamp, p.encode(), u.encode()): value
        for (p, u), points in series.items()
        for stamp, value in points.items()
    }
    possible = {key for key in readings if FLOOR_S <= key[0] <= NOON_S + 3600}
    said = {
        key: value
        for key, value in readings.items()
        if key in possible and value is not None and abs(value) < float("inf")
    }

    assert melted == said
    assert result.quarantine.num_rows == len(readings) - len(possible)
    assert seconds(table) == sorted({stamp for stamp, _, _ in said})
    assert all(column.null_count < len(column) for column in table.columns[1:])


@given(
    stamps=st.sets(st.integers(wall_s("2024-10-25T00:00"), wall_s("2025-12-01T00:00")), max_size=30)
)
def test_local_time_is_what_the_zone_shows_unless_it_does_not_exist(stamps: set[int]) -> None:
    raw = raw_of(("1", "1", [(stamp, float(stamp)) for stamp in stamps]))
    table = normalized(raw, clock=PACIFIC).table
    instants = table["timestamp"].to_pylist()
    stamped = table["Temperature.C"].to_pylist() if stamps else []

    for instant, stamp in zip(instants, stamped, strict=True):
        shown_s = wall_s(f"{instant.astimezone(PACIFIC).replace(tzinfo=None)}")
        assert shown_s in {int(stamp), int(stamp) + 3600}
        assert to_us(instant) % 10**6 == 0
