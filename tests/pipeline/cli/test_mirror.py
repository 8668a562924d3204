"""`pond mirror`, as a person runs it."""

import os
import time
from pathlib import Path

import pytest

from pond_core import Pond
from tests.pipeline.cli.shell import HOSTILE, STATION, Shell


def test_a_folder_has_what_the_pond_has(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("mirror", tmp_path / "copy")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "has / as of txn" in result.stderr
    assert "left out: 1 symlinks" in result.stderr
    found = {str(p.relative_to(tmp_path / "copy")) for p in (tmp_path / "copy").rglob("*")}
    assert {"raw/noyo/Station.parquet", "units.parquet", f"files/{HOSTILE}"} <= found


def test_a_second_run_knows_what_it_mirrors(shell: Shell, tmp_path: Path) -> None:
    shell.out("mirror", tmp_path / "copy", "--path", "/files")
    report = shell.row("mirror", tmp_path / "copy")
    assert (report["path"], report["written"], report["in_step"]) == ("/files", 0, True)


def test_what_somebody_changed_is_told_by_the_exit_code(shell: Shell, tmp_path: Path) -> None:
    shell.out("mirror", tmp_path / "copy", "--path", "/files")
    (tmp_path / "copy" / "note.txt").write_text("mine")
    result = shell.run("mirror", tmp_path / "copy")
    assert (result.exit_code, "note.txt" in result.stderr) == (3, True)


def test_both_ways_the_pond_takes_what_has_settled(shell: Shell, tmp_path: Path) -> None:
    shell.out("mirror", tmp_path / "copy", "--path", "/files")
    note = tmp_path / "copy" / "note.txt"
    note.write_text("mine")
    assert "waiting: note.txt" in shell.run("mirror", tmp_path / "copy", "--both").stderr
    _age(note)
    assert "took 1 files" in shell.run("mirror", tmp_path / "copy", "--both").stderr
    assert Pond.open(shell.pond).snapshot().read_data("/files/note.txt") == b"mine"


def test_a_conflict_keeps_both_and_is_told(shell: Shell, tmp_path: Path) -> None:
    shell.out("mirror", tmp_path / "copy", "--path", "/files")
    note = tmp_path / "copy" / "note.txt"
    note.write_text("mine")
    _age(note)
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_data("/files/note.txt", b"newer")
    result = shell.run("mirror", tmp_path / "copy", "--both")
    assert (result.exit_code, "was changed on both sides" in result.stderr) == (3, True)
    assert note.read_text() == "newer"
    [kept] = (tmp_path / "copy").glob("note.conflict-*.txt")
    assert kept.read_text() == "mine"


def test_lazily_a_file_is_a_placeholder_until_it_is_wanted(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    assert shell.row("mirror", folder, "--lazy")["placeholders"] == 5
    assert (folder / "raw/noyo/Station.parquet.pond").is_file()
    assert shell.row("mirror", folder, "--want", STATION)["written"] == 1
    assert (folder / "raw/noyo/Station.parquet").is_file()
    assert shell.row("mirror", folder, "--full")["placeholders"] == 0


@pytest.mark.parametrize("line", [["--emptied"], []])
def test_a_line_that_means_nothing_is_a_usage_error(shell: Shell, line: list[str]) -> None:
    assert shell.run("mirror", *line).exit_code == 2


def test_a_disk_that_is_not_plugged_in_is_told(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("mirror", tmp_path / "stick" / "copy")
    assert (result.exit_code, "plugged in" in result.stderr) == (1, True)


def _age(file: Path) -> None:
    """Let a file have been as it is for a while."""
    past = time.time() - 60
    os.utime(file, (past, past))
