"""`pond status`: what a person or a monitor is told, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.cli.shell import Shell

SECRETS = "HYDROVU_SECRET=hush-hush\nAWS_SECRET_ACCESS_KEY=hush-too\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no resources are."""
    monkeypatch.chdir(tmp_path)


def test_it_says_what_the_pond_is_and_what_to_look_at(shell: Shell) -> None:
    page = shell.out("status")
    assert str(shell.pond) in page
    assert "run-1, /raw/noyo/Station" in page
    assert "warnings: 1" in page
    assert "- nothing is known of any backup of this pond\n  hint: docs/backup.md" in page


def test_warnings_fail_only_where_they_are_asked_for(shell: Shell) -> None:
    assert shell.run("status").exit_code == 0
    assert shell.run("status", "--check").exit_code == 1
    (shell.directory / "stick").mkdir()
    shell.out("backup", "push", "--to", shell.directory / "stick" / "backup")
    result = shell.run("status", "--check")
    assert (result.exit_code, result.stdout) == (0, "")


def test_how_long_a_backup_may_be_behind_can_be_said(shell: Shell) -> None:
    (shell.directory / "stick").mkdir()
    shell.out("backup", "push", "--to", shell.directory / "stick" / "backup")
    shell.out("copy", sys.executable, "pond:/python")
    assert shell.run("status", "--check").exit_code == 0
    assert shell.run("status", "--check", "--behind", "0s").exit_code == 1
    assert "is no duration" in shell.run("status", "--behind", "long").stderr


def test_where_no_pond_is_it_fails(nowhere: Shell) -> None:
    result = nowhere.run("status")
    assert result.exit_code == 1
    assert "there is no pond" in result.stderr


def test_nothing_secret_is_printed(shell: Shell) -> None:
    Path(".env").write_text(SECRETS)
    Path("resources.yaml").write_text("kind: Backup\nname: lake\nspec: {bucket: lake}\n")
    for arguments in (("status",), ("status", "--json")):
        result = shell.run(*arguments)
        assert b"s3://lake" in result.stdout_bytes
        assert b"hush" not in result.stdout_bytes + result.stderr_bytes


def test_it_loads_no_scheduler_and_nothing_that_talks_to_servers(shell: Shell) -> None:
    foreign = ("dagster", "httpx", "boto3")
    code = (
        "import sys\nfrom pond_pipeline.cli import main\n"
        "try:\n    main()\nfinally:\n"
        f"    print([name for name in {foreign} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", code, "--pond", str(shell.pond), "status"],
        capture_output=True,
        text=True,
        check=True,
        cwd=shell.directory,
    )
    assert run.stderr.strip() == "[]"
