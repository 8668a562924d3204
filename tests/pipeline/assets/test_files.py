from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_core import to_us
from pond_pipeline.assets.files import file_results, file_specs
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import FilesStep, InboxStep
from pond_pipeline.steps import CheckedFiles, Held, Verdict
from tests.pipeline.steps.exports import FILES, INBOX, a_files_step, a_folder, an_inbox_step

STEP = a_files_step(a_folder(Path("/nowhere")))
ANY = an_inbox_step(Path("/nowhere"))


def verdict(name: str, *locations: str) -> Verdict:
    return Verdict(name, "digest", held=tuple(map(Held, locations)))


def results(*verdicts: Verdict, **problems: str) -> dict[str, dg.AssetCheckResult]:
    files = CheckedFiles(verdicts={each.name: each for each in verdicts}, problems=problems)
    return {each.check_name or "": each for each in file_results(STEP, files)}


@pytest.mark.parametrize(("step", "path"), [(STEP, FILES), (ANY, INBOX)])
def test_every_check_that_is_made_is_announced(step: FilesStep | InboxStep, path: str) -> None:
    announced = {(spec.asset_key, spec.name) for spec in file_specs(step)}
    made = {(each.asset_key, each.check_name) for each in file_results(step, CheckedFiles())}
    assert announced == made
    assert {key for key, _ in announced} == {path_to_key(path)}


def test_a_file_that_an_inbox_cannot_take_fails_its_check() -> None:
    (check,) = file_results(ANY, CheckedFiles(problems={"a": "a: a symlink"}))
    assert (check.passed, check.description) == (False, "a: a symlink")


def test_good_files_pass_all_checks() -> None:
    checks = results(verdict("a.csv", "Pier-1"))
    assert {name: each.passed for name, each in checks.items()} == {
        "exports_are_readable": True,
        "locations_are_declared": True,
        "readings_are_past": True,
    }


def test_a_file_that_cannot_be_read_fails_with_its_problem() -> None:
    checks = results(a="a.csv: no table; export it again")
    check = checks["exports_are_readable"]
    assert not check.passed
    assert check.description == "a.csv: no table; export it again"
    assert checks["locations_are_declared"].passed


def test_a_location_that_nobody_declared_fails_with_the_line_to_add() -> None:
    checks = results(verdict("c.csv", "Dock-1"), verdict("a.csv", "Pier-1"))
    check = checks["locations_are_declared"]
    assert not check.passed
    assert check.description == ('c.csv: add to `locations` of fb: {name: Dock-1, match: "Dock-1"}')


def test_readings_of_the_future_are_told_with_their_file_and_the_last_of_them() -> None:
    ahead = Held("Pier-1", first_us=0, last_us=to_us(datetime(9000, 1, 1, tzinfo=UTC)))
    check = results(Verdict("a.csv", "digest", held=(ahead,)))["readings_are_past"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (check.description or "").startswith(
        "a.csv: Pier-1 has readings up to 9000-01-01 00:00 UTC, which is to come: "
    )


def test_each_problem_is_a_line_of_its_own() -> None:
    check = results(a="one", b="two")["exports_are_readable"]
    assert (check.description or "").splitlines() == ["one", "two"]


def test_of_very_many_problems_the_first_are_told_and_the_others_counted() -> None:
    check = results(**{f"file {at:03}": f"problem {at}" for at in range(200)})
    lines = (check["exports_are_readable"].description or "").splitlines()
    assert (len(lines), lines[0], lines[-1]) == (51, "problem 0", "and 150 more")
