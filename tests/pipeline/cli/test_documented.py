"""`docs/cli.md` and `--help` say what the commands do."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from pond_pipeline.cli.command import PondCommand
from pond_pipeline.cli.entry import COMMANDS, pond
from pond_pipeline.cli.outcome import Outcome
from pond_pipeline.cli.render import json_text
from pond_pipeline.config import Severity
from pond_pipeline.periods import Period
from pond_pipeline.runs.launch import FailedCheck, Failure, RunReport
from pond_pipeline.summary import AssetSummary
from tests.pipeline.cli.shell import STATION, Shell
from tests.pipeline.migration.harbor import harbor

ROOT = Path(__file__).parents[3]
SECTIONS = {
    section.partition("\n")[0].strip("` "): section
    for section in re.split(
        r"^## `pond ", (ROOT / "docs" / "cli.md").read_text(), flags=re.MULTILINE
    )
}
READING = {
    "ls": ("/*/*/*",),
    "cat": (STATION,),
    "describe": (STATION,),
    "log": (),
    "show": ("3",),
    "diff": ("2",),
    "sql": ('SELECT count(*) AS readings FROM "/raw/noyo/Station"',),
    "status": (),
    "verify": (),
    "repair": ("--dry-run",),
    "maintain": ("--dry-run",),
}


SERVERS = ("simulator", "up", "serve")
"""They run until Ctrl-C."""

OTHER_LANGUAGES = ("schema", "completion", "metrics")
"""What they print is for a program that reads its own language."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told_in_one_line_as_its_help_begins(name: str) -> None:
    help_text = " ".join((_command(name).help or "").split())
    assert help_text.startswith(COMMANDS[name][1].rstrip("."))


@pytest.mark.parametrize("name", READING)
def test_json_has_the_documented_shape(reader: Shell, name: str) -> None:
    _check_shape(_documented(name), reader.value(name, *READING[name]))


def test_json_of_a_data_file_has_the_documented_shape(reader: Shell) -> None:
    _check_shape(_documented("cat", number=1), reader.value("cat", "/files/note.txt"))


def test_json_of_what_writes_has_the_documented_shape(nowhere: Shell) -> None:
    _check_shape(_documented("init"), nowhere.value("init"))
    applied = nowhere.value("apply", "-f", ROOT / "resources.yaml")
    _check_shape(_documented("apply"), applied)
    _check_shape(_documented("get"), nowhere.value("get", "-f", ROOT / "resources.yaml"))
    one = nowhere.value("get", "Combine", "harbor", "-f", ROOT / "resources.yaml")
    _check_shape(_documented("get", number=1), one)
    copied = nowhere.value("copy", ROOT / "resources.yaml", "pond:/copy")
    _check_shape(_documented("copy"), copied)
    _check_shape(_documented("mkdir"), nowhere.value("mkdir", "/notes"))
    _check_shape(_documented("mv"), nowhere.value("mv", "/copy", "/notes"))
    _check_shape(_documented("ln"), nowhere.value("ln", "/notes", "/latest"))
    _check_shape(_documented("rm"), nowhere.value("rm", "-r", "/notes"))
    folder = nowhere.directory / "folder"
    _check_shape(_documented("mirror"), nowhere.value("mirror", folder))


def test_json_of_an_export_has_the_documented_shape(shell: Shell) -> None:
    exported = shell.value("export", shell.directory / "lake", "--by", "year")
    _check_shape(_documented("export"), exported)


def test_json_of_an_export_of_pages_has_the_documented_shape(shell: Shell) -> None:
    exported = shell.value("export", shell.directory / "pages", "--observable")
    _check_shape(_documented("export", number=1), exported)


def test_json_of_a_migration_has_the_documented_shape(nowhere: Shell, tmp_path: Path) -> None:
    old = harbor().write(tmp_path / "old")
    found = nowhere.value("migrate", old, "-o", tmp_path / "resources.yaml")
    _check_shape(_documented("migrate"), found)


def test_json_of_a_run_has_the_documented_shape() -> None:
    failure = Failure("/raw/noyo/A", "it did not answer")
    check = FailedCheck("/raw/noyo/A", "gaps", "1 gap", Severity.WARN)
    report = RunReport("id", (Period.parse("2026-11"),), (failure,), ("/raw/noyo/B",), (check,))
    asset = AssetSummary("/raw/noyo/A", rows=1, first=datetime.now(UTC), txn=1)
    outcome = Outcome("/srv/noyo", (report,), (asset,), ("/raw/noyo/A",))
    _check_shape(_documented("run"), json.loads(json_text(outcome)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_shows_something_shows_it_as_json(name: str) -> None:
    command = _command(name)
    shown = command.commands.values() if isinstance(command, click.Group) else [command]
    without = {
        each.name for each in shown if not any("--json" in param.opts for param in each.params)
    }
    assert without <= {*SERVERS, *OTHER_LANGUAGES}


def _command(name: str) -> PondCommand:
    assert isinstance(pond, click.Group)
    command = pond.get_command(click.Context(pond), name)
    assert isinstance(command, PondCommand)
    return command


def _documented(name: str, *, number: int = 0) -> object:
    shape: object = json.loads(re.findall(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)[number])
    return shape


def _check_shape(documented: object, found: object) -> None:
    """Compare keys, in order, and the types of values; null and {} may stand for any."""
    if isinstance(documented, dict) and isinstance(found, dict):
        assert not documented or list(documented) == list(found)
        for key, value in documented.items():
            _check_shape(value, found[key])
    elif isinstance(documented, list) and isinstance(found, list):
        for each in found if documented else []:
            _check_shape(documented[0], each)
    elif documented is not None and found is not None:
        assert type(documented) is type(found)
