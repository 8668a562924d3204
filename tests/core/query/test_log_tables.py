"""The log as tables, as of the snapshot that is asked."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pond_core import NotFoundError, Pond, Provenance, Snapshot, Window
from tests.conformance.filesystem import readings
from tests.core.query.ponds import ENGINES, MANY, large, rows

pytestmark = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def snapshot(pond: Pond) -> Snapshot:
    run = Provenance("ann", "first", run_id="r1", asset="/d/s", partitions=("2024-01", "2024-02"))
    with pond.transaction(run) as tx:
        tx.mkdir("/d")
        tx.write_window("/d/s", large(0), Window(0, MANY))
    with pond.transaction(Provenance("bob")) as tx:
        tx.write_window("/d/s", readings({12: 1.0, 15: 2.0}), Window(10, 20))
        tx.write_table("/t", pa.table({"a": [1, 2, 3]}))
        tx.write_data("/file", b"bytes")
        tx.symlink("/link", "file")
        tx.mark("/t", {"unit": "m"})
    return pond.snapshot()


def test_transactions_are_the_headers(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT txn, author, message, run_id, asset, partitions, operations, rows
        FROM "pond.transactions" ORDER BY txn"""
    assert rows(snapshot, statement, engine) == [
        (1, "ann", "first", "r1", "/d/s", ["2024-01", "2024-02"], 3, MANY),
        (2, "bob", "", "", "", [], 8, 5),
    ]


def test_transactions_have_their_time_their_hash_and_the_one_before(
    pond: Pond, snapshot: Snapshot, engine: str
) -> None:
    found = rows(
        snapshot, 'SELECT time, hash, previous FROM "pond.transactions" ORDER BY txn', engine
    )
    first, second = reversed(pond.log())
    assert [hash_ for _, hash_, _ in found] == [first.hash, second.hash]
    assert found[1][2] == first.hash
    assert datetime(2020, 1, 1, tzinfo=UTC) < found[0][0] < found[1][0]


def test_the_oplog_has_one_row_for_each_operation(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT txn, seq, op, name, entry_type, rows FROM "pond.oplog"
        WHERE txn = 1 OR name = 't' ORDER BY txn, seq"""
    assert rows(snapshot, statement, engine) == [
        (1, 1, "link", "d", "directory", None),
        (1, 2, "link", "s", "series", None),
        (1, 3, "window", None, None, MANY),
        (2, 2, "link", "t", "table", None),
    ]
    counts = """SELECT (SELECT count(*) FROM "pond.oplog") AS rows,
        (SELECT sum(operations) FROM "pond.transactions") AS operations"""
    assert rows(snapshot, counts, engine) == [(11, 11)]


def test_the_oplog_has_no_content(snapshot: Snapshot, engine: str) -> None:
    table = snapshot.sql('SELECT * FROM "pond.oplog"', engine=engine)
    assert "content" not in table.column_names
    assert table.schema.field("window_start").type == pa.timestamp("us", tz="UTC")


def test_nodes_are_what_the_tree_holds(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT path, entry_type, version, txn, rows, windows, attributes
        FROM "pond.nodes" ORDER BY path"""
    assert rows(snapshot, statement, engine) == [
        ("/", "directory", None, None, None, None, "{}"),
        ("/d", "directory", None, None, None, None, "{}"),
        ("/d/s", "series", 2, 2, MANY - 10 + 2, 3, "{}"),
        ("/file", "data", 1, 2, None, None, "{}"),
        ("/link", "symlink", 1, 2, None, None, "{}"),
        ("/t", "table", 1, 2, 3, None, '{"unit":"m"}'),
    ]


def test_nodes_tell_the_time_that_a_series_spans(snapshot: Snapshot, engine: str) -> None:
    statement = "SELECT min_time, max_time, size FROM \"pond.nodes\" WHERE path = '/d/s'"
    [(low, high, size)] = rows(snapshot, statement, engine)
    assert (low, high) == (
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, microsecond=MANY - 1, tzinfo=UTC),
    )
    assert size > 0


def test_what_was_cut_off_a_series_does_not_count(pond: Pond, engine: str) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", readings(dict.fromkeys(range(10), 1.0)), Window(0, 10))
        tx.write_window("/s", None, Window(0, 4))
        tx.write_window("/s", None, Window(9, 20))
    statement = "SELECT rows, min_time, max_time FROM \"pond.nodes\" WHERE path = '/s'"
    [(count, low, high)] = rows(pond.snapshot(), statement, engine)
    assert (count, low.microsecond, high.microsecond) == (5, 4, 8)


def test_all_of_them_are_as_of_the_snapshot(pond: Pond, snapshot: Snapshot, engine: str) -> None:
    with pond.transaction() as tx:
        tx.remove("/t")
    tables = ("pond.transactions", "pond.oplog", "pond.nodes")
    counts = [f'SELECT count(*) FROM "{name}"' for name in tables]  # noqa: S608
    assert [rows(snapshot, each, engine) for each in counts] == [[(2,)], [(11,)], [(6,)]]
    assert [rows(pond.snapshot(), each, engine) for each in counts] == [[(3,)], [(12,)], [(5,)]]
    assert [rows(pond.snapshot(0), each, engine) for each in counts] == [[(0,)], [(0,)], [(1,)]]


def test_the_log_is_joined_with_readings(snapshot: Snapshot, engine: str) -> None:
    statement = """SELECT n.path, t.author FROM "pond.nodes" AS n
        JOIN "pond.transactions" AS t ON n.txn = t.txn WHERE n.entry_type = 'series'"""
    assert rows(snapshot, statement, engine) == [("/d/s", "bob")]


def test_a_table_of_the_log_that_does_not_exist_is_named(snapshot: Snapshot, engine: str) -> None:
    with pytest.raises(NotFoundError, match=r"pond\.node does not exist") as info:
        snapshot.sql('SELECT * FROM "pond.node"', engine=engine)
    assert "pond.nodes" in info.value.hint
