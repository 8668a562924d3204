"""One way: the folder follows the pond, and what somebody did there stays."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import (
    CorruptionError,
    DataError,
    EntryType,
    Mirror,
    NotFoundError,
    Pond,
    PondDivergedError,
    Recipe,
    StorageError,
    Window,
    WrongTypeError,
)
from pond_core.mirror.subtree import look_at_pond
from tests.conformance.filesystem import readings, values
from tests.core.mirror.sides import held, shown
from tests.core.mirror.stage import Stage, settled_ns

ALL = ["a", "a/b", "a/b/blob", "a/station.parquet", "empty", "note.txt", "units.parquet"]


def test_data_are_as_they_are_and_rows_are_parquet(stage: Stage) -> None:
    done = stage.run()
    assert stage.names() == ALL
    assert (stage.read("note.txt"), stage.read("a/b/blob")) == (b"hello\n", b"\x00\xff")
    assert stage.rows("units.parquet") == pa.table({"id": [1, 2], "name": ["°C", "psi"]})
    assert values(stage.rows("a/station.parquet")) == {1: 1.0, 2: 2.0}
    assert (done.written, done.findings, done.is_in_step) == (4, (), True)


def test_symlinks_are_left_out_and_told(stage: Stage) -> None:
    assert stage.run().links == ("/a/here",)
    assert not (stage.folder / "a" / "here").exists()


def test_a_second_run_does_nothing(stage: Stage) -> None:
    stage.run()
    before = {name: os.lstat(stage.folder / name) for name in stage.names()}
    done = stage.run()
    assert (done.written, done.bytes, done.deleted) == (0, 0, 0)
    assert {name: os.lstat(stage.folder / name) for name in stage.names()} == before


def test_only_what_changed_is_written(stage: Stage) -> None:
    stage.run()
    before = os.lstat(stage.folder / "units.parquet")
    stage.write_series("/a/station", {3: 3.0}, Window(3, 4))
    assert stage.run().written == 1
    assert values(stage.rows("a/station.parquet")) == {1: 1.0, 2: 2.0, 3: 3.0}
    assert os.lstat(stage.folder / "units.parquet") == before


def test_what_is_stored_otherwise_and_says_the_same_is_not_written(stage: Stage) -> None:
    stage.run()
    before = os.lstat(stage.folder / "a" / "station.parquet")
    stage.write_series("/a/station", {2: 2.0}, Window(2, 3))  # two windows, the same rows
    assert stage.run().written == 0
    assert os.lstat(stage.folder / "a" / "station.parquet") == before


def test_what_goes_from_the_pond_goes_from_the_folder(stage: Stage) -> None:
    stage.run()
    stage.remove("/a")
    assert stage.run().deleted == 2
    assert stage.names() == ["empty", "note.txt", "units.parquet"]


def test_what_is_renamed_in_the_pond_has_its_new_name_alone(stage: Stage) -> None:
    stage.run()
    with stage.pond.transaction() as tx:
        tx.rename("/a", "/c")
    stage.run()
    assert stage.names() == ["c", *(name.replace("a/", "c/", 1) for name in ALL[1:4]), *ALL[4:]]


def test_a_file_becomes_a_directory_and_a_directory_a_file(stage: Stage) -> None:
    stage.run()
    with stage.pond.transaction() as tx:
        tx.remove("/note.txt")
        tx.mkdir("/note.txt")
        tx.write_data("/note.txt/x", b"x")
        tx.remove("/a", recursive=True)
        tx.write_data("/a", b"a")
    assert stage.run().findings == ()
    assert held(stage.folder) == shown(stage.pond.snapshot())


def test_what_was_deleted_in_the_folder_comes_back(stage: Stage) -> None:
    stage.run()
    shutil.rmtree(stage.folder / "a")
    assert stage.run().written == 2
    assert stage.names() == ALL


def test_what_was_changed_in_the_folder_is_left_and_told(stage: Stage) -> None:
    stage.run()
    stage.put("note.txt", b"mine")
    for _ in range(2):
        done = stage.run()
        assert [each.where for each in done.findings] == ["note.txt"]
        assert (stage.read("note.txt"), done.is_in_step) == (b"mine", False)
        stage.write("/note.txt", b"newer")
    stage.put("note.txt", b"newer")
    assert stage.run().findings == ()


def test_what_was_changed_and_is_gone_from_the_pond_stays(stage: Stage) -> None:
    stage.run()
    stage.put("note.txt", b"mine")
    stage.remove("/note.txt")
    assert [each.where for each in stage.run().findings] == ["note.txt"]
    assert (stage.run().findings, stage.read("note.txt")) == ((), b"mine")


def test_a_file_that_the_mirror_did_not_make_is_left(stage: Stage) -> None:
    stage.put("note.txt", b"mine")
    stage.put("other/file", b"mine as well")
    assert [each.where for each in stage.run().findings] == ["note.txt"]
    assert (stage.read("note.txt"), stage.read("other/file")) == (b"mine", b"mine as well")


def test_a_file_in_the_place_of_a_directory_is_left_and_told_once(stage: Stage) -> None:
    stage.put("a", b"mine")
    done = stage.run()
    assert [each.where for each in done.findings] == ["a"]
    assert (stage.read("a"), done.written) == (b"mine", 2)


def test_a_directory_in_the_place_of_a_file_is_left(stage: Stage) -> None:
    stage.put("note.txt/mine", b"mine")
    assert [each.where for each in stage.run().findings] == ["note.txt"]
    assert stage.read("note.txt/mine") == b"mine"


def test_a_symlink_in_the_folder_is_not_followed(stage: Stage, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stage.folder.mkdir()
    (stage.folder / "a").symlink_to(elsewhere)
    assert [each.where for each in stage.run().findings] == ["a"]
    assert list(elsewhere.iterdir()) == []


def test_a_directory_with_something_of_ones_own_stays(stage: Stage) -> None:
    stage.run()
    stage.put("a/mine", b"mine")
    stage.remove("/a")
    stage.run()
    assert stage.names() == ["a", "a/mine", "empty", "note.txt", "units.parquet"]


def test_a_touched_file_is_the_same(stage: Stage) -> None:
    stage.run()
    os.utime(stage.folder / "note.txt", ns=(1, 1))
    assert stage.run().findings == ()
    stage.write("/note.txt", b"newer")
    assert (stage.run().written, stage.read("note.txt")) == (1, b"newer")


def test_without_its_state_a_mirror_finds_what_is_equal(stage: Stage) -> None:
    stage.run()
    shutil.rmtree(stage.folder / ".pond-mirror")
    done = stage.run()
    assert (done.written, done.findings) == (0, ())


def test_a_part_of_the_pond_is_mirrored_without_the_way_to_it(stage: Stage) -> None:
    done = stage.mirror("/a").run()
    assert (done.path, stage.names()) == ("/a", ["b", "b/blob", "station.parquet"])
    stage.write("/a/b/new", b"new")
    assert (stage.run().written, stage.read("b/new")) == (1, b"new")


def test_two_nodes_of_one_name_on_the_host(stage: Stage) -> None:
    stage.write("/units.parquet", b"data")
    assert [each.where for each in stage.run().findings] == ["/units"]
    assert stage.read("units.parquet") == b"data"


def test_names_that_differ_in_case_alone_are_one_where_the_host_says_so(stage: Stage) -> None:
    with stage.pond.transaction() as tx:
        tx.mkdir("/A")
        tx.write_data("/A/x", b"x")
    snapshot = stage.pond.snapshot()
    folded = look_at_pond(snapshot, "/", is_wanted=lambda *_: True, fold=str.casefold)
    assert [each.where for each in folded.findings] == ["/a"]
    assert sorted(folded.files) == ["A/x", "note.txt", "units.parquet"]


def test_names_that_the_host_cannot_hold_are_told(stage: Stage) -> None:
    long = "x" * 250
    stage.write_table(f"/{long}", pa.table({"n": [1]}))
    stage.write("/.pond-mirror", b"")
    found = {each.where for each in stage.run().findings}
    assert found == {f"/{long}", "/.pond-mirror"}
    assert stage.names() == ALL


def test_what_is_computed_is_mirrored_and_followed(stage: Stage) -> None:
    query = 'SELECT count(*) AS n FROM "/a/station"'
    with stage.pond.transaction() as tx:
        tx.write_recipe("/count", Recipe(EntryType.TABLE, "sql", {"query": query}))
    stage.run()
    before = os.lstat(stage.folder / "count.parquet")
    stage.write("/note.txt", b"newer")
    stage.run()
    assert os.lstat(stage.folder / "count.parquet") == before
    stage.write_series("/a/station", {3: 3.0}, Window(3, 4))
    stage.run()
    assert stage.rows("count.parquet").to_pydict() == {"n": [3]}


def test_what_cannot_be_computed_is_told_and_does_not_stop_the_rest(stage: Stage) -> None:
    query = 'SELECT * FROM "/nowhere"'
    with stage.pond.transaction() as tx:
        tx.write_recipe("/broken", Recipe(EntryType.TABLE, "sql", {"query": query}))
    done = stage.run()
    assert ([each.where for each in done.findings], done.written) == (["broken.parquet"], 4)


def test_what_is_damaged_in_the_pond_is_told_and_does_not_stop_the_rest(stage: Stage) -> None:
    stage.write("/big", b"x" * 100_000)
    for each in (stage.pond.path / "objects").glob("*/*"):
        if each.stat().st_size == 100_000:
            each.unlink()
    done = stage.run()
    assert ([each.where for each in done.findings], done.written) == (["big"], 4)


def test_a_mirror_is_of_a_directory(stage: Stage) -> None:
    with pytest.raises(WrongTypeError):
        stage.mirror("/units").run()
    with pytest.raises(NotFoundError):
        stage.mirror("/nowhere").run()


def test_a_folder_mirrors_one_directory_of_one_pond(stage: Stage, tmp_path: Path) -> None:
    stage.mirror("/a").run()
    with pytest.raises(DataError, match="mirrors /a"):
        stage.mirror("/").run()
    other = Pond.init(tmp_path / "other", durability="process")
    with pytest.raises(PondDivergedError, match=other.id):
        Mirror(other, stage.folder, clock_ns=settled_ns).run()


def test_pond_and_folder_do_not_lie_in_each_other(stage: Stage) -> None:
    for folder in (stage.pond.path / "mirror", stage.pond.path, stage.pond.path.parent):
        with pytest.raises(DataError, match="lie in each other"):
            Mirror(stage.pond, folder).run()


def test_what_the_folder_lies_in_is_not_made(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no"):
        Mirror(stage.pond, tmp_path / "stick" / "mirror").run()
    assert not (tmp_path / "stick").exists()


def test_a_damaged_state_is_told(stage: Stage) -> None:
    stage.run()
    (stage.folder / ".pond-mirror" / "state.json").write_text("{")
    with pytest.raises(CorruptionError, match="damaged"):
        stage.run()


def test_the_bytes_wait_for_the_disk_unless_told_otherwise(stage: Stage) -> None:
    Mirror(stage.pond, stage.folder, clock_ns=settled_ns).run()
    assert stage.names() == ALL


def test_an_empty_series_is_parquet_without_rows(stage: Stage) -> None:
    with stage.pond.transaction() as tx:
        tx.create_series("/none")
        tx.write_window("/also", readings({}), Window(0, 1))
    stage.run()
    assert [stage.rows(f"{name}.parquet").num_rows for name in ("none", "also")] == [0, 0]
