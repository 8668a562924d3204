"""What DuckDB alone understands: its statements, its joins, its table functions."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, QueryError, Snapshot, Window
from pond_core.query.duckdb_engine import query_errors
from tests.conformance.filesystem import readings
from tests.core.query.ponds import MANY, large, rows, written


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    """A pond with a small series, a large one with cuts, and a table."""
    with pond.transaction() as tx:
        tx.write_window("/small", readings({1: 1.0, 5: 5.0}), Window(0, 10))
        tx.write_window("/large", large(0), Window(0, MANY))
        tx.write_window("/large", readings({50: -1.0}), Window(10, 100))
        tx.write_table("/names", pa.table({"id": [1, 5], "name": ["one", "five"]}))
    return pond.snapshot()


@pytest.mark.parametrize(
    "statement",
    [
        'FROM "/small"',
        'DESCRIBE "/small"',
        'SUMMARIZE "/small"',
        'EXPLAIN SELECT * FROM "/small"',
        '  explain analyze\nSELECT * FROM "/large"',
        "VALUES (1), (2)",
        "SELECT 1; -- and no more",
        "/* a comment */ SELECT 1",
        "SELECT * FROM range(3), generate_series(1, 2), unnest([1, 2])",
        'SELECT * FROM "/small" USING SAMPLE 50%  UNION ALL SELECT * FROM "/small"',
        """FROM (PIVOT "/names" ON name IN ('one', 'five') USING sum(id))""",
        'FROM (UNPIVOT "/names" ON id INTO NAME k VALUE v)',
    ],
)
def test_what_only_reads_is_run(snapshot: Snapshot, statement: str) -> None:
    assert snapshot.sql(statement).num_rows > 0


def test_series_are_joined_with_the_reading_before(snapshot: Snapshot) -> None:
    statement = 'SELECT count(*) FROM "/small" ASOF JOIN "/large" USING (timestamp)'
    assert rows(snapshot, statement) == [(2,)]


def test_explaining_tells_which_objects_are_read(snapshot: Snapshot) -> None:
    (explained,) = snapshot.sql('EXPLAIN SELECT sum(value) FROM "/large"').column(1).to_pylist()
    assert "READ_PARQUET" in explained.upper()


def test_two_snapshots_are_queried_side_by_side(pond: Pond, snapshot: Snapshot) -> None:
    with pond.transaction() as tx:
        tx.write_window("/small", None, Window(0, 3))
    for each, count in [(snapshot, 2), (pond.snapshot(), 1), (snapshot, 2)]:
        assert rows(each, 'SELECT count(*) FROM "/small"') == [(count,)]


def test_a_named_zone_is_known(snapshot: Snapshot) -> None:
    statement = "SELECT TIMESTAMPTZ '2024-07-01 00:00:00 America/Los_Angeles'"
    assert rows(snapshot, statement) == [(datetime(2024, 7, 1, 7, tzinfo=UTC),)]


def test_no_extension_is_fetched_for_an_unknown_function(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError, match="is not in the catalog, but it exists in the"):
        snapshot.sql("SELECT st_point(1, 2)")


def test_a_table_function_that_is_refused_is_named_with_those_that_are_not(
    snapshot: Snapshot,
) -> None:
    with pytest.raises(QueryError, match="the table function read_xlsx is not run") as info:
        snapshot.sql("SELECT (SELECT 1 FROM read_xlsx('x.xlsx'))")
    assert "generate_series" in info.value.hint


def test_a_refusal_says_what_a_query_is(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError, match="a query is one SELECT statement") as info:
        snapshot.sql("PRAGMA version")
    assert info.value.hint.startswith("e.g. SELECT")


def test_a_table_without_columns_is_refused_by_name(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_table("/nothing", pa.table({}))
    with pytest.raises(QueryError, match="/nothing has no columns"):
        pond.snapshot().sql('SELECT count(*) FROM "/nothing"')


def test_columns_that_differ_in_case_alone_get_a_number(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_table("/t", pa.table({"a": [1], "A": [2]}))
    assert rows(pond.snapshot(), 'SELECT a, "A_1" FROM "/t"') == [(1, 2)]


def test_a_statement_may_be_nested_too_deeply(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError):
        snapshot.sql("SELECT " + "(" * 5_000 + "1" + ")" * 5_000)


def test_a_column_that_is_called_timestamp_but_for_its_case_is_refused(pond: Pond) -> None:
    table = readings({0: 1.0, 5: 2.0})
    table = table.add_column(0, "Timestamp", table["timestamp"])
    snapshot = written(pond, "/s", (Window(0, 10), table))
    with pytest.raises(QueryError, match="Timestamp and timestamp") as refused:
        snapshot.sql('SELECT * FROM "/s"')
    assert "datafusion" in refused.value.hint
    assert snapshot.sql('SELECT * FROM "/s"', engine="datafusion").num_rows == 2


def test_a_directory_above_the_pond_gives_no_columns(tmp_path: Path) -> None:
    pond = Pond.init(tmp_path / "year=2024" / "pond", durability="process")
    table = large(0).append_column("year", pa.array([1.5] * len(large(0))))
    snapshot = written(pond, "/s", (Window(0, None), table))
    found = snapshot.sql('SELECT DISTINCT year FROM "/s"')
    assert found.to_pydict() == {"year": [1.5]}


def test_ctrl_c_in_the_engine_is_ctrl_c_and_no_error_of_the_query() -> None:
    # By the words that DuckDB raises then: when it looks for a signal is its own affair.
    with pytest.raises(KeyboardInterrupt), query_errors():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="else"), query_errors():
        raise RuntimeError("something else")
