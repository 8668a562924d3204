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
        "dry_run": False,
        "resources": [
            {
                "kind": "HydroVu",
                "name": "noyo",
                "id": link.removeprefix("../"),
                "change": "created",
                "renamed_from": None,
                "keys": [],
            }
        ],
        "added": [
            "/raw/noyo/units",
            "/raw/noyo/parameters",
            "/raw/noyo/locations",
            "/raw/noyo/AT500",
            "/normalized/noyo/AT500",
            "/quarantine/noyo/AT500",
        ],
        "removed": [],
        "remaining": [],
        "pruned": [],
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


def test_a_dry_run_shows_what_would_change_and_makes_no_pond(nowhere: Shell, file: Path) -> None:
    result = nowhere.run("apply", "-f", file, "-v", "place=noyo", "--dry-run")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["created", "HydroVu", "noyo", "-"] in lines
    assert ["added", "/raw/noyo/AT500"] in lines
    assert result.stderr == "nothing was written; this is what would change\n"
    assert not nowhere.pond.exists()


def test_a_dry_run_shows_the_keys_that_change(nowhere: Shell, file: Path) -> None:
    nowhere.out("apply", "-f", file, "-v", "place=noyo")
    changed = TEXT.replace("swordfish", "barracuda").replace("3456}", "3456, interval: 1h}")
    file.write_text(changed)
    shown = nowhere.out("apply", "-f", file, "-v", "place=noyo", "--dry-run")
    lines = [line.split() for line in shown.splitlines()]
    assert ["HydroVu", "noyo", "spec.devices[AT500].interval", "-", "1h"] in lines
    assert "swordfish" not in shown
    assert "barracuda" not in shown


def test_what_is_gone_is_told_and_stays(nowhere: Shell, file: Path) -> None:
    _collect(nowhere, file)
    file.write_text("")
    result = nowhere.run("apply", "-f", file)
    assert "gone" in result.stdout
    assert "paths that are no more in the file stay: 1;" in result.stderr
    assert Pond.open(nowhere.pond).snapshot().exists("/raw/in")


def test_pruning_asks_and_a_no_leaves_all_as_it_was(nowhere: Shell, file: Path) -> None:
    _collect(nowhere, file)
    file.write_text("")
    before = Pond.open(nowhere.pond).snapshot().txn
    result = nowhere.run("apply", "-f", file, "--prune")
    assert result.exit_code == 1
    assert "forgets the resource Inbox in\nremoves /raw/in\n" in result.stderr
    assert "nothing is removed, and nothing was recorded" in result.stderr
    assert Pond.open(nowhere.pond).snapshot().txn == before


def test_pruning_is_done_without_asking_if_that_is_wanted(nowhere: Shell, file: Path) -> None:
    _collect(nowhere, file)
    file.write_text("")
    applied = nowhere.row("apply", "-f", file, "--prune", "--yes")
    assert applied["pruned"] == ["/raw/in"]
    assert not Pond.open(nowhere.pond).snapshot().exists("/raw/in")


def test_a_dry_run_of_pruning_lists_what_would_go(nowhere: Shell, file: Path) -> None:
    _collect(nowhere, file)
    file.write_text("")
    shown = nowhere.out("apply", "-f", file, "--dry-run", "--prune")
    lines = [line.split() for line in shown.splitlines()]
    assert ["pruned", "/raw/in"] in lines
    assert Pond.open(nowhere.pond).snapshot().exists("/raw/in")


def test_pruning_asks_nothing_where_nothing_goes(nowhere: Shell, file: Path) -> None:
    assert nowhere.run("apply", "-f", file, "-v", "place=noyo", "--prune").exit_code == 0


def _collect(shell: Shell, file: Path) -> None:
    """Apply an inbox and put something into it."""
    file.write_text("kind: Inbox\nname: in\nspec: {pattern: x}\n")
    shell.out("apply", "-f", file)
    with Pond.open(shell.pond).transaction() as tx:
        tx.mkdir("/raw/in", parents=True)
        tx.write_data("/raw/in/a.csv", b"x")


def test_a_file_without_a_resource_is_told_so(nowhere: Shell, tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").write_text("# to be written\n")
    result = nowhere.run("apply", "-f", tmp_path / "resources.yaml", "--dry-run")
    assert (result.exit_code, "the file has no resource" in result.stderr) == (0, True)
