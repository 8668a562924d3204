"""What checks of wide series say in real runs."""

from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.assets import REFETCH_TAG
from pond_pipeline.assets.series import series_specs
from pond_pipeline.plan import CombineStep, ExportStep, NormalizeStep, Plan
from tests.pipeline.pier import RAW, SITE, TABLE, a_pier, evaluations
from tests.pipeline.steps.station import DEPTH

DICTIONARY = "/raw/bay/units"
ALL = (DICTIONARY, "/raw/bay/parameters", "/raw/bay/locations", RAW, TABLE, SITE)


def names_of(plan: Plan, path: str) -> list[str]:
    """Return the checks of an asset."""
    (step,) = (each for each in plan.steps if path in each.outputs)
    assert isinstance(step, NormalizeStep | ExportStep | CombineStep)
    return [spec.name for spec in series_specs(step)]


def test_a_check_is_there_only_where_it_can_fail(tmp_path: Path) -> None:
    with a_pier(tmp_path, more=", columns: [Temperature.C]") as pier:
        assert names_of(pier.plan, TABLE) == ["order", "columns", "gaps", "battery"]
        assert names_of(pier.plan, SITE) == ["order", "battery"]


def test_an_instrument_without_faults_passes_every_check(tmp_path: Path) -> None:
    with a_pier(tmp_path, more=", columns: [Temperature.C]") as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-31 23:00")
        result = pier.run("2025-01", *ALL)
        found = evaluations(result, TABLE)
        assert result.success
        assert {name: each.description for name, each in found.items() if name != "freshness"} == {
            "order": "744 rows, in order.",
            "columns": "1 column, as declared.",
            "gaps": "No gap longer than 3 h.",
            "battery": "No column tells about a battery.",
        }
        assert all(each.passed for name, each in found.items() if name != "freshness")


def test_a_gap_of_one_month_stays_red_when_a_later_month_is_made(tmp_path: Path) -> None:
    with a_pier(tmp_path) as pier:
        pier.write_hours("2025-01-01 00:00", "2025-02-10 00:00")
        pier.write_hours("2025-02-12 12:00", "2025-04-30 23:00")
        backfill = pier.run("2025-01...2025-03", *ALL)
        (check,) = [evaluations(backfill, TABLE)["gaps"]]
        assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert check.description == (
            "1 gap longer than 3 h; the longest of 2 d 12 h from 2025-02-10 00:00 UTC;"
            " most in 2025-02."
        )
        later = evaluations(pier.run("2025-04", *ALL), TABLE)["gaps"]
        assert (later.passed, later.description) == (False, check.description)


def test_a_gap_is_told_with_the_worst_month_first(tmp_path: Path) -> None:
    with a_pier(tmp_path) as pier:
        for day in (1, 3, 5):
            pier.write_hours(f"2025-02-0{day} 00:00", f"2025-02-0{day} 05:00")
        pier.write_hours("2025-01-31 20:00", "2025-01-31 23:00")
        pier.write_hours("2025-01-10 00:00", "2025-01-10 02:00")
        check = evaluations(pier.run("2025-01...2025-02", *ALL), TABLE)["gaps"]
        worst, gaps = check.metadata["worst periods"], check.metadata["longest gaps"]
        assert isinstance(worst, dg.TableMetadataValue)
        assert isinstance(gaps, dg.TableMetadataValue)
        assert [dict(each.data) for each in worst.records] == [
            {"period": "2025-02", "gaps": 2},
            {"period": "2025-01", "gaps": 1},
        ]
        assert [each.data["length"] for each in gaps.records] == [
            "21 d 18 h",
            "1 d 19 h",
            "1 d 19 h",
        ]


def test_a_gap_that_was_filled_turns_green(tmp_path: Path) -> None:
    with a_pier(tmp_path) as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-10 00:00")
        pier.write_hours("2025-01-11 00:00", "2025-01-31 23:00")
        assert not evaluations(pier.run("2025-01", *ALL), TABLE)["gaps"].passed
        pier.write_hours("2025-01-10 00:00", "2025-01-11 00:00")
        pier.run("2025-01", RAW, **{REFETCH_TAG: "true"})
        assert evaluations(pier.run("2025-01", TABLE), TABLE)["gaps"].passed


def test_columns_that_are_missing_or_not_declared_are_named(tmp_path: Path) -> None:
    with a_pier(tmp_path, more=", columns: [Temperature.C, DO.mg/L]") as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-31 23:00")
        pier.ledger.write("2025-01-05 00:00", key=DEPTH)
        check = evaluations(pier.run("2025-01...2025-02", *ALL), TABLE)["columns"]
        assert not check.passed
        assert check.description == "In 2025-01, missing: DO.mg/L; not declared: Depth.m."


def test_a_site_is_judged_too(tmp_path: Path) -> None:
    with a_pier(tmp_path, site="interval: 1h, columns: [Pier.Temperature.C], ") as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-02 00:00")
        pier.write_hours("2025-01-03 00:00", "2025-01-31 23:00")
        found = evaluations(pier.run("2025-01", *ALL), SITE)
        assert (found["columns"].passed, found["gaps"].passed) == (True, False)


def test_without_readings_every_check_passes(tmp_path: Path) -> None:
    with a_pier(tmp_path, more=", columns: [Temperature.C]") as pier:
        found = evaluations(pier.run("2025-01", *ALL), TABLE)
        assert all(each.passed for name, each in found.items() if name != "freshness")
        assert found["columns"].description == "There are no readings yet."


@pytest.mark.parametrize(
    ("settings", "is_made"),
    [
        ("{severity: error, blocking: true}", False),
        ("{severity: warn, blocking: true}", True),
        ("{severity: error}", True),
    ],
)
def test_a_blocking_error_keeps_what_comes_after_from_being_made(
    tmp_path: Path, settings: str, *, is_made: bool
) -> None:
    with a_pier(tmp_path, checks=f"{{gaps: {settings}}}") as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-02 00:00")
        pier.write_hours("2025-01-03 00:00", "2025-01-31 23:00")
        result = pier.run("2025-01", *ALL)
        assert not evaluations(result, TABLE)["gaps"].passed
        assert result.success == is_made
        assert pier.pond.snapshot().exists(TABLE)
        assert pier.pond.snapshot().exists(SITE) == is_made
