"""The past of a pond: moments, the log, what a transaction did, what was done to a node."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    DataError,
    EntryType,
    LogFilter,
    LoggedOperation,
    NotFoundError,
    OpKind,
    Pond,
    Provenance,
    Recipe,
    SnapshotForgottenError,
    Transaction,
    Window,
    WrongTypeError,
    from_us,
    register_factory,
)
from tests.conformance.filesystem import readings
from tests.core.steps import TRANSACTIONS, Step, take

RUN = "0a7c8f0e-5d0e-4b9a-9d4a-3f0c8a1f1d55"
OTHER_RUN = "9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2"


RECIPE = Recipe(EntryType.DATA, "test.history", {"a": 1})

register_factory("test.history", lambda _call: b"computed", makes=EntryType.DATA)


def commit(
    pond: Pond, act: Callable[[Transaction], object], *, run_id: str = "", asset: str = ""
) -> int:
    """Commit a change and return its txn."""
    with pond.transaction(Provenance(run_id=run_id, asset=asset)) as tx:
        act(tx)
    assert tx.header is not None
    return tx.header.txn


def write(path: str, data: bytes = b"x") -> Callable[[Transaction], None]:
    return lambda tx: tx.write_data(path, data)


def touching(pond: Pond, path: str, *, as_of: int | None = None) -> list[int]:
    return [header.txn for header in pond.log(wanted=LogFilter(path=path), as_of=as_of)]


def done(operation: LoggedOperation) -> tuple[str, str | None]:
    return operation.op.value, operation.path


def shown(pond: Pond, txn: int | None = None) -> list[tuple[str, str | None]]:
    return [done(operation) for operation in pond.show(txn).operations]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    """A pond whose log is longer than what is looked at first: `/f` once, then `/g` 70 times."""
    pond = Pond.init(tmp_path_factory.mktemp("long") / "pond", durability="process")
    commit(pond, write("/f"), run_id=RUN)
    for number in range(70):
        commit(pond, write("/g", str(number).encode()))
    return pond


# Moments


def test_a_run_means_its_last_transaction(pond: Pond) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"), run_id=RUN)
    commit(pond, write("/c"), run_id=OTHER_RUN)
    assert pond.snapshot(RUN).txn == 2
    assert pond.snapshot(OTHER_RUN).txn == 3


def test_a_run_is_found_however_long_ago_it_was(long: Pond) -> None:
    assert long.snapshot(RUN).txn == 1


@pytest.mark.parametrize("run_id", [OTHER_RUN, "", RUN[:8]])
def test_a_run_without_transactions_means_no_moment(pond: Pond, run_id: str) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"))
    with pytest.raises(NotFoundError, match="no transaction was made by a run") as info:
        pond.snapshot(run_id)
    assert "a run that changed nothing makes none" in info.value.hint


def test_an_instant_means_the_last_transaction_until_then(long: Pond) -> None:
    for header in long.log()[::23]:
        assert long.snapshot(from_us(header.ts_us)).txn == header.txn
        assert long.snapshot(from_us(header.ts_us - 1)).txn == header.txn - 1


def test_an_instant_before_the_first_transaction_means_the_empty_pond(pond: Pond) -> None:
    commit(pond, write("/a"))
    assert pond.snapshot(datetime(2000, 1, 1, tzinfo=UTC)).ls("/") == []


def test_a_moment_that_was_forgotten_is_no_moment(pond: Pond) -> None:
    for name in "abc":
        commit(pond, write(f"/{name}"))
    pond.maintain(forget_before=2)
    assert pond.snapshot(2).txn == 2
    assert pond.show(3).header.txn == 3
    for moment in (0, 1, datetime(2000, 1, 1, tzinfo=UTC)):
        with pytest.raises(SnapshotForgottenError, match="was dropped; 2 is the first"):
            pond.snapshot(moment)
    with pytest.raises(SnapshotForgottenError):
        pond.show(2)
    with pytest.raises(SnapshotForgottenError):
        pond.diff(1)


def test_the_log_tells_who_made_what_was_forgotten_but_not_which_paths(pond: Pond) -> None:
    for number in range(4):
        commit(pond, write("/f", str(number).encode()))
    pond.maintain(forget_before=2)
    assert [header.txn for header in pond.log()] == [4, 3, 2, 1]
    assert touching(pond, "/f") == [4, 3]
    assert [each.header.txn for each in pond.changes_of("/f")] == [4, 3]


# The log


def test_the_log_ends_at_a_moment(pond: Pond) -> None:
    for name in "abc":
        commit(pond, write(f"/{name}"), run_id=RUN if name == "b" else "")
    assert [header.txn for header in pond.log(as_of=2)] == [2, 1]
    assert [header.txn for header in pond.log(as_of=RUN, limit=1)] == [2]


def test_true_is_no_moment(pond: Pond) -> None:
    commit(pond, write("/a"))
    with pytest.raises(DataError, match="True is no moment"):
        pond.snapshot(as_of=True)


def test_the_log_of_a_run_has_its_transactions_alone(pond: Pond) -> None:
    for name, run_id in zip("abcd", (RUN, OTHER_RUN, "", RUN), strict=True):
        commit(pond, write(f"/{name}"), run_id=run_id)
    assert [header.txn for header in pond.log(wanted=LogFilter(run_id=RUN))] == [4, 1]
    assert [header.txn for header in pond.log(wanted=LogFilter(run_id=RUN), limit=1)] == [4]


def test_the_log_of_an_asset_takes_a_path_or_a_pattern(pond: Pond) -> None:
    for asset in ("/raw/a", "/raw/b", "", "no path", "/raw/a"):
        commit(pond, write("/f", asset.encode()), asset=asset)
    assert [header.txn for header in pond.log(wanted=LogFilter(asset="/raw/a"))] == [5, 1]
    assert [header.txn for header in pond.log(wanted=LogFilter(asset="/raw/*"))] == [5, 2, 1]


def test_filters_of_the_log_are_met_all_at_once(pond: Pond) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"), run_id=RUN)
    commit(pond, write("/b", b"y"))
    wanted = LogFilter(path="/b", run_id=RUN)
    assert [header.txn for header in pond.log(wanted=wanted)] == [2]


def test_the_log_of_a_path_has_what_touched_it(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/g"))
    commit(pond, lambda tx: tx.mark("/f", {"unit": "m"}))
    commit(pond, write("/f", b"y"))
    assert touching(pond, "/f") == [4, 3, 1]
    assert touching(pond, "f") == [4, 3, 1]
    assert touching(pond, "/f", as_of=3) == [3, 1]


def test_the_log_of_a_path_goes_back_as_far_as_it_takes(long: Pond) -> None:
    assert touching(long, "/f") == [1]


def test_the_log_of_a_path_follows_renames(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.rename("/f", "/g"))
    commit(pond, write("/f"))
    assert touching(pond, "/g") == [2, 1]


def test_the_log_of_a_directory_has_what_touched_anything_in_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True))
    commit(pond, write("/d/e/f"))
    commit(pond, write("/other"))
    commit(pond, write("/d/e/f", b"y"))
    assert touching(pond, "/d") == [4, 2, 1]
    assert touching(pond, "/") == [4, 3, 2, 1]


def test_the_log_of_a_directory_has_what_is_gone_from_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True))
    commit(pond, write("/d/e/f"))
    commit(pond, write("/other"))
    commit(pond, write("/d/e/f", b"y"))
    commit(pond, lambda tx: tx.remove("/d/e", recursive=True))
    commit(pond, write("/other", b"y"))
    assert touching(pond, "/d") == [5, 4, 2, 1]


def test_the_log_of_a_path_where_nothing_is_has_what_was_there(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/f", b"y"))
    commit(pond, lambda tx: tx.remove("/f"))
    commit(pond, write("/g"))
    assert touching(pond, "/f") == [3, 2, 1]
    assert touching(pond, "/never") == []


def test_the_log_of_a_path_has_what_had_that_name_before(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.rename("/f", "/g"))
    commit(pond, write("/f"))
    commit(pond, write("/g", b"elsewhere by now"))
    assert touching(pond, "/f") == [3, 2, 1]


def test_the_log_of_a_path_whose_directory_is_not_there_is_an_error(pond: Pond) -> None:
    commit(pond, write("/f"))
    with pytest.raises(NotFoundError, match="/d/f does not exist: there is no /d"):
        touching(pond, "/d/f")
    with pytest.raises(WrongTypeError):
        touching(pond, "/f/g")


def test_the_log_of_a_symlink_is_its_own(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.symlink("/s", "f"))
    commit(pond, write("/s", b"y"))
    assert touching(pond, "/s") == [2]


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


@settings(max_examples=10, deadline=None)
@given(TRANSACTIONS)
def test_upkeep_changes_nothing_of_the_past(transactions: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        pond = Pond.init(Path(directory) / "pond", durability="process")
        take(pond, transactions)
        before = past(pond)
        pond.maintain()
        assert past(pond) == before
        assert past(Pond.open(pond.path)) == before


def past(pond: Pond) -> list[object]:
    """Return all that is told of the past."""
    head = pond.snapshot().txn
    shown = [pond.show(txn) for txn in range(1, head + 1)]
    differences = [pond.diff(txn) for txn in range(head + 1)]
    paths = [node.path for node in pond.snapshot().walk("/")]
    return [shown, differences, [(pond.changes_of(p), touching(pond, p)) for p in paths]]
