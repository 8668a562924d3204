"""Pages of text for every series that a glob means, made by real runs."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.errors import ConfigError
from tests.pipeline.steps.wells import INBOX, RAW, Wells

LEVELS = "/derived/well/levels"
PAGES = "/rendered/site/pages"
JANUARY = {"2025-01-10 00:00:00": 1.0}
FEBRUARY = {"2025-02-10 00:00:00": 2.0}

MADE = """
---
kind: Derive
name: well
spec:
  start: 2025-01-01
  collections:
    - name: levels
      pattern: /raw/drop/*
      query: SELECT timestamp, level FROM $1
---
kind: Template
name: site
spec:
  collections:
    - name: pages
      in_pattern: /derived/well/levels/*.csv
      out_pattern: $0/index.md
      template: "{{ args[0] }} {{ columns[0] }}: {{ rows }} until {{ last }}"
"""
RESOURCES = INBOX + MADE


@pytest.fixture
def wells(tmp_path: Path) -> Iterator[Wells]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Wells(tmp_path, instance, RESOURCES)


def collect(wells: Wells) -> dg.ExecuteInProcessResult:
    return wells.make(RAW, LEVELS, PAGES)


def page(wells: Wells, name: str) -> str:
    return wells.pond.snapshot().read_data(f"{PAGES}/{name}").decode()


def test_each_match_is_rendered_and_named_by_its_captures(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", {**JANUARY, **FEBRUARY})
    collect(wells)
    assert wells.names(PAGES) == ["a/index.md", "b/index.md"]
    assert page(wells, "a/index.md") == "a level: 1 until 2025-01-10T00:00:00Z"
    assert page(wells, "b/index.md") == "b level: 2 until 2025-02-10T00:00:00Z"


def test_only_files_whose_text_changed_are_written(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", FEBRUARY)
    collect(wells)
    txn = wells.pond.snapshot().txn
    wells.drop("b.csv", {**JANUARY, **FEBRUARY})
    collect(wells)
    assert [each for each in wells.written(txn) if each.startswith(PAGES)] == [
        f"{PAGES}/b/index.md"
    ]


def test_without_a_change_nothing_is_rendered_and_nothing_written(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    txn = wells.pond.snapshot().txn
    assert wells.behind(PAGES) == []
    collect(wells)
    assert wells.pond.snapshot().txn == txn


def test_files_are_behind_once_an_input_changed(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    wells.drop("a.csv", FEBRUARY)
    wells.make(RAW, LEVELS)
    assert wells.behind(PAGES) == ["whole"]


def test_another_template_renders_all_again(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    wells.resources = RESOURCES.replace("{{ rows }} until", "{{ rows }} rows until")
    assert wells.behind(PAGES) == ["whole"]
    wells.make(PAGES)
    assert page(wells, "a/index.md").startswith("a level: 1 rows")


def test_the_file_of_an_input_that_is_gone_goes_even_the_last_one(wells: Wells) -> None:
    for name in ("a.csv", "b.csv"):
        wells.drop(name, JANUARY)
    collect(wells)
    for name, left in (("a.csv", ["b/index.md"]), ("b.csv", [])):
        wells.forget(f"{RAW}/{name}")
        wells.make(LEVELS)
        assert wells.behind(PAGES) == ["whole"]
        wells.make(PAGES)
        assert wells.names(PAGES) == left
    assert wells.behind(PAGES) == []


def test_where_there_is_no_input_nothing_is_behind(wells: Wells) -> None:
    (wells.folder / "inbox").mkdir()
    wells.make(RAW)
    assert wells.behind(PAGES) == []


def test_two_inputs_that_give_one_file_are_refused(wells: Wells) -> None:
    wells.resources = RESOURCES.replace("$0/index.md", "index.md")
    for name in ("a.csv", "b.csv"):
        wells.drop(name, JANUARY)
    with pytest.raises(ConfigError, match=r"give the file 'index\.md'"):
        collect(wells)
    assert not wells.pond.snapshot().exists(PAGES)
