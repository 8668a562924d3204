"""A part in memory: the state as of any txn from its floor on, whatever was asked before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from pond_core.errors import CorruptionError
from pond_core.oplog import EMPTY_NODE, Operation, PartState, parquet
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import write_rows
from pond_core.oplog.part import Part
from pond_core.oplog.run import Groups, Run
from pond_core.oplog.schema import HOT
from pond_core.storage import Durability
from tests.core.oplog.rows import (
    DIRECTORY,
    PART,
    TRANSACTIONS,
    amount,
    amount_of,
    link,
    placed,
    unlink,
    window,
    write,
)


def run_of(place: Path, rows: Sequence[Operation]) -> Run:
    """Return rows as they lie in a log file."""
    durability, tmp = Durability(full=False), place / "tmp"
    file = write_rows(place, encode(rows), part=PART, tier=HOT, durability=durability, tmp=tmp)
    return Run(place, file, Groups())


def view(part: Part, txn: int) -> PartState:
    return PartState(part, txn=txn, anew=lambda: part)


def added(rows: Sequence[Operation], *, upto: int) -> Part:
    """Return a part that was empty when it was read, and got rows since."""
    part = Part([], floor=0, txn=0)
    part.add(rows, txn=upto)
    return part


def test_a_name_is_looked_for_from_the_newest_file_back(tmp_path: Path) -> None:
    rows = placed([[link("a"), link("b")], [link("a", "7c")]])
    older = run_of(tmp_path, [row for row in rows if row.txn == 1])
    newer = run_of(tmp_path, [row for row in rows if row.txn == 2])
    part = Part([older, newer], floor=0, txn=2)
    (tmp_path / older.file.path).unlink()
    row = part.name(DIRECTORY, "a", txn=2)
    assert row is not None
    assert row.node_id == "7c"
    for name, txn in (("b", 2), ("a", 1)):  # these only the older one can tell
        with pytest.raises(CorruptionError):
            part.name(DIRECTORY, name, txn=txn)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(TRANSACTIONS, st.integers(0, 8), st.lists(st.integers(0, 8), min_size=1, max_size=5))
def test_a_state_is_that_of_its_txn_whatever_was_asked_before(
    tmp_path: Path, transactions: list[list[Operation]], lying: int, asked: list[int]
) -> None:
    """Some txns lie in a file when the part is read, the others come one by one."""
    rows = placed(transactions)
    old = [row for row in rows if row.txn <= lying]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_ROW_GROUP_ROWS", 3)
        part = Part([run_of(tmp_path, old)] if old else [], floor=0, txn=lying)
    views = [(txn, view(part, txn)) for txn in asked if txn <= lying]
    for txn in range(lying + 1, 9):
        part.add([row for row in rows if row.txn == txn], txn=txn)
        views += [(other, view(part, other)) for other in asked if other <= txn]
        for held, state in views:
            expected = amount(rows, upto=held)
            assert amount_of(state, expected) == expected


def test_a_part_without_rows_has_no_entries_and_empty_nodes() -> None:
    state = view(Part([], floor=0, txn=0), 0)
    assert state.entry(DIRECTORY, "a") is None
    assert state.entries(DIRECTORY) == {}
    assert state.node("7a") == EMPTY_NODE


def test_a_name_leads_to_what_was_linked_last() -> None:
    rows = placed([[link("a", "7a"), link("b", "7b")], [unlink("a"), link("a", "7c")]])
    names = view(added(rows, upto=2), 2).entries(DIRECTORY)
    assert {name: row.node_id for name, row in names.items()} == {"a": "7c", "b": "7b"}


def test_unlinking_what_is_not_there_changes_nothing() -> None:
    state = view(added(placed([[unlink("a")]]), upto=1), 1)
    assert (state.entry(DIRECTORY, "a"), state.entries(DIRECTORY)) == (None, {})


def test_a_name_of_another_directory_is_another_name() -> None:
    state = view(added(placed([[link("a"), link("a", "7b", parent="7d")]]), upto=1), 1)
    assert [row.node_id for row in state.entries("7d").values()] == ["7b"]
    entry = state.entry(DIRECTORY, "a")
    assert entry is not None
    assert entry.node_id == "7a"


def test_a_state_that_is_asked_for_again_is_the_same_one() -> None:
    """Who has parsed a year of marks once need not parse it again."""
    part = added(placed([[window(0, 1)], [write(node_id="7b")]]), upto=2)
    state = view(part, 2).node("7a")
    assert view(part, 2).node("7a") is state
    part.add(placed([[], [], [write(node_id="7b")]]), txn=3)
    assert view(part, 3).node("7a") is state


def test_an_older_view_is_not_answered_with_a_newer_state() -> None:
    part = added(placed([[window(0, 1)], [window(1, 2)]]), upto=2)
    assert len(view(part, 2).node("7a").pieces) == 2
    assert len(view(part, 1).node("7a").pieces) == 1
    assert len(view(part, 2).node("7a").pieces) == 2


def test_rows_that_count_no_more_at_a_txn_are_not_in_its_state() -> None:
    first, second = placed([[link("a")], [link("a", "7b")]])
    part = Part([], floor=0, txn=2)
    part.add([replace(first, until=2), second], txn=2)
    entries = [view(part, txn).entry(DIRECTORY, "a") for txn in (0, 1, 2)]
    assert [row and row.node_id for row in entries] == [None, "7a", "7b"]


def test_a_part_counts_the_rows_that_were_added() -> None:
    part = added(placed([[link("a"), link("b")]]), upto=1)
    part.add([], txn=4)
    assert (part.recent, part.txn) == (2, 4)


def test_a_view_whose_file_is_gone_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_ROW_GROUP_ROWS", 1)
    rows = placed([[link("a"), link("b")]])
    old = run_of(tmp_path / "old", rows)
    part = Part([old], floor=0, txn=1)
    other = Part([run_of(tmp_path / "new", rows)], floor=0, txn=1)
    state = PartState(part, txn=1, anew=lambda: other)
    (tmp_path / "old" / old.file.path).unlink()
    assert set(state.entries(DIRECTORY)) == {"a", "b"}


def test_a_view_whose_file_is_damaged_for_good_says_so(tmp_path: Path) -> None:
    run = run_of(tmp_path, placed([[link("a")]]))
    state = view(Part([run], floor=0, txn=1), 1)
    (tmp_path / run.file.path).write_bytes(b"")
    with pytest.raises(CorruptionError, match="cannot be read"):
        state.entry(DIRECTORY, "a")
