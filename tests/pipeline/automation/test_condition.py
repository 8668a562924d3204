"""When declarative automation asks for an asset: Dagster's own evaluation over real runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pond_core import Provenance
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.record import record
from tests.pipeline.automation.lake import (
    CHARTS,
    DAYS,
    FIRST,
    RAW,
    SECOND,
    SITE,
    SITES,
    SOURCE,
    Lake,
)
from tests.pipeline.home import instance_in
from tests.pipeline.waters import update_of, water


class Automation:
    """Dagster's automation over a lake, tick by tick."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.cursor: Any = None

    def tick(self) -> dict[str, set[str]]:
        """Return what one tick asks for: partitions by path."""
        result = dg.evaluate_automation_conditions(
            defs=self.lake.definitions,
            instance=self.lake.instance,
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        asked = {path: result.get_requested_partitions(path_to_key(path)) for path in (SITE, DAYS)}
        return {path: {str(key) for key in keys} for path, keys in asked.items() if keys}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with instance_in(tmp_path / "home") as instance:
        yield Lake(tmp_path, instance)


def all_of(*periods: Period) -> dict[str, set[str]]:
    keys = {period.key for period in periods}
    return {SITE: keys, DAYS: keys}


def test_nothing_is_asked_for_before_anything_was_collected(lake: Lake) -> None:
    assert Automation(lake).tick() == {}


def test_a_past_month_that_was_collected_is_asked_for_with_all_that_is_made_of_it(
    lake: Lake,
) -> None:
    automation = Automation(lake)
    automation.tick()
    lake.make(RAW, FIRST)
    assert automation.tick() == all_of(FIRST)


def test_an_input_that_is_missing_does_not_stop_a_site(lake: Lake) -> None:
    automation = Automation(lake)
    automation.tick()
    lake.make(RAW[:1], FIRST)
    assert automation.tick() == all_of(FIRST)


def test_what_was_asked_for_is_not_asked_for_again(lake: Lake) -> None:
    automation = Automation(lake)
    automation.tick()
    lake.make(RAW, FIRST)
    automation.tick()
    lake.make((SITE, DAYS), FIRST)
    assert automation.tick() == {}


def test_content_that_is_equal_is_no_change(lake: Lake) -> None:
    automation = Automation(lake)
    lake.make((*RAW, SITE, DAYS), FIRST)
    automation.tick()
    lake.make(RAW, FIRST)
    assert automation.tick() == {}


def test_content_that_changed_asks_for_that_month_and_no_other(lake: Lake) -> None:
    automation = Automation(lake)
    lake.make((*RAW, SITE, DAYS), FIRST, SECOND)
    automation.tick()
    update = update_of(water({"2025-02-03 00:00": 1.0}, column="value"), "2025-02")
    list(record(lake.pond, RAW[0], update, provenance=Provenance()))
    lake.instance.report_runless_asset_event(
        dg.AssetMaterialization(
            path_to_key(RAW[0]), partition="2025-02", tags={"dagster/data_version": "other"}
        )
    )
    assert automation.tick() == all_of(SECOND)


def test_a_resource_that_is_new_is_asked_for_where_its_inputs_are(lake: Lake) -> None:
    lake.resources = SOURCE + SITES
    automation = Automation(lake)
    lake.make((*RAW, SITE), FIRST, SECOND)
    assert automation.tick() == {}
    lake.resources = SOURCE + SITES + CHARTS
    keys = {FIRST.key, SECOND.key}
    assert automation.tick() == {DAYS: keys}
