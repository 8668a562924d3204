"""What differs between two moments of a pond."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace as replaced
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    ALWAYS,
    Change,
    ChangeKind,
    EntryType,
    NodePath,
    NotFoundError,
    Pond,
    PondError,
    Recipe,
    Snapshot,
    Transaction,
    Window,
    WindowChange,
    register_factory,
)
from pond_core.tinyfs import path as paths
from tests.conformance.filesystem import readings, values
from tests.core.steps import TRANSACTIONS, Step, take

ADDED, REMOVED = ChangeKind.ADDED, ChangeKind.REMOVED
RENAMED, CHANGED = ChangeKind.RENAMED, ChangeKind.CHANGED

Act = Callable[[Transaction], object]

register_factory(
    "test.diff", lambda _call: b"computed", makes=(EntryType.DATA, EntryType.DIRECTORY)
)


def commit(pond: Pond, *acts: Act) -> None:
    """Commit changes as one transaction."""
    with pond.transaction() as tx:
        for act in acts:
            act(tx)


def write(path: str, data: bytes = b"x") -> Act:
    return lambda tx: tx.write_data(path, data)


def replace(rows: Sequence[int], start_us: int, end_us: int) -> Act:
    table = readings(dict.fromkeys(rows, 1.0)) if rows else None
    return lambda tx: tx.write_window("/s", table, Window(start_us, end_us))


def found(pond: Pond, before: int = 1, after: int | None = None) -> list[tuple[ChangeKind, str]]:
    return [(change.kind, change.path) for change in pond.diff(before, after).changes]


def only(pond: Pond, before: int = 1) -> Change:
    [change] = pond.diff(before).changes
    return change


# Names


def test_one_moment_does_not_differ_from_itself(pond: Pond) -> None:
    commit(pond, write("/f"))
    assert pond.diff(1) == pond.diff(1, 1)
    assert pond.diff(1).changes == ()


def test_what_was_made_is_added(pond: Pond) -> None:
    commit(pond, write("/old"))
    commit(pond, lambda tx: tx.mkdir("/d"), write("/d/f", b"hello"))
    difference = pond.diff(1)
    assert (difference.before, difference.after) == (1, 2)
    directory, file = difference.changes
    assert (directory.kind, directory.path, directory.entry_type) == (
        ADDED,
        "/d",
        EntryType.DIRECTORY,
    )
    assert (file.kind, file.path, file.path_before) == (ADDED, "/d/f", None)
    assert (file.bytes_before, file.bytes) == (None, 5)


def test_what_is_gone_is_removed(pond: Pond) -> None:
    commit(pond, write("/f", b"hello"))
    commit(pond, lambda tx: tx.remove("/f"))
    change = only(pond)
    assert (change.kind, change.path, change.path_before) == (REMOVED, "/f", "/f")
    assert (change.bytes_before, change.bytes) == (5, None)


def test_a_removed_directory_stands_for_what_was_in_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True), write("/d/e/f"), write("/d/g"))
    commit(pond, write("/d/e/f", b"y"), lambda tx: tx.remove("/d/g"))
    commit(pond, lambda tx: tx.remove("/d", recursive=True))
    assert found(pond) == [(REMOVED, "/d")]


def test_what_was_saved_from_a_removed_directory_is_renamed(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"), write("/d/f"))
    commit(pond, lambda tx: tx.rename("/d/f", "/f"), lambda tx: tx.remove("/d"))
    assert found(pond) == [(REMOVED, "/d"), (RENAMED, "/f")]
    assert pond.diff(1).changes[1].path_before == "/d/f"


def test_what_was_moved_into_a_removed_directory_is_removed(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.mkdir("/d"), lambda tx: tx.rename("/f", "/d/f"))
    commit(pond, lambda tx: tx.remove("/d", recursive=True))
    assert found(pond) == [(REMOVED, "/f")]


def test_a_renamed_directory_takes_what_is_in_it_along(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d"), write("/d/f"), write("/d/g"))
    commit(pond, lambda tx: tx.rename("/d", "/e"), write("/e/g", b"new"))
    renamed, changed = pond.diff(1).changes
    assert (renamed.kind, renamed.path, renamed.path_before) == (RENAMED, "/e", "/d")
    assert (changed.kind, changed.path, changed.path_before) == (CHANGED, "/e/g", "/d/g")


def test_what_was_renamed_may_be_changed_as_well(pond: Pond) -> None:
    commit(pond, write("/f", b"1"))
    commit(pond, lambda tx: tx.rename("/f", "/g"))
    commit(pond, write("/g", b"22"))
    change = only(pond)
    assert (change.kind, change.path_before, change.bytes_before, change.bytes) == (
        RENAMED,
        "/f",
        1,
        2,
    )
    assert pond.diff(1, 2).changes[0].bytes is None


def test_another_node_under_an_old_name_is_one_removed_and_one_added(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.remove("/f"), write("/f", b"y"))
    assert found(pond) == [(REMOVED, "/f"), (ADDED, "/f")]


def test_what_came_and_went_does_not_show(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.mkdir("/d"), write("/d/f"))
    commit(pond, lambda tx: tx.rename("/f", "/d/g"))
    commit(pond, lambda tx: tx.rename("/d/g", "/f"))
    commit(pond, lambda tx: tx.remove("/d", recursive=True))
    assert found(pond) == []
    assert found(pond, 2, 3) == [(RENAMED, "/d/g")]


def test_changes_are_sorted_by_the_bytes_of_their_paths(pond: Pond) -> None:
    commit(pond, write("/a"))
    commit(pond, *(write(f"/{name}") for name in ("é", "z", "Z", "ab")))
    assert [path for _, path in found(pond)] == ["/Z", "/ab", "/z", "/é"]


# Content


def test_bytes_that_are_the_same_again_do_not_show(pond: Pond) -> None:
    commit(pond, write("/f", b"1"))
    commit(pond, write("/f", b"2"))
    commit(pond, write("/f", b"1"))
    assert found(pond) == []
    assert found(pond, 2) == [(CHANGED, "/f")]


def test_a_table_tells_its_rows(pond: Pond) -> None:
    commit(pond, lambda tx: tx.write_table("/t", pa.table({"a": [1, 2]})))
    commit(pond, lambda tx: tx.write_table("/t", pa.table({"a": [1, 2, 3]})))
    change = only(pond)
    assert (change.rows_before, change.rows, change.windows) == (2, 3, ())


def test_a_series_tells_the_ranges_that_were_written(pond: Pond) -> None:
    commit(pond, replace([1, 5, 9], 0, 10), replace([11], 10, 20), replace([21], 20, 30))
    commit(pond, replace([5], 4, 6), replace([22, 23], 20, 30))
    change = only(pond)
    assert change.kind is CHANGED
    assert change.windows == (
        WindowChange(Window(4, 6), rows_before=1, rows=1),
        WindowChange(Window(20, 30), rows_before=1, rows=2),
    )
    assert (change.rows_before, change.rows) == (2, 3)
    assert change.bytes_before is None
    assert change.bytes == sum(
        piece.size for piece in pond.snapshot().node("/s").pieces if piece.txn == 2
    )


def test_rows_before_are_counted_where_a_window_was_cut(pond: Pond) -> None:
    commit(pond, replace([1, 2, 3, 5, 7], 0, 10))
    commit(pond, replace([], 2, 6))
    assert only(pond).windows == (WindowChange(Window(2, 6), rows_before=3, rows=0),)


def test_neighboring_ranges_are_told_as_one(pond: Pond) -> None:
    commit(pond, lambda tx: tx.create_series("/s"))
    commit(pond, replace([1], 0, 10), replace([11], 10, 20), replace([31], 30, 40))
    windows = [each.window for each in only(pond).windows]
    assert windows == [Window(0, 20), Window(30, 40)]


def test_a_window_that_is_the_same_again_does_not_show(pond: Pond) -> None:
    commit(pond, replace([1], 0, 10))
    commit(pond, replace([2], 0, 10))
    commit(pond, replace([1], 0, 10))
    assert found(pond) == []


def test_windows_that_upkeep_made_one_are_told_as_they_were_written(pond: Pond) -> None:
    commit(pond, *(replace([10 * n], 10 * n, 10 * n + 10) for n in range(70)))
    commit(pond, replace([5], 0, 10))
    commit(pond, replace([15, 16], 10, 20))
    before = pond.diff(1, 2), pond.diff(1), pond.diff(2)
    pond.maintain()
    assert len(pond.snapshot().node("/s").pieces) < 70
    assert (pond.diff(1, 2), pond.diff(1), pond.diff(2)) == before
    assert before[2].changes[0].windows == (WindowChange(Window(10, 20), rows_before=1, rows=2),)


def test_a_window_known_to_be_empty_is_a_change(pond: Pond) -> None:
    commit(pond, lambda tx: tx.create_series("/s"))
    commit(pond, lambda tx: tx.write_window("/s", None, ALWAYS))
    assert only(pond).windows == (WindowChange(ALWAYS, rows_before=0, rows=0),)


def test_a_series_that_came_or_went_tells_all_its_rows(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, replace([1, 2], 0, 10))
    commit(pond, lambda tx: tx.remove("/s"))
    [added] = pond.diff(1, 2).changes
    assert (added.rows_before, added.rows) == (None, 2)
    assert added.windows == (WindowChange(Window(0, 10), rows_before=0, rows=2),)
    [removed] = pond.diff(2, 3).changes
    assert (removed.rows_before, removed.rows) == (2, None)
    assert removed.windows == (WindowChange(Window(0, 10), rows_before=2, rows=0),)


def test_facts_that_differ_are_named(pond: Pond) -> None:
    commit(pond, lambda tx: tx.create_series("/s", attributes={"a": 1, "b": 1, "c": 1}))
    commit(
        pond,
        lambda tx: tx.mark("/s", {"b": 1, "c": 2, "d": 1}),
        lambda tx: tx.set_mark("/s", {"done": True}, Window(5, 9)),
        lambda tx: tx.set_mark("/s", {"done": True}, Window(None, 5)),
    )
    change = only(pond)
    assert (change.kind, change.attributes) == (CHANGED, ("a", "c", "d"))
    assert change.marks == (Window(None, 5), Window(5, 9))
    assert (change.rows, change.windows) == (None, ())


def test_facts_about_the_root_are_a_change_of_it(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.mark("/", {"owner": "us"}))
    assert found(pond) == [(CHANGED, "/")]


def test_a_recipe_is_content_without_bytes(pond: Pond) -> None:
    recipe = Recipe(EntryType.DATA, "test.diff", {"a": 1})
    commit(pond, write("/f", b"stored"))
    commit(pond, lambda tx: tx.write_recipe("/f", recipe))
    commit(pond, lambda tx: tx.write_recipe("/f", replaced(recipe, config={"a": 2})))
    commit(pond, lambda tx: tx.write_recipe("/f", recipe))
    change = only(pond)
    assert (change.kind, change.bytes_before, change.bytes) == (CHANGED, 6, 0)
    assert found(pond, 2, 3) == [(CHANGED, "/f")]
    assert found(pond, 2, 4) == []


def test_a_dynamic_directory_is_one_change(pond: Pond) -> None:
    recipe = Recipe(EntryType.DIRECTORY, "test.diff", {})
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.write_recipe("/d", recipe))
    change = only(pond)
    assert (change.kind, change.path, change.entry_type) == (ADDED, "/d", EntryType.DIRECTORY)


# Moments


def test_the_earlier_moment_comes_first(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/g"))
    with pytest.raises(PondError, match="txn 2 is later than txn 1") as info:
        pond.diff(2, 1)
    assert info.value.hint == "name the earlier one first"


def test_the_empty_pond_is_a_moment_too(pond: Pond) -> None:
    commit(pond, write("/f"))
    assert found(pond, 0) == [(ADDED, "/f")]


def test_a_moment_that_never_was_differs_from_nothing(pond: Pond) -> None:
    with pytest.raises(NotFoundError):
        pond.diff(0, 1)


# All of it at once

Held = bytes | str | dict[int, float | None] | None
Tree = dict[str, tuple[EntryType, str, Held]]


def held(node: NodePath) -> Held:
    match node.entry_type:
        case EntryType.DIRECTORY:
            return None
        case EntryType.SYMLINK:
            return node.readlink()
        case EntryType.DATA:
            return node.read_bytes()
        case EntryType.SERIES | EntryType.TABLE:
            read = node.read_series()
            return values(read) if read.num_rows else {}


def tree_of(snapshot: Snapshot) -> Tree:
    return {
        node.path: (node.entry_type, node.node_id, held(node))
        for node in snapshot.walk("/")
        if node.path != "/"
    }


def applied(changes: Sequence[Change], tree: Tree, target: Tree) -> Tree:
    """Do to a tree what changes say, taking from the target only content that they name."""
    moved = {c.path_before: c for c in changes if c.path_before is not None}
    result: Tree = {}
    for path, (entry_type, node_id, content) in tree.items():
        names = paths.parts(path)
        ways = [paths.join("/", *names[:depth]) for depth in range(len(names), 0, -1)]
        nearest = next((moved[way] for way in ways if way in moved), None)
        if nearest is None:
            result[path] = entry_type, node_id, content
        elif nearest.kind is not REMOVED:
            rest = path[len(nearest.path_before or "") :]
            result[nearest.path + rest] = entry_type, node_id, content
    for change in changes:
        if change.kind is ADDED:
            result[change.path] = target[change.path]
        elif change.kind is not REMOVED and change.bytes is not None:
            entry_type, node_id, content = result[change.path]
            result[change.path] = entry_type, node_id, changed(change, content, target)
    return result


def changed(change: Change, content: Held, target: Tree) -> Held:
    new = target[change.path][2]
    if not isinstance(content, dict) or not isinstance(new, dict):
        return new
    for each in change.windows:
        before = {us: v for us, v in content.items() if each.window.contains(us)}
        after = {us: v for us, v in new.items() if each.window.contains(us)}
        assert (len(before), len(after)) == (each.rows_before, each.rows)
        content = {us: v for us, v in content.items() if us not in before} | after
    return dict(sorted(content.items()))


@settings(max_examples=40, deadline=None)
@given(TRANSACTIONS)
def test_what_differs_leads_from_one_moment_to_any_later_one(
    transactions: list[list[Step]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        pond = Pond.init(Path(directory) / "pond", durability="process")
        take(pond, transactions)
        head = pond.snapshot().txn
        trees = [tree_of(pond.snapshot(txn)) for txn in range(head + 1)]
        for before in range(head + 1):
            for after in range(before, head + 1):
                changes = pond.diff(before, after).changes
                assert applied(changes, trees[before], trees[after]) == trees[after]
