"""What a folder and a bucket have in common, sealed or not, one behaviour each."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core.storage import Durability, Folder, Place, Sealed


@pytest.fixture(params=["folder", "bucket", "sealed folder", "sealed bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    found: Place = (
        request.getfixturevalue("bucket")
        if request.param.endswith("bucket")
        else Folder(tmp_path / "place", durability=Durability(full=False))
    )
    if request.param.startswith("sealed"):
        found = Sealed(found, "a long enough passphrase")
    found.prepare()
    return found


def test_what_was_written_is_read(place: Place) -> None:
    with place.writing():
        place.write("a/b", b"hello")
    assert place.read("a/b") == b"hello"
    assert place.size("a/b") == 5


def test_what_is_not_there_is_none(place: Place) -> None:
    assert place.read("a/b") is None
    assert place.size("a/b") is None


def test_an_empty_file_is_there(place: Place) -> None:
    with place.writing():
        place.write("empty", b"")
    assert (place.read("empty"), place.size("empty")) == (b"", 0)


def test_a_second_write_takes_the_place_of_the_first(place: Place) -> None:
    with place.writing():
        place.write("a", b"first")
        place.write("a", b"second")
    assert place.read("a") == b"second"


def test_creating_twice_is_refused_and_changes_nothing(place: Place) -> None:
    with place.writing():
        assert place.create("a", b"first")
        assert not place.create("a", b"second")
    assert place.read("a") == b"first"


def test_a_file_goes_there_and_back(place: Place, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"0123456789" * 2_000_000)  # more than one chunk
    with place.writing():
        place.upload(source, "large")
    assert place.size("large") == 20_000_000
    assert place.download("large", target)
    assert target.read_bytes() == source.read_bytes()


def test_a_download_of_what_is_not_there_says_so(place: Place, tmp_path: Path) -> None:
    assert not place.download("nothing", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_files_below_a_folder_are_listed_with_sizes_by_name(place: Place) -> None:
    with place.writing():
        for name in ("x/b", "x/a/c", "x2/d", "e"):
            place.write(name, name.encode())
    assert [(each.name, each.size) for each in place.files("x")] == [("x/a/c", 5), ("x/b", 3)]
    assert all(each.changed.tzinfo for each in place.files("x"))
    assert list(place.files("nothing")) == []


def test_folders_are_listed_by_the_last_part_of_their_names(place: Place) -> None:
    with place.writing():
        for name in ("ponds/two/1", "ponds/one/1", "ponds/one/2", "ponds/file"):
            place.write(name, b"")
    assert place.folders("ponds") == ["one", "two"]
    assert place.folders("nothing") == []


def test_deleted_files_are_gone_and_deleting_again_does_no_harm(place: Place) -> None:
    with place.writing():
        place.write("a/b", b"")
        place.write("a/c", b"")
        for _ in range(2):
            place.delete(["a/b", "never/there"])
    assert [each.name for each in place.files("a")] == ["a/c"]
    place.delete([])


def test_columns_of_a_parquet_file_are_read_where_it_lies(place: Place, tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    pq.write_table(table, tmp_path / "table")
    with place.writing():
        place.upload(tmp_path / "table", "table")
    with place.open("table") as file:
        assert pq.ParquetFile(file).read(["b"]).to_pydict() == {"b": ["x", "y"]}


def test_a_place_can_be_prepared_again(place: Place) -> None:
    with place.writing():
        place.write("a", b"1")
    place.prepare()
    assert place.read("a") == b"1"
