"""Which plan is served: the file's, or, where that is wrong, what was applied last."""

from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.apply import apply_resources
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import HydroVuSource, Plan
from pond_pipeline.served import ServedPlan, serve_plan
from tests.pipeline.harbor import RESOURCES

TEXT = """
kind: HydroVu
name: bay
spec:
  key: ${env:BAY_KEY}
  secret: ${env:BAY_SECRET}
  start: 2024-03-01
  devices:
    - {name: Pier, id: 5103667482910720}
---
kind: Combine
name: bay
spec:
  sites: [{name: Bay, inputs: [{pattern: /normalized/bay/Pier}]}]
"""
PAGES = """
---
kind: Template
name: pages
spec:
  collections:
    - {name: sites, in_pattern: /combined/bay/*, out_pattern: $0.md, template_file: page.md}
"""
TYPO = TEXT.replace("devices:", "devcies:")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resources.yaml"
    path.write_text(TEXT)
    return path


def test_a_file_that_is_right_is_served_and_no_pond_is_looked_at(file: Path) -> None:
    (file.parent / "pond").write_text("this is no pond")
    assert _serve(file).problem == ""


def test_a_file_that_is_wrong_leaves_the_plan_that_was_applied(file: Path) -> None:
    right = _applied(file)
    file.write_text(TYPO)
    assert _serve(file).plan == right


def test_a_file_that_is_gone_leaves_the_plan_that_was_applied(file: Path) -> None:
    right = _applied(file)
    file.unlink()
    served = _serve(file)
    assert served.plan == right
    assert "resources.yaml: No such file" in served.problem


def test_the_shipped_file_s_plan_is_served_from_the_record_as_it_was(file: Path) -> None:
    file.write_text(RESOURCES.read_text())
    steps = _applied(file).steps
    file.write_text("kind: [")
    served = _serve(file).plan.steps
    assert [(s.outputs, s.fingerprint) for s in served] == [
        (s.outputs, s.fingerprint) for s in steps
    ]


def test_what_is_wrong_is_told_with_its_line_and_remedy(file: Path) -> None:
    _applied(file)
    file.write_text(TYPO)
    told = _serve(file).problem
    assert told.startswith(
        "resources.yaml:8: spec.devcies: is no known key\ndid you mean 'devices'"
    )
    assert told.endswith("What was applied last is served instead.")


def test_a_plan_that_does_not_hold_together_is_a_wrong_file_too(file: Path) -> None:
    _applied(file)
    file.write_text(TEXT.replace("/normalized/bay/Pier", "/normalized/bay/Piers"))
    assert "matches nothing" in _serve(file).problem


def test_a_resource_that_was_taken_out_before_the_typo_is_not_served(file: Path) -> None:
    _applied(file)
    file.write_text(TEXT.partition("---")[0])
    right = _applied(file)
    file.write_text(TYPO)
    assert _serve(file).plan == right


def test_where_nothing_was_applied_the_error_is_raised(file: Path) -> None:
    file.write_text(TYPO)
    with pytest.raises(ConfigError, match="devcies"):
        _serve(file)
    Pond.init(file.parent / "pond")
    with pytest.raises(ConfigError, match="devcies"):
        _serve(file)


def test_a_source_whose_secret_stood_in_the_clear_is_named_and_cannot_be_asked(file: Path) -> None:
    file.write_text(TEXT.replace("${env:BAY_SECRET}", "swordfish"))
    _applied(file)
    file.write_text(TYPO)
    served = _serve(file)
    assert "bay: what a secret has in the clear" in served.problem
    (source,) = served.plan.sources
    assert isinstance(source, HydroVuSource)
    with pytest.raises(ConfigError, match="is not recorded"):
        source.secret.resolve({})
    assert source.key.resolve({"BAY_KEY": "a"}) == "a"


@pytest.mark.parametrize("damaged", ["{{ rows", None])
def test_a_template_file_that_is_damaged_or_gone_leaves_the_plan_that_was_applied(
    file: Path, damaged: str | None
) -> None:
    page = file.parent / "page.md"
    page.write_text("{{ rows }} rows")
    file.write_text(TEXT + PAGES)
    right = _applied(file)
    if damaged is None:
        page.unlink()
    else:
        page.write_text(damaged)
    served = _serve(file)
    assert served.plan == right
    assert "spec.collections[0].template_file" in served.problem


def test_another_text_in_a_template_file_is_applied(file: Path) -> None:
    page = file.parent / "page.md"
    page.write_text("{{ rows }} rows")
    file.write_text(TEXT + PAGES)
    _applied(file)
    page.write_text("{{ rows }} readings")
    right = _applied(file)
    page.unlink()
    assert _serve(file).plan == right


def test_the_files_that_make_a_plan_are_told_also_while_one_of_them_is_damaged(file: Path) -> None:
    page = file.parent / "page.md"
    page.write_text("{{ rows }} rows")
    file.write_text(TEXT + PAGES)
    _applied(file)
    page.write_text("{{ rows")
    assert _serve(file).files == (file, page)
    file.write_text(TYPO)
    assert _serve(file).files == (file,)


def _applied(file: Path) -> Plan:
    apply_resources(file, pond=file.parent / "pond")
    served = _serve(file)
    assert served.problem == ""
    return served.plan


def _serve(file: Path) -> ServedPlan:
    return serve_plan(file, pond=file.parent / "pond")
