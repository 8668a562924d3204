import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pond_core import ConflictError, Pond
from pond_pipeline.cli.entry import COMMANDS, pond
from pond_pipeline.cli.failure import failure_of
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
    told = (
        f"pond: error: there is no pond at {nowhere.pond}\n  hint: go to the folder that holds it"
    )
    assert told in result.stderr
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


@pytest.mark.parametrize("option", ["--verbose", "--pond", "--debug"])
def test_an_option_of_all_commands_behind_one_is_told_where_it_goes(
    nowhere: Shell, option: str
) -> None:
    result = nowhere.run("log", option)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"hint: it goes before the command: pond {option} ...\n")


def test_what_can_be_meant_is_told_without_tabs(nowhere: Shell) -> None:
    result = nowhere.run("completion")
    assert (result.exit_code, "\\t" in result.stderr) == (2, False)


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


def test_what_a_command_cost_is_told_on_demand(shell: Shell) -> None:
    assert "cost" not in shell.run("ls").stderr
    told = shell.run("--verbose", "mkdir", "/notes").stderr.splitlines()
    assert [line.split()[0] for line in told] == [
        "made", "cost:", "log", "objects", "written", "transactions",
    ]  # fmt: skip
    assert told[-1].split() == ["transactions", "1"]


def test_what_a_command_cost_is_told_when_it_fails(reader: Shell) -> None:
    result = reader.run("--verbose", "cat", "/nothing")
    assert (result.exit_code, "  transactions  0\n" in result.stderr) == (1, True)


def test_what_nobody_expected_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
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


def test_a_file_of_the_host_is_named_with_its_near_miss(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    result = shell.run("copy", tmp_path / "note.txt", "pond:/x")
    assert f"hint: did you mean {tmp_path / 'notes.txt'}?" in result.stderr


def test_what_the_host_forbids_is_told_with_what_to_do() -> None:
    failure = failure_of(PermissionError(13, "Permission denied", "x.csv"))
    assert (failure.message, failure.exit_code) == ("x.csv: Permission denied", 1)
    assert failure.hint == "check who owns it and its folder, or choose another place"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (("cat", "/nothing-like-it"), "`pond ls` shows what is there"),
        (("sql", 'SELECT deep FROM "/raw/noyo/Station"'), "`pond describe PATH` shows its columns"),
        (("cat", "/raw/noyo/Station", "--columns", "Temp"), "did you mean Temperature.C"),
    ],
    ids=["path", "sql", "column"],
)
def test_errors_say_what_to_do(reader: Shell, line: tuple[str, ...], hint: str) -> None:
    assert f"  hint: {hint}" in reader.run(*line).stderr


def test_a_hostile_name_cannot_garble_an_error(reader: Shell) -> None:
    result = reader.run("ls", "/no\nsuch\x1b[31m")
    assert "\x1b" not in result.stderr


def test_ctrl_c_is_no_traceback(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_stdout_that_takes_nothing_is_told_in_one_line(reader: Shell) -> None:
    with (
        Path("/dev/full").open("w") as full,
        reader.start("ls", stdout=full.fileno()) as process,
    ):
        told = process.communicate()[1]
    assert process.returncode == 1
    assert told == "pond: error: stdout does not take what is printed: No space left on device\n"


def test_a_stdout_that_is_closed_is_no_reason_to_fail(reader: Shell) -> None:
    # The log is opened after it, and would get the number of stdout.
    with reader.start("ls", "--json", before="import os; os.close(1)") as process:
        printed, told = process.communicate()
    assert (process.returncode, printed, told) == (0, "", "")


@pytest.mark.parametrize("line", [("status",), ("get",), ("doctor", "--offline"), ("apply",)])
def test_a_file_that_is_named_has_to_be_there(reader: Shell, line: tuple[str, ...]) -> None:
    result = reader.run(*line, "-f", "nope.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pond: error: there is no file 'nope.yaml'\n" in result.stderr


def test_the_ui_goes_on_without_the_file_that_it_is_named() -> None:
    assert isinstance(pond, click.Group)
    context = click.Context(pond)
    up = pond.get_command(context, "up")
    assert up is not None
    asked = up.make_context("up", ["-f", "nope.yaml"], parent=context)
    assert asked.params["file"] == Path("nope.yaml")


def test_a_file_that_the_environment_names_has_to_be_there(
    reader: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POND_RESOURCES", "nope.yaml")
    assert reader.run("get").exit_code == 2


def _loaded(shell: Shell, *args: str, among: list[str]) -> str:
    """Return which of these modules a command has imported when it ends."""
    report = f"print([n for n in {among} if n in sys.modules], file=sys.stderr)"
    before = f"import sys, atexit; atexit.register(lambda: {report})"
    with shell.start(*args, before=before) as process:
        return process.communicate()[1]
