import json
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pond_core import Pond, SnapshotForgottenError
from pond_pipeline.cli.entry import pond as pond_command
from tests.pipeline.cli.shell import Shell


def test_verify_says_what_it_looked_at(reader: Shell) -> None:
    assert "transactions  4\n" in reader.out("verify")


def test_verify_tells_its_report_as_json(reader: Shell) -> None:
    report = reader.row("verify")
    told = ["ok", "txns", "log_files", "objects", "unreferenced", "left_over", "findings"]
    assert list(report) == told
    assert (report["ok"], report["txns"], report["findings"]) == (True, 4, [])


def test_verify_lists_damage_and_fails(shell: Shell) -> None:
    _damage(shell.pond)
    result = shell.run("verify")
    assert result.exit_code == 1
    assert "\nlog file damaged" in result.stdout
    assert "the pond is damaged" in result.stderr


def test_verify_tells_damage_as_json(shell: Shell) -> None:
    _damage(shell.pond)
    result = shell.run("verify", "--json")
    assert (result.exit_code, '"what": "log file damaged"' in result.stdout) == (1, True)


def test_verify_tells_of_a_pond_that_cannot_be_opened(shell: Shell) -> None:
    _lose(shell.pond)
    result = shell.run("verify")
    assert result.exit_code == 1
    assert "\nDelta log broken" in result.stdout


def test_a_pond_without_its_delta_log_says_what_helps(shell: Shell) -> None:
    _lose(shell.pond)
    result = shell.run("ls")
    assert (result.exit_code, "repair`" in result.stderr) == (1, True)


def test_repair_makes_a_new_delta_log(shell: Shell) -> None:
    before = shell.out("ls", "-l", "/**")
    _lose(shell.pond)
    assert shell.run("repair", "--dry-run").stderr.startswith("nothing was changed;")
    result = shell.run("repair")
    assert "proven whole                 4\n" in result.stdout
    assert result.exit_code == 1, "no commit and no later header names the newest transaction"
    assert "\nnot proven" in result.stdout
    assert shell.out("ls", "-l", "/**") == before
    assert shell.run("verify").exit_code == 0


def test_repair_of_a_sound_pond_tells_its_report_as_json(shell: Shell) -> None:
    report = shell.row("repair")
    assert list(report)[:5] == ["ok", "dry_run", "pond_id", "txns", "proven"]
    assert (report["ok"], report["txns"], report["proven"]) == (True, 4, 4)


def test_repair_makes_no_pond_where_none_was(shell: Shell, tmp_path: Path) -> None:
    elsewhere = Shell(tmp_path / "nothing", shell.directory)
    result = elsewhere.run("repair")
    assert (result.exit_code, "there is nothing of a pond" in result.stderr) == (1, True)


def test_maintain_says_what_it_did(shell: Shell) -> None:
    lines = shell.out("maintain").splitlines()
    assert [line.rsplit(None, 1)[0].strip() for line in lines] == [
        "log files merged",
        "superseded rows put aside",
        "rows forgotten",
        "files deleted",
        "files not old enough yet",
        "bytes freed",
        "first txn that can be shown",
        "txns before it that are kept",
    ]
    assert Pond.open(shell.pond).verify().ok


def test_maintain_changes_nothing_when_it_is_only_asked(shell: Shell) -> None:
    before = sorted((shell.pond / "oplog").rglob("*"))
    result = shell.run("maintain", "--dry-run")
    assert result.stderr == "nothing was changed; this is what would be done\n"
    assert sorted((shell.pond / "oplog").rglob("*")) == before
    assert shell.row("maintain", "--dry-run")["dry_run"] is True


def test_maintain_forgets_after_asking(shell: Shell) -> None:
    result = _answering(shell, "y\n", "maintain", "--forget-before", "3")
    assert result.exit_code == 0
    assert "forgets every state before txn 3 (" in result.stderr
    assert "stays: the pond as of txn 3 and all later ones" in result.stderr
    pond = Pond.open(shell.pond)
    assert pond.snapshot(3).txn == 3
    with pytest.raises(SnapshotForgottenError):
        pond.snapshot(2)
    assert [header.txn for header in pond.log()] == [4, 3, 2, 1]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_maintain_forgets_nothing_without_a_yes(shell: Shell, answer: str) -> None:
    result = _answering(shell, answer, "maintain", "--forget-before", "3")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("nothing was done; --yes forgets without asking\n")
    assert Pond.open(shell.pond).snapshot(0).txn == 0


def test_maintain_forgets_unasked_when_told_so(shell: Shell) -> None:
    assert shell.row("maintain", "--forget-before", "2", "--yes")["horizon"] == 2
    result = shell.run("ls", "--as-of", "1")
    assert (result.exit_code, "2 is the first" in result.stderr) == (1, True)


def test_maintain_asks_before_it_drops_what_was_kept(shell: Shell) -> None:
    Pond.open(shell.pond).maintain(forget_before=3, keep=[1])
    result = _answering(shell, "n\n", "maintain", "--forget-before", "2")
    assert result.exit_code == 1
    assert "forgotten already; of what was kept before it stays nothing" in result.stderr
    assert Pond.open(shell.pond).snapshot(1).txn == 1
    assert shell.row("maintain", "--forget-before", "2", "--yes")["kept"] == []


def test_maintain_only_says_what_it_would_forget(shell: Shell) -> None:
    result = shell.run("maintain", "--forget-before", "3", "--dry-run")
    assert (result.exit_code, "forgets every state before txn 3" in result.stderr) == (0, True)
    assert Pond.open(shell.pond).snapshot(0).txn == 0


def test_maintain_forgets_nothing_where_nothing_was(shell: Shell) -> None:
    result = shell.run("maintain", "--forget-before", "2000-01-01")
    assert result.exit_code == 0
    assert result.stderr == "there is nothing before that moment: nothing is forgotten\n"
    assert Pond.open(shell.pond).snapshot(0).txn == 0


def test_maintain_takes_a_date_from_the_beginning_of_its_day(shell: Shell) -> None:
    made = Pond.open(shell.pond).log()[-1].ts_us // 86_400_000_000
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=made)).date().isoformat()
    assert shell.row("maintain", "--forget-before", day, "--yes")["horizon"] == 0


def test_maintain_keeps_the_ends_of_months(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    pond = Pond.open(shell.pond)
    now = time.time_ns()
    for days in (40, 80):
        later = now + days * 86_400 * 10**9
        monkeypatch.setattr(time, "time_ns", lambda later=later: later)
        pond.transact(lambda tx, days=days: tx.write_data("/late", b"%d" % days))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    result = shell.run("maintain", "--forget-before", "6", "--keep-month-ends", "--yes", "--json")
    assert json.loads(result.stdout)["kept"] == [4, 5]
    assert "as of txn 6 and all later ones, at 2 ends of months before it" in result.stderr
    assert shell.out("cat", "--as-of", "5", "/late") == "40"
    assert shell.run("ls", "--as-of", "3").exit_code == 1


def test_maintain_keeps_the_ends_of_months_of_what_it_forgets_alone(shell: Shell) -> None:
    result = shell.run("maintain", "--keep-month-ends")
    assert (result.exit_code, "what --forget-before keeps" in result.stderr) == (2, True)


@pytest.mark.parametrize("moment", ["yesterday", "-1", "run:x"])
def test_maintain_of_what_is_no_moment_is_a_usage_error(shell: Shell, moment: str) -> None:
    assert shell.run("maintain", f"--forget-before={moment}").exit_code == 2


def test_maintain_refuses_a_txn_that_is_not_there(shell: Shell) -> None:
    result = shell.run("maintain", "--forget-before", "99", "--yes")
    assert (result.exit_code, "there is no txn 99" in result.stderr) == (1, True)


def _answering(shell: Shell, answer: str, *args: str) -> Result:
    """Run a command with somebody at the keyboard."""
    return CliRunner().invoke(pond_command, ["--pond", str(shell.pond), *args], input=answer)


def _lose(pond: Path) -> None:
    shutil.rmtree(pond / "oplog" / "_delta_log")


def _damage(pond: Path) -> None:
    """Write something else in the middle of a log file that is only read when verifying."""
    file = max((pond / "oplog").rglob("*.parquet"), key=lambda each: each.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(bytes(data))
