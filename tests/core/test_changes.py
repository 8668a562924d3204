"""What a transaction did, and what was done to a node."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    EntryType,
    LoggedOperation,
    NotFoundError,
    OpKind,
    Pond,
    Recipe,
    Transaction,
    Window,
    register_factory,
)
from tests.conformance.filesystem import readings
from tests.core.commits import RUN, commit, long_pond, touching, write
from tests.core.steps import TRANSACTIONS, Step, take

RECIPE = Recipe(EntryType.DATA, "test.history", {"a": 1})

register_factory("test.history", lambda _call: b"computed", makes=EntryType.DATA)


def done(operation: LoggedOperation) -> tuple[str, str | None]:
    return operation.op.value, operation.path


def shown(pond: Pond, txn: int | None = None) -> list[tuple[str, str | None]]:
    return [done(operation) for operation in pond.show(txn).operations]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    return long_pond(tmp_path_factory.mktemp("long") / "pond")


# What a transaction did


def test_a_transaction_is_shown_with_paths(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"))
    commit(pond, write("/d/f", b"hello"))
    [link, stored] = pond.show().operations
    assert (link.seq, link.op, link.path, link.entry_type) == (
        1,
        OpKind.LINK,
        "/d/f",
        EntryType.DATA,
    )
    assert (stored.seq, stored.op, stored.path, stored.entry_type) == (
        2,
        OpKind.WRITE,
        "/d/f",
        EntryType.DATA,
    )
    assert link.node_id == stored.node_id == pond.snapshot().lookup("/d/f").node_id
    assert (link.bytes, link.version, stored.bytes, stored.version) == (None, None, 5, 1)
    assert (stored.rows, stored.window, stored.attributes) == (None, None, None)


def test_a_window_is_shown_with_its_range_and_rows(pond: Pond) -> None:
    commit(pond, lambda tx: tx.create_series("/s"))
    commit(pond, lambda tx: tx.write_window("/s", readings({3: 1.0, 7: 2.0}), Window(0, 10)))
    [written] = pond.show().operations
    assert (written.op, written.path) == (OpKind.WINDOW, "/s")
    assert (written.window, written.rows) == (Window(0, 10), 2)
    assert (written.min_time_us, written.max_time_us) == (3, 7)
    assert written.bytes is not None
    assert written.bytes > 0


def test_facts_are_shown(pond: Pond) -> None:
    commit(pond, lambda tx: tx.create_series("/s"))
    commit(pond, lambda tx: tx.set_mark("/s", {"done": True}, Window(0, 10)))
    commit(pond, lambda tx: tx.mark("/s", {"unit": "m"}))
    [mark] = pond.show(2).operations
    [attributes] = pond.show(3).operations
    assert (mark.attributes, mark.window, mark.bytes) == ({"done": True}, Window(0, 10), None)
    assert (attributes.attributes, attributes.window) == ({"unit": "m"}, None)


def test_what_a_transaction_removed_is_shown_with_the_path_that_it_had(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True))
    commit(pond, lambda tx: tx.remove("/d/e"))
    commit(pond, lambda tx: tx.remove("/d"))
    assert shown(pond, 2) == [("unlink", "/d/e")]
    assert shown(pond, 3) == [("unlink", "/d")]


def test_operations_have_the_paths_of_their_moment(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"))
    commit(pond, write("/d/f"))

    def act(tx: Transaction) -> None:
        tx.write_data("/d/f", b"1")
        tx.rename("/d", "/e")
        tx.write_data("/e/f", b"2")
        tx.write_data("/e/g", b"3")
        tx.remove("/e", recursive=True)

    commit(pond, act)
    assert shown(pond) == [
        ("write", "/d/f"),
        ("link", "/e"),
        ("unlink", "/d"),
        ("write", "/e/f"),
        ("link", "/e/g"),
        ("write", "/e/g"),
        ("unlink", "/e"),
    ]


def test_a_run_or_an_instant_shows_its_last_transaction(pond: Pond) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"), run_id=RUN)
    commit(pond, write("/c"))
    assert shown(pond) == [("link", "/c"), ("write", "/c")]
    assert pond.show(RUN).header.txn == 2
    assert pond.show(datetime(9999, 1, 1, tzinfo=UTC)).header.txn == 3


@pytest.mark.parametrize("txn", [-1, 0, 2])
def test_a_transaction_that_is_not_there_is_not_shown(pond: Pond, txn: int) -> None:
    commit(pond, write("/a"))
    with pytest.raises(NotFoundError, match=f"there is no t\\w+ {txn}"):
        pond.show(txn)


def test_an_asset_that_is_no_path_harms_nothing(pond: Pond) -> None:
    commit(pond, write("/f"), asset="../no path/\0")
    assert shown(pond) == [("link", "/f"), ("write", "/f")]


# What was done to a node


def test_changes_of_a_node_are_told_newest_first_under_its_former_names(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"))
    commit(pond, write("/d/f"))
    commit(pond, lambda tx: tx.rename("/d", "/e"))
    commit(pond, write("/e/f", b"y"))
    commit(pond, lambda tx: tx.rename("/e/f", "/g"))
    commit(pond, lambda tx: tx.remove("/e"))
    commit(pond, write("/other"))
    told = [(each.header.txn, [*map(done, each.operations)]) for each in pond.changes_of("/g")]
    assert told == [
        (5, [("link", "/g"), ("unlink", "/e/f")]),
        (4, [("write", "/e/f")]),
        (2, [("link", "/d/f"), ("write", "/d/f")]),
    ]


def test_changes_of_a_node_are_told_up_to_a_moment_and_a_number(long: Pond) -> None:
    assert [each.header.txn for each in long.changes_of("/g", limit=2)] == [71, 70]
    assert [each.header.txn for each in long.changes_of("/g", as_of=3)] == [3, 2]
    assert len(long.changes_of("/g")) == 70


def test_changes_of_a_pattern_are_those_of_all_nodes_that_it_matches(long: Pond) -> None:
    each_one = {
        (told.header.txn, *done(operation))
        for node in long.snapshot().ls("/")
        for told in long.changes_of(node.path)
        for operation in told.operations
    }
    of_all = long.changes_of("/*")
    assert {(told.header.txn, *done(o)) for told in of_all for o in told.operations} == each_one
    txns = [told.header.txn for told in of_all]
    assert txns == sorted(set(txns), reverse=True)
    assert [told.header.txn for told in long.changes_of("/*", limit=3)] == txns[:3]


def test_changes_of_a_path_that_looks_like_a_pattern_are_its_own(pond: Pond) -> None:
    for name in ("/a*", "/ab"):
        commit(pond, write(name))
    assert [told.header.txn for told in pond.changes_of("/a*")] == [1]
    assert [told.header.txn for told in pond.changes_of("/?b")] == [2]


def test_changes_of_a_directory_are_the_names_in_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"))
    commit(pond, write("/d/f"))
    commit(pond, write("/d/f", b"y"))
    commit(pond, lambda tx: tx.remove("/d/f"))
    told = [[*map(done, each.operations)] for each in pond.changes_of("/d")]
    assert told == [[("unlink", "/d/f")], [("link", "/d/f")], [("link", "/d")]]


def test_changes_of_the_root_are_the_names_in_it(pond: Pond) -> None:
    commit(pond, write("/f"))
    told = [[*map(done, each.operations)] for each in pond.changes_of("/")]
    assert told == [[("link", "/f")]]


def test_changes_of_nothing_are_an_error(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.remove("/f"))
    with pytest.raises(NotFoundError, match="/f does not exist"):
        pond.changes_of("/f")
    assert len(pond.changes_of("/f", as_of=1)) == 1


def test_a_table_is_shown_with_its_rows(pond: Pond) -> None:
    commit(pond, lambda tx: tx.write_table("/t", pa.table({"a": [1, 2, 3]})))
    assert [operation.rows for operation in pond.show().operations] == [None, 3]


def test_a_recipe_in_the_place_of_content_is_told_and_what_was_before_it(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/f", b"y"))
    commit(pond, lambda tx: tx.write_recipe("/f", RECIPE))
    assert [each.header.txn for each in pond.changes_of("/f")] == [3, 2, 1]
    assert shown(pond) == [("link", "/f"), ("write", "/f")]
    written = pond.show().operations[1]
    assert (written.factory, written.attributes, written.rows) == ("test.history", {"a": 1}, None)


@settings(max_examples=25, deadline=None)
@given(TRANSACTIONS)
def test_what_was_done_to_a_node_is_what_its_transactions_did(
    transactions: list[list[Step]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        pond = Pond.init(Path(directory) / "pond", durability="process")
        take(pond, transactions)
        told = [pond.show(header.txn) for header in pond.log()]
        for node in pond.snapshot().walk("/"):
            of_node = {
                each.header.txn: [o for o in each.operations if o.node_id == node.node_id]
                for each in pond.changes_of(node.path)
            }
            for each in told:
                mine = [o for o in each.operations if o.node_id == node.node_id]
                assert of_node.get(each.header.txn, []) == mine
            txns = [txn for txn, operations in of_node.items() if operations]
            assert set(txns) <= set(touching(pond, node.path))
