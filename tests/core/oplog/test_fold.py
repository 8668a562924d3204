"""What operations leave of a node: the same in one step as in many, and as in a dictionary."""

import random
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from pond_core.oplog import EMPTY_NODE, Operation, OpKind, apply
from pond_core.oplog.fold import place, replay
from pond_core.window import ALWAYS, Window
from tests.core.oplog.rows import RANGES, ROWS, TRANSACTIONS, describe, mark, placed, window, write

INSTANTS = range(-1, 11)


def about_one_node(transactions: list[list[Operation]]) -> list[Operation]:
    return [row for row in placed(transactions) if row.node_id == "7a" and row.parent_id is None]


@given(TRANSACTIONS)
def test_many_steps_leave_what_one_step_leaves(transactions: list[list[Operation]]) -> None:
    rows = about_one_node(transactions)
    stepwise = EMPTY_NODE
    for row in rows:
        stepwise = apply(stepwise, row)
    assert stepwise == replay(rows)


@given(TRANSACTIONS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_do_not_matter(
    transactions: list[list[Operation]], chance: random.Random
) -> None:
    rows = about_one_node(transactions)
    mixed = rows + chance.sample(rows, len(rows) // 2)
    chance.shuffle(mixed)
    assert replay(mixed) == replay(rows)


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


@given(st.lists(RANGES, max_size=8))
def test_placing_says_what_was_cut_and_what_is_left_of_it(ranges: list[tuple[int, int]]) -> None:
    pieces: list[tuple[Window, int]] = []
    held = [0] * len(ranges)
    for number, pair in enumerate(ranges):
        cut, left = place(pieces, Window(*pair), number)
        held[number] += 1
        for other in cut:
            held[other] -= 1
        for other in left:
            held[other] += 1
    assert held == [sum(item == number for _, item in pieces) for number in range(len(ranges))]


@given(st.lists(ROWS, max_size=6))
def test_a_step_leaves_the_state_before_as_it_was(rows: list[Operation]) -> None:
    before = apply(apply(EMPTY_NODE, window(0, 9, version=1)), mark("{}", 0, 9))
    pieces, marks = before.pieces, dict(before.marks)
    replay(placed([rows]), before)
    assert (before.pieces, dict(before.marks), before.version) == (pieces, marks, 1)


def test_a_write_replaces_all_windows() -> None:
    node = apply(apply(EMPTY_NODE, window(0, 5, version=1)), write(version=2))
    assert [(live, row.version) for live, row in node.pieces] == [(ALWAYS, 2)]
    assert node.version == 2


def test_attributes_and_marks_are_replaced_and_survive_writes() -> None:
    attributes = describe('{"unit":"m"}')
    node = EMPTY_NODE
    for row in (attributes, mark('{"a":1}', 0, 5), mark('{"b":1}', 0, 6), mark('{"a":2}', 0, 5)):
        node = apply(node, row)
    node = apply(node, window(0, 9, version=1))
    assert node.attributes == attributes
    marks = {where: row.facts for where, row in node.marks.items()}
    assert marks == {Window(0, 5): {"a": 2}, Window(0, 6): {"b": 1}}


def test_a_condensed_row_takes_the_place_of_windows_and_is_no_new_version() -> None:
    """Windows elsewhere may have come later in its transaction."""
    windows = [window(0, 1, version=1, txn=1, seq=1), window(5, 9, version=2, txn=1, seq=2)]
    condensed = replace(windows[0], op=OpKind.CONDENSED, seq=2**30)
    node = replay([*windows, condensed])
    assert [row for _, row in node.pieces] == [condensed, windows[1]]
    assert node.version == 2
