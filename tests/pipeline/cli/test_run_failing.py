"""When `pond run` says that something failed."""

from pathlib import Path

import pytest
from click.testing import Result

from tests.pipeline.cli.shell import Shell
from tests.pipeline.pier import TABLE, a_pier


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dagster's home, which the command leaves in the environment."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run_with_a_gap(folder: Path, home: Path, checks: str) -> Result:
    with a_pier(folder, checks=checks) as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-02 00:00")
        pier.write_hours("2025-01-03 00:00", "2025-01-31 23:00")
        shell = Shell(folder / "pond", folder)
        where = ("-f", folder / "resources.yaml", "--home", home)
        return shell.run("run", *where, "--partition", "2025-01")


def test_a_check_that_warns_is_told_and_fails_nothing(tmp_path: Path, home: Path) -> None:
    result = run_with_a_gap(tmp_path, home, "{}")
    assert result.exit_code == 0, result.stderr
    assert f"check gaps of {TABLE} failed: 1 gap longer than 3 h" in result.stderr


def test_a_check_that_is_an_error_fails_the_command(tmp_path: Path, home: Path) -> None:
    result = run_with_a_gap(tmp_path, home, "{gaps: {severity: error}}")
    assert result.exit_code == 1
    assert f"check gaps of {TABLE} failed" in result.stderr
