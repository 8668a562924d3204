"""Pond paths as lazy frames of polars."""

from datetime import UTC, datetime

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from pond_core import NotFoundError, Pond, SchemaError, Snapshot, Window, WrongTypeError, from_us
from tests.conformance.filesystem import YEAR_33658_US, readings
from tests.core.query.ponds import MANY, large, objects


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    """Three objects, the first cut, the last with one more column; and small windows."""
    with pond.transaction() as tx:
        tx.mkdir("/d")
        for number in range(3):
            table = large(number * MANY)
            if number == 2:
                table = table.append_column("depth", table.column("value"))
            tx.write_window("/d/s", table, Window(number * MANY, (number + 1) * MANY))
        tx.write_window("/d/s", readings({50: -1.0}), Window(10, 100))
        tx.write_window("/d/s", readings({3 * MANY: 9.0}), Window(3 * MANY, None))
        tx.write_table("/names", pa.table({"id": [1, 5], "name": ["one", "five"]}))
        tx.write_data("/file", b"bytes")
    return pond.snapshot()


def test_a_frame_has_the_rows_of_the_series_in_order(snapshot: Snapshot) -> None:
    expected = pl.DataFrame(snapshot.read_series("/d/s"))
    assert_frame_equal(snapshot.scan("/d/s").collect(), expected)


def test_the_columns_of_a_frame_are_known_without_reading(pond: Pond, snapshot: Snapshot) -> None:
    frame = snapshot.scan("/d/s")
    for path in objects(pond):
        path.unlink()
    assert frame.collect_schema() == pl.Schema(
        {
            "timestamp": pl.Datetime("us", "UTC"),
            "value": pl.Float64(),
            "noise": pl.Float64(),
            "depth": pl.Float64(),
        }
    )


def test_columns_and_ranges_are_pushed_down_to_every_object(snapshot: Snapshot) -> None:
    middle = pl.col("timestamp") >= datetime(1970, 1, 1, microsecond=MANY, tzinfo=UTC)
    plan = snapshot.scan("/d/s").filter(middle).select("value").explain()
    assert plan.count("Parquet SCAN") > 1
    assert plan.count("Parquet SCAN") == plan.count("SELECTION: ")
    assert "PROJECT 2/3 COLUMNS" in plan
    assert "noise" not in plan


def test_a_window_leaves_objects_outside_alone(pond: Pond, snapshot: Snapshot) -> None:
    kept = snapshot.node("/d/s").pieces[3]
    for path in objects(pond):
        if path.name != kept.sha256:
            path.unlink()
    window = Window(MANY + 5, 2 * MANY - 5)
    frame = snapshot.scan("/d/s", window=window).collect()
    assert frame.height == MANY - 10
    assert frame.columns == ["timestamp", "value", "noise", "depth"]


@pytest.mark.parametrize(
    "window",
    [Window(5, 60), Window(None, 50), Window(99, 101), Window(2 * MANY, None), Window(-5, 0)],
)
def test_a_window_is_exact(snapshot: Snapshot, window: Window) -> None:
    found = snapshot.scan("/d/s", window=window).select("timestamp", "value").collect()
    expected = snapshot.read_series("/d/s", window, ["timestamp", "value"])
    assert_frame_equal(found, pl.DataFrame(expected))


def test_a_table_is_scanned_as_well(snapshot: Snapshot) -> None:
    frame = snapshot.scan("/names").filter(pl.col("id") > 1).select("name").collect()
    assert frame.to_dict(as_series=False) == {"name": ["five"]}


def test_a_pattern_is_scanned_with_the_paths(snapshot: Snapshot) -> None:
    frame = snapshot.scan("/**/s").select("_path", "value").group_by("_path").len().collect()
    assert frame.rows() == [("/d/s", 3 * MANY - 90 + 2)]


def test_the_log_is_scanned_as_well(snapshot: Snapshot) -> None:
    assert snapshot.scan("pond.transactions").select("txn").collect().rows() == [(1,)]


def test_what_has_no_rows_is_an_empty_frame(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.create_series("/new")
        tx.write_table("/empty", pa.table({"a": pa.array([], pa.int64())}))
    for path, schema in [
        ("/new", {"timestamp": pl.Datetime("us", "UTC")}),
        ("/empty", {"a": pl.Int64()}),
    ]:
        frame = pond.snapshot().scan(path).collect()
        assert (frame.height, dict(frame.schema)) == (0, schema)


def test_an_instant_beyond_the_calendar_is_scanned(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", readings({0: 1.0, YEAR_33658_US: 2.0}), Window(0, None))
    window = Window(YEAR_33658_US, YEAR_33658_US + 1)
    assert pond.snapshot().scan("/s", window=window).collect()["value"].to_list() == [2.0]


def test_a_column_that_never_held_anything_takes_the_type_that_comes_later(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", large(0).append_column("note", pa.nulls(MANY)), Window(0, MANY))
        noted = readings({MANY: 1.0}).append_column("note", pa.array(["x"]))
        tx.write_window("/s", noted, Window(MANY, None))
    frame = pond.snapshot().scan("/s").select("note").collect()
    assert (frame.height, frame["note"].null_count(), frame["note"][-1]) == (MANY + 1, MANY, "x")


def test_a_dictionary_a_duration_and_large_text_are_scanned(pond: Pond) -> None:
    size = 9_000
    kinds = {
        "dictionary": pa.array([f"value {n}" for n in range(size)]).dictionary_encode(),
        "duration": pa.array(range(size), pa.duration("s")),
        "large": pa.array([f"text {n}" for n in range(size)], pa.large_string()),
        "time": pa.array([5] * size, pa.time32("ms")),
    }
    whole = pa.table(kinds)
    with pond.transaction() as tx:
        tx.write_table("/object", whole)
        tx.write_table("/inline", whole.slice(0, 2))
    small, big = pond.snapshot().scan("/inline"), pond.snapshot().scan("/object")
    assert_frame_equal(small.collect(), big.head(2).collect())
    for engine in ("duckdb", "datafusion"):
        found = [
            pond.snapshot().sql(f'SELECT * FROM "{path}" LIMIT 2', engine=engine)  # noqa: S608
            for path in ("/inline", "/object")
        ]
        assert found[0].to_pydict() == found[1].to_pydict()


@pytest.mark.parametrize("path", ["/gone", "/d/none*", "pond.none"])
def test_a_path_to_nothing_is_refused(snapshot: Snapshot, path: str) -> None:
    with pytest.raises(NotFoundError):
        snapshot.scan(path)


@pytest.mark.parametrize("path", ["/d", "/file"])
def test_only_tables_and_series_are_scanned(snapshot: Snapshot, path: str) -> None:
    with pytest.raises(WrongTypeError):
        snapshot.scan(path)


def test_a_table_without_instants_has_no_window(snapshot: Snapshot) -> None:
    with pytest.raises(SchemaError, match="/names has no window"):
        snapshot.scan("/names", window=Window(0, 5))


def test_a_frame_outlives_later_changes(pond: Pond, snapshot: Snapshot) -> None:
    frame = snapshot.scan("/d/s").select(pl.len())
    with pond.transaction() as tx:
        tx.remove("/d/s")
    assert frame.collect().item() == 3 * MANY - 90 + 2
    assert from_us(0) == snapshot.scan("/d/s").select("timestamp").head(1).collect().item()
