"""Which rows count no more, and since when: leaving them out changes no snapshot."""

import random
from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given, settings

from pond_core.oplog import Operation, OpKind
from pond_core.oplog.operation import encode
from pond_core.oplog.supersession import until
from tests.core.oplog.rows import (
    PART,
    TRANSACTIONS,
    amount,
    describe,
    link,
    mark,
    placed,
    unlink,
    window,
    write,
)


def judged(rows: Sequence[Operation], *, complete: bool) -> list[Operation]:
    """Return rows with what `until` says of them."""
    found = until(encode(rows), complete=complete)
    return [replace(row, until=txn) for row, txn in zip(rows, found, strict=True)]


def since(*transactions: Sequence[Operation], complete: bool = True) -> list[int | None]:
    return [row.until for row in judged(placed(transactions), complete=complete)]


def assert_equal_snapshots(rows: Sequence[Operation], all_rows: Sequence[Operation]) -> None:
    for txn in range(10):
        counted = [row for row in rows if row.counts_at(txn)]
        assert amount(counted, upto=txn).entries == amount(all_rows, upto=txn).entries
        assert amount(counted, upto=txn).nodes == amount(all_rows, upto=txn).nodes


@given(TRANSACTIONS, st.booleans(), st.randoms(use_true_random=False))
def test_rows_that_count_amount_to_all_rows(
    transactions: list[list[Operation]],
    complete: bool,  # noqa: FBT001 -- Hypothesis gives it by position
    chance: random.Random,
) -> None:
    rows = placed(transactions)
    mixed = chance.sample(rows, len(rows))
    assert_equal_snapshots(judged(mixed, complete=complete), rows)


@settings(max_examples=60)
@given(TRANSACTIONS, st.data())
def test_rows_may_be_judged_in_rounds_with_any_others(
    transactions: list[list[Operation]], data: st.DataObject
) -> None:
    """As merging does: some files of a part at a time, and now and then all of them."""
    rows = placed(transactions)
    hot: list[Operation] = []
    cold: list[Operation] = []
    for txn in range(1, len(transactions) + 1):
        hot += [row for row in rows if row.txn == txn]
        for _ in range(data.draw(st.integers(0, 2))):
            chosen = data.draw(st.sets(st.sampled_from(sorted({r.txn for r in hot} or {0}))))
            some = [row for row in hot if row.txn in chosen]
            others = [row for row in hot if row.txn not in chosen]
            some = judged(some, complete=not others)
            cold += [row for row in some if row.until is not None]
            hot = [*others, *(row for row in some if row.until is None)]
        assert_equal_snapshots([*hot, *cold], [row for row in rows if row.txn <= txn])


def test_a_name_counts_until_it_leads_elsewhere() -> None:
    assert since([link("a")], [link("b")], [link("a", "7b")]) == [3, None, None]


def test_one_name_in_two_directories_is_two_names() -> None:
    assert since([link("a")], [link("a", parent="7d")]) == [None, None]


def test_a_removal_is_done_with_when_no_row_is_left_that_it_hides() -> None:
    assert since([link("a")], [unlink("a")], complete=True) == [2, 2]
    assert since([link("a")], [unlink("a")], complete=False) == [2, None]


def test_a_removal_hides_a_name_whose_next_one_was_judged_without_it() -> None:
    """Three files; the first and the last were merged while the second was too large."""
    first, second, third = placed([[link("a")], [unlink("a")], [link("a", "7b")]])
    cold, hot = judged([first, third], complete=False)
    assert (cold.until, hot.until) == (3, None)
    rows = [cold, *judged([second, hot], complete=True)]
    assert amount([row for row in rows if row.counts_at(2)], upto=2).entries == {}


def test_attributes_and_marks_count_until_others_take_their_place() -> None:
    rows = [[describe("1")], [mark("2", 0, 5)], [mark("3", 0, 6)], [describe("4")]]
    assert since(*rows, [mark("5", 0, 5)]) == [4, 5, None, None, None]
    assert since([mark("1", None, None)], [describe("2")]) == [None, None]


def test_nodes_do_not_take_each_other_s_place() -> None:
    rows = [[write(node_id="7a"), describe("1", node_id="7a"), mark("{}", 0, 1, node_id="7a")]]
    rows += [[write(node_id="7b"), describe("1", node_id="7b"), mark("{}", 0, 1, node_id="7b")]]
    assert since(*rows) == [None] * 6


def test_a_window_counts_as_long_as_a_piece_of_it_is_left() -> None:
    assert since([window(0, 10)], [window(0, 4)], [window(6, 10)]) == [None] * 3
    assert since([window(0, 10)], [window(0, 4)], [window(6, 10)], [window(4, 6)]) == [
        4,
        None,
        None,
        None,
    ]


def test_a_write_takes_the_place_of_all_windows() -> None:
    assert since([window(0, 1), window(5, None)], [write()], [write()]) == [2, 2, 3, None]


def test_what_is_replaced_in_its_own_transaction_never_counts() -> None:
    rows = judged(placed([[write(b"1"), write(b"2")]]), complete=True)
    assert [row.until for row in rows] == [1, None]
    assert not rows[0].counts_at(1)


def test_a_condensed_row_takes_the_place_of_its_windows_at_once() -> None:
    windows = placed([[window(0, 1), window(1, 2)], [window(2, 3)]])
    condensed = replace(window(0, 3, version=3, txn=2, seq=2**30), op=OpKind.CONDENSED)
    found = judged([*windows, condensed], complete=True)
    assert [row.until for row in found] == [2, 2, 2, None]


def test_headers_count_for_ever() -> None:
    headers = [Operation(OpKind.HEADER, PART, txn=txn) for txn in (1, 2)]
    assert [row.until for row in judged(headers, complete=True)] == [None, None]


def test_no_rows_are_no_trouble() -> None:
    assert until(encode([]), complete=True) == []
