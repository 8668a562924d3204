"""`pond get`: which resources there are, how each stands, and one of them as YAML."""

from pathlib import Path

import pytest
import yaml

from pond_core import Pond
from tests.pipeline.cli.shell import Shell

ACCOUNT = """\
kind: HydroVu
name: noyo
desc: The harbor
spec:
  key: ${env:HYDROVU_KEY}
  secret: swordfish
  start: 2024-03-01
  devices: [{name: A, id: 7}]
"""
INBOX = "kind: Inbox\nname: in\nspec: {pattern: x}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resources.yaml"
    path.write_text(f"{ACCOUNT}---\n{INBOX}")
    return path


@pytest.fixture
def shell(nowhere: Shell, file: Path) -> Shell:
    """A prompt where the resources were applied."""
    nowhere.out("apply", "-f", file)
    return nowhere


def states(shell: Shell, *args: str | Path) -> list[list[object]]:
    return [[row["kind"], row["name"], row["state"]] for row in shell.rows("get", *args)]


def test_all_resources_are_listed(shell: Shell, file: Path) -> None:
    header, account, inbox = (line.split() for line in shell.out("get", "-f", file).splitlines())
    assert header == ["kind", "name", "state", "id", "assets", "description"]
    assert account[:3] + account[4:] == ["HydroVu", "noyo", "applied", "6", "The", "harbor"]
    assert inbox[:3] + inbox[4:] == ["Inbox", "in", "applied", "1", "-"]


def test_a_kind_may_be_named_in_any_case(shell: Shell, file: Path) -> None:
    assert states(shell, "inbox", "-f", file) == [["Inbox", "in", "applied"]]


def test_each_state_is_told(shell: Shell, file: Path) -> None:
    backup = "kind: Backup\nname: b\nspec: {folder: b}\n"
    file.write_text(f"{ACCOUNT.replace('The harbor', 'Another')}---\n{backup}")
    assert states(shell, "-f", file) == [
        ["HydroVu", "noyo", "changed"],
        ["Backup", "b", "not applied"],
        ["Inbox", "in", "gone"],
    ]


def test_of_the_past_it_is_what_was_applied_then(shell: Shell, file: Path) -> None:
    txn = Pond.open(shell.pond).snapshot().txn
    file.write_text(ACCOUNT.replace("The harbor", "Another"))
    shell.out("apply", "-f", file, "--prune", "--yes")
    then = shell.out("get", "-f", file, "--as-of", str(txn)).splitlines()[1:]
    assert [line.split()[1:3] for line in then] == [["noyo", "applied"], ["in", "applied"]]
    assert "The harbor" in then[0]
    assert states(shell, "-f", file, "--as-of", "0") == []


def test_before_there_is_a_pond_nothing_is_applied(nowhere: Shell, file: Path) -> None:
    assert [state for *_, state in states(nowhere, "-f", file)] == ["not applied"] * 2
    assert not nowhere.pond.exists()


def test_without_the_file_what_was_applied_last_is_listed(
    shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.unlink()
    monkeypatch.chdir(file.parent)
    assert [state for *_, state in states(shell)] == ["applied"] * 2


def test_without_file_and_pond_there_is_nothing_to_list(nowhere: Shell) -> None:
    assert nowhere.run("get", "-f", nowhere.directory / "absent.yaml").exit_code == 2


def test_one_resource_is_shown_as_yaml_without_its_secret(shell: Shell, file: Path) -> None:
    shown = shell.out("get", "HydroVu", "noyo", "-f", file)
    assert "swordfish" not in shown
    assert yaml.safe_load(shown)["spec"] == {
        "key": "${env:HYDROVU_KEY}",
        "secret": "***",
        "start": "2024-03-01T00:00:00Z",
        "devices": [{"name": "A", "id": 7}],
    }


def test_one_resource_is_shown_as_json_with_its_assets(shell: Shell, file: Path) -> None:
    shown = shell.row("get", "Inbox", "in", "-f", file)
    assert (shown["state"], shown["assets"]) == ("applied", ["/raw/in"])
    assert isinstance(shown["resource"], dict)
    assert shown["resource"]["kind"] == "Inbox"


def test_what_is_gone_is_shown_as_it_was(shell: Shell, file: Path) -> None:
    file.write_text(ACCOUNT)
    assert yaml.safe_load(shell.out("get", "Inbox", "in", "-f", file))["spec"] == {"pattern": "x"}


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (("Inbx",), "'Inbx' is no kind of resource\n  hint: did you mean 'Inbox'?"),
        (("Inbox", "inn"), "there is no Inbox named 'inn'\n  hint: did you mean 'in'?"),
        (("Pivot", "p"), "there is no Pivot named 'p'\n  hint: there is none of this kind"),
    ],
)
def test_what_is_not_there_is_an_error(
    shell: Shell, file: Path, what: tuple[str, ...], message: str
) -> None:
    result = shell.run("get", *what, "-f", file)
    assert (result.exit_code, result.stderr) == (2, f"pond: error: {message}\n")
