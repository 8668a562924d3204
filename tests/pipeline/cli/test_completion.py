import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from pond_pipeline.cli.entry import COMMANDS
from pond_pipeline.cli.entry import pond as pond_command
from tests.pipeline.cli.shell import HOSTILE, Shell

ROOT = Path(__file__).parents[3]


def completed(shell: Shell, *line: str) -> list[str]:
    """Return what completes a command line whose last word is not complete."""
    *args, incomplete = line
    asked = ShellComplete(pond_command, {}, "pond", "_POND_COMPLETE")
    found = asked.get_completions(["--pond", str(shell.pond), *args], incomplete)
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("line", "printed", "spared"),
    [
        ("cat /raw/no", "plain,/raw/noyo/\n", "dagster"),
        ("desc", "plain,describe\n", "pond_core"),
    ],
)
def test_a_shell_asks_by_the_protocol_of_click_and_waits_for_no_needless_import(
    reader: Shell, line: str, printed: str, spared: str
) -> None:
    words = f"pond --pond {reader.pond} {line}"
    asked = {
        "_POND_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    hook = f"atexit.register(lambda: print('{spared}' in sys.modules, file=sys.stderr))"
    before = f"import atexit, os, sys; {hook}; os.environ.update({asked})"
    with reader.start(before=before) as process:
        found, told = process.communicate()
    assert (process.returncode, found, told) == (0, printed, "False\n")


def test_commands_are_completed_with_what_they_do(reader: Shell) -> None:
    assert completed(reader, "") == list(COMMANDS)
    assert completed(reader, "de") == ["describe", "demo"]
    assert completed(reader, "backup", "pu") == ["pull", "push"]


def test_options_are_completed(reader: Shell) -> None:
    assert completed(reader, "run", "--re") == ["--refetch", "--reprocess"]
    assert "--verbose" in completed(reader, "--ver")


@pytest.mark.parametrize(
    ("begun", "found"),
    [
        ("", ["files/", "raw/", "units"]),
        ("/u", ["/units"]),
        ("/files/", ["/files/blob", "/files/here", "/files/note.txt"]),
        ("pond:/ra", ["pond:/raw/"]),
        ("/nothing/", []),
    ],
)
def test_paths_go_on_from_what_was_typed(reader: Shell, begun: str, found: list[str]) -> None:
    assert completed(reader, "ls", begun) == found
    assert HOSTILE not in "".join(completed(reader, "ls", "/files/"))


def test_options_that_take_a_path_complete_one(reader: Shell) -> None:
    assert completed(reader, "log", "--path", "/un") == ["/units"]
    assert completed(reader, "run", "--select", "/un") == ["/units"]


def test_copy_completes_either_side(reader: Shell) -> None:
    assert completed(reader, "copy", "pond:/un") == ["pond:/units"]
    assert completed(reader, "copy", "po") == ["pond:/"]


def test_kinds_and_names_of_resources_are_completed(nowhere: Shell) -> None:
    alert = (
        "---\nkind: Alert\nname: duty\nspec: {conditions: [{when: stale}], channels: [{ntfy: t}]}\n"
    )
    (nowhere.directory / "all.yaml").write_text((ROOT / "resources.yaml").read_text() + alert)
    nowhere.out("apply", "-f", nowhere.directory / "all.yaml")
    assert completed(nowhere, "get", "hy") == ["HydroVu"]
    assert completed(nowhere, "get", "combine", "") == ["harbor"]
    assert completed(nowhere, "hydrovu", "locations", "--source", "h") == ["harbor"]
    assert completed(nowhere, "backup", "push", "--name", "") == []
    assert completed(nowhere, "site", "build", "") == ["harbor"]
    assert completed(nowhere, "site", "serve", "h") == ["harbor"]
    assert completed(nowhere, "alert", "test", "") == ["duty"]


def test_where_there_is_no_pond_nothing_is_suggested_and_nothing_made(nowhere: Shell) -> None:
    assert completed(nowhere, "cat", "/") == []
    assert completed(nowhere, "get", "HydroVu", "") == []
    assert not nowhere.pond.exists()


def test_a_pond_in_a_bucket_is_not_asked() -> None:
    asked = ShellComplete(pond_command, {}, "pond", "_POND_COMPLETE")
    assert asked.get_completions(["--pond", "s3://lake/pond", "cat"], "/") == []


@pytest.mark.parametrize(
    ("name", "goes_on"), [("bash", "compopt -o nospace"), ("zsh", "compadd -S ''"), ("fish", "")]
)
def test_the_script_of_each_shell_asks_pond(nowhere: Shell, name: str, goes_on: str) -> None:
    script = nowhere.out("completion", name)
    assert f"_POND_COMPLETE={name}_complete" in script
    assert goes_on in script


def in_bash(shell: Shell, *words: str) -> list[str]:
    """Return what bash is told to put in the place of the last of its words."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    command = shell.directory / "command"
    main = "from pond_pipeline.cli import main; main()"
    command.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c '{main}'\n")
    command.chmod(0o755)
    asked = f"""
        compopt() {{ :; }}
        COMP_WORDS=(pond {shlex.join(words)}) COMP_CWORD={len(words)}
        _pond_completion {command}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    script = shell.out("completion", "bash")
    answer = subprocess.run(  # noqa: S603 -- our own script
        [bash, "--norc"],
        input=f"{script}\n{asked}",
        env={**os.environ, "POND": str(shell.pond)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.splitlines()


def test_bash_goes_on_behind_a_colon_at_which_it_begins_a_new_word(reader: Shell) -> None:
    assert in_bash(reader, "copy", "pond", ":", "/un") == ["/units"]
    assert in_bash(reader, "copy", "x", "pond", ":/ra") == ["/raw/"]
    assert in_bash(reader, "cat", "/un") == ["/units"]


def test_bash_is_given_names_that_it_does_not_act_upon(shell: Shell) -> None:
    shell.out("mkdir", "/x; echo $HOME")
    shell.out("mkdir", "/x*")
    assert in_bash(shell, "ls", "/x") == [r"/x\*/", r"/x\;\ echo\ \$HOME/"]
