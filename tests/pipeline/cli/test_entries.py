from pathlib import Path

import pytest

from pond_core import Pond, Snapshot
from tests.pipeline.cli.shell import STATION, Shell

ROOT = Path(__file__).parents[3]


def test_directories_are_made_in_one_transaction(shell: Shell) -> None:
    made = shell.row("mkdir", "/notes", "pond:/notes/2026")
    assert made == {"txn": 5, "made": ["/notes", "/notes/2026"]}


def test_one_directory_that_cannot_be_made_leaves_all_unmade(shell: Shell) -> None:
    assert shell.run("mkdir", "/notes", "/units").exit_code == 1
    assert not _now(shell).exists("/notes")


def test_what_leads_to_a_directory_is_made_on_demand_alone(shell: Shell) -> None:
    result = shell.run("mkdir", "/notes/2026")
    assert "If not, make it first: pond mkdir -p /notes\n" in result.stderr
    assert shell.row("mkdir", "-p", "/notes/2026", "/files")["made"] == ["/notes", "/notes/2026"]
    assert shell.row("mkdir", "-p", "/notes/2026") == {"txn": None, "made": []}


def test_a_directory_that_is_mistyped_is_named_with_its_near_miss(shell: Shell) -> None:
    result = shell.run("mkdir", "/flies/new")
    assert (result.exit_code, "hint: did you mean /files?" in result.stderr) == (1, True)


def test_a_file_is_removed_and_history_keeps_it(shell: Shell) -> None:
    result = shell.run("rm", "/files/note.txt")
    assert "removed in txn 5; to look at it: --as-of 4" in result.stderr
    assert shell.run("cat", "/files/note.txt").exit_code == 1
    assert shell.out("cat", "/files/note.txt", "--as-of", "4") == "hello\n"


def test_a_symlink_is_removed_itself(shell: Shell) -> None:
    shell.out("rm", "/files/here")
    assert _now(shell).read_data("/files/note.txt") == b"hello\n"


def test_a_directory_that_holds_something_is_removed_only_with_r(shell: Shell) -> None:
    result = shell.run("rm", "/files")
    assert "/files is a directory that holds 4 nodes\n  hint: to remove all" in result.stderr
    removed = shell.row("rm", "-r", "/files", "/files/blob")
    assert removed["removed"] == [{"path": "/files", "type": "directory", "nodes": 5}]
    assert not _now(shell).exists("/files")


def test_a_pattern_removes_what_it_matches(shell: Shell) -> None:
    shell.out("rm", "/files/[bn]*")
    assert [node.name for node in _now(shell).ls("/files")] == ["here", "two\nlines\x1b[31mred"]
    assert "nothing matches /files/q*" in shell.run("rm", "/files/q*").stderr


def test_what_would_go_is_told_and_stays(shell: Shell) -> None:
    told = shell.row("rm", "-r", "--dry-run", "/files")
    assert (told["txn"], told["dry_run"]) == (None, True)
    assert _now(shell).txn == 4


@pytest.mark.parametrize(
    "line", [("rm", "-r", "/"), ("rm", "-r", "--dry-run", "/"), ("mv", "/", "/x")]
)
def test_the_root_stays(shell: Shell, line: tuple[str, ...]) -> None:
    result = shell.run(*line)
    assert (result.exit_code, "error: the root can" in result.stderr) == (1, True)


def test_one_path_that_is_not_there_leaves_all_as_it_was(shell: Shell) -> None:
    result = shell.run("rm", "/units", "/files/nota.txt")
    assert "hint: did you mean /files/note.txt?" in result.stderr
    assert _now(shell).exists("/units")


def test_the_log_names_the_first_of_what_was_removed(shell: Shell) -> None:
    shell.out("rm", "-r", "/units", "/files", "/raw/noyo/Station", "/raw/noyo", "/raw")
    newest = shell.rows("log", "--limit", "1")[0]
    assert newest["author"] == "pond rm"
    assert newest["message"] == "/units /files /raw/noyo/Station and 2 more"


def test_what_is_moved_keeps_its_content_and_its_past(shell: Shell) -> None:
    moved = shell.row("mv", "pond:/raw/noyo/Station", "/files")
    assert (moved["source"], moved["destination"]) == (STATION, "/files/Station")
    assert shell.rows("show", "/files/Station")[-1]["transaction"] == shell.rows("log")[-2]


def test_nothing_is_replaced_by_what_is_moved(shell: Shell) -> None:
    result = shell.run("mv", "/units", "/files/note.txt")
    assert (result.exit_code, "/files/note.txt exists" in result.stderr) == (1, True)


def test_what_is_moved_goes_to_a_directory_that_is_there(shell: Shell) -> None:
    result = shell.run("mv", "/units", "/rwa/units")
    assert "/rwa/units cannot be made: /rwa does not exist\n  hint: did you mean /raw? If not" in (
        result.stderr
    )


def test_to_move_something_to_where_it_is_writes_nothing(shell: Shell) -> None:
    assert shell.row("mv", "/units", "/units")["txn"] is None


def test_a_symlink_leads_to_what_it_was_made_for(shell: Shell) -> None:
    linked = shell.row("ln", "note.txt", "/files/again")
    assert linked == {"txn": 5, "path": "/files/again", "target": "note.txt", "leads_to": "data"}
    shell.out("ln", "/raw/noyo/Station", "/files/")
    assert _now(shell).lookup("/files/Station").entry_type == "series"


def test_a_symlink_to_nothing_is_made_and_warned_about(shell: Shell) -> None:
    result = shell.run("ln", "/absent", "/dead")
    assert "warning: /dead leads nowhere yet: there is no /absent" in result.stderr
    assert _now(shell).lookup("/dead", follow=False).readlink() == "/absent"


def test_what_a_resource_declares_is_changed_with_a_warning(nowhere: Shell) -> None:
    nowhere.out("apply", "-f", ROOT / "resources.yaml")
    nowhere.out("mkdir", "-p", "/raw/harbor", "/notes")
    nowhere.out("copy", ROOT / "README.md", "pond:/raw/harbor/WharfVulink")
    told = nowhere.run("rm", "-r", "--dry-run", "/raw")
    assert (
        "warning: the next run collects /raw/harbor/WharfVulink again: it belongs to HydroVu harbor"
        in told.stderr
    )
    assert "WharfVulink" not in nowhere.run("rm", "/notes").stderr
    moved = nowhere.row("mv", "/raw/harbor/WharfVulink", "/kept")
    assert moved["declared"] == ["/raw/harbor/WharfVulink"]
    refused = nowhere.run("rm", "-r", "/sys/resources")
    assert (refused.exit_code, "pond apply --prune" in refused.stderr) == (1, True)


def test_a_replica_takes_no_changes(shell: Shell, tmp_path: Path) -> None:
    shell.out("backup", "push", "--to", tmp_path / "backup")
    office = Shell(tmp_path / "office", tmp_path)
    office.out("backup", "pull", "--from", tmp_path / "backup")
    assert office.row("rm", "--dry-run", "/units")["txn"] is None
    assert [office.run(*line).exit_code for line in (("rm", "/units"), ("mkdir", "/x"))] == [1, 1]


def _now(shell: Shell) -> Snapshot:
    return Pond.open(shell.pond).snapshot()
