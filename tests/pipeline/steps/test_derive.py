"""SQL over every file that a glob means, made by real runs, and what is made of that."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from pond_core import Pond, Provenance
from pond_pipeline.assets import REPROCESS_TAG
from pond_pipeline.record import record
from tests.pipeline.steps.wells import INBOX, RAW, Wells, failed
from tests.pipeline.waters import rows_of, update_of, water

LEVELS = "/derived/well/levels"
SITE = "/combined/well/Well"
MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
JANUARY = {"2025-01-10 00:00:00": 1.0}
FEBRUARY = {"2025-02-10 00:00:00": 2.0}

DERIVE = """
---
kind: Derive
name: well
spec:
  start: 2025-01-01
  collections:
    - name: levels
      pattern: {pattern}
      query: SELECT timestamp, level FROM $1
"""
COMBINE = """
---
kind: Combine
name: well
spec:
  sites:
    - name: Well
      quality: {quality}
      inputs: [{{pattern: "/derived/well/levels/*"}}]
"""
FILES = INBOX + DERIVE.format(pattern='"/raw/drop/**"')
SCRIBBLE = """
kind: Scribble
name: bay
spec: {start: 2025-01-01, series: [A]}
"""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def wells(tmp_path: Path, instance: dg.DagsterInstance) -> Wells:
    return Wells(tmp_path, instance, FILES)


def collect(wells: Wells, **tags: str) -> dg.ExecuteInProcessResult:
    return wells.make(RAW, LEVELS, **tags)


def test_each_file_becomes_a_series_of_its_name(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", FEBRUARY)
    collect(wells)
    assert wells.names(LEVELS) == ["a.csv", "b.csv"]
    assert rows_of(wells.pond, f"{LEVELS}/b.csv", "level") == {"2025-02-10 00:00": 2.0}


def test_a_series_is_recorded_month_by_month(wells: Wells) -> None:
    wells.drop("a.csv", {**JANUARY, "2025-03-10 00:00:00": 3.0})
    collect(wells)
    marks = wells.pond.snapshot().node(f"{LEVELS}/a.csv").marks.values()
    rows = {facts["partition"]: facts["rows"] for facts in marks}
    assert rows == {"2025-01": 1, "2025-02": 0, "2025-03": 1}


def test_only_inputs_that_changed_are_queried_again(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", FEBRUARY)
    collect(wells)
    txn = wells.pond.snapshot().txn
    wells.drop("b.csv", {"2025-02-10 00:00:00": 5.0})
    result = collect(wells)
    assert wells.written(txn) == [f"{LEVELS}/b.csv", f"{RAW}/b.csv"]
    (made,) = result.asset_materializations_for_node("derived_well_levels")
    assert made.metadata["pond/changed_series"].value == 1


def test_without_a_change_nothing_is_written(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    txn = wells.pond.snapshot().txn
    collect(wells)
    collect(wells, **{REPROCESS_TAG: "true"})
    assert wells.pond.snapshot().txn == txn


def test_another_query_is_asked_of_all_inputs(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", FEBRUARY)
    collect(wells)
    wells.resources = FILES.replace("timestamp, level", "timestamp, 2 * level AS level")
    assert wells.behind(LEVELS) == ["whole"]
    collect(wells)
    assert rows_of(wells.pond, f"{LEVELS}/a.csv", "level") == {"2025-01-10 00:00": 2.0}
    assert rows_of(wells.pond, f"{LEVELS}/b.csv", "level") == {"2025-02-10 00:00": 4.0}


def test_an_input_that_cannot_be_read_keeps_what_was_made_of_it(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    wells.drop("b.csv", FEBRUARY)
    collect(wells)
    wells.drop("a.csv", {"2025-01-11 00:00:00": 7.0}, column="depth")
    wells.drop("b.csv", {"2025-02-10 00:00:00": 5.0})
    result = collect(wells)
    assert result.success
    assert "a.csv" in failed(result)[LEVELS]
    assert "level" in failed(result)[LEVELS]
    assert rows_of(wells.pond, f"{LEVELS}/a.csv", "level") == {"2025-01-10 00:00": 1.0}
    assert rows_of(wells.pond, f"{LEVELS}/b.csv", "level") == {"2025-02-10 00:00": 5.0}


def test_an_input_that_cannot_be_read_is_tried_again_when_it_changes_and_told_until_then(
    wells: Wells,
) -> None:
    wells.drop("a.csv", JANUARY, column="depth")
    collect(wells)
    txn = wells.pond.snapshot().txn
    assert wells.behind(LEVELS) == []
    assert "a.csv" in failed(collect(wells))[LEVELS]
    assert wells.pond.snapshot().txn == txn
    wells.drop("a.csv", JANUARY)
    assert failed(collect(wells)) == {}
    assert rows_of(wells.pond, f"{LEVELS}/a.csv", "level") == {"2025-01-10 00:00": 1.0}


def test_an_input_of_another_name_takes_its_series_along(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    with wells.pond.transaction() as tx:
        tx.rename(f"{RAW}/a.csv", f"{RAW}/b.csv")
    assert wells.behind(LEVELS) == ["whole"]
    wells.make(LEVELS)
    assert wells.names(LEVELS) == ["b.csv"]
    assert wells.behind(LEVELS) == []


def test_the_series_of_an_input_that_is_gone_goes_even_the_last_one(wells: Wells) -> None:
    wells.drop("a.csv", JANUARY)
    collect(wells)
    wells.forget(f"{RAW}/a.csv")
    assert wells.behind(LEVELS) == ["whole"]
    wells.make(LEVELS)
    assert wells.names(LEVELS) == []
    assert wells.behind(LEVELS) == []


def test_two_inputs_of_one_name_are_told_and_leave_what_was_made(wells: Wells) -> None:
    wells.drop("north/a.csv", JANUARY)
    collect(wells)
    wells.drop("south/a.csv", FEBRUARY)
    first, second = collect(wells), collect(wells)
    for result in (first, second):
        assert f"{RAW}/north/a.csv and {RAW}/south/a.csv" in failed(result)[LEVELS]
    assert rows_of(wells.pond, f"{LEVELS}/a.csv", "level") == {"2025-01-10 00:00": 1.0}
    assert wells.behind(LEVELS) == []
    wells.forget(f"{RAW}/north/a.csv")
    assert wells.behind(LEVELS) == ["whole"]
    assert failed(wells.make(LEVELS)) == {}
    assert rows_of(wells.pond, f"{LEVELS}/a.csv", "level") == {"2025-02-10 00:00": 2.0}


def test_a_series_can_be_queried(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    text = SCRIBBLE + DERIVE.format(pattern="/raw/bay/A")
    wells = Wells(tmp_path, instance, text.replace("level FROM", "value AS level FROM"))
    wells.make("/raw/bay/A", months="2025-01")
    wells.make(LEVELS)
    snapshot = wells.pond.snapshot()
    source, made = snapshot.read_series("/raw/bay/A"), snapshot.read_series(f"{LEVELS}/A")
    assert made["level"].to_pylist() == source["value"].to_pylist()
    assert wells.behind(LEVELS) == []
    update = update_of(water({"2025-02-03": 1.0}, column="value"), "2025-02")
    list(record(wells.pond, "/raw/bay/A", update, provenance=Provenance()))
    assert wells.behind(LEVELS) == ["whole"]


def test_a_table_can_be_queried(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    account = """
kind: HydroVu
name: bay
spec: {key: k, secret: s, start: 2025-01-01}
"""
    text = account + DERIVE.format(pattern="/raw/bay/units")
    query = "SELECT TIMESTAMPTZ '2025-01-01 00:00:00Z' AS timestamp, count(*) AS units FROM $1"
    wells = Wells(tmp_path, instance, text.replace("SELECT timestamp, level FROM $1", f'"{query}"'))
    with Pond.init(tmp_path / "pond").transaction() as tx:
        tx.mkdir("/raw/bay", parents=True)
        tx.write_table("/raw/bay/units", pa.table({"id": [1, 2, 3]}))
    wells.make(LEVELS)
    assert rows_of(wells.pond, f"{LEVELS}/units", "units") == {"2025-01-01 00:00": 3.0}


def test_a_site_of_derived_series_is_behind_in_the_months_that_changed(wells: Wells) -> None:
    wells.resources = FILES + COMBINE.format(quality="[]")
    wells.drop("a.csv", {**JANUARY, **FEBRUARY})
    collect(wells)
    wells.make(SITE, months="2025-01...2025-04")
    assert wells.behind(SITE, *MONTHS) == []
    wells.drop("a.csv", {**JANUARY, "2025-02-10 00:00:00": 9.0})
    collect(wells)
    assert wells.behind(SITE, *MONTHS) == ["2025-02"]


def test_a_new_file_puts_a_site_behind_in_its_own_months_alone(wells: Wells) -> None:
    wells.resources = FILES + COMBINE.format(quality="[]")
    wells.drop("a.csv", JANUARY)
    collect(wells)
    wells.make(SITE, months="2025-01...2025-04")
    wells.drop("b.csv", {"2025-03-10 00:00:00": 3.0})
    collect(wells)
    assert wells.behind(SITE, *MONTHS) == ["2025-03"]
    wells.make(SITE, months="2025-03")
    assert rows_of(wells.pond, SITE, "level") == {
        "2025-01-10 00:00": 1.0,
        "2025-03-10 00:00": 3.0,
    }


def test_flags_of_a_site_of_derived_series_follow_a_late_reading_of_the_next_month(
    wells: Wells,
) -> None:
    quality = "[{column: level, spike: {suspect: 3}}]"
    wells.resources = FILES + COMBINE.format(quality=quality)
    wells.drop("a.csv", {"2025-01-30 00:00:00": 1.0, "2025-01-31 00:00:00": 9.0})
    collect(wells)
    wells.make(SITE, months="2025-01...2025-02")
    wells.drop("b.csv", {"2025-02-01 00:00:00": 1.0})
    collect(wells)
    assert wells.behind(SITE, *MONTHS) == ["2025-01", "2025-02"]
    wells.make(SITE, months="2025-01...2025-02")
    assert rows_of(wells.pond, SITE, "level.qc")["2025-01-31 00:00"] == 3
