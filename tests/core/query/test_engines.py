"""What both engines read, and that they read the same."""

# ruff: noqa: S608  # SQL made from text is what this file tests

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from pond_core import (
    FS,
    CorruptionError,
    EntryType,
    MemoryBackend,
    NotFoundError,
    Pond,
    QueryError,
    Recipe,
    Snapshot,
    Transaction,
    Window,
    WrongTypeError,
    from_us,
)
from pond_core.query import run_sql
from tests.conformance.filesystem import readings
from tests.core.query.ponds import ENGINES, MANY, large, objects, rows, text, written

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def filled(pond: Pond) -> Snapshot:
    """Write a small series, a large one with cuts, a table, and a file."""
    with pond.transaction() as tx:
        tx.mkdir("/d")
        tx.write_window("/d/small", readings({1: 1.0, 5: 5.0}), Window(0, 10))
        tx.write_window("/large", large(0), Window(0, MANY))
        tx.write_window("/large", readings({50: -1.0}), Window(10, 100))
        tx.write_table("/names", pa.table({"id": [1, 5], "name": ["one", "five"]}))
        tx.write_data("/file", b"bytes")
    return pond.snapshot()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """What `filled` writes, for tests that do not change it."""
    return filled(Pond.init(tmp_path_factory.mktemp("filled") / "pond", durability="process"))


def test_a_quoted_path_is_a_table(snapshot: Snapshot, engine: str) -> None:
    statement = 'SELECT value FROM "/d/small" ORDER BY timestamp'
    assert rows(snapshot, statement, engine) == [(1.0,), (5.0,)]


def test_a_query_needs_no_path(snapshot: Snapshot, engine: str) -> None:
    assert rows(snapshot, "SELECT 1 + 1", engine) == [(2,)]


def test_a_result_is_an_arrow_table_with_instants_in_utc(snapshot: Snapshot, engine: str) -> None:
    for path in ("/d/small", "/large"):
        table = snapshot.sql(f'SELECT timestamp, value FROM "{path}" LIMIT 1', engine=engine)
        assert table.schema.field("timestamp").type == pa.timestamp("us", tz="UTC")
        assert table.schema.field("value").type == pa.float64()


def test_text_is_text_wherever_it_is_kept(pond: Pond, engine: str) -> None:
    few = pa.table({"t": pa.array(["a", "b"]).dictionary_encode(), "b": [b"x", b"y"]})
    with pond.transaction() as tx:
        tx.write_table("/few", few)
        tx.write_table("/many", pa.table({"t": [f"t{n}" for n in range(MANY)]}))
    for path in ("/few", "/many"):
        table = pond.snapshot().sql(f'SELECT t FROM "{path}" ORDER BY t', engine=engine)
        assert table.schema.field("t").type == pa.string()
    assert rows(pond.snapshot(), "SELECT b FROM \"/few\" WHERE t = 'b'", engine) == [(b"y",)]


def test_a_day_begins_at_midnight_utc(pond: Pond, engine: str) -> None:
    late_us = 86_400_000_000 - 1
    last = readings({late_us: 1.0, late_us + 1: 1.0})
    snapshot = written(pond, "/s", (Window(0, None), last))
    statement = """SELECT date_trunc('day', timestamp) FROM "/s" ORDER BY 1"""
    days = [day for (day,) in rows(snapshot, statement, engine)]
    assert days == [datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)]


def test_rows_that_were_replaced_are_not_read(snapshot: Snapshot, engine: str) -> None:
    statement = 'SELECT count(*), min(value) FROM "/large"'
    assert rows(snapshot, statement, engine) == [(MANY - 90 + 1, -1.0)]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(0, 10, 10), (0, 50, 10), (10, 100, 1), (50, 101, 2), (99, 102, 2), (MANY - 1, MANY + 9, 1)],
)
def test_a_time_range_is_exact_across_cuts(
    snapshot: Snapshot, engine: str, start: int, end: int, count: int
) -> None:
    statement = f"""SELECT count(*) FROM "/large"
        WHERE timestamp >= {text(start)} AND timestamp < {text(end)}"""
    assert rows(snapshot, statement, engine) == [(count,)]


def test_the_same_rows_are_read_as_by_read_series(snapshot: Snapshot, engine: str) -> None:
    expected = snapshot.read_series("/large")
    found = snapshot.sql('SELECT * FROM "/large" ORDER BY timestamp', engine=engine)
    assert found.to_pydict() == expected.to_pydict()


@pytest.mark.parametrize("first", ["value", "depth"], ids=["older inline", "newer inline"])
def test_a_column_that_came_later_is_null_before(pond: Pond, engine: str, first: str) -> None:
    second = "depth" if first == "value" else "value"
    older = (Window(0, MANY), large(0, column=second))
    snapshot = written(pond, "/s", older, (Window(MANY, None), readings({MANY: 1.0}, first)))
    counts = f'SELECT count(*), count({first}), count({second}) FROM "/s"'
    assert rows(snapshot, counts, engine) == [(MANY + 1, 1, MANY)]


def test_objects_with_different_columns_are_read_together(pond: Pond, engine: str) -> None:
    older = (Window(0, MANY), large(0))
    snapshot = written(pond, "/s", older, (Window(MANY, None), large(MANY, column="depth")))
    assert len(objects(pond)) == 2
    counts = 'SELECT count(*), count(value), count(depth) FROM "/s"'
    assert rows(snapshot, counts, engine) == [(2 * MANY, MANY, MANY)]


def test_a_column_that_never_held_anything_takes_the_type_that_comes_later(
    pond: Pond, engine: str
) -> None:
    nothing = large(0).append_column("note", pa.nulls(MANY))
    noted = readings({MANY: 1.0}).append_column("note", pa.array(["x"]))
    snapshot = written(pond, "/s", (Window(0, MANY), nothing), (Window(MANY, None), noted))
    counts = 'SELECT count(*), count(note), max(note) FROM "/s"'
    assert rows(snapshot, counts, engine) == [(MANY + 1, 1, "x")]


def test_columns_that_never_held_anything_have_rows(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_table("/few", pa.table({"a": pa.nulls(3)}))
        tx.write_table("/many", pa.table({"a": pa.nulls(200_000), "b": pa.nulls(200_000)}))
    for path, count in [("/few", 3), ("/many", 200_000)]:
        counts = f'SELECT count(*), count(a) FROM "{path}"'
        assert rows(pond.snapshot(), counts, engine) == [(count, 0)]


def test_many_small_windows_are_one_series(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        for us in range(0, 100, 10):
            tx.write_window("/s", readings({us: 1.0}), Window(us, us + 10))
        tx.write_window("/s", None, Window(15, 40))
    assert rows(pond.snapshot(), 'SELECT count(*) FROM "/s"', engine) == [(8,)]


def test_a_series_without_rows_has_instants_and_no_rows(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.create_series("/new")
        tx.write_window("/empty", None, Window(0, 10))
    for path in ("/new", "/empty"):
        table = pond.snapshot().sql(f'SELECT * FROM "{path}"', engine=engine)
        assert (table.num_rows, table.column_names) == (0, ["timestamp"])


def test_a_table_small_large_or_empty_is_read(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_table("/small", pa.table({"a": [1, 2]}))
        tx.write_table("/large", pa.table({"a": np.random.default_rng(0).random(MANY)}))
        tx.write_table("/empty", pa.table({"a": pa.array([], pa.int64())}))
    for path, count in [("/small", 2), ("/large", MANY), ("/empty", 0)]:
        assert rows(pond.snapshot(), f'SELECT count(a) FROM "{path}"', engine) == [(count,)]


def test_a_symlink_leads_to_its_series(pond: Pond, engine: str) -> None:
    snapshot = filled(pond)
    with pond.transaction() as tx:
        tx.symlink("/link", "d/small")
    assert rows(pond.snapshot(), 'SELECT count(*) FROM "/link"', engine) == [(2,)]
    assert not snapshot.exists("/link")


PATHS = [
    *("/a b", "/it's", '/say "hi"', "/v1.2", "/res=1h", "/a/b.c.d", "/µ/é", "/select", "/%"),
    *("/a;b", "/a*b?[c]", "/%41", "/a#b", "/C:\\d", "/🌊", "/a--b", "/$1", "/{a}", "/ ", "/?"),
]


def test_a_path_may_hold_any_character(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        for number, path in enumerate(PATHS):
            tx.mkdir(path.rpartition("/")[0] or "/", parents=True, exist_ok=True)
            tx.write_window(path, readings({number: float(number)}), Window(0, 50))
            tx.write_window(path + "L", large(number), Window(0, None))
    snapshot = pond.snapshot()
    for number, path in enumerate(PATHS):
        quoted = path.replace('"', '""')
        statement = f'SELECT sum(value) FROM "{quoted}"'
        assert rows(snapshot, statement, engine) == [(float(number),)]
        statement = f'SELECT count(*), min(timestamp) FROM "{quoted}L"'
        assert rows(snapshot, statement, engine) == [(MANY, from_us(number))]


@pytest.mark.parametrize("folder", ["a b", "it's", "a*b?[c]", "é#1"])
def test_a_pond_may_lie_anywhere(pond: Pond, engine: str, folder: str) -> None:
    elsewhere = Pond.init(pond.path / folder, durability="process")
    snapshot = written(
        elsewhere, "/s", (Window(0, MANY), large(0)), (Window(5, 6), readings({5: -1.0}))
    )
    assert rows(snapshot, 'SELECT count(*), min(value) FROM "/s"', engine) == [(MANY, -1.0)]
    assert snapshot.scan("/s").collect().height == MANY


NAMES = ["Surface.DO.mg/L", "DO.%", "Temperature.°C.avg", 'a "b"', "it's", "select", "a,b", " "]


def test_a_column_may_hold_any_character(pond: Pond, engine: str) -> None:
    table, more = readings({1: 0.0}), large(2)
    for number, name in enumerate(NAMES):
        table = table.append_column(name, pa.array([float(number)]))
        more = more.append_column(name, pa.array([float(number)] * MANY))
    snapshot = written(pond, "/s", (Window(0, 2), table), (Window(2, None), more))
    for number, name in enumerate(NAMES):
        quoted = name.replace('"', '""')
        counts = f'SELECT max("{quoted}"), count("{quoted}") FROM "/s"'
        assert rows(snapshot, counts, engine) == [(float(number), MANY + 1)]


def test_two_series_are_joined_with_a_table(snapshot: Snapshot, engine: str) -> None:
    statement = """
        WITH joined AS (
            SELECT s.timestamp, s.value AS small, l.value AS large
            FROM "/d/small" AS s JOIN "/large" AS l ON s.timestamp = l.timestamp
        )
        SELECT name, small, large FROM joined JOIN "/names" ON id = small ORDER BY small
    """
    assert rows(snapshot, statement, engine) == [("one", 1.0, 2.0), ("five", 5.0, 6.0)]


@pytest.mark.parametrize(
    "join",
    [
        'JOIN "/large" USING (timestamp)',
        "NATURAL JOIN other",
        'JOIN "/large" AS l USING (timestamp)',
    ],
)
def test_series_are_joined_on_the_instant(snapshot: Snapshot, engine: str, join: str) -> None:
    other = 'WITH other AS (SELECT timestamp FROM "/large")'
    statement = f'{other} SELECT count(*) FROM "/d/small" AS s {join}'
    assert rows(snapshot, statement, engine) == [(2,)]


def test_a_path_is_named_before_its_columns(snapshot: Snapshot, engine: str) -> None:
    statement = 'SELECT max("/d/small".value) FROM "/d/small", "/names"'
    assert rows(snapshot, statement, engine) == [(5.0,)]


def test_a_common_table_hides_the_path_of_its_name(snapshot: Snapshot, engine: str) -> None:
    statement = 'WITH "/gone" AS (SELECT 7 AS a) SELECT * FROM "/gone"'
    assert rows(snapshot, statement, engine) == [(7,)]


def test_a_common_table_is_none_of_the_paths_that_lack_a_slash(
    snapshot: Snapshot, engine: str
) -> None:
    statement = "WITH Large AS (SELECT 7 AS a) SELECT * FROM large"
    assert rows(snapshot, statement, engine) == [(7,)]


def test_a_subquery_reads_paths_as_well(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT count(*) FROM "/large"
        WHERE timestamp IN (SELECT timestamp FROM "/d/small")
        AND EXISTS (SELECT 1 FROM "/names" WHERE id > 1)"""
    assert rows(snapshot, statement, engine) == [(2,)]


def test_nan_is_greater_than_any_number(pond: Pond, engine: str) -> None:
    few = readings({0: float("nan"), 1: float("inf"), 2: 1.0}).append_column("noise", pa.nulls(3))
    table = pa.concat_tables([few, large(3)], promote_options="default")
    snapshot = written(pond, "/s", (Window(0, None), table))
    assert rows(snapshot, 'SELECT count(*) FROM "/s" WHERE value > 100', engine) == [(2,)]


def test_paths_that_differ_in_case_alone_are_two(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_window("/é", readings({1: 1.0}), Window(0, 9))
        tx.write_window("/É", readings({1: 2.0}), Window(0, 9))
    both = (
        """SELECT "/é".value, "/É".value FROM "/é" JOIN "/É" ON "/é".timestamp = "/É".timestamp"""
    )
    found = pond.snapshot().sql(both, engine=engine)
    assert [column.to_pylist() for column in found.columns[:2]] == [[1.0], [2.0]]
    assert rows(pond.snapshot(), 'SELECT value FROM "/É"', engine) == [(2.0,)]
    either = 'SELECT value FROM "/É" UNION ALL SELECT u.value FROM "/é" AS u ORDER BY 1'
    assert rows(pond.snapshot(), either, engine) == [(1.0,), (2.0,)]


def test_a_snapshot_is_queried_as_of_its_transaction(pond: Pond, engine: str) -> None:
    snapshot = filled(pond)

    def change(tx: Transaction) -> None:
        tx.write_window("/d/small", None, Window(0, 3))
        tx.write_window("/large", large(0, 100.0), Window(0, MANY))

    pond.transact(change)
    statement = 'SELECT (SELECT count(*) FROM "/d/small"), (SELECT min(value) FROM "/large")'
    then = rows(snapshot, statement, engine)
    assert then == rows(pond.snapshot(1), statement, engine) == [(2, -1.0)]
    assert rows(pond.snapshot(), statement, engine) == [(1, 100.0)]


def test_a_dynamic_node_is_a_table(pond: Pond, engine: str) -> None:
    filled(pond)
    query = {"query": 'SELECT timestamp, value * 2 AS twice FROM "/d/small"'}
    with pond.transaction() as tx:
        tx.write_recipe("/d/twice", Recipe(EntryType.SERIES, "sql", query))
    snapshot = pond.snapshot()
    statement = f'SELECT sum(twice) FROM "/d/twice" WHERE timestamp >= {text(5)}'
    assert rows(snapshot, statement, engine) == [(10.0,)]
    both = 'SELECT _path, sum(value), sum(twice) FROM "/d/*" GROUP BY _path ORDER BY _path'
    assert rows(snapshot, both, engine) == [("/d/small", 6.0, None), ("/d/twice", None, 12.0)]
    assert snapshot.scan("/d/twice").collect()["twice"].to_list() == [2.0, 10.0]
    nodes = "SELECT factory, rows FROM \"pond.nodes\" WHERE path = '/d/twice'"
    assert rows(snapshot, nodes, engine) == [("sql", None)]


def test_a_tree_in_memory_is_queried_as_well(engine: str) -> None:
    fs = FS(MemoryBackend())
    fs.write_window("/s", readings({1: 1.0, 2: 2.0}), Window(0, 9))
    assert run_sql('SELECT sum(value) AS n FROM "/s"', fs=fs, engine=engine).to_pydict() == {
        "n": [3.0]
    }
    with pytest.raises(NotFoundError, match="what is in memory keeps no log"):
        run_sql('SELECT * FROM "pond.oplog"', fs=fs, engine=engine)


# What goes wrong


def test_a_path_to_nothing_is_named_with_its_near_misses(snapshot: Snapshot, engine: str) -> None:
    with pytest.raises(NotFoundError, match="/d/smal does not exist") as info:
        snapshot.sql('SELECT * FROM "/d/smal"', engine=engine)
    assert info.value.hint == "did you mean /d/small?"


@pytest.mark.parametrize(("path", "kind"), [("/d", "directory"), ("/file", "data file")])
def test_only_tables_and_series_are_read(
    snapshot: Snapshot, engine: str, path: str, kind: str
) -> None:
    with pytest.raises(WrongTypeError, match=f"{path} is a {kind}; SQL reads tables and series"):
        snapshot.sql(f'SELECT * FROM "{path}"', engine=engine)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC 1", "SELEC"),
        ("SELECT '", "(?i)unterminated"),
        ('SELECT depth FROM "/d/small"', "depth"),
        ('SELECT count(*) FROM "/d/small" GROUP', "syntax error|ParserError"),
        ("SELECT CAST('a' AS INT) + 1", "(?i)convert|cast"),
        ("SELECT no_such_function(1)", "no_such_function"),
        ("SELECT value FROM \"/d/small\" WHERE timestamp > 'never'", "never"),
    ],
)
def test_wrong_sql_is_answered_in_the_engine_s_words(
    snapshot: Snapshot, engine: str, statement: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        snapshot.sql(statement, engine=engine)


@pytest.mark.parametrize("name", ["small", "d.small", "pond.oplog", "statement", "pa", "readings"])
def test_a_name_that_is_no_path_gets_a_hint(snapshot: Snapshot, engine: str, name: str) -> None:
    with pytest.raises(QueryError) as info:
        snapshot.sql(f"SELECT * FROM {name}", engine=engine)
    assert info.value.hint == 'write pond paths in double quotes: FROM "/combined/noyo/BDock"'


def test_a_missing_object_is_an_error_that_names_it(pond: Pond, engine: str) -> None:
    snapshot = filled(pond)
    (path,) = objects(pond)
    path.unlink()
    with pytest.raises(CorruptionError, match=path.name):
        snapshot.sql('SELECT sum(value) FROM "/large"', engine=engine)


def test_an_object_that_is_no_parquet_is_an_error(pond: Pond, engine: str) -> None:
    snapshot = filled(pond)
    (path,) = objects(pond)
    path.chmod(0o644)
    path.write_bytes(b"no Parquet")
    with pytest.raises(QueryError):
        snapshot.sql('SELECT sum(value) FROM "/large"', engine=engine)
