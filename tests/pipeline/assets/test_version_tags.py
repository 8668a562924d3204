"""What Dagster takes for out of date: its own resolver over real runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from pond_pipeline.paths import path_to_key
from tests.pipeline.automation.lake import DAYS, FIRST, RAW, SECOND, SITE, THIRD, Lake
from tests.pipeline.home import instance_in


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with instance_in(tmp_path / "home") as instance:
        yield Lake(tmp_path, instance)


def status(lake: Lake, path: str, partition: str) -> StaleStatus:
    graph = lake.definitions.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(
        lake.instance, graph, LoadingContextForTest(lake.instance)
    )
    return resolver.get_status(path_to_key(path), partition)


def test_inputs_that_were_made_again_and_are_equal_put_nothing_out_of_date(lake: Lake) -> None:
    lake.make((*RAW, SITE, DAYS), FIRST, SECOND, THIRD)
    lake.make(RAW, FIRST, SECOND)
    for path in (SITE, DAYS):
        assert status(lake, path, FIRST.key) is StaleStatus.FRESH
