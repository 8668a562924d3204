"""Data files: what charts are drawn from is what the pond holds."""

import json
import math
import struct
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.website.column import bucket_columns
from pond_pipeline.website.tile import tile
from tests.website.bay import BEGIN, GAP, HOUR, PIER, WRONG, Bay
from tests.website.data_file import instants_of, told_by, value_of

NUMBERS = st.one_of(st.none(), st.floats(width=64), st.floats(-1e3, 1e3))
SURFACE = "Surface.Temperature.C"


def column_id(bay: Bay, name: str) -> str:
    """Return what a column of the pier is called in its tiles."""
    columns = value_of(bay.site / "data/pier/index.js")["columns"]
    found = [each["id"] for each in columns if each["name"] == name]
    assert len(found) == 1
    return str(found[0])


def buckets(values: list[tuple[float | None, float | None, float | None]]) -> pa.Table:
    """Return hourly buckets with an average, a least and a greatest value."""
    instants = [datetime(2025, 1, 1, tzinfo=UTC) + index * HOUR for index in range(len(values))]
    fields = [pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)]
    fields += [
        pa.field(f"T.{each}", pa.float64(), metadata={"parameter": "T", "aggregate": each})
        for each in ("avg", "min", "max")
    ]
    columns = [pa.array(instants, pa.timestamp("us", "UTC"))]
    columns += [pa.array([row[place] for row in values], pa.float64()) for place in range(3)]
    return pa.table(columns, schema=pa.schema(fields))


def single(value: float | None) -> float | None:
    """Return a value as a tile has it."""
    if value is None or not math.isfinite(value):
        return None
    try:
        shown = float(*struct.unpack("f", struct.pack("f", value)))
    except OverflowError:
        return None
    return shown if math.isfinite(shown) else None


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_a_tile_holds_the_values_of_its_buckets_to_seven_digits(
    values: list[tuple[float | None, float | None, float | None]],
) -> None:
    table = buckets(values)
    columns = bucket_columns(table.schema)
    told = json.loads(tile(table, columns, {}))
    line, least, greatest = ([single(row[place]) for row in values] for place in range(3))
    if not any(value is not None for value in line):
        assert told["c"] == {}
        return
    shown = told["c"][columns[0].id]
    assert [single(each) for each in shown["avg"]] == line
    for key, expected in (("min", least), ("max", greatest)):
        if key in shown:
            assert [single(each) for each in shown[key]] == expected
        else:
            assert expected == line or not any(value is not None for value in expected)


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=50))
def test_instants_are_the_first_and_the_steps_after_it(steps: list[int]) -> None:
    instants = [BEGIN + timedelta(seconds=each) for each in accumulate(steps)]
    table = pa.table({"timestamp": pa.array(instants, pa.timestamp("us", "UTC"))})
    told = json.loads(tile(table, [], {}))
    assert instants_of(told) == [int(each.timestamp()) for each in instants]


def test_a_tile_tells_what_sql_tells_of_the_pond(shared: Bay) -> None:
    path = shared.site / "data/pier/1h/2025-01.js"
    kind, name, told = told_by(path)
    assert (kind, name) == ("tile", "pier/1h/2025-01")
    shown = told["c"][column_id(shared, SURFACE)]["avg"]
    rows = shared.snapshot().sql(
        f"""SELECT epoch(timestamp)::BIGINT AS t, "{SURFACE}.avg" AS value
        FROM "{PIER}/res=1h" WHERE timestamp < '2025-02-01T00:00Z' ORDER BY timestamp"""  # noqa: S608 -- our own names
    )
    found = {each["t"]: each["value"] for each in rows.to_pylist()}
    assert instants_of(told) == [*found]
    assert shown == pytest.approx([*found.values()], rel=1e-6, nan_ok=True)


def test_days_have_a_band_and_hours_of_one_reading_have_none(shared: Bay) -> None:
    column = column_id(shared, SURFACE)
    hours = value_of(shared.site / "data/pier/1h/2025-02.js")["c"][column]
    days = value_of(shared.site / "data/pier/24h/2025.js")["c"][column]
    assert hours.keys() == {"avg"}
    assert days.keys() == {"avg", "min", "max"}


def test_buckets_without_a_reading_are_not_there(shared: Bay) -> None:
    instants = instants_of(value_of(shared.site / "data/pier/1h/2025-01.js"))
    silent = {int((BEGIN + hour * HOUR).timestamp()) for hour in GAP}
    told = value_of(shared.site / "data/pier/1h/2025-01.js")["c"][column_id(shared, SURFACE)]
    values = dict(zip(instants, told["avg"], strict=True))
    assert all(values.get(each) is None for each in silent)
    index = value_of(shared.site / "data/pier/index.js")
    assert index["resolutions"][0]["gap"] == 5400


def test_flagged_readings_are_marked_in_the_finest_tiles(shared: Bay) -> None:
    column = column_id(shared, SURFACE)
    marked = value_of(shared.site / "data/pier/1h/2025-01.js")["f"][column]
    at = [int((BEGIN + hour * HOUR).timestamp()) for hour in WRONG]
    assert marked == [[each, 99.0, 4] for each in at]
    assert "f" not in value_of(shared.site / "data/pier/1h/2025-02.js")
    assert "f" not in value_of(shared.site / "data/pier/24h/2025.js")


def test_the_index_names_the_tiles_that_there_are(shared: Bay) -> None:
    index = value_of(shared.site / "data/pier/index.js")
    named = {
        f"{each['name']}/{period}.js" for each in index["resolutions"] for period in each["tiles"]
    }
    data = shared.site / "data" / "pier"
    assert named == {str(file.relative_to(data)) for file in data.glob("*/*.js")}
    assert (index["zone"], index["title"]) == ("America/Los_Angeles", "Pier")
    assert index["first"] == int(BEGIN.timestamp())


def test_notes_are_told_with_the_samples_of_the_visit(shared: Bay) -> None:
    sample = column_id(shared, "Grab.Temperature.C")
    assert value_of(shared.site / "data/pier/notes.js") == [
        {"t": 1736501400, "text": "Ana: Cleaned <b>the</b> sonde", "samples": {sample: 11.5}},
        {"t": 1737712800, "text": "Ben: Ice on the pier", "samples": {}},
    ]


def test_an_instrument_has_its_days(shared: Bay) -> None:
    days = value_of(shared.site / "data/instrument.sonde/24h/2025.js")
    index = value_of(shared.site / "data/instrument.sonde/index.js")
    assert len(days["t"]) == 50
    assert index["last"] == sum(days["t"])
    assert [each["name"] for each in index["columns"]] == ["DO.mg/L", "Temperature.C"]
