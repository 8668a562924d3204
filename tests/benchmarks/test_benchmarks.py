"""The benchmarks run, in a short form whose figures mean nothing, and say what they measured."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import faster, fewer, slower, within
from benchmarks.run import main
from tests.operations.browser import found_chromium

ROOT = Path(__file__).parents[2]
BROWSER = ["B17"] if found_chromium() else []
BUDGETS = [*(f"B{number}" for number in range(1, 17)), *BROWSER, "load", "tick"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the script writes, run as `make bench` runs it."""
    file = tmp_path_factory.mktemp("bench") / "results.json"
    subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "benchmarks/run.py", "--small", "--output", str(file)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    rows: list[dict[str, Any]] = json.loads(file.read_text())
    return rows


def test_each_budget_is_measured(results: list[dict[str, Any]]) -> None:
    assert {row["id"].split()[0] for row in results} == set(BUDGETS)


def test_each_row_has_an_id_of_its_own(results: list[dict[str, Any]]) -> None:
    ids = [row["id"] for row in results]
    assert len(set(ids)) == len(ids)


def test_rows_are_in_the_order_of_the_budgets(results: list[dict[str, Any]]) -> None:
    places = [BUDGETS.index(row["id"].split()[0]) for row in results]
    assert places == sorted(places)


def test_each_row_says_what_was_measured_and_what_was_allowed(
    results: list[dict[str, Any]],
) -> None:
    types: dict[str, type | tuple[type, ...]] = {
        "id": str,
        "what": str,
        "ours": str,
        "baseline": str,
        "ratio": (int, float),
        "budget": str,
        "ok": bool,
    }
    for row in results:
        assert list(row) == list(types)
        assert all(isinstance(row[name], type_) for name, type_ in types.items())
        assert all(row[name] for name in ("what", "ours", "baseline", "budget"))


def test_nothing_is_lost_by_writers_at_once(results: list[dict[str, Any]]) -> None:
    (row,) = (row for row in results if row["id"] == "B11 lost")
    assert row["ours"] == "0"


def test_no_transaction_comes_of_runs_that_bring_nothing(results: list[dict[str, Any]]) -> None:
    (row,) = (row for row in results if row["id"] == "B12 idle")
    assert row["ours"] == "0"


def test_some_budgets_measured_again_leave_the_rows_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    old = {"id": "B3", "what": "old"}
    other = {"id": "B11 lost", "what": "other"}
    file.write_text(json.dumps([old, other]))
    assert main(["B3", "--small", "--output", str(file)]) == 0
    (new, kept) = json.loads(file.read_text())
    assert kept == other
    assert (new["id"], new["what"]) == ("B3", "50 files made in one transaction")


def test_inputs_are_kept_where_asked_and_used_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    arguments = ["B1", "--small", "--data", str(data), "--output", str(tmp_path / "results.json")]
    main(arguments)
    made = {path.name: path.stat().st_mtime_ns for path in data.iterdir()}
    main(arguments)
    assert {path.name: path.stat().st_mtime_ns for path in data.iterdir()} == made
    assert set(made) == {"early", "old"}


@pytest.mark.parametrize(
    "arguments",
    [["B99", "--small"], ["--small"]],
    ids=["no such budget", "small, into the figures"],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments)
    assert refusal.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_time_may_be_so_many_times_the_baseline_s() -> None:
    assert slower("B1", "", 1.4, 1, limit=1.5).ok
    assert not slower("B1", "", 1.6, 1, limit=1.5).ok


def test_a_speed_must_be_so_many_times_the_baseline_s() -> None:
    assert faster("B5", "", 1.0, 0.95, limit=0.9).ok
    assert not faster("B5", "", 1.0, 0.85, limit=0.9).ok


def test_an_amount_must_be_so_many_times_less_than_the_baseline() -> None:
    assert fewer("B8", "", 1, 101, limit=100).ok
    assert not fewer("B8", "", 1, 99, limit=100).ok


def test_a_figure_must_not_be_more_than_its_limit() -> None:
    assert within("B4", "", 300, limit=300, unit="MiB").ok
    assert not within("B4", "", 301, limit=300, unit="MiB").ok
    assert within("B3", "", 0.25, limit=0.5, unit="s").budget == "<= 500.0 ms"
