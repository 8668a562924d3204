"""Automation makes nothing of what a blocking check has failed, until it passes."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.automation.blocked import unblocked
from pond_pipeline.due import stale
from pond_pipeline.paths import key_to_path
from tests.pipeline.pier import RAW, SITE, TABLE, Pier, a_pier, evaluations

COLLECTED = ("/raw/bay/units", "/raw/bay/parameters", "/raw/bay/locations", RAW, TABLE)


def asked_by_catching_up(pier: Pier) -> list[str]:
    """Return what the sensor asks for."""
    repository = pier.definitions.get_repository_def()
    context = dg.build_sensor_context(instance=pier.instance, repository_def=repository)
    tick = repository.get_sensor_def("bay_catch_up").evaluate_tick(context)
    keys = [key for each in tick.run_requests or [] for key in each.asset_selection or []]
    return [key_to_path(key) for key in keys]


def asked_by_conditions(pier: Pier) -> set[str]:
    """Return what the conditions ask for when they are evaluated for the first time."""
    result = dg.evaluate_automation_conditions(pier.definitions, pier.instance)
    return {key_to_path(each.key) for each in result.results if each.true_subset.size}


def collect(pier: Pier, *, is_whole: bool) -> None:
    pier.write_hours("2025-01-01 00:00", "2025-01-02 00:00")
    pier.write_hours(f"2025-01-0{2 if is_whole else 3} 00:00", "2025-01-31 23:00")
    result = pier.run("2025-01", *COLLECTED)
    assert evaluations(result, TABLE)["gaps"].passed is is_whole


@pytest.mark.parametrize(
    ("settings", "is_made"),
    [
        ("{severity: error, blocking: true}", False),
        ("{severity: warn, blocking: true}", True),
        ("{severity: error}", True),
    ],
)
def test_catching_up_leaves_out_what_a_blocking_error_stops(
    tmp_path: Path, settings: str, *, is_made: bool
) -> None:
    with a_pier(tmp_path, checks=f"{{gaps: {settings}}}") as pier:
        collect(pier, is_whole=False)
        assert (SITE in asked_by_catching_up(pier)) is is_made


def test_conditions_leave_out_what_a_blocking_check_stops(tmp_path: Path) -> None:
    with a_pier(tmp_path, checks="{gaps: {severity: error, blocking: true}}") as pier:
        collect(pier, is_whole=False)
        assert SITE not in asked_by_conditions(pier)
        pier.write_hours("2025-01-02 00:00", "2025-01-03 00:00")
        pier.run("2025-01", *COLLECTED, **{"pond/refetch": "true"})
        assert SITE in asked_by_conditions(pier)


def test_what_was_stopped_is_asked_for_once_the_check_passes(tmp_path: Path) -> None:
    with a_pier(tmp_path, checks="{gaps: {severity: error, blocking: true}}") as pier:
        collect(pier, is_whole=False)
        assert asked_by_catching_up(pier) == []
        pier.write_hours("2025-01-02 00:00", "2025-01-03 00:00")
        pier.run("2025-01", *COLLECTED, **{"pond/refetch": "true"})
        assert SITE in asked_by_catching_up(pier)


def test_a_check_that_was_never_made_stops_nothing(tmp_path: Path) -> None:
    with a_pier(tmp_path, checks="{gaps: {severity: error, blocking: true}}") as pier:
        collect(pier, is_whole=False)
        behind = stale(pier.plan, pier.plan.steps, pier.pond.snapshot(), now=datetime.now(UTC))
        assert behind
        with dg.DagsterInstance.ephemeral() as fresh:
            assert unblocked(fresh, pier.plan, behind) == behind
