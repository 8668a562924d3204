"""Commands that take long show on a terminal how far they have come, and nowhere else."""

import json
import re

import pyarrow as pa
import pytest

from pond_core import Pond
from pond_pipeline.cli.progress import steps, transfer
from tests.pipeline.cli.shell import Shell

LARGE = bytes(200_000)

ERASE = "\x1b[2K"

LONG = {
    "push": ("push", "--to", "backup"),
    "verify": ("verify", "--full", "--from", "backup"),
    "repair": ("verify", "--repair", "--from", "backup"),
    "restore": ("restore", "restored", "--from", "backup"),
    "expire": ("expire", "--daily", "1", "--yes", "--from", "backup"),
}

SHOWN = {
    "push": "sending",
    "verify": "checking",
    "repair": "checking",
    "restore": "fetching",
    "expire": "sending",
}


COUNTED = {
    "checking": ("verify",),
    "exporting": ("export", "exported"),
    "publishing": ("publish", "published"),
    "writing": ("mirror", "mirrored"),
}
"""Commands that count, by what is said meanwhile."""


def plain(screen: str) -> str:
    """Return what is on a screen without colors and moves."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", "", screen)


@pytest.fixture
def pushed(shell: Shell) -> Shell:
    """A prompt beside a backup that has two moments, and lacks the last one of the pond."""
    for number in range(3):
        if number:
            Pond.open(shell.pond).push(shell.directory / "backup")
        with Pond.open(shell.pond).transaction() as changes:
            changes.write_data("/large", LARGE + bytes([number]))
    return shell


@pytest.mark.parametrize("name", LONG)
def test_a_terminal_shows_it_and_what_is_printed_is_as_ever(pushed: Shell, name: str) -> None:
    printed, screen = pushed.watched("backup", *LONG[name], "--json")
    assert isinstance(json.loads(printed), dict)
    assert SHOWN[name] in screen
    assert "objects" in screen
    assert plain(screen.rpartition(ERASE)[2]) == ""  # nothing is left of it


@pytest.mark.parametrize("what", COUNTED)
def test_a_terminal_shows_how_many_there_are(pushed: Shell, what: str) -> None:
    table = pa.table({"place": ["Wharf"], "note": ["x" * 100_000]})  # an object of its own
    Pond.open(pushed.pond).transact(lambda tx: tx.write_table("/places", table))
    printed, screen = pushed.watched(*COUNTED[what], "--json")
    assert isinstance(json.loads(printed), dict)
    assert re.search(rf"{what} .*[1-9]/[1-9]", plain(screen))
    assert plain(screen.rpartition(ERASE)[2]) == ""


def test_a_terminal_shows_how_much_there_is_to_fetch(pushed: Shell) -> None:
    _, screen = pushed.watched("backup", *LONG["restore"])
    assert re.search(r"[1-9] objects 40\d\.\d/40\d\.\d kB", plain(screen))


@pytest.mark.parametrize("name", LONG)
def test_a_pipe_gets_none_of_it_whatever_the_environment_says(
    pushed: Shell, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pushed.start("backup", *LONG[name]) as process:
        _, talk = process.communicate()
    assert process.returncode == 0
    assert "\x1b" not in talk
    assert SHOWN[name] not in talk


def test_what_is_told_where_nobody_looks_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer("sending") as moved, steps(2) as done:
        moved(1, 2)
        moved(1, 3, 2)
        done("one")
    assert capsys.readouterr() == ("", "")
