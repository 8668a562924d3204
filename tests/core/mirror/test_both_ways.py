"""Both ways: what happens in the folder happens in the pond."""

import errno
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import (
    EntryType,
    Mirror,
    Mirrored,
    Provenance,
    Recipe,
    StorageError,
    Window,
)
from pond_core.mirror.naming import conflict_name, is_conflict
from tests.conformance.filesystem import readings, values
from tests.core.mirror.sides import held, shown
from tests.core.mirror.stage import Stage, parquet


@pytest.fixture
def mirrored(stage: Stage) -> Stage:
    """A folder that is in step with its pond."""
    stage.run(both=True)
    return stage


def both(stage: Stage) -> Mirrored:
    return stage.run(both=True)


def test_a_new_file_becomes_data(mirrored: Stage) -> None:
    mirrored.put("a/c/new.csv", b"x,y\n")
    done = both(mirrored)
    assert (done.taken, done.written, done.is_in_step) == (1, 0, True)
    assert mirrored.pond.snapshot().read_data("/a/c/new.csv") == b"x,y\n"
    assert both(mirrored).taken_in is None


def test_a_new_parquet_file_is_data_and_keeps_its_name(mirrored: Stage) -> None:
    data = parquet(pa.table({"n": [1]}))
    mirrored.put("new.parquet", data)
    both(mirrored)
    assert mirrored.pond.snapshot().read_data("/new.parquet") == data
    assert mirrored.read("new.parquet") == data


def test_all_that_happened_is_one_transaction(mirrored: Stage) -> None:
    before = mirrored.pond.snapshot().txn
    mirrored.put("note.txt", b"mine")
    mirrored.put("new", b"new")
    (mirrored.folder / "a" / "b" / "blob").unlink()
    done = both(mirrored)
    assert (done.taken, done.dropped, done.taken_in) == (2, 1, before + 1)
    [header] = mirrored.pond.log(limit=1)
    assert header.provenance == Provenance(author="pond mirror", message=f"{mirrored.folder} to /")
    snapshot = mirrored.pond.snapshot()
    assert snapshot.read_data("/note.txt") == b"mine"
    assert not snapshot.exists("/a/b/blob")
    assert snapshot.exists("/a/b")


def test_of_a_changed_series_what_differs_is_written(mirrored: Stage) -> None:
    with mirrored.pond.transaction() as tx:
        tx.replace_window("/hours", readings({n: float(n) for n in range(90)}), Window(0, 100))
    both(mirrored)
    changed = readings({n: float(n) if n != 40 else -1.0 for n in range(90)})
    mirrored.put("hours.parquet", parquet(changed))
    both(mirrored)
    series = mirrored.pond.snapshot().read_series("/hours")
    assert values(series) == values(changed)
    [operation] = mirrored.pond.show().operations
    assert (operation.rows, operation.window) == (1, Window(40, 41))
    assert both(mirrored).taken_in is None


def test_rows_that_are_missing_in_the_file_go(mirrored: Stage) -> None:
    mirrored.put("a/station.parquet", parquet(readings({2: 2.0})))
    both(mirrored)
    assert values(mirrored.pond.snapshot().read_series("/a/station")) == {2: 2.0}


def test_a_series_with_a_longer_key_keeps_it(mirrored: Stage) -> None:
    def table(*found: float) -> pa.Table:
        times = pa.array([1] * len(found), pa.timestamp("us", "UTC"))
        return pa.table({"timestamp": times, "id": list(range(len(found))), "value": list(found)})

    with mirrored.pond.transaction() as tx:
        tx.replace_window("/raw", table(1.0, 2.0), Window(0, 10), key=("timestamp", "id"))
    both(mirrored)
    mirrored.put("raw.parquet", parquet(table(1.0, 3.0)))
    assert both(mirrored).findings == ()
    assert mirrored.pond.snapshot().read_series("/raw")["value"].to_pylist() == [1.0, 3.0]


def test_a_changed_table_is_replaced(mirrored: Stage) -> None:
    mirrored.put("units.parquet", parquet(pa.table({"id": [3]})))
    both(mirrored)
    assert mirrored.pond.snapshot().read_table("/units") == pa.table({"id": [3]})


def test_parquet_that_was_written_anew_with_the_same_rows_changes_nothing(mirrored: Stage) -> None:
    mirrored.put("a/station.parquet", parquet(readings({1: 1.0, 2: 2.0})))
    done = both(mirrored)
    assert (done.taken_in, done.written, done.findings) == (None, 0, ())
    assert both(mirrored).taken == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("units.parquet", b"nothing of the kind"),
        ("a/station.parquet", parquet(pa.table({"value": [1.0]}))),
        ("a/station.parquet", parquet(readings({1: 1.0, 2: 2.0}))[:-1]),
    ],
)
def test_what_does_not_fit_is_left_and_told(mirrored: Stage, name: str, data: bytes) -> None:
    before = mirrored.pond.snapshot().txn
    mirrored.put(name, data)
    for _ in range(2):
        assert [each.where for each in both(mirrored).findings] == [name]
    assert (mirrored.read(name), mirrored.pond.snapshot().txn) == (data, before)


def test_what_is_computed_is_not_changed_from_the_folder(mirrored: Stage) -> None:
    with mirrored.pond.transaction() as tx:
        query = {"query": "SELECT 1 AS n"}
        tx.write_recipe("/one", Recipe(EntryType.TABLE, "sql", query))
        tx.write_recipe("/two", Recipe(EntryType.TABLE, "sql", query))
    both(mirrored)
    mirrored.put("one.parquet", parquet(pa.table({"n": [2]})))
    (mirrored.folder / "two.parquet").unlink()
    done = both(mirrored)
    assert ([each.where for each in done.findings], done.taken_in) == (["one.parquet"], None)
    assert mirrored.rows("two.parquet").to_pydict() == {"n": [1]}


def test_a_file_that_changed_a_moment_ago_waits(mirrored: Stage) -> None:
    mirrored.put("note.txt", b"half")
    mirrored.put("new", b"half")
    mirrored.write("/note.txt", b"newer")
    at_once = Mirror(mirrored.pond, mirrored.folder, durability="process")
    done = at_once.run(both=True)
    assert (done.waiting, done.taken, done.written) == (("new", "note.txt"), 0, 0)
    assert mirrored.read("note.txt") == b"half"


def test_what_went_a_moment_ago_waits(mirrored: Stage) -> None:
    (mirrored.folder / "note.txt").unlink()
    shutil.rmtree(mirrored.folder / "a")
    at_once = Mirror(mirrored.pond, mirrored.folder, durability="process")
    done = at_once.run(both=True)
    assert (done.dropped, done.written) == (0, 0)
    assert done.waiting == ("a/b/blob", "a/station.parquet", "note.txt")
    assert mirrored.names() == ["empty", "units.parquet"]
    assert both(mirrored).dropped == 3


def test_a_file_that_was_renamed_a_moment_ago_is_renamed_at_once(mirrored: Stage) -> None:
    os.utime(mirrored.folder / "note.txt", (1, 1))  # whose content is old
    both(mirrored)
    (mirrored.folder / "note.txt").rename(mirrored.folder / "other.txt")
    at_once = Mirror(mirrored.pond, mirrored.folder, durability="process")
    assert at_once.run(both=True).taken == 1
    assert not mirrored.pond.snapshot().exists("/note.txt")


@pytest.mark.parametrize("name", [".hidden", "x.part", "~$x.docx", "x.tmp", "sub/.git/config"])
def test_what_is_unfinished_by_its_name_is_not_taken(mirrored: Stage, name: str) -> None:
    mirrored.put(name, b"half")
    assert both(mirrored).taken_in is None
    assert mirrored.read(name) == b"half"


def test_a_hidden_file_of_the_pond_is_one_like_any_other(mirrored: Stage) -> None:
    mirrored.write("/.env", b"1")
    both(mirrored)
    mirrored.put(".env", b"2")
    both(mirrored)
    assert mirrored.pond.snapshot().read_data("/.env") == b"2"


def test_a_file_changed_on_both_sides_is_kept_twice(mirrored: Stage) -> None:
    mirrored.put("note.txt", b"mine")
    mirrored.write("/note.txt", b"newer")
    done = both(mirrored)
    [conflict] = done.conflicts
    assert conflict.name == "note.txt"
    assert is_conflict(conflict.kept_as)
    assert conflict.kept_as.startswith("note.conflict-")
    assert conflict.kept_as.endswith(".txt")
    assert (mirrored.read("note.txt"), mirrored.read(conflict.kept_as)) == (b"newer", b"mine")
    quiet = both(mirrored)
    assert (quiet.conflicts, quiet.taken_in, quiet.is_in_step) == ((), None, True)


def test_a_kept_file_that_somebody_changed_is_not_replaced(mirrored: Stage) -> None:
    kept = []
    for number in range(3):
        mirrored.put("note.txt", b"mine")
        mirrored.write("/note.txt", b"newer %d" % number)
        [conflict] = both(mirrored).conflicts
        kept.append(conflict.kept_as)
        if number == 0:
            mirrored.put(conflict.kept_as, b"mine, and more")
    assert [mirrored.read(name) for name in kept] == [b"mine, and more", b"mine", b"mine"]
    assert kept[1] == kept[2]


def test_a_disk_without_hard_links_keeps_both_as_well(
    mirrored: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    mirrored.put("note.txt", b"mine")
    mirrored.write("/note.txt", b"newer")
    mirrored.write("/more", b"more")
    monkeypatch.setattr(os, "link", refuse)  # the pond has nothing to commit in this run
    [conflict] = both(mirrored).conflicts
    assert (mirrored.read("note.txt"), mirrored.read(conflict.kept_as)) == (b"newer", b"mine")
    assert mirrored.read("more") == b"more"


def test_new_files_of_one_name_are_a_conflict_unless_they_are_equal(stage: Stage) -> None:
    stage.put("note.txt", b"mine")
    stage.put("a/b/blob", b"\x00\xff")
    stage.put("a/station.parquet", parquet(readings({1: 1.0, 2: 2.0})))
    done = both(stage)
    assert [each.name for each in done.conflicts] == ["note.txt"]
    assert held(stage.folder).items() >= shown(stage.pond.snapshot()).items()


def test_the_same_change_on_both_sides_is_no_conflict(mirrored: Stage) -> None:
    mirrored.put("note.txt", b"same")
    mirrored.write("/note.txt", b"same")
    mirrored.put("a/station.parquet", parquet(readings({1: 5.0})))
    mirrored.write_series("/a/station", {1: 5.0})
    done = both(mirrored)
    assert (done.conflicts, done.findings, done.taken_in) == ((), (), None)


def test_a_change_beats_a_deletion_on_either_side(mirrored: Stage) -> None:
    (mirrored.folder / "note.txt").unlink()
    mirrored.write("/note.txt", b"newer")
    mirrored.put("a/b/blob", b"mine")
    mirrored.remove("/a/b/blob")
    done = both(mirrored)
    assert (done.taken, done.dropped) == (1, 0)
    assert mirrored.read("note.txt") == b"newer"
    assert mirrored.pond.snapshot().read_data("/a/b/blob") == b"mine"


def test_a_renamed_file_is_the_same_node_of_another_name(mirrored: Stage) -> None:
    node_id = mirrored.pond.snapshot().lookup("/a/station").node_id
    (mirrored.folder / "a" / "station.parquet").rename(mirrored.folder / "empty" / "s.parquet")
    done = both(mirrored)
    assert (done.taken, done.dropped, done.written) == (1, 0, 0)
    assert mirrored.pond.snapshot().lookup("/empty/s").node_id == node_id
    assert both(mirrored).taken_in is None


def test_a_renamed_directory_takes_its_files_along(mirrored: Stage) -> None:
    node_id = mirrored.pond.snapshot().lookup("/a/b/blob").node_id
    (mirrored.folder / "a" / "b").rename(mirrored.folder / "c")
    both(mirrored)
    snapshot = mirrored.pond.snapshot()
    assert snapshot.lookup("/c/blob").node_id == node_id
    assert not snapshot.exists("/a/b")


def test_a_deleted_directory_goes_with_all_that_it_held(mirrored: Stage) -> None:
    shutil.rmtree(mirrored.folder / "a" / "b")
    shutil.rmtree(mirrored.folder / "empty")
    both(mirrored)
    assert [node.path for node in mirrored.pond.snapshot().walk("/")] == [
        "/",
        "/a",
        "/a/here",
        "/a/station",
        "/note.txt",
        "/units",
    ]


def test_a_directory_that_holds_what_has_no_file_comes_back(mirrored: Stage) -> None:
    shutil.rmtree(mirrored.folder / "a")
    both(mirrored)
    assert [node.path for node in mirrored.pond.snapshot().walk("/a")] == ["/a", "/a/here"]
    assert (mirrored.folder / "a").is_dir()


def test_a_new_directory_is_made_in_the_pond(mirrored: Stage) -> None:
    (mirrored.folder / "x" / "y").mkdir(parents=True)
    both(mirrored)
    assert mirrored.pond.snapshot().entry_type("/x/y") is EntryType.DIRECTORY


def test_a_folder_that_was_emptied_is_not_believed(mirrored: Stage) -> None:
    for name in ("a", "empty"):
        shutil.rmtree(mirrored.folder / name)
    for name in ("note.txt", "units.parquet"):
        (mirrored.folder / name).unlink()
    before = mirrored.pond.snapshot().txn
    with pytest.raises(StorageError, match="all 4 files") as caught:
        both(mirrored)
    assert "--emptied" in caught.value.hint
    assert mirrored.pond.snapshot().txn == before
    assert mirrored.run(both=True, emptied=True).dropped == 4


def test_what_lies_behind_a_symlink_is_not_taken_for_deleted(
    mirrored: Stage, tmp_path: Path
) -> None:
    shutil.move(mirrored.folder / "a", tmp_path / "moved")
    (mirrored.folder / "a").symlink_to(tmp_path / "moved")
    done = both(mirrored)
    assert ([each.where for each in done.findings], done.dropped) == (["a"], 0)
    assert mirrored.pond.snapshot().exists("/a/station")


def test_a_file_does_not_go_through_a_symlink_of_the_pond(mirrored: Stage) -> None:
    with mirrored.pond.transaction() as tx:
        tx.symlink("/link", "/a")
    mirrored.put("link/new", b"new")
    done = both(mirrored)
    assert "link" in " ".join(each.where for each in done.findings)
    assert not mirrored.pond.snapshot().exists("/a/new")


def test_a_directory_that_the_pond_removed_is_not_made_again_for_what_is_hidden(
    mirrored: Stage,
) -> None:
    mirrored.put("a/b/.DS_Store", b"")
    mirrored.remove("/a/b")
    for _ in range(2):
        both(mirrored)
    assert not mirrored.pond.snapshot().exists("/a/b")


def test_one_way_nothing_goes_into_the_pond(mirrored: Stage) -> None:
    before = mirrored.pond.snapshot().txn
    mirrored.put("new", b"new")
    (mirrored.folder / "note.txt").unlink()
    mirrored.run()
    assert mirrored.pond.snapshot().txn == before


def test_a_name_that_is_not_utf_8_is_told(mirrored: Stage) -> None:
    os.close(os.open(os.fsencode(mirrored.folder) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    [finding] = both(mirrored).findings
    assert "UTF-8" in finding.detail


@pytest.mark.parametrize(
    "name", ["a/wharf.csv", "a.b/wharf", ".env", "x" * 255, "é" * 127 + ".csv"]
)
def test_a_conflict_has_a_name_that_a_host_can_hold(name: str) -> None:
    made = conflict_name(name, "0123456789abcdef")
    assert is_conflict(made)
    assert len(made.rpartition("/")[2].encode()) <= 255
    assert made.rpartition("/")[0] == name.rpartition("/")[0]
