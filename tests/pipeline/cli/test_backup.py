"""`pond backup`: what a person does at a prompt to keep a pond, and to get it back."""

import json
import re
import shutil
from pathlib import Path

import pytest

from pond_core import Backups, Pond
from tests.pipeline.cli.shell import Shell
from tests.pipeline.cli.test_documented import SECTIONS, _check_shape
from tests.s3 import server as s3

RESOURCES = """
kind: Backup
name: stick
spec: {folder: "${env:STICK:-stick}/backup"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick" / "backup"


def resources(shell: Shell, text: str = RESOURCES) -> Path:
    file = shell.directory / "resources.yaml"
    file.write_text(text)
    return file


def section(name: str) -> str:
    return SECTIONS["backup"].split(f"### `pond backup {name}`")[1].split("\n### ")[0]


def documented(name: str) -> object:
    shape: object = json.loads(re.findall(r"```json\n(.*?)```", section(name), re.DOTALL)[0])
    return shape


def test_a_pond_is_pushed_listed_verified_and_restored(shell: Shell, folder: Path) -> None:
    for name, arguments in {
        "push": ("--to", folder),
        "list": ("--from", folder),
        "verify": ("--from", folder),
        "restore": (shell.directory / "restored", "--from", folder),
    }.items():
        _check_shape(documented(name), shell.value("backup", name, *arguments))
    before, after = (Pond.open(p).snapshot() for p in (shell.pond, shell.directory / "restored"))
    assert [node.path for node in after.walk("/")] == [node.path for node in before.walk("/")]


def test_the_instant_of_a_moment_is_written_as_everywhere(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    _, row = shell.out("backup", "list", "--from", folder).splitlines()
    assert re.search(r" \d{4}-\d\d-\d\dT[0-9:.]+Z ", row)


def test_a_sealed_place_is_made_with_a_key_that_is_told_once(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shell.value("backup", "init", "--to", folder, "--seal")
    _check_shape(documented("init"), made)
    assert isinstance(made, dict)
    result = shell.run("backup", "push", "--to", folder)
    assert "are sealed" in result.stderr
    monkeypatch.setenv("POND_BACKUP_KEY", str(made["key"]))
    assert shell.row("backup", "push", "--to", folder)["is_new"] is True
    again = shell.run("backup", "init", "--to", folder, "--seal")
    assert "whoever loses the key has lost the backup" in again.stderr
    assert (again.exit_code, again.stdout) == (0, "")


def test_a_resource_is_sealed_with_its_own_key(shell: Shell, folder: Path) -> None:
    file = resources(shell)
    result = shell.run("backup", "init", "-f", file, "--seal")
    assert result.exit_code == 2
    assert "add `encryption_key: ${env:POND_BACKUP_KEY}`" in result.stderr
    assert not folder.exists()
    resources(shell, RESOURCES.replace('backup"}', 'backup", encryption_key: "${env:MINE}"}'))
    (file.parent / ".env").write_text("MINE=a key that is long enough\n")
    assert shell.row("backup", "init", "-f", file)["sealed"] is True
    assert shell.row("backup", "push", "-f", file)["is_new"] is True
    assert shell.run("backup", "list", "--from", folder).exit_code == 1


def test_moments_expire_and_what_only_they_needed_is_listed(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    with Pond.open(shell.pond).transaction() as changes:
        changes.mkdir("/more")
    shell.out("backup", "push", "--to", folder)
    expired = shell.value("backup", "expire", "--from", folder, "--daily", "1", "--yes")
    _check_shape(documented("expire"), expired)
    assert isinstance(expired, dict)
    assert expired["expired"] == 1
    cleaned = shell.value("backup", "clean-up", "--from", folder)
    _check_shape(documented("clean-up"), cleaned)
    assert isinstance(cleaned, dict)
    assert (cleaned["deleted"], cleaned["waiting"]) == (0, 4)


def test_moments_expire_only_if_that_is_agreed_to(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    result = shell.run("backup", "expire", "--from", folder, "--daily", "1")
    assert result.exit_code == 2
    assert "nothing was done" in result.stderr


def test_to_keep_nothing_is_a_mistake(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    result = shell.run("backup", "expire", "--from", folder, "--yes")
    assert "keeps nothing" in result.stderr


def test_a_bucket_is_reached_with_what_env_says(
    shell: Shell, s3_server: s3.Server, bucket_url: str
) -> None:
    lines = [f"{name}={value}" for name, value in s3_server.environ.items()]
    file = resources(shell)
    (file.parent / ".env").write_text("\n".join(lines))
    pushed = shell.row("backup", "push", "--to", bucket_url, "-f", file)
    assert (pushed["place"], pushed["is_new"]) == (bucket_url, True)
    place = shell.directory / "restored"
    assert shell.row("backup", "restore", place, "--from", bucket_url, "-f", file)["objects"]


def test_a_bucket_without_credentials_says_where_they_go(
    shell: Shell, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    result = shell.run("backup", "push", "--to", bucket_url, "-f", resources(shell))
    assert result.exit_code == 2
    assert "there are no credentials for the bucket" in result.stderr
    assert ".env" in result.stderr


def test_the_folder_is_that_of_the_resource(shell: Shell, folder: Path) -> None:
    file = resources(shell)
    pushed = shell.row("backup", "push", "-f", file)
    head = Pond.open(shell.pond).snapshot().txn
    assert (pushed["place"], pushed["txn"], pushed["is_new"]) == (str(folder), head, True)
    assert shell.row("backup", "push", "-f", file, "--name", "stick")["is_new"] is False


@pytest.mark.parametrize("arguments", [(), ("--name", "other")])
def test_a_resource_that_is_not_there_is_named(shell: Shell, arguments: tuple[str, ...]) -> None:
    text = RESOURCES + "---" + RESOURCES.replace("name: stick", "name: second")
    result = shell.run("backup", "push", "-f", resources(shell, text), *arguments)
    assert result.exit_code == 2
    assert "it has stick, second" in result.stderr


@pytest.mark.parametrize(("command", "flag"), [("push", "--to"), ("list", "--from")])
def test_how_a_place_is_named_is_told_where_no_resource_names_one(
    shell: Shell, command: str, flag: str
) -> None:
    result = shell.run("backup", command, "-f", resources(shell, "# none\n"))
    assert result.exit_code == 2
    assert f"or the place itself by {flag}\n" in result.stderr


def test_a_push_says_what_it_sent(shell: Shell, folder: Path) -> None:
    first = shell.run("backup", "push", "--to", folder)
    again = shell.run("backup", "push", "--to", folder)
    assert "bytes sent" in first.stderr
    assert "nothing is new" in again.stderr


def test_a_place_without_any_backup_is_told(shell: Shell, folder: Path) -> None:
    result = shell.run("backup", "list", "--from", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no backup in" in result.stderr
    result = shell.run("backup", "verify", "--from", folder / "typo")
    assert "is the disk plugged in?" in result.stderr


def test_a_place_that_has_lost_all_is_begun_anew_when_somebody_says_so(
    shell: Shell, folder: Path
) -> None:
    shell.out("backup", "push", "--to", folder)
    shutil.rmtree(folder)
    result = shell.run("backup", "push", "--to", folder)
    assert "backup push --anew" in result.stderr
    assert shell.row("backup", "push", "--to", folder, "--anew")["is_new"] is True


def test_points_are_listed_in_columns(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    [header, line] = shell.out("backup", "list", "--from", folder).splitlines()
    assert header.split() == ["pond", "txn", "committed", "from", "txn", "bytes"]
    assert line.startswith(Pond.open(shell.pond).id)


@pytest.mark.parametrize("name", ["list", "verify", "restore", "expire"])
def test_a_pond_that_has_no_backup_there_is_named(shell: Shell, folder: Path, name: str) -> None:
    shell.out("backup", "push", "--to", folder)
    more = {"restore": ["restored"], "expire": ["--daily", "1", "--yes"]}.get(name, [])
    result = shell.run("backup", name, *more, "--from", folder, "--of", "junk")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no backup of pond junk in" in result.stderr


def test_damage_is_listed_and_fails(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    [point] = Backups(folder).points()
    digest = point.segments[0].sha256
    (folder / "segments" / digest[:2] / digest).unlink()
    result = shell.run("backup", "verify", "--from", folder)
    assert result.exit_code == 1
    assert "segment missing" in result.stdout
    assert "the backup is damaged: 1 finding" in result.stderr


def test_a_moment_of_the_past_is_restored(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    place = shell.directory / "restored"
    assert shell.row("backup", "restore", place, "--from", folder, "--as-of", "2")["txn"] == 2
    assert not Pond.open(place).snapshot().exists("/files")


def test_a_run_is_no_moment_of_a_backup(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    result = shell.run("backup", "restore", "x", "--from", folder, "--as-of", "run:run-1")
    assert (result.exit_code, "not of a run" in result.stderr) == (2, True)


def test_a_pond_is_not_restored_over(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    result = shell.run("backup", "restore", shell.pond, "--from", folder)
    assert result.exit_code == 1
    assert "is not empty" in result.stderr


def test_a_replica_is_pulled_and_promoted(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    place = shell.directory / "office"
    pulled = shell.value("--pond", place, "backup", "pull", "--from", folder)
    _check_shape(documented("pull"), pulled)
    again = shell.run("--pond", place, "backup", "pull", "--from", folder)
    assert "nothing is new" in again.stderr
    promoted = shell.value("--pond", place, "backup", "promote")
    _check_shape(documented("promote"), promoted)
    assert Pond.open(place).id != Pond.open(shell.pond).id


def test_a_change_of_a_replica_is_refused_with_what_to_do(shell: Shell, folder: Path) -> None:
    shell.out("backup", "push", "--to", folder)
    place = shell.directory / "office"
    shell.out("--pond", place, "backup", "pull", "--from", folder)
    result = shell.run("--pond", place, "copy", shell.pond / "lock", "pond:/mine")
    assert result.exit_code == 1
    assert "only follows it" in result.stderr
    assert "pond backup promote" in result.stderr


def test_an_unknown_subcommand_is_a_usage_error_with_a_near_miss(nowhere: Shell) -> None:
    result = nowhere.run("backup", "psuh")
    assert result.exit_code == 2
    assert "there is no command 'psuh'; did you mean 'push'?" in result.stderr
