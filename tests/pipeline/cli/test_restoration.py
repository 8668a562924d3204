"""`pond backup restore --path`: what a person does at a prompt to get a part of a pond back."""

import json
import re
from pathlib import Path

import pytest

from pond_core import Pond
from tests.pipeline.cli.shell import STATION, Shell
from tests.pipeline.cli.test_documented import SECTIONS, _check_shape
from tests.s3 import server as s3


@pytest.fixture
def folder(shell: Shell, tmp_path: Path) -> Path:
    """Where a backup of the pond is."""
    (tmp_path / "stick").mkdir()
    shell.out("backup", "push", "--to", tmp_path / "stick" / "backup")
    return tmp_path / "stick" / "backup"


def documented() -> object:
    section = SECTIONS["backup"].split("### `pond backup restore`")[1].split("\n### ")[0]
    shape: object = json.loads(re.findall(r"```json\n(.*?)```", section, re.DOTALL)[1])
    return shape


def test_a_directory_is_put_back_where_it_was(shell: Shell, folder: Path) -> None:
    before = Pond.open(shell.pond).snapshot().read_series(STATION)
    Pond.open(shell.pond).transact(lambda tx: tx.remove("/raw", recursive=True))
    restore = ("backup", "restore", "--path", "/raw", "--into", "/raw", "--from", folder)
    done = shell.row(*restore)
    _check_shape(documented(), done)
    assert (done["path"], done["source"], done["as_of"], done["txn"]) == ("/raw", "/raw", 4, 6)
    assert Pond.open(shell.pond).snapshot().read_series(STATION) == before
    assert shell.row(*restore)["txn"] is None
    assert "it was so already, and nothing was written" in shell.run(*restore).stderr
    [newest] = shell.rows("log", "--limit", "1")
    assert newest["author"] == "pond backup restore"


def test_what_is_there_is_replaced_when_that_is_said(shell: Shell, folder: Path) -> None:
    restore = ("backup", "restore", "--path", STATION, "--into", "/files", "--from", folder)
    result = shell.run(*restore)
    assert result.exit_code == 1
    assert "/files is there, and is not what the backup has" in result.stderr
    assert "--force" in result.stderr
    result = shell.run(*restore, "--force", "--as-of", "2")
    assert result.exit_code == 0
    assert re.search(
        rf"/files of .* is {STATION} of pond .* as of txn 2, since txn 5", result.stderr
    )


def test_a_new_pond_has_that_directory_alone(shell: Shell, folder: Path) -> None:
    place = shell.directory / "part"
    restore = ("backup", "restore", place, "--path", STATION, "--from", folder)
    done = shell.row(*restore)
    _check_shape(documented(), done)
    assert (done["place"], done["txn"]) == (str(place), 1)
    found = [node.path for node in Pond.open(place).snapshot().walk("/")]
    assert found == ["/", "/raw", "/raw/noyo", STATION]
    assert shell.row(*restore)["txn"] == 1  # there it is


def test_a_new_pond_is_made_in_a_bucket(
    shell: Shell, folder: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    lines = [f"{name}={value}" for name, value in s3_server.environ.items()]
    (shell.directory / ".env").write_text("\n".join(lines))
    file = shell.directory / "resources.yaml"
    url = f"{bucket_url}/part"
    done = shell.row("backup", "restore", url, "--path", "/files", "--from", folder, "-f", file)
    assert done["place"] == url
    assert Pond.open(url, access=s3_server.access).snapshot().exists("/files/note.txt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the DIR of a new pond"),
        (("--path", "/raw"), "name the DIR of a new pond, or with --into"),
        (("--into", "/raw"), "say with --path what is to be put back"),
        (("x", "--path", "/raw", "--into", "/raw"), "say one of them"),
        (("x", "--path", "/raw", "--force"), "--force is for --into"),
        (("x", "--force"), "--force is for --into"),
        (("--path", "/raw", "--into", "/z", "--as-of", "run:run-1"), "not of a run"),
    ],
)
def test_what_does_not_say_one_place_is_a_mistake(
    shell: Shell, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = shell.run("backup", "restore", *arguments, "--from", folder)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert Pond.open(shell.pond).snapshot().txn == 4


@pytest.mark.parametrize(
    ("path", "into", "message"),
    [
        ("/rax", "/z", "/rax does not exist, in"),
        ("/files", "/", "cannot take the place of the root"),
        ("/files", "/files/note.txt/z", "/files/note.txt is a data file"),
    ],
)
def test_what_cannot_be_put_back_is_told(
    shell: Shell, folder: Path, path: str, into: str, message: str
) -> None:
    result = shell.run("backup", "restore", "--path", path, "--into", into, "--from", folder)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "hint" in result.stderr
    assert Pond.open(shell.pond).snapshot().txn == 4
