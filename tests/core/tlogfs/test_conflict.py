"""Two transactions from one snapshot: which go together, whichever commits first."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from pond_core import ConflictError, Pond, Transaction, Window
from pond_core.tlogfs.conflict import check
from tests.conformance.filesystem import readings, values

Change = Callable[[Transaction], object]


@pytest.fixture
def pond(pond: Pond) -> Pond:
    """A pond with a series, two files and a directory that holds another file and series."""
    with pond.transaction() as tx:
        tx.mkdir("/d/e", parents=True)
        tx.mkdir("/z")
        tx.write_data("/f", b"old")
        tx.write_data("/g", b"old")
        tx.write_data("/d/e/f", b"old")
        tx.write_window("/s", readings({1: 1.0}), Window(0, 10))
        tx.write_window("/d/s", readings({1: 1.0}), Window(0, 10))
    return pond


def race(pond: Pond, theirs: Change, ours: Change) -> None:
    """Begin both, commit theirs, commit ours."""
    with pond.transaction() as mine:
        ours(mine)
        with pond.transaction() as other:
            theirs(other)


def window(path: str, start: int, end: int, column: str = "value") -> Change:
    rows = readings({start: 9.0}, column)
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def text_window(path: str, start: int, end: int) -> Change:
    rows = readings({start: 0.0}).set_column(1, "value", pa.array(["high"]))
    return lambda tx: tx.write_window(path, rows, Window(start, end))


CLASHES: dict[str, tuple[Change, Change]] = {
    "one name, two new files": (
        lambda tx: tx.write_data("/new", b"1"),
        lambda tx: tx.write_data("/new", b"2"),
    ),
    "one name, a file and a directory": (
        lambda tx: tx.write_data("/new", b"1"),
        lambda tx: tx.mkdir("/new"),
    ),
    "one file written twice": (
        lambda tx: tx.write_data("/f", b"1"),
        lambda tx: tx.write_data("/f", b"2"),
    ),
    "one file removed twice": (lambda tx: tx.remove("/f"), lambda tx: tx.remove("/f")),
    "one file renamed to two names": (
        lambda tx: tx.rename("/f", "/z/1"),
        lambda tx: tx.rename("/f", "/z/2"),
    ),
    "two files renamed to one name": (
        lambda tx: tx.rename("/f", "/new"),
        lambda tx: tx.rename("/g", "/new"),
    ),
    "a file written and removed": (
        lambda tx: tx.write_data("/f", b"1"),
        lambda tx: tx.remove("/f"),
    ),
    "a series written and removed": (window("/s", 20, 30), lambda tx: tx.remove("/s")),
    "a file marked and written": (
        lambda tx: tx.mark("/f", {"unit": "m"}),
        lambda tx: tx.write_data("/f", b"1"),
    ),
    "overlapping windows": (window("/s", 5, 15), window("/s", 14, 20)),
    "a window and the mark of its range": (
        window("/s", 5, 15),
        lambda tx: tx.mark("/s", {"hash": "a"}, Window(5, 15)),
    ),
    "a window and the series' attributes": (
        window("/s", 20, 30),
        lambda tx: tx.mark("/s", {"unit": "m"}),
    ),
    "a new column with two types": (
        window("/s", 20, 30, "depth"),
        lambda tx: tx.write_window(
            "/s", readings({40: 0.0}, "depth").set_column(1, "depth", [["x"]]), Window(40, 50)
        ),
    ),
    "a directory removed and a file made in it": (
        lambda tx: tx.remove("/d", recursive=True),
        lambda tx: tx.write_data("/d/new", b""),
    ),
    "a directory removed and a file far below it written": (
        lambda tx: tx.remove("/d", recursive=True),
        lambda tx: tx.write_data("/d/e/f", b"1"),
    ),
    "a directory removed and a window below it written": (
        lambda tx: tx.remove("/d", recursive=True),
        window("/d/s", 20, 30),
    ),
    "an empty directory removed and something moved into it": (
        lambda tx: tx.remove("/z"),
        lambda tx: tx.rename("/f", "/z/f"),
    ),
    "two directories moved into each other": (
        lambda tx: tx.rename("/d", "/z/d"),
        lambda tx: tx.rename("/z", "/d/z"),
    ),
}

PEACE: dict[str, tuple[Change, Change]] = {
    "two names": (lambda tx: tx.write_data("/a", b""), lambda tx: tx.write_data("/b", b"")),
    "two names in one new and one old directory": (
        lambda tx: tx.mkdir("/new"),
        lambda tx: tx.write_data("/d/new", b""),
    ),
    "two files": (lambda tx: tx.write_data("/f", b"1"), lambda tx: tx.write_data("/g", b"2")),
    "two windows of one series": (window("/s", 10, 20), window("/s", 20, 30)),
    "two windows with different new columns": (
        window("/s", 10, 20, "depth"),
        window("/s", 20, 30, "level"),
    ),
    "a window and the mark of another range": (
        window("/s", 10, 20),
        lambda tx: tx.mark("/s", {"hash": "a"}, Window(0, 10)),
    ),
    "a file renamed and written": (
        lambda tx: tx.rename("/f", "/z/f"),
        lambda tx: tx.write_data("/f", b"1"),
    ),
    "a file removed and another written": (
        lambda tx: tx.remove("/f"),
        lambda tx: tx.write_data("/g", b"1"),
    ),
    "a file removed and its directory marked": (
        lambda tx: tx.remove("/d/e/f"),
        lambda tx: tx.mark("/d/e", {"a": 1}),
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
    assert "txn 2" in str(info.value)
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


def test_a_clash_names_what_it_is_about(pond: Pond) -> None:
    with pytest.raises(ConflictError, match="txn 2 changed the name 'new' in the same directory"):
        race(pond, *CLASHES["one name, two new files"])
    with pytest.raises(ConflictError, match="txn 3 removed or moved the directory 'd'"):
        race(pond, *CLASHES["a directory removed and a file made in it"])


def test_nothing_clashes_with_nothing() -> None:
    check([], [], base=0)
