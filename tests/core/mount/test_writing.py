"""What becomes of bytes that are written, and of names that are changed."""

import csv
import gzip
import io
import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from pond_core import (
    ALWAYS,
    ExistsError,
    InvalidPathError,
    Pond,
    PondError,
    PondFileSystem,
    WrongTypeError,
)
from tests.core.mount.conftest import readings


@pytest.fixture
def filled(pond: Pond) -> Pond:
    with pond.transaction() as tx:
        tx.mkdir("/raw")
        tx.write_data("/raw/note", b"here")
        tx.write_table("/raw/units", pa.table({"unit": ["m"]}))
        tx.write_window("/raw/basin", readings(5), ALWAYS)
    return pond


def test_a_file_is_one_transaction_when_it_is_closed(pond: Pond, mounted: PondFileSystem) -> None:
    with mounted.open("/note", "wb") as file:
        file.write(b"all ")
        file.write(b"of it")
        assert not mounted.exists("/note")
    assert pond.snapshot().read_data("/note") == b"all of it"
    assert [header.provenance.message for header in pond.log()] == ["fsspec: write /note"]


def test_a_file_is_written_with_the_directories_that_lead_to_it(
    pond: Pond, mounted: PondFileSystem
) -> None:
    mounted.pipe("pond:///exports/2026/note", b"1")
    assert pond.snapshot().txn == 1
    assert mounted.find("/exports") == ["/exports/2026/note"]


def test_writing_again_makes_a_version_of_the_same_node(mounted: PondFileSystem) -> None:
    mounted.pipe("/note", b"1")
    before = mounted.info("/note")
    mounted.pipe("/note", b"2")
    after = mounted.info("/note")
    assert (after["node_id"], after["version"]) == (before["node_id"], 2)


def test_text_is_written_through_a_codec(mounted: PondFileSystem) -> None:
    with mounted.open("/rows.csv", "w", encoding="utf-16", newline="") as file:
        csv.writer(file).writerow(["Tiefe", "µ"])
    assert mounted.read_text("/rows.csv", encoding="utf-16", newline="") == "Tiefe,µ\r\n"


def test_a_compressed_file_is_complete_when_it_is_closed(mounted: PondFileSystem) -> None:
    with mounted.open("/rows.gz", "wb", compression="gzip") as file:
        file.write(b"inside")
    assert gzip.decompress(mounted.cat("/rows.gz")) == b"inside"


def test_many_bytes_go_through(mounted: PondFileSystem) -> None:
    data = bytes(range(256)) * 1024
    with mounted.open("/large", "wb") as file:
        for start in range(0, len(data), 1000):
            file.write(data[start : start + 1000])
        file.seek(0)
        file.write(b"!")
    assert mounted.cat("/large") == b"!" + data[1:]


def test_appending_adds_to_what_is_there_when_the_file_is_closed(mounted: PondFileSystem) -> None:
    with mounted.open("/log", "ab") as file:
        assert file.tell() == 0
        file.write(b"one\n")
    with mounted.open("/log", "ab") as file:
        assert file.tell() == 4
        file.write(b"three\n")
        with mounted.open("/log", "ab") as other:
            other.write(b"two\n")
        with pytest.raises(io.UnsupportedOperation, match="open for appending"):
            file.seek(0)
    assert mounted.cat("/log") == b"one\ntwo\nthree\n"


@pytest.mark.usefixtures("pond")
def test_appenders_in_parallel_lose_nothing(at: Callable[..., PondFileSystem]) -> None:
    barrier = threading.Barrier(4)

    def append(number: int) -> None:
        mounted = at()
        with mounted.open("/log", "ab") as file:
            file.write(f"{number}\n".encode())
            barrier.wait()

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(at().cat("/log").splitlines()) == [b"0", b"1", b"2", b"3"]


def test_a_file_that_must_be_new_is_refused_when_it_opens_and_when_it_closes(
    mounted: PondFileSystem,
) -> None:
    file = mounted.open("/note", "xb")
    file.write(b"mine")
    mounted.pipe("/note", b"theirs")
    with pytest.raises(FileExistsError, match="/note exists: it is a data file"):
        file.close()
    with pytest.raises(FileExistsError, match="/note exists"):
        mounted.open("/note", "xb")
    assert mounted.cat("/note") == b"theirs"


@pytest.mark.parametrize("mode", ["r+b", "w+b", "qb"])
def test_other_modes_are_refused(mounted: PondFileSystem, mode: str) -> None:
    with pytest.raises(ValueError, match="use r, w, a or x"):
        mounted.open("/note", mode)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("path", ["/raw/units", "/raw/basin"])
@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_bytes_are_not_written_onto_tables_and_series(
    mounted: PondFileSystem, path: str, mode: str
) -> None:
    with pytest.raises(WrongTypeError, match="not written as bytes") as caught:
        mounted.open(path, mode)
    assert "another path" in caught.value.hint
    with pytest.raises(WrongTypeError):
        mounted.touch(path)


@pytest.mark.usefixtures("filled")
def test_bytes_are_not_written_onto_directories_or_behind_files(mounted: PondFileSystem) -> None:
    with pytest.raises(IsADirectoryError, match="/raw is a directory"):
        mounted.pipe("/raw", b"")
    with pytest.raises(NotADirectoryError, match="/raw/note is a data file, no directory"):
        mounted.open("/raw/note/x/y", "wb")
    with pytest.raises(NotADirectoryError):
        mounted.makedirs("/raw/note/x")
    assert mounted.cat("/raw/note") == b"here"


def test_writing_through_a_symlink_writes_what_it_leads_to(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with pond.transaction() as tx:
        tx.write_data("/note", b"")
        tx.symlink("/alias", "note")
        tx.symlink("/lost", "nowhere")
    mounted.pipe("/alias", b"through")
    assert mounted.cat("/note") == b"through"
    with pytest.raises(FileNotFoundError, match="/lost"):
        mounted.pipe("/lost", b"")


def test_touch_makes_an_empty_file_or_empties_one(mounted: PondFileSystem) -> None:
    mounted.touch("/note")
    assert mounted.cat("/note") == b""
    mounted.pipe("/note", b"full")
    with pytest.raises(NotImplementedError):
        mounted.touch("/note", truncate=False)
    mounted.touch("/note")
    assert mounted.info("/note")["size"] == 0


def test_a_call_about_many_files_is_one_transaction(pond: Pond, mounted: PondFileSystem) -> None:
    mounted.pipe({f"/many/{number}": b"" for number in range(20)})
    mounted.cp("/many", "/copies", recursive=True)
    mounted.rm("/many/1*")
    assert [header.operations for header in pond.log()] == [11, 41, 41]
    assert len(mounted.ls("/copies")) == 20


def test_an_earlier_state_is_not_written_to(
    filled: Pond, at: Callable[..., PondFileSystem]
) -> None:
    earlier = at(as_of=filled.snapshot().txn)
    attempts: list[Callable[[], object]] = [
        lambda: earlier.open("/x", "wb"),
        lambda: earlier.pipe("/x", b""),
        lambda: earlier.rm("/raw/note"),
        lambda: earlier.mkdir("/x"),
        lambda: earlier.mv("/raw/note", "/x"),
        lambda: earlier.cp("/raw/note", "/x"),
        earlier.start_transaction,
    ]
    for attempt in attempts:
        with pytest.raises(PermissionError, match="as of txn 1") as caught:
            attempt()
        assert isinstance(caught.value, PondError)
    assert filled.snapshot().txn == 1


@pytest.mark.usefixtures("filled")
def test_directories_are_made_with_those_that_lead_to_them_unless_asked_otherwise(
    mounted: PondFileSystem,
) -> None:
    mounted.mkdir("/a/b")
    with pytest.raises(FileNotFoundError):
        mounted.mkdir("/c/d", create_parents=False)
    with pytest.raises(FileExistsError):
        mounted.mkdir("/a/b")
    mounted.makedirs("/a/b", exist_ok=True)
    with pytest.raises(FileExistsError):
        mounted.makedirs("/raw/note", exist_ok=True)
    assert mounted.isdir("/a/b")


@pytest.mark.usefixtures("filled")
def test_only_empty_directories_are_removed_alone(mounted: PondFileSystem) -> None:
    with pytest.raises(OSError, match="/raw is not empty"):
        mounted.rmdir("/raw")
    with pytest.raises(NotADirectoryError):
        mounted.rmdir("/raw/note")
    with pytest.raises(IsADirectoryError, match="/raw is a directory"):
        mounted.rm("/raw")
    mounted.mkdir("/empty")
    mounted.rmdir("/empty")
    mounted.rm("/raw", recursive=True)
    assert mounted.ls("/") == []


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_removed_whole_stays_whole(mounted: PondFileSystem) -> None:
    with pytest.raises(FileNotFoundError):
        mounted.rm(["/raw/note", "/raw/nothing"])
    with pytest.raises(ValueError, match="removed whole"):
        mounted.rm("/raw", recursive=True, maxdepth=1)
    with pytest.raises(InvalidPathError, match="root"):
        mounted.rm("/", recursive=True)
    assert len(mounted.ls("/raw")) == 3


def test_removing_a_symlink_leaves_what_it_leads_to(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/raw")
        tx.write_data("/raw/note", b"here")
        tx.symlink("/alias", "raw")
    mounted.rm("/alias", recursive=True)
    assert mounted.find("/") == ["/raw/note"]


@pytest.mark.usefixtures("filled")
def test_a_move_renames_the_node(mounted: PondFileSystem) -> None:
    before = mounted.info("/raw/basin")["node_id"]
    mounted.mv("/raw/basin", "/new/place")
    assert mounted.info("/new/place")["node_id"] == before
    mounted.mv("/new", "/raw/")
    assert mounted.info("/raw/new/place")["node_id"] == before
    assert mounted.ls("/", detail=False) == ["/raw"]


@pytest.mark.usefixtures("filled")
def test_a_move_replaces_only_a_data_file_by_a_data_file(mounted: PondFileSystem) -> None:
    mounted.pipe("/new", b"new")
    with pytest.raises(ExistsError, match="/raw/basin exists: it is a series"):
        mounted.mv("/new", "/raw/basin")
    mounted.mv("/new", "/raw/note")
    mounted.mv("/raw/note", "/raw/note")
    assert mounted.cat("/raw/note") == b"new"
    assert not mounted.exists("/new")
    with pytest.raises(FileNotFoundError):
        mounted.mv("/new", "/newer")
    with pytest.raises(InvalidPathError, match="lies inside"):
        mounted.mv("/raw", "/raw/below")


@pytest.mark.usefixtures("filled")
def test_several_things_move_into_a_directory_or_to_as_many_paths(mounted: PondFileSystem) -> None:
    mounted.mv("/raw/*s", "/some")
    assert mounted.find("/some") == ["/some/units"]
    mounted.mv(["/some/units", "/raw/note"], ["/u", "/n"])
    assert mounted.find("/") == ["/n", "/raw/basin", "/u"]


@pytest.mark.usefixtures("filled")
def test_a_copy_of_a_series_is_a_series(mounted: PondFileSystem, pond: Pond) -> None:
    mounted.cp("/raw", "/copy", recursive=True)
    snapshot = pond.snapshot()
    assert snapshot.read_series("/copy/basin").equals(readings(5), check_metadata=True)
    assert mounted.info("/copy/units")["entry_type"] == "table"


@pytest.mark.usefixtures("filled")
def test_a_copy_replaces_data_and_tables_of_their_own_type_and_nothing_else(
    mounted: PondFileSystem, pond: Pond
) -> None:
    mounted.pipe("/note", b"new")
    with pond.transaction() as tx:
        tx.write_table("/units", pa.table({"unit": ["kPa"]}))
    mounted.cp("/note", "/raw/note")
    mounted.cp("/units", "/raw/units")
    mounted.cp("/units", "/raw")
    assert mounted.cat("/raw/note") == b"new"
    assert pond.snapshot().read_table("/raw/units")["unit"].to_pylist() == ["kPa"]
    for source, target in [("/note", "/raw/basin"), ("/units", "/raw/note")]:
        with pytest.raises(FileExistsError, match=f"{target} exists"):
            mounted.cp(source, target)
    with pytest.raises(IsADirectoryError):
        mounted.cp_file("/note", "/raw")
    mounted.cp("/note", "/note")
    assert mounted.info("/note")["version"] == 1


def test_a_recursive_copy_keeps_symlinks_to_directories(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/tree/below", parents=True)
        tx.write_data("/tree/below/note", b"here")
        tx.symlink("/tree/up", "..")
        tx.symlink("/tree/newest", "below/note")
        tx.symlink("/start", "tree")
    mounted.cp("/start", "/copy", recursive=True)
    snapshot = pond.snapshot()
    assert snapshot.readlink("/copy/up") == ".."
    assert mounted.cat_file("/copy/newest") == mounted.cat_file("/copy/below/note") == b"here"
    assert mounted.info("/copy")["node_id"] != mounted.info("/tree")["node_id"]
