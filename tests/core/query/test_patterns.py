"""Patterns as tables: the rows of all that matches, each with the path that it is from."""

import pyarrow as pa
import pytest

from pond_core import NotFoundError, Pond, SchemaError, Snapshot, Window
from tests.conformance.filesystem import readings
from tests.core.query.ponds import ENGINES, MANY, large, objects, rows, text

pytestmark = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    """Two sites, one large with a column of its own, one further down; and other things."""
    with pond.transaction() as tx:
        tx.mkdir("/sites/more", parents=True)
        tx.write_window("/sites/A", readings({1: 1.0, 2: 2.0}), Window(0, 10))
        tx.write_window("/sites/B", large(0), Window(0, MANY))
        tx.write_window("/sites/more/C", readings({3: 3.0}), Window(0, 10))
        tx.write_data("/sites/file", b"bytes")
        tx.symlink("/sites/link", "more/C")
        tx.symlink("/sites/dead", "gone")
    return pond.snapshot()


def test_a_pattern_is_all_rows_of_all_that_matches(snapshot: Snapshot, engine: str) -> None:
    statement = 'SELECT _path, count(*), count(noise) FROM "/sites/?" GROUP BY 1 ORDER BY 1'
    assert rows(snapshot, statement, engine) == [("/sites/A", 2, 0), ("/sites/B", MANY, MANY)]


def test_the_path_is_the_last_column(snapshot: Snapshot, engine: str) -> None:
    table = snapshot.sql('SELECT * FROM "/sites/?" LIMIT 1', engine=engine)
    assert table.column_names == ["timestamp", "value", "noise", "_path"]
    assert table.schema.field("_path").type == pa.string()


def test_a_path_has_no_column_that_names_it(snapshot: Snapshot, engine: str) -> None:
    table = snapshot.sql('SELECT * FROM "/sites/A" LIMIT 1', engine=engine)
    assert table.column_names == ["timestamp", "value"]


def test_directories_and_data_are_left_out_and_symlinks_followed(
    snapshot: Snapshot, engine: str
) -> None:
    statement = 'SELECT DISTINCT _path FROM "/sites/*" ORDER BY 1'
    found = [path for (path,) in rows(snapshot, statement, engine)]
    assert found == ["/sites/A", "/sites/B", "/sites/link"]


def test_a_pattern_reaches_down_the_tree(snapshot: Snapshot, engine: str) -> None:
    statement = 'SELECT sum(value) FROM "/sites/**/C"'
    assert rows(snapshot, statement, engine) == [(3.0,)]


def test_rows_of_one_path_are_chosen_by_it(snapshot: Snapshot, engine: str) -> None:
    statement = "SELECT sum(value) FROM \"/sites/?\" WHERE _path = '/sites/A'"
    assert rows(snapshot, statement, engine) == [(3.0,)]


def test_a_time_range_narrows_every_match(pond: Pond, snapshot: Snapshot, engine: str) -> None:
    for path in objects(pond):
        path.unlink()
    with pond.transaction() as tx:
        tx.write_window("/sites/B", readings({0: 0.5}), Window(0, 100))
    statement = f'SELECT sum(value) FROM "/sites/?" WHERE timestamp < {text(100)}'  # noqa: S608
    assert rows(pond.snapshot(), statement, engine) == [(3.5,)]
    assert snapshot.txn == 1


def test_a_pattern_that_matches_nothing_says_so(snapshot: Snapshot, engine: str) -> None:
    with pytest.raises(NotFoundError, match=r"/sites/x\* matches nothing") as info:
        snapshot.sql('SELECT * FROM "/sites/x*"', engine=engine)
    assert info.value.hint == "list it with: pond ls '/sites/x*'"


def test_a_pattern_that_matches_no_rows_says_what_it_matches(
    snapshot: Snapshot, engine: str
) -> None:
    with pytest.raises(NotFoundError, match="matches only directories, data files or dead"):
        snapshot.sql('SELECT * FROM "/sites/[dfm]*"', engine=engine)


def test_a_name_with_a_wildcard_in_it_is_a_path_first(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_window("/a*", readings({1: 1.0}), Window(0, 10))
        tx.write_window("/ab", readings({2: 2.0}), Window(0, 10))
    assert rows(pond.snapshot(), 'SELECT sum(value) FROM "/a*"', engine) == [(1.0,)]
    assert rows(pond.snapshot(), 'SELECT sum(value) FROM "/a?"', engine) == [(3.0,)]


def test_numbers_of_different_types_go_together(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_table("/t1", pa.table({"a": pa.array([1, 2], pa.int32()), "only": ["x", "y"]}))
        tx.write_table("/t2", pa.table({"a": pa.array([0.5], pa.float64())}))
        tx.write_table("/t3", pa.table({"a": pa.nulls(1)}))
    statement = 'SELECT sum(a), count(*), count("only") FROM "/t?"'
    assert rows(pond.snapshot(), statement, engine) == [(3.5, 4, 2)]
    found = pond.snapshot().sql('SELECT * FROM "/t?"', engine=engine)
    assert found.schema.field("a").type == pa.float64()


def test_columns_that_do_not_go_together_are_named_with_their_files(
    pond: Pond, engine: str
) -> None:
    with pond.transaction() as tx:
        tx.write_table("/t1", pa.table({"a": [1]}))
        tx.write_table("/t2", pa.table({"a": ["x"]}))
    with pytest.raises(SchemaError, match="/t1, where 'a' is int64, and /t2, where it is string"):
        pond.snapshot().sql('SELECT * FROM "/t*"', engine=engine)


def test_a_column_called_as_the_path_is_refused(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_table("/t1", pa.table({"_path": [1]}))
    assert rows(pond.snapshot(), 'SELECT _path FROM "/t1"', engine) == [(1,)]
    with pytest.raises(SchemaError, match="/t1 has a column '_path'"):
        pond.snapshot().sql('SELECT * FROM "/t*"', engine=engine)


def test_a_pattern_is_joined_with_a_path(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT s._path, s.value FROM "/sites/*" AS s
        JOIN "/sites/more/C" AS c ON s.timestamp = c.timestamp ORDER BY 1"""
    assert rows(snapshot, statement, engine) == [("/sites/B", 4.0), ("/sites/link", 3.0)]


def test_very_many_files_are_one_table(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        for number in range(300):
            tx.write_window(f"/s{number}", readings({number: 1.0}), Window(0, 1000))
    statement = 'SELECT count(*), count(DISTINCT _path) FROM "/s*"'
    assert rows(pond.snapshot(), statement, engine) == [(300, 300)]
