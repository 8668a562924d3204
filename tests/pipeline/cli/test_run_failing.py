"""When `pond run` says that something failed."""

import os
import signal
import socket
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
    assert f"warning: check gaps of {TABLE} failed: 1 gap longer than 3 h" in result.stderr


def test_a_check_that_is_an_error_fails_the_command(tmp_path: Path, home: Path) -> None:
    result = run_with_a_gap(tmp_path, home, "{gaps: {severity: error}}")
    assert result.exit_code == 1
    assert f"check gaps of {TABLE} failed" in result.stderr


def test_what_failed_and_what_was_never_made_is_not_called_unchanged(
    nowhere: Shell, home: Path
) -> None:
    file = nowhere.directory / "resources.yaml"
    file.write_text(NO_FOLDER)
    result = nowhere.run("run", "-f", file, "--home", home)
    states = {line.split()[0]: line.rpartition("  ")[2] for line in result.stdout.splitlines()}
    assert result.exit_code == 1
    assert states["/raw/exports/files"] == "failed"
    assert states["/normalized/exports/Pier"] == "not made"


NO_FOLDER = """
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.htm
  start: 2026-11-01
  locations: [{name: Pier, match: "Pier-*"}]
"""
SILENT = """
kind: HydroVu
name: {name}
spec:
  key: demo
  secret: demo
  base_url: http://127.0.0.1:{port}
  start: 2026-11-01
  cadence: {cadence}
  devices: [{{name: Pier, id: 1, interval: 1h}}]
"""


def test_ctrl_c_ends_all_runs_and_is_told_in_a_line(nowhere: Shell, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # which never answers
        port = server.getsockname()[1]
        texts = [
            SILENT.format(name=f"bay{each}", port=port, cadence=each)
            for each in ("monthly", "yearly")  # two runs
        ]
        (nowhere.directory / "resources.yaml").write_text("---".join(texts))
        # As on a terminal: Ctrl-C reaches all processes of the group.
        before = "import os; os.setsid()"
        process = nowhere.start("run", "--home", str(home), before=before)
        asked, _ = server.accept()
    with process, asked:
        os.killpg(process.pid, signal.SIGINT)
        _, talk = process.communicate()
    kept = "what was collected is kept; run it again to complete it"
    assert process.returncode == 1
    assert talk.split("\n\n") == [kept, "pond: error: interrupted\n"]
