from pathlib import Path

import pytest

from pond_core import Pond
from tests.pipeline.cli.shell import Shell

TEXT = """
apiVersion: duckpond/v1
kind: HydroVu
name: "{{ place }}"
spec:
  key: ${env:HYDROVU_KEY}
  secret: swordfish
  start: 2024-03-01
  devices:
    - {name: AT500, id: 1234567890123456}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resources.yaml"
    path.write_text(TEXT)
    return path


def test_apply_makes_the_pond_and_records_resources(nowhere: Shell, file: Path) -> None:
    result = nowhere.run("apply", "-f", file, "-v", "place=noyo")
    assert result.stdout.splitlines()[1].split()[:3] == ["created", "HydroVu", "noyo"]
    assert result.stderr == "recorded in txn 1\n"


def test_apply_tells_resources_as_json(nowhere: Shell, file: Path) -> None:
    applied = nowhere.row("apply", "-f", file, "-v", "place=noyo")
    link = Pond.open(nowhere.pond).snapshot().readlink("/sys/resources/by-name/HydroVu.noyo")
    assert applied == {
        "txn": 1,
        "resources": [
            {
                "kind": "HydroVu",
                "name": "noyo",
                "id": link.removeprefix("../"),
                "change": "created",
            }
        ],
    }


def test_apply_says_so_when_nothing_changed(nowhere: Shell, file: Path) -> None:
    nowhere.out("apply", "-f", file, "-v", "place=noyo")
    result = nowhere.run("apply", "-f", file, "-v", "place=noyo")
    assert "unchanged" in result.stdout
    assert result.stderr == "nothing changed\n"


def test_apply_reads_resources_yaml_unless_told_otherwise(
    nowhere: Shell, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert nowhere.run("apply", "-v", "place=noyo").exit_code == 0


def test_a_file_that_is_wrong_makes_no_pond(nowhere: Shell, file: Path) -> None:
    file.write_text(TEXT.replace("start: 2024-03-01", "begin: 2024-03-01"))
    result = nowhere.run("apply", "-f", file, "-v", "place=noyo")
    assert result.exit_code == 2
    assert "pond: error: resources.yaml:" in result.stderr
    assert not nowhere.pond.exists()


def test_no_secret_is_shown(nowhere: Shell, file: Path) -> None:
    file.write_text(TEXT.replace("start: 2024-03-01", "start: [swordfish"))
    result = nowhere.run("--debug", "apply", "-f", file, "-v", "place=noyo")
    assert (result.exit_code, "swordfish" in result.output) == (2, False)


def test_a_file_that_is_not_there_is_a_configuration_error(nowhere: Shell) -> None:
    assert nowhere.run("apply", "-f", nowhere.directory / "absent.yaml").exit_code == 2


@pytest.mark.parametrize("text", ["place", "=noyo"])
def test_a_variable_without_name_or_value_is_a_usage_error(
    nowhere: Shell, file: Path, text: str
) -> None:
    assert nowhere.run("apply", "-f", file, "-v", text).exit_code == 2
