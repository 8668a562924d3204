"""Which columns of its inputs each column of a series comes from, as real runs tell it."""

from collections.abc import Iterator

import dagster as dg
import pytest

from pond_pipeline.paths import key_to_path
from tests.pipeline.pier import RAW, SITE, TABLE, Pier, a_pier

DAYS = "/reduced/bay/sites/Bay/res=1d"
PIVOT = "/pivoted/bay/warmth"
PLAN = """
---
kind: Pivot
name: bay
spec:
  datasets: [{name: warmth, parameter: Temperature, in_pattern: "/combined/bay/*", label: "$0"}]
"""


@pytest.fixture(scope="module")
def pier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pier]:
    with a_pier(tmp_path_factory.mktemp("pier"), plan=PLAN) as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-10 00:00")
        assert pier.run("2025-01...2025-02").success
        yield pier


def lineage(pier: Pier, path: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the materialization of a month says."""
    told = pier.metadata(path, "2025-01")["dagster/column_lineage"]
    assert isinstance(told, dg.TableColumnLineage)
    return {
        column: [(key_to_path(dep.asset_key), dep.column_name) for dep in deps]
        for column, deps in told.deps_by_column.items()
    }


def test_a_normalized_column_comes_from_the_raw_values(pier: Pier) -> None:
    assert lineage(pier, TABLE) == {"Temperature.C": [(RAW, "value")]}


def test_a_column_of_a_site_comes_from_that_of_its_input(pier: Pier) -> None:
    assert lineage(pier, SITE) == {"Pier.Temperature.C": [(TABLE, "Temperature.C")]}


def test_a_bucket_comes_from_the_column_that_it_tells_of(pier: Pier) -> None:
    found = lineage(pier, DAYS)
    assert found["Pier.Temperature.C.avg"] == [(SITE, "Pier.Temperature.C")]
    assert {origin for origins in found.values() for origin in origins} == {
        (SITE, "Pier.Temperature.C")
    }


def test_a_column_of_a_pivot_comes_from_that_of_its_series(pier: Pier) -> None:
    assert lineage(pier, PIVOT) == {"Bay.Pier.Temperature.C": [(SITE, "Pier.Temperature.C")]}


def test_raw_readings_come_from_no_column(pier: Pier) -> None:
    assert "dagster/column_lineage" not in pier.metadata(RAW, "2025-01")
