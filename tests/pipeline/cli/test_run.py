"""`pond run` and the file: what runs is recorded, and nobody runs a file that is wrong."""

import warnings
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.apply import apply_resources
from pond_pipeline.periods import Period
from tests.pipeline.cli.shell import Shell
from tests.pipeline.steps.exports import put

TEXT = """
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.htm
  start: 2026-11-01
  locations: [{name: Pier, match: "Pier-*"}]
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    (tmp_path / "inbox").mkdir()
    path = tmp_path / "resources.yaml"
    path.write_text(TEXT)
    return path


def test_what_is_run_is_recorded_as_applied(nowhere: Shell, file: Path) -> None:
    with warnings.catch_warnings():  # the command silences Dagster's for its whole process
        result = nowhere.run("run", "-f", file)
    assert result.exit_code == 0, result.stderr
    pond = Pond.open(nowhere.pond)
    assert pond.snapshot().exists("/sys/resources/by-name/LakeTech.exports")
    assert pond.log()[-1].provenance.author == "pond run"


def test_a_typo_is_refused_though_something_was_applied(nowhere: Shell, file: Path) -> None:
    apply_resources(file, pond=nowhere.pond)
    file.write_text(TEXT.replace("pattern:", "patern:"))
    result = nowhere.run("run", "-f", file)
    assert result.exit_code == 2
    assert "did you mean 'pattern'?" in result.stderr
    assert len(Pond.open(nowhere.pond).log()) == 1


def test_a_demo_names_commands_that_there_are(
    nowhere: Shell, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(nowhere.directory)
    with warnings.catch_warnings():  # as above
        result = nowhere.run("demo", "-f", file)
    assert result.exit_code == 0, result.stderr
    assert f"  pond --pond {nowhere.pond} ls -l" in result.stderr
    assert f"  pond --pond {nowhere.pond} up --home {file.parent / 'home'}  " in result.stderr


FILES = """
kind: Inbox
name: drop
spec: {pattern: "inbox/*.csv"}
"""
MADE = """
---
kind: Derive
name: well
spec:
  collections:
    - name: levels
      pattern: /raw/drop/*
      query: SELECT timestamp, level FROM $1
---
kind: Template
name: site
spec:
  collections:
    - {name: pages, in_pattern: /derived/well/levels/*, out_pattern: $0.md, template: "{{ rows }}"}
"""
DAYS = """
---
kind: Scribble
name: bay
spec: {start: 2025-01-01, end: 2025-02-11, interval: 6h, series: [A]}
---
kind: Combine
name: bay
spec: {sites: [{name: Pier, inputs: [{pattern: /raw/bay/A}]}]}
"""


def outcome_of(shell: Shell, *args: str | Path) -> dict[str, object]:
    with warnings.catch_warnings():
        return shell.row("run", *args)


def fields_of(outcome: dict[str, object], name: str, *fields: str) -> list[tuple[object, ...]]:
    rows = outcome[name]
    assert isinstance(rows, list)
    return [tuple(row[field] for field in fields) for row in rows]


def test_a_plan_of_files_alone_is_one_run_of_no_periods(nowhere: Shell, file: Path) -> None:
    file.write_text(FILES)
    put(file.parent / "inbox", "a.csv", "timestamp,level\n2025-01-10 00:00:00,1\n")
    outcome = outcome_of(nowhere, "-f", file)
    assert fields_of(outcome, "runs", "periods") == [([],)]
    assert outcome["changed"] == ["/raw/drop"]


def test_each_export_that_cannot_be_read_is_a_line_of_its_own(nowhere: Shell, file: Path) -> None:
    for name in ("a.htm", "b.htm"):
        put(file.parent / "inbox", name, "")
    with warnings.catch_warnings():
        result = nowhere.run("run", "-f", file)
    assert result.stderr.splitlines()[:3] == [
        "check exports_are_readable of /raw/exports/files failed:",
        "  a.htm: the file is empty; copy it again when it is complete",
        "  b.htm: the file is empty; copy it again when it is complete",
    ]


def test_files_sql_and_templates_are_made_in_one_run(nowhere: Shell, file: Path) -> None:
    file.write_text(FILES + MADE)
    put(file.parent / "inbox", "a.csv", "timestamp,level\n2025-01-10 00:00:00,1\n")
    outcome = outcome_of(nowhere, "-f", file)
    assert fields_of(outcome, "assets", "path", "files", "rows", "first") == [
        ("/raw/drop", 1, None, None),
        ("/derived/well/levels", 1, 1, "2025-01-10T00:00:00Z"),
        ("/rendered/site/pages", 1, None, None),
    ]
    again = outcome_of(nowhere, "-f", file)
    assert again["changed"] == []


def test_periods_of_what_has_none_are_refused(nowhere: Shell, file: Path) -> None:
    file.write_text(FILES)
    result = nowhere.run("run", "-f", file, "--partition", "2025-01")
    assert result.exit_code == 2
    assert "no periods" in result.stderr


def test_files_and_partitions_are_run_together(nowhere: Shell, file: Path) -> None:
    file.write_text(FILES + DAYS)
    outcome = outcome_of(nowhere, "-f", file, "--from", "2025-01", "--to", "2025-02")
    assert fields_of(outcome, "runs", "periods") == [(["2025-01", "2025-02"],)]
    assert outcome["changed"] == ["/raw/bay/A", "/combined/bay/Pier"]


def test_what_is_up_to_date_is_computed_again_when_asked_for(nowhere: Shell, file: Path) -> None:
    file.write_text(DAYS)
    outcome_of(nowhere, "-f", file, "--from", "2025-01", "--to", "2025-02")
    pond = Pond.open(nowhere.pond)
    kept = pond.snapshot().read_series("/combined/bay/Pier")
    month = Period.parse("2025-02").window
    with pond.transaction() as tx:  # by hand: what is recorded of its inputs stays
        tx.write_window("/combined/bay/Pier", None, month)
    args = ("-f", file, "--select", "/combined/**", "--partition", "2025-02")
    assert outcome_of(nowhere, *args)["changed"] == []
    assert outcome_of(nowhere, *args, "--reprocess")["changed"] == ["/combined/bay/Pier"]
    assert pond.snapshot().read_series("/combined/bay/Pier").equals(kept)


def test_to_reprocess_without_periods_is_to_reprocess_all_of_them(
    nowhere: Shell, file: Path
) -> None:
    file.write_text(DAYS)
    outcome_of(nowhere, "-f", file)
    ((periods,),) = fields_of(outcome_of(nowhere, "-f", file, "--reprocess"), "runs", "periods")
    assert isinstance(periods, list)
    assert periods[:2] == ["2025-01", "2025-02"]


ACCOUNT = """
kind: HydroVu
name: bay
spec:
  key: ${env:POND_TEST_KEY}
  secret: ${env:POND_TEST_SECRET}
  start: 2026-11-01
"""


def test_all_variables_that_lack_are_told_at_once(nowhere: Shell, file: Path) -> None:
    file.write_text(ACCOUNT)
    (file.parent / ".env").write_text("POND_TEST_KEY=\n")
    result = nowhere.run("run", "-f", file)
    told = (
        "the environment variables POND_TEST_KEY, POND_TEST_SECRET are not set, or set to nothing"
    )
    assert (result.exit_code, told in result.stderr) == (2, True)
    assert not nowhere.pond.exists()
