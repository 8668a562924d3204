"""What operations leave: the same in one step as in many, and as in a plain dictionary."""

import random
from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from pond_core.oplog import EMPTY_NODE, Operation, OpKind, apply
from pond_core.oplog.fold import PartState, advance
from pond_core.window import ALWAYS, Window
from tests.core.oplog.rows import DIRECTORY, PART, link, mark, unlink, window, write

INSTANTS = range(-1, 11)
BOUNDS = st.none() | st.integers(0, 9)
RANGES = st.tuples(BOUNDS, BOUNDS).filter(lambda pair: not Window(*pair).is_empty)
NAMES = st.sampled_from("abc")
NODES = st.sampled_from(["7a", "7b"])
ROWS = st.one_of(
    st.builds(link, NAMES, NODES),
    st.builds(unlink, NAMES),
    st.builds(write, node_id=NODES),
    RANGES.map(lambda pair: window(*pair, version=1)),
    RANGES.map(lambda pair: mark("{}", *pair)),
    st.builds(Operation, st.just(OpKind.ATTRIBUTES), st.just(PART), node_id=NODES),
)


def placed(transactions: Sequence[Sequence[Operation]]) -> list[Operation]:
    """Return the rows of transactions 1, 2, 3 ... with their numbers."""
    return [
        replace(row, txn=txn, seq=seq)
        for txn, rows in enumerate(transactions, start=1)
        for seq, row in enumerate(rows, start=1)
    ]


@given(st.lists(st.lists(ROWS, max_size=3), max_size=5))
def test_many_steps_leave_what_one_step_leaves(transactions: list[list[Operation]]) -> None:
    rows = placed(transactions)
    stepwise = PartState()
    for txn in range(1, len(transactions) + 1):
        stepwise = advance(stepwise, [row for row in rows if row.txn == txn], txn=txn)
    assert stepwise == advance(PartState(), rows, txn=len(transactions))


@given(st.lists(st.lists(ROWS, max_size=3), max_size=4), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_do_not_matter(
    transactions: list[list[Operation]], chance: random.Random
) -> None:
    rows = placed(transactions)
    mixed = rows + chance.sample(rows, len(rows) // 2)
    chance.shuffle(mixed)
    assert advance(PartState(), mixed, txn=9) == advance(PartState(), rows, txn=9)


@given(st.lists(RANGES, max_size=8))
def test_windows_answer_like_a_dictionary_of_instants(ranges: list[tuple[int, int]]) -> None:
    node, model = EMPTY_NODE, dict[int, int]()
    for version, pair in enumerate(ranges, start=1):
        node = apply(node, window(*pair, version=version))
        model |= {us: version for us in INSTANTS if Window(*pair).contains(us)}
    found = [(us, row.version) for live, row in node.pieces for us in INSTANTS if live.contains(us)]
    assert found == sorted(model.items())


@given(st.lists(RANGES, max_size=8))
def test_windows_never_overlap_and_none_is_empty(ranges: list[tuple[int, int]]) -> None:
    node = EMPTY_NODE
    for version, pair in enumerate(ranges, start=1):
        node = apply(node, window(*pair, version=version))
    live = [window for window, _ in node.pieces]
    assert not any(one.is_empty for one in live)
    assert not any(one.overlaps(two) for one in live for two in live if one is not two)


def test_a_step_leaves_the_state_before_as_it_was() -> None:
    before = advance(PartState(), placed([[link("a"), window(0, 9, version=1)]]), txn=1)
    rows = [unlink("a", txn=2, seq=1), window(3, 5, version=2, txn=2, seq=2)]
    after = advance(before, rows, txn=2)
    assert set(before.entries[DIRECTORY]) == {"a"}
    assert len(before.nodes["7a"].pieces) == 1
    assert after.entries[DIRECTORY] == {}
    assert len(after.nodes["7a"].pieces) == 3


def test_a_name_leads_to_what_was_linked_last() -> None:
    rows = placed([[link("a", "7a"), link("b", "7b")], [unlink("a"), link("a", "7c")]])
    names = advance(PartState(), rows, txn=2).entries[DIRECTORY]
    assert {name: row.node_id for name, row in names.items()} == {"a": "7c", "b": "7b"}


def test_unlinking_what_is_not_there_changes_nothing() -> None:
    assert advance(PartState(), placed([[unlink("a")]]), txn=1).entries == {DIRECTORY: {}}


def test_a_write_replaces_all_windows() -> None:
    node = apply(apply(EMPTY_NODE, window(0, 5, version=1)), replace(write(), version=2))
    assert [(live, row.version) for live, row in node.pieces] == [(ALWAYS, 2)]
    assert node.version == 2


def test_attributes_and_marks_are_replaced_and_survive_writes() -> None:
    attributes = Operation(OpKind.ATTRIBUTES, PART, node_id="7a", attributes='{"unit":"m"}')
    node = EMPTY_NODE
    for row in (attributes, mark('{"a":1}', 0, 5), mark('{"b":1}', 0, 6), mark('{"a":2}', 0, 5)):
        node = apply(node, row)
    node = apply(node, window(0, 9, version=1))
    assert node.attributes == attributes
    marks = {where: row.facts for where, row in node.marks.items()}
    assert marks == {Window(0, 5): {"a": 2}, Window(0, 6): {"b": 1}}
