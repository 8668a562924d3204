from pathlib import Path

import pytest

from pond_core import Pond
from tests.pipeline.cli.shell import STATION, Shell
from tests.pipeline.waters import store, water

TEXT = """
kind: HydroVu
name: noyo
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  start: 2024-11-01
  devices:
    - {name: Station, id: 1234567890123456}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    path = tmp_path / "resources.yaml"
    path.write_text(TEXT)
    return path


def test_it_lists_what_had_parted_and_says_with_what_dagster_agrees(
    shell: Shell, file: Path
) -> None:
    first = shell.run("sync-dagster", "-f", file)
    assert first.exit_code == 0, first.stderr
    assert first.stdout.splitlines()[1].split() == [STATION, "2", "-"]
    assert first.stderr == "Dagster agrees with txn 4 of the pond\n"
    assert shell.out("sync-dagster", "-f", file) == ""


def test_json_has_what_had_parted(shell: Shell, file: Path) -> None:
    shell.run("sync-dagster", "-f", file)
    store(Pond.open(shell.pond), STATION, water({"2024-12-01 00:00": 1.0}), "2024-12")
    assert shell.row("sync-dagster", "-f", file) == {
        "txn": 5,
        "assets": [{"path": STATION, "wiped": False, "reported": 1}],
    }


def test_it_makes_no_pond(nowhere: Shell, file: Path) -> None:
    assert nowhere.run("sync-dagster", "-f", file).exit_code == 1
    assert not nowhere.pond.exists()
