"""A time range in a query spares it the objects outside: they may even be gone."""

# ruff: noqa: S608  # SQL made from text is what this file tests

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import CorruptionError, Pond, QueryError, Snapshot, Window, to_us
from tests.conformance.filesystem import readings
from tests.core.query.ponds import ENGINES, MANY, large, objects, rows, text, written

YEARS = 4
"""Windows of the series, each an object of `MANY` rows."""

INSIDE = (
    f"timestamp >= {text(2 * MANY)} AND timestamp < {text(3 * MANY)}",
    f"timestamp > {text(2 * MANY - 1)} AND timestamp <= {text(3 * MANY - 1)}",
    f"timestamp BETWEEN {text(2 * MANY)} AND {text(3 * MANY - 1)}",
    f"{text(2 * MANY)} <= timestamp AND {text(3 * MANY)} > timestamp",
    f"timestamp >= {text(2 * MANY)} AND value >= 0 AND timestamp < {text(3 * MANY)}",
)
"""Conditions that only the third window fulfills."""


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    """A series of four objects, the second and third of which alone have a column `depth`."""
    with pond.transaction() as tx:
        for number in range(YEARS):
            window = Window(number * MANY, (number + 1) * MANY)
            table = large(number * MANY)
            if number in (1, 2):
                table = table.append_column("depth", table.column("value"))
            tx.write_window("/s", table, window)
    return pond.snapshot()


def keep(pond: Pond, *numbers: int) -> None:
    """Take away all objects but those of some windows."""
    node = pond.snapshot().node("/s")
    kept = {node.pieces[number].sha256 for number in numbers}
    for path in objects(pond):
        if path.name not in kept:
            path.unlink()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("condition", INSIDE)
def test_objects_outside_a_time_range_are_not_opened(
    pond: Pond, snapshot: Snapshot, engine: str, condition: str
) -> None:
    keep(pond, 2)
    for statement in (
        f'SELECT count(*) FROM "/s" WHERE {condition}',
        f'SELECT count(x.value) FROM "/s" AS x WHERE {condition}',
        f'WITH x AS (SELECT timestamp, value FROM "/s") SELECT count(*) FROM x WHERE {condition}',
        f'SELECT count(*) FROM (SELECT * FROM "/s" WHERE {condition}) WHERE noise < 2',
    ):
        assert rows(snapshot, statement, engine) == [(MANY,)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "statement",
    [
        'SELECT count(*) FROM "/s"',
        f'SELECT count(*) FROM "/s" WHERE timestamp >= {text(0)}',
        f'SELECT count(*) FROM "/s" WHERE timestamp < {text(9)} OR value > 3',
        f"""SELECT (SELECT count(*) FROM "/s") AS a, count(*)
            FROM "/s" WHERE timestamp < {text(9)}""",
        f"""SELECT count(*) FROM "/s" WHERE timestamp < {text(9)}
            UNION ALL SELECT count(*) FROM "/s" """,
        f'SELECT count(*) FILTER (WHERE timestamp < {text(9)}) FROM "/s"',
        f'SELECT * FROM (SELECT * FROM "/s" ORDER BY noise LIMIT 3) WHERE timestamp < {text(9)}',
        f"""SELECT a.value FROM "/s" AS a LEFT JOIN "/s" AS b
            ON a.timestamp = b.timestamp AND b.timestamp < {text(9)}""",
    ],
)
def test_what_may_need_all_objects_reads_them_all(
    pond: Pond, snapshot: Snapshot, engine: str, statement: str
) -> None:
    keep(pond, 0, 1, 2)
    with pytest.raises(CorruptionError, match="is missing"):
        snapshot.sql(statement, engine=engine)


@pytest.mark.usefixtures("snapshot")
def test_a_time_range_may_be_the_value_of_a_function(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", large(40_000_000_000), Window(40_000_000_000, None))
    keep(pond, 4)
    statement = """SELECT count(*) FROM "/s"
        WHERE date_trunc('hour', timestamp) = '1970-01-01T11:00:00Z'"""
    assert rows(pond.snapshot(), statement) == [(MANY,)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "instant",
    [
        "'2024-03-10'",
        "'2024-03-10 00:00:00'",
        "TIMESTAMPTZ '2024-03-10T00:00:00Z'",
        "'2024-03-10T01:30:00.000000+01:30'",
        "'2024-03-09 16:00:00-08'",
        "DATE '2024-03-10'",
    ],
)
def test_an_instant_may_be_written_in_any_way(pond: Pond, engine: str, instant: str) -> None:
    middle = to_us(datetime(2024, 3, 10, tzinfo=UTC))
    for start in (middle - MANY, middle):
        with pond.transaction() as tx:
            tx.write_window("/s", large(start), Window(start, start + MANY))
    statement = f'SELECT count(*) FROM "/s" WHERE timestamp >= {instant}'
    assert rows(pond.snapshot(), statement, engine) == [(MANY,)]
    keep(pond, 1)
    assert rows(pond.snapshot(), statement, engine) == [(MANY,)]


@pytest.mark.parametrize("condition", ["TimeStamp < '1970-02-30'", "timestamp < 'last week'"])
def test_an_instant_that_is_none_is_refused(snapshot: Snapshot, condition: str) -> None:
    with pytest.raises(QueryError, match=r"1970-02-30|last week"):
        snapshot.sql(f'SELECT count(*) FROM "/s" WHERE {condition}')


@pytest.mark.parametrize("engine", ENGINES)
def test_a_time_range_that_depends_on_the_clock_is_one(
    pond: Pond, snapshot: Snapshot, engine: str
) -> None:
    keep(pond)
    recent = """SELECT count(*) FROM "/s" WHERE timestamp > now() - INTERVAL '7 days'"""
    assert rows(snapshot, recent, engine) == [(0,)]
    with pytest.raises(CorruptionError):
        snapshot.sql('SELECT count(*) FROM "/s" WHERE timestamp < now()', engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_all_columns_are_there_whichever_objects_are_read(
    pond: Pond, snapshot: Snapshot, engine: str
) -> None:
    everything = snapshot.sql('SELECT * FROM "/s" LIMIT 1', engine=engine)
    keep(pond, 0)
    statement = f'SELECT * FROM "/s" WHERE timestamp < {text(MANY)}'
    found = snapshot.sql(statement, engine=engine)
    assert found.schema.names == everything.schema.names
    assert found.schema.types == everything.schema.types
    assert (found.num_rows, found.column("depth").null_count) == (MANY, MANY)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_range_without_readings_opens_no_object(
    pond: Pond, snapshot: Snapshot, engine: str
) -> None:
    keep(pond)
    statement = f'SELECT count(*), max(depth) FROM "/s" WHERE timestamp >= {text(YEARS * MANY)}'
    assert rows(snapshot, statement, engine) == [(0, None)]


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("engine", ENGINES)
def test_an_object_is_not_opened_for_the_part_that_was_replaced(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", readings({5: 5.0}), Window(0, MANY - 10))
    keep(pond)
    statement = f'SELECT sum(value) FROM "/s" WHERE timestamp < {text(MANY - 10)}'
    assert rows(pond.snapshot(), statement, engine) == [(5.0,)]


@pytest.mark.parametrize("engine", ENGINES)
def test_another_column_of_instants_narrows_nothing(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        for start in (0, MANY):
            table = large(start)
            later = table.column("timestamp").cast(pa.int64()).to_numpy() + 10 * MANY
            fetched = pa.array(later).cast(pa.timestamp("us", tz="UTC"))
            table = table.add_column(0, "fetched_at", fetched)
            tx.write_window("/s", table, Window(start, start + MANY))
    statement = f"""SELECT count(*) FROM "/s"
        WHERE fetched_at >= {text(10 * MANY)} AND timestamp >= {text(5)} AND value >= 0"""
    assert rows(pond.snapshot(), statement, engine) == [(2 * MANY - 5,)]
    named = f"""SELECT count(*) FROM "/s" AS s (timestamp, "at", value, noise)
        WHERE timestamp >= {text(10 * MANY)}"""
    assert rows(pond.snapshot(), named, engine) == [(2 * MANY,)]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_series_of_a_join_is_narrowed_by_itself(pond: Pond, engine: str) -> None:
    first = [(Window(n * MANY, (n + 1) * MANY), large(n * MANY)) for n in range(2)]
    written(pond, "/a", *first)
    second = [(w, t.rename_columns(["timestamp", "depth", "noise"])) for w, t in first]
    snapshot = written(pond, "/b", *second)
    statement = f"""SELECT count(*) FROM "/a" AS a JOIN "/b" AS b ON a.timestamp = b.timestamp
        WHERE a.timestamp < {text(10)}"""
    kept = {snapshot.node(path).pieces[0].sha256 for path in ("/a", "/b")}
    for path in objects(pond):
        if path.name not in kept:
            path.unlink()
    assert rows(snapshot, statement, engine) == [(10,)]


_INSTANTS = st.integers(0, 60)
_WINDOWS = st.lists(
    st.tuples(_INSTANTS, st.integers(1, 30), st.booleans(), st.booleans()), min_size=1, max_size=8
)
_NUMBERS = count()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    return Pond.init(Path(tmp_path_factory.mktemp("lake")) / "pond", durability="process")


@settings(max_examples=25, deadline=None)
@given(windows=_WINDOWS, start=_INSTANTS, length=st.integers(0, 40))
def test_any_range_of_any_windows_is_what_read_series_gives(
    lake: Pond, windows: list[tuple[int, int, bool, bool]], start: int, length: int
) -> None:
    path = f"/s{next(_NUMBERS)}"
    with lake.transaction() as tx:
        for version, (first, size, is_empty, is_wide) in enumerate(windows):
            table = readings({us: float(version) for us in range(first, first + size)})
            if is_wide:
                table = table.append_column("depth", table.column("value"))
            window = Window(first, first + size)
            tx.write_window(path, None if is_empty else table, window)
    snapshot = lake.snapshot()
    expected = snapshot.read_series(path, Window(start, start + length)).to_pylist()
    condition = f"timestamp >= {text(start)} AND timestamp < {text(start + length)}"
    columns = set(snapshot.read_series(path).column_names)
    for engine in ENGINES:
        statement = f'SELECT * FROM "{path}" WHERE {condition} ORDER BY timestamp'
        found = snapshot.sql(statement, engine=engine)
        assert set(found.column_names) == columns
        assert found.to_pylist() == [{name: row.get(name) for name in columns} for row in expected]
    frame = snapshot.scan(path, window=Window(start, start + length)).collect()
    assert frame.to_dicts() == [{name: row.get(name) for name in columns} for row in expected]
