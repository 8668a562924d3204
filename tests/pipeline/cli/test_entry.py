import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from pond_core import ConflictError, Pond
from pond_pipeline.cli.entry import COMMANDS, pond
from tests.pipeline.cli.shell import Shell

READING = [
    ("ls",),
    ("cat", "/x"),
    ("describe", "/x"),
    ("log",),
    ("sql", "SELECT 1"),
    ("copy", "pond:/x", "pond:/y"),
    ("verify",),
]


def test_help_lists_every_command(nowhere: Shell) -> None:
    listed = nowhere.out("--help")
    assert [name for name in COMMANDS if f"\n  {name} " not in listed] == []


def test_without_a_command_help_is_shown_and_the_exit_code_is_2() -> None:
    result = CliRunner().invoke(pond, [])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: pond")


@pytest.mark.parametrize("line", READING, ids=lambda line: line[0])
def test_a_command_that_reads_never_makes_a_pond(nowhere: Shell, line: tuple[str, ...]) -> None:
    result = nowhere.run(*line)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"pond: error: there is no pond at {nowhere.pond}\n  hint: make one" in result.stderr
    assert list(nowhere.directory.iterdir()) == []


def test_the_pond_is_the_one_that_the_environment_names(reader: Shell) -> None:
    result = CliRunner().invoke(pond, ["ls"], env={"POND": str(reader.pond)})
    assert result.stdout == "/files/\n/raw/\n/units\n"


def test_the_pond_is_dot_pond_unless_told_otherwise(
    nowhere: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(nowhere.directory)
    CliRunner().invoke(pond, ["init"])
    assert (nowhere.directory / ".pond" / "oplog").is_dir()


def test_an_unknown_command_is_a_usage_error_with_a_near_miss(nowhere: Shell) -> None:
    result = nowhere.run("lgo")
    assert result.exit_code == 2
    assert result.stderr.startswith("pond: error: there is no command 'lgo'; did you mean 'log'?")


def test_an_unknown_option_is_a_usage_error_that_points_to_help(nowhere: Shell) -> None:
    result = nowhere.run("ls", "--lnog")
    assert result.exit_code == 2
    assert result.stderr.startswith("pond: error: No such option")
    assert "hint: see: pond ls --help" in result.stderr


def test_a_conflict_has_an_exit_code_of_its_own(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        raise ConflictError("others were faster", base=1, other=2)

    monkeypatch.setattr(Pond, "transact", lose)
    result = shell.run("copy", "pond:/units", "pond:/copy")
    assert (result.exit_code, "others were faster" in result.stderr) == (3, True)


def test_an_error_shows_where_it_came_from_only_on_demand(nowhere: Shell) -> None:
    assert "Traceback" not in nowhere.run("ls").stderr
    loud = nowhere.run("--debug", "ls")
    assert (loud.exit_code, "Traceback" in loud.stderr) == (1, True)


def test_what_nobody_expected_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(Pond, "verify", fail)
    result = shell.run("verify")
    assert result.exit_code == 1
    assert result.stderr == (
        "pond: error: unexpected ZeroDivisionError: one two\n"
        "  hint: this is a defect of ours; run again with --debug\n"
    )


def test_a_host_that_refuses_is_named(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("copy", tmp_path / "absent", "pond:/x")
    assert result.exit_code == 1
    assert f"{tmp_path / 'absent'}: No such file or directory" in result.stderr


def test_a_hostile_name_cannot_garble_an_error(reader: Shell) -> None:
    result = reader.run("ls", "/no\nsuch\x1b[31m")
    assert "\x1b" not in result.stderr


def test_ctrl_c_is_no_traceback(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pond, "verify", interrupt)
    result = shell.run("verify")
    assert (result.exit_code, result.stderr.strip()) == (1, "pond: error: interrupted")


def test_the_version_is_told(nowhere: Shell) -> None:
    assert nowhere.out("--version").count(".") == 2


def test_ls_loads_neither_dagster_nor_the_configuration(reader: Shell) -> None:
    assert _loaded(reader, "ls", among=["dagster", "pydantic", "httpx", "yaml"]) == "[]\n"


def test_help_loads_no_core(reader: Shell) -> None:
    assert _loaded(reader, "--help", among=["pond_core", "click"]) == "['click']\n"


def test_a_reader_who_leaves_early_hears_no_complaint(reader: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with reader.start("cat", "/units", "--format", "csv", stdout=writing) as process:
        os.close(writing)
        assert process.communicate()[1] == ""


def _loaded(shell: Shell, *args: str, among: list[str]) -> str:
    """Return which of these modules a command has imported when it ends."""
    report = f"print([n for n in {among} if n in sys.modules], file=sys.stderr)"
    before = f"import sys, atexit; atexit.register(lambda: {report})"
    with shell.start(*args, before=before) as process:
        return process.communicate()[1]
