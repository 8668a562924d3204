"""The model of a disk: what it keeps, what it may lose, and that it is as bad as it must be."""

from pathlib import Path
from random import Random

import pytest

from tests.faults.disk import Disk, Tree, digest, read_tree, write_tree
from tests.faults.witness import Event, Kind


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A disk with one file that is there for long."""
    (tmp_path / "old").write_bytes(b"old")
    return Disk(tmp_path, {"old": 1})


def play(disk: Disk, *events: Event) -> None:
    for event in events:
        disk.play(event)


def written(path: str, data: bytes, *, inode: int = 7) -> list[Event]:
    return [Event(Kind.CREATE, path, inode), Event(Kind.WRITE, path, inode, 0, data)]


def left(disk: Disk) -> list[Tree]:
    """Return everything that many power losses leave."""
    found = {digest(tree): tree for tree in disk.losses(Random(1), mixes=200)}  # noqa: S311
    return list(found.values())


def test_a_disk_holds_what_was_done(disk: Disk) -> None:
    play(
        disk,
        Event(Kind.MAKE_DIRECTORY, "d"),
        *written("d/a", b"abcdef"),
        Event(Kind.WRITE, "d/a", 7, 3, b"XY"),
        Event(Kind.LINK, "d/b", source="d/a"),
        Event(Kind.UNLINK, "d/a"),
        Event(Kind.RENAME, "new", source="old"),
        Event(Kind.TRUNCATE, "new", 1, 2),
    )
    assert disk.tree() == {"d": None, "d/b": b"abcXYf", "new": b"ol"}


def test_a_write_beyond_the_end_leaves_zeros(disk: Disk) -> None:
    play(disk, Event(Kind.WRITE, "old", 1, 5, b"x"))
    assert disk.tree() == {"old": b"old\0\0x"}


def test_what_is_synced_is_never_lost(disk: Disk) -> None:
    play(disk, *written("f", b"data"), Event(Kind.SYNC, "f", 7), Event(Kind.SYNC_DIRECTORY, ""))
    assert left(disk) == [{"old": b"old", "f": b"data"}]


def test_a_file_whose_directory_is_not_synced_may_be_absent(disk: Disk) -> None:
    play(disk, *written("f", b"data"), Event(Kind.SYNC, "f", 7))
    found = left(disk)
    assert {"old": b"old"} in found
    assert {"old": b"old", "f": b"data"} in found
    assert len(found) == 2


def test_a_file_whose_bytes_are_not_synced_may_be_empty_or_cut_or_zeros(disk: Disk) -> None:
    play(disk, *written("f", b"ab\ncd"), Event(Kind.SYNC_DIRECTORY, ""))
    contents = {tree["f"] for tree in left(disk)}
    assert contents == {b"ab\ncd"[:n] for n in range(6)} | {b"\0" * 5}


def test_a_removed_file_may_come_back(disk: Disk) -> None:
    play(disk, Event(Kind.UNLINK, "old"))
    assert sorted(len(tree) for tree in left(disk)) == [0, 1]


def test_a_rename_in_one_directory_is_one_step(disk: Disk) -> None:
    play(disk, Event(Kind.RENAME, "new", source="old"))
    assert sorted(str(tree) for tree in left(disk)) == ["{'new': b'old'}", "{'old': b'old'}"]


def test_a_directory_that_is_not_synced_is_lost_with_all_in_it(disk: Disk) -> None:
    play(
        disk,
        Event(Kind.MAKE_DIRECTORY, "d"),
        *written("d/f", b"data"),
        Event(Kind.SYNC, "d/f", 7),
        Event(Kind.SYNC_DIRECTORY, "d"),
    )
    assert {"old": b"old"} in left(disk)


def test_one_file_under_two_names_is_cut_once(disk: Disk) -> None:
    play(disk, *written("f", b"data"), Event(Kind.LINK, "g", source="f"))
    both = [tree for tree in left(disk) if {"f", "g"} <= set(tree)]
    assert both
    assert all(tree["f"] == tree["g"] for tree in both)


def test_a_tree_goes_to_a_real_disk_and_back(tmp_path: Path) -> None:
    tree: Tree = {"d": None, "d/f": b"data", "empty": b""}
    write_tree(tree, tmp_path / "there")
    assert read_tree(tmp_path / "there") == tree
    assert digest(tree, ignoring="d/") != digest(tree)
