import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from pond_core import EntryType, Pond, Snapshot
from pond_pipeline.cli.transfer import whole_file
from tests.pipeline.cli.shell import STATION, Shell


def test_a_host_file_becomes_a_data_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    shell.out("copy", tmp_path / "a.bin", "pond:/new/place/a")
    assert _now(shell).read_data("/new/place/a") == b"\x00\x01"


def test_into_a_directory_a_copy_goes_under_its_own_name(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a")
    shell.out("copy", tmp_path / "a.bin", "pond:/files")
    assert _now(shell).read_data("/files/a.bin") == b"a"


def test_a_parquet_file_becomes_a_table_on_demand(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "res=1h"  # which some readers take for a column
    folder.mkdir()
    pq.write_table(pa.table({"n": [1, 2]}), folder / "t.parquet")
    shell.out("copy", "--as", "table", folder / "t.parquet", "pond:/t")
    assert _now(shell).read_table("/t").to_pydict() == {"n": [1, 2]}


def test_what_is_no_parquet_becomes_no_table(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"nothing of the kind")
    result = shell.run("copy", "--as", "table", tmp_path / "t.parquet", "pond:/t")
    assert (result.exit_code, "is no Parquet file" in result.stderr) == (1, True)
    assert not _now(shell).exists("/t")


def test_a_folder_is_copied_in_one_transaction(shell: Shell, tmp_path: Path) -> None:
    _folder(tmp_path)
    copied = shell.row("copy", "-r", tmp_path / "folder", "pond:/in")
    assert copied == {
        "source": str(tmp_path / "folder"),
        "destination": "/in",
        "files": 2,
        "bytes": 3,
        "skipped": [],
        "txn": 5,
    }
    assert [n.path for n in _now(shell).walk("/in")] == ["/in", "/in/a", "/in/b", "/in/b/c"]


def test_a_folder_with_a_pipe_is_not_copied_at_all(shell: Shell, tmp_path: Path) -> None:
    _folder(tmp_path)
    os.mkfifo(tmp_path / "folder" / "z")
    result = shell.run("copy", "-r", tmp_path / "folder", "pond:/in")
    assert (result.exit_code, "no regular file" in result.stderr) == (1, True)
    assert not _now(shell).exists("/in")


def test_a_host_name_that_is_not_utf_8_is_refused(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_bytes(b"")
    result = shell.run("copy", "-r", folder, "pond:/in")
    assert (result.exit_code, "UTF-8" in result.stderr) == (1, True)


def test_a_directory_is_copied_only_on_demand(shell: Shell, tmp_path: Path) -> None:
    _folder(tmp_path)
    for source, destination in (
        (str(tmp_path / "folder"), "pond:/x"),
        ("pond:/files", "pond:/x"),
        ("pond:/files", str(tmp_path / "x")),
    ):
        result = shell.run("copy", source, destination)
        assert (result.exit_code, "copy it with -r" in result.stderr) == (1, True)


def test_nothing_is_overwritten_unasked(shell: Shell, tmp_path: Path) -> None:
    host = tmp_path / "note.txt"
    host.write_text("mine")
    for source, destination in (
        (str(host), "pond:/files"),
        ("pond:/files/note.txt", str(host)),
        ("pond:/files/blob", "pond:/files/note.txt"),
    ):
        result = shell.run("copy", source, destination)
        assert (result.exit_code, "--force" in result.stderr) == (1, True)
    assert (host.read_text(), _now(shell).read_data("/files/note.txt")) == ("mine", b"hello\n")


def test_a_file_is_replaced_on_demand(shell: Shell, tmp_path: Path) -> None:
    host = tmp_path / "note.txt"
    host.write_text("mine")
    shell.out("copy", "--force", "pond:/files/note.txt", host)
    assert host.read_text() == "hello\n"
    shell.out("copy", "--force", "pond:/files/blob", "pond:/files/note.txt")
    assert _now(shell).read_data("/files/note.txt") == b"\x00\xff"
    shell.out("copy", "--force", host, "pond:/files")
    assert _now(shell).read_data("/files/note.txt") == b"hello\n"


def test_no_directory_is_made_on_the_host_unasked(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("copy", "pond:/files/note.txt", tmp_path / "none" / "note.txt")
    assert (result.exit_code, "there is no directory" in result.stderr) == (1, True)
    assert not (tmp_path / "none").exists()


def test_a_file_is_not_replaced_by_itself(shell: Shell) -> None:
    result = shell.run("copy", "--force", "pond:/files/here", "pond:/files/note.txt")
    assert result.exit_code == 1
    assert _now(shell).read_data("/files/note.txt") == b"hello\n"


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_series_leaves_as_its_name_says(shell: Shell, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"station{suffix}"
    shell.out("copy", f"pond:{STATION}", file)
    table = pq.read_table(file) if suffix == ".parquet" else pcsv.read_csv(file)
    assert table.column("Temperature.C").to_pylist() == [10.0, 11.0, 12.0, 13.0, 10.0, 11.0]


def test_a_series_does_not_leave_under_any_other_name(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("copy", f"pond:{STATION}", tmp_path / "station.xlsx")
    assert (result.exit_code, "name it station.parquet" in result.stderr) == (2, True)


def test_a_series_leaves_as_it_was(shell: Shell, tmp_path: Path) -> None:
    shell.out("copy", "--as-of", "2", f"pond:{STATION}", tmp_path / "s.parquet")
    assert pq.read_table(tmp_path / "s.parquet").num_rows == 4


def test_a_directory_leaves_with_all_but_its_symlinks(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("copy", "-r", "pond:/", tmp_path / "out")
    assert "left out: /files/here" in result.stderr
    out = tmp_path / "out"
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == {
        "files/note.txt",
        "files/blob",
        "files/two\nlines\x1b[31mred",
        "raw/noyo/Station.parquet",
        "units.parquet",
    }


def test_two_files_of_one_name_do_not_leave(shell: Shell, tmp_path: Path) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.mkdir("/twins")
        tx.write_data("/twins/t.parquet", b"")
        tx.write_table("/twins/t", pa.table({"n": [1]}))
    result = shell.run("copy", "-r", "pond:/twins", tmp_path / "twins")
    assert (result.exit_code, (tmp_path / "twins").exists()) == (1, False)


def test_two_files_that_are_one_to_the_disk_do_not_overwrite_each_other(
    shell: Shell, tmp_path: Path
) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        for name in ("A", "a"):
            tx.mkdir(f"/twins/{name}", parents=True)
            tx.write_data(f"/twins/{name}/note", name.encode())
    out = tmp_path / "twins"
    (out / "A").mkdir(parents=True)
    (out / "a").symlink_to(out / "A")  # as a disk has it that folds case
    result = shell.run("copy", "-r", "pond:/twins", tmp_path)
    assert (result.exit_code, "would take the place of" in result.stderr) == (1, True)
    assert (out / "A" / "note").read_text() == "A"


def test_a_copy_within_the_pond_keeps_everything(shell: Shell) -> None:
    shell.out("copy", "-r", "pond:/raw", "pond:/kept/raw")
    now = _now(shell)
    assert now.read_series("/kept/raw/noyo/Station").equals(now.read_series(STATION))
    assert now.node("/kept/raw/noyo/Station").marks == now.node(STATION).marks


def test_a_copy_between_host_files_is_a_usage_error(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("copy", tmp_path / "a", tmp_path / "b").exit_code == 2


@pytest.mark.parametrize(
    "line", [("--as-of", "1", "pond:/a", "pond:/b"), ("--as", "table", "pond:/a", "b")]
)
def test_an_option_of_another_direction_is_a_usage_error(
    shell: Shell, line: tuple[str, ...]
) -> None:
    assert shell.run("copy", *line).exit_code == 2


def test_what_is_not_there_is_not_copied(shell: Shell, tmp_path: Path) -> None:
    for source, destination in (
        ("pond:/unit", str(tmp_path / "x.csv")),
        (str(tmp_path / "absent"), "pond:/x"),
        ("pond:/unit", "pond:/x"),
    ):
        assert shell.run("copy", source, destination).exit_code == 1
    assert not (tmp_path / "x.csv").exists()


def test_a_file_that_could_not_be_finished_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "x") as sink:
            sink.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_and_not_its_unfinished_one(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "x.csv"
    with pytest.raises(FileNotFoundError) as caught, whole_file(path):
        pass
    assert caught.value.filename == str(path)


def test_a_copy_says_what_it_did_on_stderr(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("copy", "pond:/files/note.txt", tmp_path / "n")
    assert (result.stdout, result.stderr) == ("", f"copied 1 file, 6 bytes, to {tmp_path / 'n'}\n")


def test_a_copied_data_file_is_a_data_file(shell: Shell) -> None:
    shell.out("copy", "pond:/files/note.txt", "pond:/n")
    assert _now(shell).entry_type("/n") is EntryType.DATA


def _now(shell: Shell) -> Snapshot:
    return Pond.open(shell.pond).snapshot()


def _folder(tmp_path: Path) -> None:
    (tmp_path / "folder" / "b").mkdir(parents=True)
    (tmp_path / "folder" / "a").write_bytes(b"1")
    (tmp_path / "folder" / "b" / "c").write_bytes(b"23")
