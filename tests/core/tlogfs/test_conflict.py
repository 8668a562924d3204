"""Two transactions from one snapshot: which go together, whichever commits first.

The two tables are the rules: what clashes, and what commutes. Both are tried both ways.
"""

from collections.abc import Callable, Mapping, Sequence

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from pond_core import (
    ConflictError,
    EntryType,
    FactoryCall,
    NotFoundError,
    Pond,
    Provenance,
    Recipe,
    Transaction,
    Window,
    register_factory,
)
from pond_core.oplog import Operation, OpKind
from pond_core.tinyfs import NodeId
from pond_core.tlogfs.conflict import Grounds, check
from tests.conformance.filesystem import readings, values

Change = Callable[[Transaction], object]


@pytest.fixture
def pond(pond: Pond) -> Pond:
    """A pond with a series, two files and a directory that holds another file and series."""
    with pond.transaction() as tx:
        tx.mkdir("/d/e", parents=True)
        tx.mkdir("/z")
        tx.mkdir("/y")
        tx.symlink("/to_f", "/f")
        tx.symlink("/to_d", "/d")
        tx.write_data("/f", b"old")
        tx.write_data("/g", b"old")
        tx.write_data("/d/e/f", b"old")
        tx.write_window("/s", readings({1: 1.0}), Window(0, 10))
        tx.write_window("/month", readings({1: 1.0, 90: 1.0}), Window(0, 100))
        tx.write_window("/d/s", readings({1: 1.0}), Window(0, 10))
    return pond


def race(pond: Pond, theirs: Change, ours: Change) -> None:
    """Begin both, commit theirs, commit ours."""
    with pond.transaction() as mine:
        ours(mine)
        with pond.transaction() as other:
            theirs(other)


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


def window(path: str, start: int, end: int, column: str = "value") -> Change:
    rows = readings({start: 9.0}, column)
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def text_window(path: str, start: int, end: int) -> Change:
    rows = readings({start: 0.0}).set_column(1, "value", pa.array(["high"]))
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def mark(path: str, start: int, end: int, fact: str = "a") -> Change:
    return lambda tx: tx.mark(path, {"hash": fact}, Window(start, end))


def text_depth(path: str, start: int, end: int) -> Change:
    rows = readings({start: 0.0}, "depth").set_column(1, "depth", [["deep"]])
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def remove(path: str) -> Change:
    return lambda tx: tx.remove(path, recursive=True)


def rename(src: str, dst: str) -> Change:
    return lambda tx: tx.rename(src, dst)


def data(path: str, content: bytes = b"new") -> Change:
    return lambda tx: tx.write_data(path, content)


def mkdir(path: str) -> Change:
    return lambda tx: tx.mkdir(path)


def symlink(path: str, target: str) -> Change:
    return lambda tx: tx.symlink(path, target)


def replace_month(rows: Mapping[int, float | None]) -> Change:
    return lambda tx: tx.replace_window("/month", readings(rows), Window(0, 100))


def both(*changes: Change) -> Change:
    def act(tx: Transaction) -> None:
        for change in changes:
            change(tx)

    return act


def nothing(_call: FactoryCall) -> dict[str, Recipe]:
    return {}


register_factory("test.nothing", nothing, makes=EntryType.DIRECTORY)


def computed(tx: Transaction) -> None:
    tx.write_recipe("/z", Recipe(EntryType.DIRECTORY, "test.nothing"))


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


def test_a_change_of_type_in_a_disjoint_window_is_refused_without_a_race(pond: Pond) -> None:
    with pytest.raises(ValueError, match="'value'"):
        race(pond, window("/s", 10, 20), text_window("/s", 20, 30))


def test_both_windows_of_one_series_are_there_afterwards(pond: Pond) -> None:
    race(pond, window("/s", 10, 20), window("/s", 20, 30))
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 10: 9.0, 20: 9.0}


def test_a_file_written_while_it_was_renamed_has_its_new_name_and_content(pond: Pond) -> None:
    race(pond, lambda tx: tx.rename("/f", "/z/f"), lambda tx: tx.write_data("/f", b"1"))
    assert pond.snapshot().read_data("/z/f") == b"1"
    assert not pond.snapshot().exists("/f")


def test_what_is_made_in_a_directory_that_was_moved_is_found_where_it_went(pond: Pond) -> None:
    race(pond, rename("/d", "/z/d"), both(data("/d/new", b"1"), data("/d/e/f", b"2")))
    snapshot = pond.snapshot()
    assert (snapshot.read_data("/z/d/new"), snapshot.read_data("/z/d/e/f")) == (b"1", b"2")
    assert not snapshot.exists("/d")


def test_a_range_that_was_replaced_may_be_written_to_afterwards(pond: Pond) -> None:
    race(pond, replace_month({1: 1.0, 50: 5.0, 90: 1.0}), window("/month", 60, 65))
    expected = {1: 1.0, 50: 5.0, 60: 9.0, 90: 1.0}
    assert values(pond.snapshot().read_series("/month")) == expected


def test_a_range_that_was_replaced_holds_what_its_writer_gave(pond: Pond) -> None:
    first, second = {1: 1.0, 50: 5.0, 90: 1.0}, {1: 1.0, 70: 7.0, 90: 1.0}
    with pond.transaction() as tx:
        replace_month(first)(tx)
    with pytest.raises(ConflictError):
        race(pond, window("/month", 60, 65), replace_month(second))
    pond.transact(replace_month(second))
    assert values(pond.snapshot().read_series("/month")) == second


def test_a_range_that_was_found_as_it_should_be_stays_so(pond: Pond) -> None:
    stored = {1: 1.0, 50: 5.0, 90: 1.0}
    pond.transact(replace_month(stored))
    with pytest.raises(ConflictError):
        race(pond, window("/month", 60, 65), both(replace_month(stored), data("/note", b"same")))


def test_two_who_add_to_one_range_are_told_and_both_are_there_after_a_rerun(pond: Pond) -> None:
    def adding(at: int) -> Change:
        return lambda tx: tx.merge_window("/s", readings({at: 9.0}), Window(0, 100))

    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        adding(70)(tx)
        if tries == 1:
            pond.transact(adding(30))

    pond.transact(ours, sleep=lambda _s: None)
    assert tries == 2
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 30: 9.0, 70: 9.0}


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        (data("/d/new"), data("/d/new"), "changed the name '/d/new' too"),
        (
            rename("/d", "/y/d"),
            rename("/z", "/y/z"),
            "moved the directory 'd' while this one moves 'z'",
        ),
        (
            remove("/d"),
            data("/d/e/f"),
            "removed 'd', and with it '/d/e/f', which this one changes",
        ),
        (
            data("/d/e/f"),
            remove("/d"),
            "changed 'd', or what lies in it, which this one removes",
        ),
        (data("/to_f"), data("/f"), "changed '/f' too"),
        (
            window("/month", 60, 70),
            replace_month({1: 1.0, 50: 5.0, 90: 1.0}),
            "wrote to '/month' in the same range",
        ),
    ],
)
def test_a_clash_says_what_it_is_about(
    pond: Pond, theirs: Change, ours: Change, message: str
) -> None:
    with pytest.raises(ConflictError) as info:
        race(pond, theirs, ours)
    assert str(info.value) == f"txn 2 {message} (this transaction began at txn 1)"
    assert info.value.hint == "run it again: it will start from the newest txn"


def test_the_txn_that_clashes_is_named_among_many(pond: Pond) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/f", b"ours")
        for path in ("/a", "/b", "/f", "/c"):
            pond.transact(data(path))
    assert (info.value.base, info.value.other) == (1, 4)


def test_what_others_removed_in_several_transactions_counts_as_one_removal(pond: Pond) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/d/e/f", b"ours")
        pond.transact(rename("/d", "/z/d"))
        pond.transact(remove("/z"))
    assert info.value.other == 3


def test_what_was_moved_out_of_a_directory_that_goes_may_be_written(pond: Pond) -> None:
    race(pond, data("/d/e/f", b"1"), both(rename("/d/e/f", "/new"), remove("/d")))
    assert pond.snapshot().read_data("/new") == b"1"


def test_a_removed_directory_is_listed_whoever_comes_between(pond: Pond) -> None:
    with pond.transaction() as tx:
        for number in range(50):
            tx.mkdir(f"/d/e/{number}")
            tx.write_data(f"/d/e/{number}/f", b"")
    race(pond, data("/f"), remove("/d"))
    assert not pond.snapshot().exists("/d")
    with pytest.raises(NotFoundError):
        race(pond, data("/d/e/49/f"), remove("/z"))


def test_a_commit_that_is_tried_again_after_a_clash_clashes_again(pond: Pond) -> None:
    with pytest.raises(ConflictError), pond.transaction() as tx:  # noqa: PT012  # the second is the point
        tx.remove("/d", recursive=True)
        pond.transact(data("/d/new"))
        with pytest.raises(ConflictError):
            tx.commit(Provenance())
        tx.remove("/z")
    assert pond.snapshot().exists("/d/new")
    assert pond.verify().ok


LARGE = bytes(range(256)) * 300


def test_a_rerun_that_writes_the_same_large_content_leaves_nothing_over(pond: Pond) -> None:
    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.write_data("/f", LARGE)
        if tries == 1:
            pond.transact(data("/f"))

    pond.transact(ours, sleep=lambda _s: None)
    report = pond.verify()
    assert (tries, report.ok, report.unreferenced) == (2, True, ())
    assert pond.snapshot().read_data("/f") == LARGE


def test_a_rerun_that_writes_other_large_content_loses_nothing(pond: Pond) -> None:
    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.write_data("/f", LARGE + bytes([tries]))
        if tries == 1:
            pond.transact(data("/f"))

    pond.transact(ours, sleep=lambda _s: None)
    assert pond.snapshot().read_data("/f") == LARGE + b"\x02"
    report = pond.verify()
    assert report.ok
    assert len(report.unreferenced) == 1, "what the first try wrote waits for the clean-up"


def test_others_large_content_stays_when_ours_is_refused(pond: Pond) -> None:
    with pytest.raises(ConflictError):
        race(pond, data("/f", LARGE), data("/f", LARGE))
    assert pond.snapshot().read_data("/f") == LARGE
    assert pond.verify().ok


def ranged(op: OpKind, windows: Sequence[Window], txn: int = 0) -> list[Operation]:
    return [
        Operation(
            op,
            0,
            txn=txn,
            node_id="a7",
            window_start_us=window.start_us,
            window_end_us=window.end_us,
        )
        for window in windows
    ]


WINDOWS = st.builds(
    lambda start, length: Window(start, None if length is None else start + length),
    st.integers(0, 30),
    st.none() | st.integers(1, 6),
)


@given(ours=st.lists(WINDOWS), theirs=st.lists(WINDOWS))
@pytest.mark.parametrize(
    ("op", "other"),
    [
        (OpKind.WINDOW, OpKind.WINDOW),
        (OpKind.WINDOW, OpKind.MARK),
        (OpKind.MARK, OpKind.WINDOW),
        (OpKind.MARK, OpKind.MARK),
    ],
)
def test_of_many_ranges_one_pair_is_enough_to_clash(
    op: OpKind, other: OpKind, ours: Sequence[Window], theirs: Sequence[Window]
) -> None:
    clash = Window.__eq__ if op is other is OpKind.MARK else Window.overlaps
    expected = any(clash(mine, their) for mine in ours for their in theirs)
    try:
        check(ranged(op, ours), ranged(other, theirs, 2), base=1, grounds=Grounds())
    except ConflictError:
        assert expected
    else:
        assert not expected


def test_nothing_clashes_with_nothing() -> None:
    row = Operation(OpKind.WRITE, 0, txn=2, node_id="a")
    check([], [row], base=1, grounds=Grounds())
    check([row], [], base=1, grounds=Grounds())


def test_a_node_that_was_never_looked_up_is_named_by_its_id() -> None:
    row = Operation(OpKind.WRITE, 0, txn=2, node_id="a7")
    with pytest.raises(ConflictError, match=r"txn 2 changed '\(node a7\)' too"):
        check([row], [row], base=1, grounds=Grounds())


def test_what_was_never_looked_up_may_lie_in_a_directory_that_others_removed() -> None:
    gone = Operation(
        OpKind.UNLINK, 0, txn=2, parent_id="0", name="d", node_id="dd", entry_type="directory"
    )
    own = Operation(OpKind.WRITE, 0, node_id="a7")
    with pytest.raises(ConflictError, match=r"txn 2 removed 'd', and with it '\(node a7\)'"):
        check([own], [gone], base=1, grounds=Grounds())
