"""`pond migrate`: what it prints, and how it ends."""

import os
from pathlib import Path

import pytest

from tests.pipeline.cli.shell import Shell
from tests.pipeline.migration.harbor import DOCK, KEY, SECRET, Place, data_folder, harbor


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return harbor().write(tmp_path / "old")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "resources.yaml"


def test_it_tells_what_was_read_and_what_the_pond_holds(
    nowhere: Shell, old: Path, file: Path
) -> None:
    result = nowhere.run("migrate", old, "-o", file)
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["/raw/noyo/Dock", f"Dock-{DOCK}.2.parquet", "4", "4"] in [line[:4] for line in lines]
    assert ["/raw/noyo/Dock", "11", "1", "1", "9"] in [line[:5] for line in lines]
    assert ["/raw/noyo/Dock", "9", "9", "0", "0"] in [line[:5] for line in lines]
    assert "set in .env or the environment: HYDROVU_KEY, HYDROVU_SECRET" in result.stderr


def test_a_dry_run_says_so(nowhere: Shell, old: Path, file: Path) -> None:
    result = nowhere.run("migrate", old, "-o", file, "--dry-run")
    assert result.exit_code == 0
    assert "nothing was written; this is what would come" in result.stderr
    assert not nowhere.pond.exists()


def test_it_fails_when_something_was_damaged_and_has_taken_the_rest(
    nowhere: Shell, old: Path, file: Path
) -> None:
    (data_folder(Place(old.parent)) / f"Dock-{DOCK}.1.parquet").unlink()
    result = nowhere.run("migrate", old, "-o", file)
    assert result.exit_code == 1
    assert f"data/Dock-{DOCK}.1.parquet: file damaged: it is missing" in result.stderr
    assert "/raw/noyo/Dock" in nowhere.out("ls", "/raw/noyo")
    assert nowhere.run("migrate", old, "-o", file, "--json").exit_code == 1


def test_what_is_no_original_pond_is_a_wrong_command_line(nowhere: Shell, tmp_path: Path) -> None:
    result = nowhere.run("migrate", tmp_path, "-o", tmp_path / "x.yaml")
    assert result.exit_code == 2
    assert "there is no pond of the original tool" in result.stderr
    assert "hint:" in result.stderr


def test_secrets_go_where_one_asks_for_it_and_are_not_printed(
    nowhere: Shell, old: Path, file: Path
) -> None:
    result = nowhere.run("migrate", old, "-o", file, "--secrets", file.with_name(".env"))
    assert result.exit_code == 0
    assert KEY in file.with_name(".env").read_text()
    for secret in (KEY, SECRET):
        assert secret not in result.output


def test_a_file_of_resources_is_replaced_by_force_only(
    nowhere: Shell, old: Path, file: Path
) -> None:
    file.write_text("mine")
    assert nowhere.run("migrate", old, "-o", file).exit_code == 1
    assert file.read_text() == "mine"
    assert nowhere.run("migrate", old, "-o", file, "--force").exit_code == 0
    assert "kind: HydroVu" in file.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(nowhere: Shell, old: Path, file: Path) -> None:
    (old / "Pond.1.parquet").chmod(0)
    result = nowhere.run("migrate", old, "-o", file)
    assert result.exit_code == 1
    assert "Permission denied" in result.stderr
