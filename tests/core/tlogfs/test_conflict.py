"""Two transactions from one snapshot: which go together, whichever commits first.

The two tables are the rules: what clashes, and what commutes. Both are tried both ways.
"""

import pytest

from pond_core import ConflictError, Pond, Window
from pond_core.oplog import OpKind
from pond_core.tinyfs import NodeId
from tests.conformance.filesystem import readings
from tests.core.tlogfs.changes import (
    Change,
    both,
    computed,
    data,
    lay_out,
    mark,
    mkdir,
    race,
    remove,
    rename,
    replace_month,
    symlink,
    text_depth,
    text_window,
    window,
)


@pytest.fixture
def pond(pond: Pond) -> Pond:
    """A pond with something in it."""
    pond.transact(lay_out)
    return pond


def lost(pond: Pond) -> set[str]:
    """Return what one of two transactions changed or made, and the other took out of reach."""

    def reached(txn: int) -> set[NodeId]:
        return {node.node_id for node in pond.snapshot(txn).walk("/")}

    first, second = (pond._log.operations(after=txn - 1, upto=txn) for txn in (2, 3))
    changed = {row.node_id if row.name is None else row.parent_id for row in first}
    unlinked = {(row.parent_id, row.name) for row in second if row.op is OpKind.UNLINK}
    made = {
        row.node_id
        for row in second
        if row.op is OpKind.LINK and (row.parent_id, row.name) not in unlinked
    }
    return {str(node) for node in (changed & reached(2) | made) - reached(3)}


CLASHES: dict[str, tuple[Change, Change]] = {
    # 10.1 One name in one directory.
    "one name, two new files": (data("/new", b"1"), data("/new", b"2")),
    "one name, a file and a directory": (data("/new"), mkdir("/new")),
    "one name, two directories": (mkdir("/new"), mkdir("/new")),
    "one name, two symlinks": (symlink("/new", "/f"), symlink("/new", "/g")),
    "one name, through a symlink": (data("/d/new"), data("/to_d/new")),
    "one file removed twice": (remove("/f"), remove("/f")),
    "one directory removed twice": (remove("/d"), remove("/d")),
    "one file renamed to two names": (rename("/f", "/z/1"), rename("/f", "/z/2")),
    "two files renamed to one name": (rename("/f", "/new"), rename("/g", "/new")),
    "a file removed and renamed": (remove("/f"), rename("/f", "/new")),
    "a file made under the name of another that is removed": (
        both(remove("/f"), data("/f", b"another")),
        data("/f"),
    ),
    # 10.2 One node.
    "one file written twice": (data("/f", b"1"), data("/f", b"2")),
    "one file written twice, through a symlink": (data("/f"), data("/to_f")),
    "a file written and removed": (data("/f"), remove("/f")),
    "a series written and removed": (window("/s", 20, 30), remove("/s")),
    "a series marked and removed": (mark("/s", 0, 10), remove("/s")),
    "a file marked and removed": (lambda tx: tx.mark("/f", {"unit": "m"}), remove("/f")),
    "a file marked and written": (lambda tx: tx.mark("/f", {"unit": "m"}), data("/f")),
    "a file marked twice": (
        lambda tx: tx.mark("/f", {"unit": "m"}),
        lambda tx: tx.mark("/f", {"unit": "cm"}),
    ),
    "a file renamed and written, then removed and written": (
        both(rename("/f", "/z/f"), remove("/z/f")),
        data("/f"),
    ),
    # 10.3 Windows of one series.
    "the same window": (window("/s", 10, 20), window("/s", 10, 20)),
    "overlapping windows": (window("/s", 5, 15), window("/s", 14, 20)),
    "a window within another": (window("/s", 0, 50), window("/s", 20, 30)),
    "a window and one without an end": (
        window("/s", 20, 30),
        lambda tx: tx.write_window("/s", None, Window(29, None)),
    ),
    # 10.4 Windows, marks and attributes.
    "a window and the mark of its range": (window("/s", 5, 15), mark("/s", 5, 15)),
    "a window and a mark that overlaps it": (window("/s", 5, 15), mark("/s", 14, 30)),
    "a window and the series' attributes": (
        window("/s", 20, 30),
        lambda tx: tx.mark("/s", {"unit": "m"}),
    ),
    "a mark and the series' attributes": (
        mark("/s", 0, 10),
        lambda tx: tx.mark("/s", {"unit": "m"}),
    ),
    "the same mark": (mark("/s", 0, 10, "a"), mark("/s", 0, 10, "b")),
    # 10.3 Columns of one series.
    "a new column with two types": (window("/s", 20, 30, "depth"), text_depth("/s", 40, 50)),
    "a column whose type changes, and a new window": (
        text_window("/s", 0, 10),
        window("/s", 20, 30),
    ),
    # 10.7 Ranges that were compared.
    "one range replaced twice, with differences in two places": (
        replace_month({1: 1.0, 50: 5.0, 90: 1.0}),
        replace_month({1: 1.0, 70: 7.0, 90: 1.0}),
    ),
    # 10.5 Directories that go.
    "a directory removed and a file made in it": (remove("/d"), data("/d/new")),
    "a directory removed and a directory made in it": (remove("/d"), mkdir("/d/new")),
    "a directory removed and a symlink made in it": (remove("/d"), symlink("/d/new", "/f")),
    "a directory removed and a file far below it written": (remove("/d"), data("/d/e/f")),
    "a directory removed and a file far below it removed": (remove("/d"), remove("/d/e/f")),
    "a directory removed and one below it removed": (remove("/d"), remove("/d/e")),
    "a directory removed and one below it moved within": (remove("/d"), rename("/d/e", "/d/x")),
    "a directory removed and one below it moved away": (remove("/d"), rename("/d/e", "/z/e")),
    "a directory removed and a file below it moved away": (remove("/d"), rename("/d/e/f", "/new")),
    "a directory removed and a window below it written": (remove("/d"), window("/d/s", 20, 30)),
    "a directory removed and a series below it marked": (remove("/d"), mark("/d/s", 0, 10)),
    "a directory removed and marked": (remove("/d"), lambda tx: tx.mark("/d", {"a": 1})),
    "a directory removed and one below it marked": (
        remove("/d"),
        lambda tx: tx.mark("/d/e", {"a": 1}),
    ),
    "a directory removed and something below it made and removed": (
        remove("/d"),
        both(data("/d/new"), remove("/d/new")),
    ),
    "a directory removed and a tree made in it": (
        remove("/d"),
        lambda tx: tx.mkdir("/d/e/1/2/3", parents=True),
    ),
    "a directory removed and something copied into it": (
        remove("/d"),
        lambda tx: tx.copy("/f", "/d/e/copy"),
    ),
    "an empty directory removed and something moved into it": (remove("/z"), rename("/f", "/z/f")),
    "an empty directory removed and a directory moved into it": (
        remove("/z"),
        rename("/d", "/z/d"),
    ),
    "an empty directory removed and something made in it through a symlink": (
        remove("/d"),
        data("/to_d/new"),
    ),
    "a directory removed and made again, and a file made in it": (
        both(remove("/z"), mkdir("/z")),
        data("/z/new"),
    ),
    "a directory moved and removed, and a file made in it": (
        both(rename("/d", "/z/d"), remove("/z")),
        data("/d/new"),
    ),
    "a directory moved into one that is removed": (
        both(rename("/d", "/z/d"), remove("/z")),
        data("/d/e/f"),
    ),
    "an empty directory that becomes computed, and a file made in it": (computed, data("/z/new")),
    # 10.6 Directories that move.
    "two directories moved into each other": (rename("/d", "/z/d"), rename("/z", "/d/z")),
    "two directories moved": (rename("/d", "/y/d"), rename("/z", "/y/z")),
    "two directories renamed": (rename("/d", "/d2"), rename("/z", "/z2")),
}

PEACE: dict[str, tuple[Change, Change]] = {
    # Names.
    "two names": (data("/a"), data("/b")),
    "two names in one new and one old directory": (mkdir("/new"), data("/d/new")),
    "one name in two directories": (data("/d/new"), data("/z/new")),
    "a name in a directory and the directory's attributes": (
        data("/z/new"),
        lambda tx: tx.mark("/z", {"a": 1}),
    ),
    "two names that only case tells apart": (data("/New"), data("/new")),
    # Nodes.
    "two files": (data("/f"), data("/g")),
    "a file renamed and written": (rename("/f", "/z/f"), data("/f")),
    "a file renamed and marked": (rename("/f", "/z/f"), lambda tx: tx.mark("/f", {"a": 1})),
    "a series renamed and written": (rename("/s", "/z/s"), window("/s", 20, 30)),
    "a file removed and another written": (remove("/f"), data("/g")),
    "a file removed and its directory marked": (
        remove("/d/e/f"),
        lambda tx: tx.mark("/d/e", {"a": 1}),
    ),
    "a file copied and written": (lambda tx: tx.copy("/f", "/new"), data("/f")),
    "a symlink removed and what it leads to written": (remove("/to_f"), data("/f")),
    "a symlink removed and what it leads to written through it": (remove("/to_f"), data("/to_f")),
    "a file removed and a symlink made that leads to it": (remove("/f"), symlink("/new", "/f")),
    "a file made and removed, and another": (both(data("/a"), remove("/a")), data("/b")),
    # Windows.
    "two windows of one series": (window("/s", 10, 20), window("/s", 30, 40)),
    "adjacent windows": (window("/s", 10, 20), window("/s", 20, 30)),
    "two empty windows": (
        lambda tx: tx.write_window("/s", None, Window(10, 20)),
        lambda tx: tx.write_window("/s", None, Window(20, 30)),
    ),
    "two windows with different new columns": (
        window("/s", 10, 20, "depth"),
        window("/s", 20, 30, "level"),
    ),
    "two windows with one new column": (
        window("/s", 10, 20, "depth"),
        window("/s", 20, 30, "depth"),
    ),
    "a window and the mark of another range": (window("/s", 10, 20), mark("/s", 0, 10)),
    "marks of two ranges": (mark("/s", 0, 10), mark("/s", 10, 20)),
    "marks of ranges that overlap": (mark("/s", 0, 10), mark("/s", 5, 15)),
    "two parts of a series replaced": (
        lambda tx: tx.replace_window("/s", readings({30: 1.0}), Window(20, 40)),
        lambda tx: tx.replace_window("/s", readings({50: 1.0}), Window(40, 60)),
    ),
    # Directories that go, and directories that move.
    "a directory removed and a file elsewhere written": (remove("/d"), data("/f")),
    "a directory removed and one beside it filled": (remove("/d/e"), data("/d/new")),
    "a directory removed and the one above it marked": (
        remove("/d/e"),
        lambda tx: tx.mark("/d", {"a": 1}),
    ),
    "a directory removed and the one above it moved": (remove("/d/e"), rename("/d", "/z/d")),
    "a directory removed and a symlink to it removed": (remove("/d"), remove("/to_d")),
    "a directory removed and another moved": (remove("/z"), rename("/d", "/y/d")),
    "two directories removed": (remove("/d"), remove("/z")),
    "a directory removed and something in it copied": (
        remove("/d"),
        lambda tx: tx.copy("/d/e", "/new", recursive=True),
    ),
    "a directory moved and a file made in it": (rename("/d", "/z/d"), data("/d/new")),
    "a directory moved and a directory made in it": (rename("/d", "/z/d"), mkdir("/d/e/new")),
    "a directory moved and a file below it written": (rename("/d", "/z/d"), data("/d/e/f")),
    "a directory moved and a file below it removed": (rename("/d", "/z/d"), remove("/d/e/f")),
    "a directory moved and a window below it written": (
        rename("/d", "/z/d"),
        window("/d/s", 20, 30),
    ),
    "a directory moved and a file moved into it": (rename("/d", "/z/d"), rename("/f", "/d/f")),
    "a directory moved and a file moved out of it": (rename("/d", "/z/d"), rename("/d/e/f", "/x")),
    "a directory moved and one below it removed": (rename("/d", "/z/d"), remove("/d/e")),
    "a directory moved and a file made where it goes": (rename("/d", "/z/d"), data("/z/new")),
    "a directory moved twice and a file made in it": (
        both(rename("/d", "/z/d"), rename("/z/d", "/y/d")),
        data("/d/e/new"),
    ),
    "a directory made, moved and removed, and another moved": (
        both(mkdir("/a"), rename("/a", "/b"), remove("/b")),
        rename("/d", "/z/d"),
    ),
}


@pytest.mark.parametrize("pair", CLASHES.values(), ids=CLASHES)
@pytest.mark.parametrize("order", [1, -1], ids=["one way", "the other way"])
def test_the_second_of_two_that_clash_is_refused(
    pond: Pond, pair: tuple[Change, Change], order: int
) -> None:
    theirs, ours = pair[::order]
    with pytest.raises(ConflictError) as info:
        race(pond, theirs, ours)
    assert (info.value.base, info.value.other) == (1, 2)
    assert str(info.value).startswith("txn 2 ")
    assert str(info.value).endswith("(this transaction began at txn 1)")
    assert pond.snapshot().txn == 2
    assert pond.verify().ok


@pytest.mark.parametrize("pair", PEACE.values(), ids=PEACE)
@pytest.mark.parametrize("order", [1, -1], ids=["one way", "the other way"])
def test_two_that_go_together_are_both_committed(
    pond: Pond, pair: tuple[Change, Change], order: int
) -> None:
    race(pond, *pair[::order])
    assert pond.snapshot().txn == 3
    assert pond.verify().ok
    assert lost(pond) == set()
