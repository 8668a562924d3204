"""SQL over pond paths: what it reads, and what it refuses to touch."""

# ruff: noqa: S608  # SQL made from text is what this file tests

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pond_core import (
    NotFoundError,
    Pond,
    QueryError,
    Snapshot,
    Transaction,
    Window,
    WrongTypeError,
)
from tests.conformance.filesystem import readings

MANY = 5_000
"""Rows that make an object."""


def rows(snapshot: Snapshot, statement: str) -> list[tuple[Any, ...]]:
    columns = snapshot.sql(statement).to_pydict().values()
    return list(zip(*columns, strict=True))


def large(start: int, value: float = 1.0, column: str = "value") -> pa.Table:
    return readings({us: value + us % 7 for us in range(start, start + MANY)}, column)


def objects(pond: Pond) -> list[Path]:
    return [path for path in (pond.path / "objects").rglob("*") if path.is_file()]


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    """A pond with a small series, a large one with cuts, a table, and a file."""
    with pond.transaction() as tx:
        tx.mkdir("/d")
        tx.write_window("/d/small", readings({1: 1.0, 5: 5.0}), Window(0, 10))
        tx.write_window("/large", large(0), Window(0, MANY))
        tx.write_window("/large", readings({50: -1.0}), Window(10, 100))
        tx.write_table("/names", pa.table({"id": [1, 5], "name": ["one", "five"]}))
        tx.write_data("/file", b"bytes")
    return pond.snapshot()


# What it reads


def test_a_quoted_path_is_a_table(snapshot: Snapshot) -> None:
    assert rows(snapshot, 'SELECT value FROM "/d/small" ORDER BY timestamp') == [(1.0,), (5.0,)]


def test_a_query_needs_no_path(snapshot: Snapshot) -> None:
    assert rows(snapshot, "SELECT 1 + 1") == [(2,)]


def test_a_result_is_an_arrow_table_with_instants_in_utc(snapshot: Snapshot) -> None:
    for path in ("/d/small", "/large"):
        table = snapshot.sql(f'SELECT timestamp, value FROM "{path}" LIMIT 1')
        assert table.schema.field("timestamp").type == pa.timestamp("us", tz="UTC")
        assert table.schema.field("value").type == pa.float64()


def test_a_day_begins_at_midnight_utc(pond: Pond) -> None:
    late_us = 86_400_000_000 - 1
    with pond.transaction() as tx:
        tx.write_window("/s", readings({late_us: 1.0, late_us + 1: 1.0}), Window(0, None))
    statement = """SELECT date_trunc('day', timestamp) FROM "/s" ORDER BY 1"""
    days = [day for (day,) in rows(pond.snapshot(), statement)]
    assert days == [datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)]


def test_rows_that_were_replaced_are_not_read(snapshot: Snapshot) -> None:
    statement = 'SELECT count(*), min(value) FROM "/large"'
    assert rows(snapshot, statement) == [(MANY - 90 + 1, -1.0)]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(0, 10, 10), (0, 50, 10), (10, 100, 1), (50, 101, 2), (99, 102, 2), (MANY - 1, MANY + 9, 1)],
)
def test_a_time_range_is_exact_across_cuts(
    snapshot: Snapshot, start: int, end: int, count: int
) -> None:
    statement = f"""SELECT count(*) FROM "/large"
        WHERE timestamp >= make_timestamptz({start}) AND timestamp < make_timestamptz({end})"""
    assert rows(snapshot, statement) == [(count,)]


def test_the_same_rows_are_read_as_by_read_series(snapshot: Snapshot) -> None:
    expected = snapshot.read_series("/large")
    assert snapshot.sql('SELECT * FROM "/large" ORDER BY timestamp').to_pydict() == (
        expected.to_pydict()
    )


@pytest.mark.parametrize("first", ["value", "depth"], ids=["older inline", "newer inline"])
def test_a_column_that_came_later_is_null_before(pond: Pond, first: str) -> None:
    inline = readings({MANY: 1.0}, first)
    second = "depth" if first == "value" else "value"
    with pond.transaction() as tx:
        tx.write_window("/s", large(0, column=second), Window(0, MANY))
        tx.write_window("/s", inline, Window(MANY, None))
    counts = rows(pond.snapshot(), f'SELECT count(*), count({first}), count({second}) FROM "/s"')
    assert counts == [(MANY + 1, 1, MANY)]


def test_objects_with_different_columns_are_read_together(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", large(0), Window(0, MANY))
        tx.write_window("/s", large(MANY, column="depth"), Window(MANY, None))
    assert len(objects(pond)) == 2
    counts = rows(pond.snapshot(), 'SELECT count(*), count(value), count(depth) FROM "/s"')
    assert counts == [(2 * MANY, MANY, MANY)]


def test_many_small_windows_are_one_series(pond: Pond) -> None:
    with pond.transaction() as tx:
        for us in range(0, 100, 10):
            tx.write_window("/s", readings({us: 1.0}), Window(us, us + 10))
        tx.write_window("/s", None, Window(15, 40))
    assert rows(pond.snapshot(), 'SELECT count(*) FROM "/s"') == [(8,)]


def test_a_series_without_rows_has_instants_and_no_rows(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.create_series("/new")
        tx.write_window("/empty", None, Window(0, 10))
    for path in ("/new", "/empty"):
        table = pond.snapshot().sql(f'SELECT * FROM "{path}"')
        assert (table.num_rows, table.column_names) == (0, ["timestamp"])


def test_a_table_small_or_large_is_read(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_table("/small", pa.table({"a": [1, 2]}))
        tx.write_table("/large", pa.table({"a": range(MANY)}))
        tx.write_table("/empty", pa.table({"a": pa.array([], pa.int64())}))
    for path, count in [("/small", 2), ("/large", MANY), ("/empty", 0)]:
        assert rows(pond.snapshot(), f'SELECT count(a) FROM "{path}"') == [(count,)]


def test_a_symlink_leads_to_its_series(pond: Pond, snapshot: Snapshot) -> None:
    with pond.transaction() as tx:
        tx.symlink("/link", "d/small")
    assert rows(pond.snapshot(), 'SELECT count(*) FROM "/link"') == [(2,)]
    assert not snapshot.exists("/link")


@pytest.mark.parametrize(
    "path",
    ["/a b", "/it's", '/say "hi"', "/v1.2", "/res=1h", "/a/b.c.d", "/µ/é", "/select", "/%", "/a;b"],
)
@pytest.mark.parametrize("make", ["inline", "object"])
def test_a_path_may_hold_any_character(pond: Pond, path: str, make: str) -> None:
    table = large(0) if make == "object" else readings({1: 1.0})
    with pond.transaction() as tx:
        tx.mkdir(path.rpartition("/")[0] or "/", parents=True, exist_ok=True)
        tx.write_window(path, table, Window(0, None))
    quoted = path.replace('"', '""')
    assert rows(pond.snapshot(), f'SELECT count(*) FROM "{quoted}"') == [(table.num_rows,)]


def test_a_column_may_hold_dots_and_signs(pond: Pond) -> None:
    names = ["Surface.DO.mg/L", "DO.%", "Temperature.°C.avg", 'a "b"']
    table = readings({1: 0.0})
    for number, name in enumerate(names):
        table = table.append_column(name, pa.array([float(number)]))
    with pond.transaction() as tx:
        tx.write_window("/s", table, Window(0, None))
    for number, name in enumerate(names):
        quoted = name.replace('"', '""')
        assert rows(pond.snapshot(), f'SELECT "{quoted}" FROM "/s"') == [(float(number),)]


def test_two_series_are_joined_with_a_table(snapshot: Snapshot) -> None:
    statement = """
        WITH joined AS (
            SELECT s.timestamp, s.value AS small, l.value AS large
            FROM "/d/small" AS s JOIN "/large" AS l USING (timestamp)
        )
        SELECT name, small, large FROM joined JOIN "/names" ON id = small ORDER BY small
    """
    assert rows(snapshot, statement) == [("one", 1.0, 2.0), ("five", 5.0, 6.0)]


@pytest.mark.parametrize(
    "join",
    [
        'JOIN "/large" USING (timestamp)',
        'ASOF JOIN "/large" USING (timestamp)',
        "NATURAL JOIN other",
        'JOIN "/large" AS l ON l.timestamp = s.timestamp',
    ],
)
def test_series_are_joined_on_the_instant(snapshot: Snapshot, join: str) -> None:
    other = 'WITH other AS (SELECT timestamp FROM "/large")'
    assert rows(snapshot, f'{other} SELECT count(*) FROM "/d/small" AS s {join}') == [(2,)]


def test_a_common_table_hides_the_path_of_its_name(snapshot: Snapshot) -> None:
    assert rows(snapshot, 'WITH "/gone" AS (SELECT 7) FROM "/gone"') == [(7,)]


@pytest.mark.parametrize(
    "statement",
    [
        'FROM "/d/small"',
        'DESCRIBE "/d/small"',
        'SUMMARIZE "/d/small"',
        'EXPLAIN SELECT * FROM "/d/small"',
        '  explain analyze\nSELECT * FROM "/large"',
        "VALUES (1), (2)",
        "SELECT 1; -- and no more",
    ],
)
def test_what_only_reads_is_run(snapshot: Snapshot, statement: str) -> None:
    assert snapshot.sql(statement).num_rows > 0


def test_a_snapshot_is_queried_as_of_its_transaction(pond: Pond, snapshot: Snapshot) -> None:
    def change(tx: Transaction) -> None:
        tx.write_window("/d/small", None, Window(0, 3))
        tx.write_window("/large", large(0, 100.0), Window(0, MANY))

    pond.transact(change)
    statement = 'SELECT (SELECT count(*) FROM "/d/small"), (SELECT min(value) FROM "/large")'
    assert rows(snapshot, statement) == rows(pond.snapshot(1), statement) == [(2, -1.0)]
    assert rows(pond.snapshot(), statement) == [(1, 100.0)]


# What it refuses


def test_a_path_to_nothing_is_named_with_its_near_misses(snapshot: Snapshot) -> None:
    with pytest.raises(NotFoundError, match="/d/smal does not exist") as info:
        snapshot.sql('SELECT * FROM "/d/smal"')
    assert info.value.hint == "did you mean /d/small?"


@pytest.mark.parametrize(("path", "kind"), [("/d", "directory"), ("/file", "data")])
def test_only_tables_and_series_are_read(snapshot: Snapshot, path: str, kind: str) -> None:
    with pytest.raises(WrongTypeError, match=f"{path} is a {kind}; SQL reads tables and series"):
        snapshot.sql(f'SELECT * FROM "{path}"')


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "   ",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "CREATE TABLE t (a INT)",
        'INSERT INTO "/d/small" VALUES (1)',
        'DELETE FROM "/d/small"',
        'DROP VIEW "/d/small"',
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "SET threads = 1",
        "RESET threads",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/x'",
        "EXPLAIN COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPLAIN (FORMAT json) SELECT 1",
        "-- c\nEXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'",
        "/* c */ EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'",
        "WITH x AS (INSERT INTO y VALUES (1) RETURNING *) FROM x",
    ],
)
def test_all_but_one_select_is_refused(snapshot: Snapshot, statement: str) -> None:
    with pytest.raises(QueryError):
        snapshot.sql(statement)


def test_a_refusal_says_what_a_query_is(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError, match="a query is one SELECT statement") as info:
        snapshot.sql("PRAGMA version")
    assert info.value.hint.startswith("e.g. SELECT")


def test_an_object_that_is_read_cannot_be_written(pond: Pond, snapshot: Snapshot) -> None:
    (path,) = objects(pond)
    statement = f"""COPY (SELECT 1 FROM "/large") TO '{path}' (FORMAT csv, USE_TMP_FILE false)"""
    for prefix in ("", "EXPLAIN ANALYZE ", "EXPLAIN ANALYZE /* c */ ", "EXPLAIN (ANALYZE) "):
        with pytest.raises(QueryError):
            snapshot.sql(prefix + statement)
    assert pond.verify().ok


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{host}')",
        "read_text('{host}')",
        "read_blob('{host}')",
        "read_parquet('{host}')",
        "glob('{host}')",
        "'{host}'",
        '"{host}"',
        "read_csv('https://127.0.0.1:1/x.csv')",
    ],
)
def test_files_of_the_host_are_not_read(snapshot: Snapshot, tmp_path: Path, source: str) -> None:
    host = tmp_path / "secret.csv"
    host.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises((QueryError, NotFoundError)):
        snapshot.sql(f"SELECT * FROM {source.format(host=host)}")


@pytest.mark.parametrize("call", ["st_point(1, 2)", "(SELECT 1 FROM read_xlsx('x.xlsx'))"])
def test_no_extension_is_fetched_for_an_unknown_function(snapshot: Snapshot, call: str) -> None:
    with pytest.raises(QueryError, match="is not in the catalog, but it exists in the"):
        snapshot.sql(f"SELECT {call}")


def test_variables_of_the_program_are_not_tables(snapshot: Snapshot) -> None:
    for name in ("statement", "files", "paths", "pa", "readings"):
        with pytest.raises(QueryError, match=f"Table with name {name} does not exist"):
            snapshot.sql(f"SELECT * FROM {name}")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC 1", "syntax error"),
        ('SELECT depth FROM "/d/small"', "depth"),
        ('SELECT value + name FROM "/d/small", "/names"', "add|\\+|cast|convert"),
        ("SELECT 1/0 + 'a'::INT", "Could not convert"),
        ("SELECT no_such_function(1)", "no_such_function"),
    ],
)
def test_wrong_sql_is_answered_in_the_engine_s_words(
    snapshot: Snapshot, statement: str, message: str
) -> None:
    with pytest.raises(QueryError, match=f"(?i){message}"):
        snapshot.sql(statement)


def test_a_path_without_quotes_gets_a_hint(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError) as info:
        snapshot.sql("SELECT * FROM small")
    assert info.value.hint == 'write pond paths in double quotes: FROM "/combined/noyo/BDock"'


def test_two_paths_that_differ_in_case_alone_are_refused_together(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/a", readings({1: 1.0}), Window(0, 9))
        tx.write_window("/A", readings({2: 2.0}), Window(0, 9))
    assert rows(pond.snapshot(), 'SELECT value FROM "/A"') == [(2.0,)]
    with pytest.raises(QueryError):
        pond.snapshot().sql('SELECT * FROM "/a", "/A"')


def test_a_missing_object_is_an_error_of_the_query(pond: Pond, snapshot: Snapshot) -> None:
    (path,) = objects(pond)
    path.unlink()
    with pytest.raises(QueryError, match=path.name):
        snapshot.sql('SELECT sum(value) FROM "/large"')
