from pathlib import Path

import dagster as dg

from pond_pipeline.assets.files import check_results, check_specs
from pond_pipeline.paths import path_to_key
from pond_pipeline.steps import CheckedFiles, Verdict
from tests.pipeline.steps.exports import FILES, a_files_step, a_folder

STEP = a_files_step(a_folder(Path("/nowhere")))


def results(*verdicts: Verdict) -> dict[str, dg.AssetCheckResult]:
    problems = {each.name: each.problem for each in verdicts if each.problem}
    files = CheckedFiles({}, {each.name: each for each in verdicts}, problems)
    return {each.check_name or "": each for each in check_results(STEP, files)}


def test_every_check_that_is_made_is_announced() -> None:
    announced = {(spec.asset_key, spec.name) for spec in check_specs(STEP)}
    made = {(each.asset_key, each.check_name) for each in check_results(STEP, CheckedFiles({}, {}))}
    assert announced == made
    assert {key for key, _ in announced} == {path_to_key(FILES)}


def test_good_files_pass_both_checks() -> None:
    checks = results(Verdict("a.csv", "1", ("Pier-1",)))
    assert {name: each.passed for name, each in checks.items()} == {
        "exports_are_readable": True,
        "locations_are_declared": True,
    }


def test_a_file_that_cannot_be_read_fails_with_its_problem() -> None:
    checks = results(Verdict("a.csv", "1", problem="a.csv: no table; export it again"))
    check = checks["exports_are_readable"]
    assert not check.passed
    assert check.description == "a.csv: no table; export it again"
    assert checks["locations_are_declared"].passed


def test_a_location_that_nobody_declared_fails_with_the_line_to_add() -> None:
    checks = results(Verdict("c.csv", "1", ("Dock-1",)), Verdict("a.csv", "2", ("Pier-1",)))
    check = checks["locations_are_declared"]
    assert not check.passed
    assert check.description == ('c.csv: add to `locations` of fb: {name: Dock-1, match: "Dock-1"}')


def test_each_problem_is_a_line_of_its_own() -> None:
    check = results(Verdict("a", "1", problem="one"), Verdict("b", "2", problem="two"))[
        "exports_are_readable"
    ]
    assert (check.description or "").splitlines() == ["one", "two"]
