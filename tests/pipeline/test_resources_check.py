"""The sensor and the check on `resources.yaml`: what the UI says of the file."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.apply import apply_resources
from pond_pipeline.definitions import defs

RIGHT = """
kind: HydroVu
name: bay
spec:
  key: ${env:BAY_KEY}
  secret: ${env:BAY_SECRET}
  start: 2024-03-01
  devices:
    - {name: Pier, id: 5103667482910720}
"""
WRONG = RIGHT.replace("devices:", "devcies:")
KEY = dg.AssetKey(["sys", "resources"])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "resources.yaml"
    path.write_text(RIGHT)
    return path


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.mark.usefixtures("file")
def test_a_file_that_is_right_is_recorded_and_passes_the_check() -> None:
    made, judged = _tick().asset_events
    assert isinstance(made, dg.AssetMaterialization)
    assert isinstance(judged, dg.AssetCheckEvaluation)
    assert (made.asset_key, judged.asset_key, judged.passed) == (KEY, KEY, True)
    assert Pond.open(".pond").log()[0].provenance.author == "dagster"


def test_the_first_look_at_a_file_that_was_recorded_already_shows_it(file: Path) -> None:
    apply_resources(file, pond=Path(".pond"))
    assert [type(each) for each in _tick().asset_events] == [
        dg.AssetMaterialization,
        dg.AssetCheckEvaluation,
    ]


def test_a_file_that_is_wrong_fails_the_check_with_line_and_remedy(file: Path) -> None:
    _tick()
    file.write_text(WRONG)
    (judged,) = _tick().asset_events
    assert isinstance(judged, dg.AssetCheckEvaluation)
    assert not judged.passed
    assert judged.description == (
        "resources.yaml:8: spec.devcies: is no known key\ndid you mean 'devices'?"
    )


def test_a_file_that_is_as_it_was_is_not_looked_into_again(file: Path) -> None:
    cursor = _tick().cursor
    skipped = _evaluate(cursor)
    assert isinstance(skipped, dg.SkipReason)
    file.write_text(WRONG)
    assert isinstance(_evaluate(cursor), dg.SensorResult)


def test_a_template_file_that_changes_is_looked_into_with_the_file(file: Path) -> None:
    page = file.with_name("page.md")
    page.write_text("{{ rows }}")
    pages = "{name: a, in_pattern: /normalized/**, out_pattern: $0, template_file: page.md}"
    file.write_text(f"{RIGHT}---\nkind: Template\nname: p\nspec: {{collections: [{pages}]}}\n")
    cursor = _tick().cursor
    page.write_text("{{ rows")
    result = _evaluate(cursor)
    assert isinstance(result, dg.SensorResult)
    (judged,) = result.asset_events
    assert isinstance(judged, dg.AssetCheckEvaluation)
    assert not judged.passed


def test_a_file_that_is_gone_fails_the_check(file: Path) -> None:
    _tick()
    served = defs()
    file.unlink()
    result = _evaluate(None, served)
    assert isinstance(result, dg.SensorResult)
    (judged,) = result.asset_events
    assert isinstance(judged, dg.AssetCheckEvaluation)
    assert not judged.passed


def test_the_check_can_be_run_by_hand(file: Path, instance: dg.DagsterInstance) -> None:
    _tick()
    file.write_text(WRONG)
    result = _run_check(instance)
    assert [each.passed for each in result.get_asset_check_evaluations()] == [False]


def test_the_asset_tells_what_is_served(file: Path) -> None:
    _tick()
    assert _description() == "The resources of resources.yaml, as they are recorded."
    file.write_text(WRONG)
    assert "applied last is served" in _description()


def _description() -> str:
    specs = {each.key: each for each in defs().resolve_all_asset_specs()}
    return specs[KEY].description or ""


def _run_check(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    checks = dg.AssetSelection.checks_for_assets(KEY)
    definitions = dg.Definitions.merge(
        defs(), dg.Definitions(jobs=[dg.define_asset_job("checks", selection=checks)])
    )
    return definitions.resolve_job_def("checks").execute_in_process(instance=instance)


def _tick() -> dg.SensorResult:
    result = _evaluate(None)
    assert isinstance(result, dg.SensorResult)
    return result


def _evaluate(cursor: str | None, definitions: dg.Definitions | None = None) -> object:
    sensor = (definitions or defs()).get_repository_def().get_sensor_def("resources_yaml")
    return sensor(dg.build_sensor_context(cursor=cursor))
