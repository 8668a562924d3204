"""What readers of bytes get."""

import gzip
import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core import ALWAYS, NotFoundError, Pond, PondFileSystem, SchemaError, Window
from tests.core.mount.conftest import HOUR_US, START, readings

START_US = int(START.timestamp()) * 1_000_000


def hours(first: int, end: int) -> Window:
    return Window(START_US + first * HOUR_US, START_US + end * HOUR_US)


def table_in(data: bytes) -> pa.Table:
    return pq.ParquetFile(BytesIO(data)).read()


def test_a_data_file_reads_as_its_bytes(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/report.pdf", b"\x00 all of it \xff")
    assert mounted.cat("/report.pdf") == b"\x00 all of it \xff"


def test_a_part_of_a_file_is_cut_as_python_cuts(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/digits", b"0123456789")
    assert mounted.cat_file("/digits", start=2, end=-3) == b"23456"
    assert mounted.cat_file("/digits", start=-4) == b"6789"
    assert mounted.cat_file("/digits", start=20) == b""
    assert mounted.cat_ranges(["/digits", "/digits"], [0, 8], [2, 99]) == [b"01", b"89"]


def test_a_reader_seeks_reads_lines_and_knows_its_size(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/text", "über\nalles\n".encode())
    with mounted.open("/text") as file:
        assert file.size == 12
        assert file.readline() == "über\n".encode()
        assert file.seek(-2, 2) == 10
        assert file.read() == b"s\n"
        assert file.seek(100) == 100
        assert file.read() == b""
        with pytest.raises(ValueError, match="there is no byte -1"):
            file.seek(-1)
    with mounted.open("/text", "r", encoding="utf-8") as text:
        assert text.readlines() == ["über\n", "alles\n"]


def test_a_reader_keeps_what_was_there_when_it_was_opened(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with pond.transaction() as tx:
        tx.write_data("/note", b"before")
    with mounted.open("/note") as file:
        with pond.transaction() as tx:
            tx.write_data("/note", b"after")
        assert file.read() == b"before"
    assert mounted.cat("/note") == b"after"


def test_a_compressed_file_is_read_as_what_it_holds(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/log.gz", gzip.compress(b"inside"))
    with mounted.open("/log.gz", compression="infer") as file:
        assert file.read() == b"inside"


def test_a_table_reads_as_parquet_with_all_its_metadata(
    pond: Pond, mounted: PondFileSystem
) -> None:
    field = pa.field("depth", pa.float32(), metadata={"unit": "m"})
    table = pa.table({"depth": [1.5, None]}, schema=pa.schema([field], metadata={"by": "hand"}))
    with pond.transaction() as tx:
        tx.write_table("/depths", table)
    assert table_in(mounted.cat("/depths")).equals(table, check_metadata=True)


def test_a_series_reads_as_parquet_of_all_its_readings(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_window("/basin", readings(5), hours(0, 5))
        tx.write_window("/basin", readings(5, first=5, column="Baro.kPa"), hours(5, 10))
    found = table_in(mounted.cat("/basin"))
    assert found.equals(pond.snapshot().read_series("/basin"))
    assert found.column_names == ["timestamp", "Depth.m", "Baro.kPa"]


def test_the_same_readings_give_the_same_bytes_whatever_windows_hold_them(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with pond.transaction() as tx:
        tx.write_window("/whole", readings(300), ALWAYS)
        for first in range(0, 300, 50):
            part = readings(50, first=first)
            tx.write_window("/pieces", part, hours(first, first + 50))
    assert mounted.cat("/whole") == mounted.cat("/pieces")


@pytest.mark.parametrize("windows", [0, 1])
def test_a_series_without_readings_is_parquet_without_rows(
    pond: Pond, mounted: PondFileSystem, windows: int
) -> None:
    with pond.transaction() as tx:
        tx.create_series("/still")
        for _ in range(windows):
            tx.write_window("/still", None, hours(0, 5))
    found = table_in(mounted.cat("/still"))
    assert (found.num_rows, found.column_names) == (0, ["timestamp"])


def test_a_changed_series_is_read_anew(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_window("/basin", readings(5), hours(0, 5))
    assert table_in(mounted.cat("/basin")).num_rows == 5
    with pond.transaction() as tx:
        tx.write_window("/basin", readings(2, first=3), hours(2, 5))
    assert table_in(mounted.cat("/basin"))["Depth.m"].to_pylist() == [0, 1, 3, 4]


def test_parquet_that_was_made_is_kept_while_the_content_is_the_same(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with pond.transaction() as tx:
        tx.write_window("/basin", readings(5), hours(0, 5))
    with pond.transaction() as tx:
        tx.write_data("/other", b"")
    snapshots = [pond.snapshot(1), pond.snapshot(2)]
    contents = mounted.session.contents
    bodies = [contents.body(tree, tree.lookup("/basin")) for tree in snapshots]
    assert bodies[0] is bodies[1]


def test_no_temporary_file_has_a_name(
    pond: Pond, mounted: PondFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    with pond.transaction() as tx:
        tx.write_window("/basin", readings(5), hours(0, 5))
    with mounted.open("/basin") as file:
        assert file.read(4) == b"PAR1"
        assert list((tmp_path / "scratch").iterdir()) == []


def test_a_table_that_parquet_cannot_hold_is_named(pond: Pond, mounted: PondFileSystem) -> None:
    seconds = pa.array([2**60], pa.timestamp("s"))  # of which Parquet makes milliseconds
    with pond.transaction() as tx:
        tx.write_table("/odd", pa.table({"s": seconds}))
    with pytest.raises(SchemaError, match="/odd cannot be read as Parquet"):
        mounted.cat("/odd")


def test_a_table_without_columns_reads_as_parquet(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_table("/nothing", pa.table({}))
    assert table_in(mounted.cat("/nothing")).num_columns == 0


def test_a_directory_has_no_bytes(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/raw")
    with pytest.raises(IsADirectoryError, match="/raw is a directory"):
        mounted.open("/raw")


def test_a_missing_file_is_not_found_with_what_is_near(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/report.txt", b"")
    with pytest.raises(FileNotFoundError, match=r"/report\.tx does not exist") as caught:
        mounted.open("/report.tx")
    assert isinstance(caught.value, NotFoundError)
    assert "/report.txt" in caught.value.hint


def test_a_path_behind_a_file_meets_no_directory(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.write_data("/note", b"")
    with pytest.raises(NotADirectoryError, match="/note is a data file") as caught:
        mounted.open("/note/deeper")
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 -- our own error
    assert (str(copied), type(copied)) == (str(caught.value), type(caught.value))


def test_symlinks_are_followed(pond: Pond, mounted: PondFileSystem) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/raw")
        tx.write_data("/raw/note", b"here")
        tx.symlink("/newest", "raw/note")
        tx.symlink("/alias", "/raw")
    assert mounted.cat_file("/newest") == mounted.cat_file("/alias/note") == b"here"


def test_as_of_shows_an_earlier_state(pond: Pond, at: Callable[..., PondFileSystem]) -> None:
    headers = []
    for text in (b"first", b"second"):
        with pond.transaction() as tx:
            tx.write_data("/note", text)
        headers.append(pond.log(limit=1)[0])
    assert at(as_of=1).cat("/note") == b"first"
    assert at().cat("/note") == b"second"
    assert at(as_of=0).ls("/") == []


def test_get_copies_series_as_parquet_files(
    pond: Pond, mounted: PondFileSystem, tmp_path: Path
) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/combined")
        tx.write_window("/combined/basin", readings(5), hours(0, 5))
        tx.write_data("/combined/note", b"here")
    mounted.get("/combined", str(tmp_path / "out"), recursive=True)
    assert table_in((tmp_path / "out" / "basin").read_bytes()).num_rows == 5
    assert (tmp_path / "out" / "note").read_bytes() == b"here"
