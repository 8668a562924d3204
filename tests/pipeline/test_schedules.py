import contextlib
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from pond_pipeline.build import build_definitions
from pond_pipeline.config import load_documents
from pond_pipeline.plan import Plan, compile_plan

_RESOURCES = """
kind: HydroVu
name: noyo
spec:
  key: demo
  secret: demo
  start: 2026-01-01
  schedule: "*/15 * * * *"
  devices: [{name: A, id: 1, scope: Top}]
---
kind: Combine
name: noyo
spec: {sites: [{name: Dock, inputs: [{pattern: /normalized/noyo/A}]}]}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return compile_plan(load_documents(_RESOURCES), root=tmp_path)


@pytest.fixture
def definitions(plan: Plan, tmp_path: Path) -> dg.Definitions:
    return build_definitions(plan, root=tmp_path, pond=tmp_path / "pond")


def test_a_source_with_a_schedule_has_one_that_is_on_by_itself(
    definitions: dg.Definitions,
) -> None:
    schedule = definitions.resolve_schedule_def("noyo_schedule")
    assert schedule.cron_schedule == "*/15 * * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_its_job_makes_the_source_and_all_that_is_made_of_it(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("noyo_pull")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert {"raw/noyo/A", "raw/noyo/units", "normalized/noyo/A", "combined/noyo/Dock"} <= made


def test_a_tick_asks_for_the_months_that_the_pond_lacks_in_one_run(
    definitions: dg.Definitions,
) -> None:
    [request] = _asked(definitions, datetime(2026, 3, 15, 12, tzinfo=UTC)).run_requests or []
    assert request.tags["dagster/asset_partition_range_start"] == "2026-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-03"


def test_a_tick_that_asks_for_one_month_names_it(definitions: dg.Definitions) -> None:
    [request] = _asked(definitions, datetime(2026, 1, 15, 12, tzinfo=UTC)).run_requests or []
    assert request.partition_key == "2026-01"


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_a_tick_waits_for_the_runs_of_the_last_one(
    definitions: dg.Definitions, status: dg.DagsterRunStatus
) -> None:
    with dg.instance_for_test() as instance:
        run = _run(definitions, instance, status)
        asked = _asked(definitions, datetime(2026, 3, 15, tzinfo=UTC), instance)
    assert asked.run_requests == []
    assert asked.skip_message == f"run {run.run_id} of an earlier tick is not done"


def test_a_run_that_failed_holds_no_tick_back(definitions: dg.Definitions) -> None:
    with dg.instance_for_test() as instance:
        _run(definitions, instance, dg.DagsterRunStatus.FAILURE)
        asked = _asked(definitions, datetime(2026, 3, 15, tzinfo=UTC), instance)
    assert len(asked.run_requests or []) == 1


def _run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> dg.DagsterRun:
    job = definitions.resolve_job_def("noyo_pull")
    tags = {"dagster/schedule_name": "noyo_schedule"}
    return instance.create_run_for_job(job, status=status, tags=tags)


def _asked(
    definitions: dg.Definitions, now: datetime, instance: dg.DagsterInstance | None = None
) -> ScheduleExecutionData:
    schedule = definitions.resolve_schedule_def("noyo_schedule")
    with contextlib.ExitStack() as stack:
        context = dg.build_schedule_context(
            instance=instance or stack.enter_context(dg.instance_for_test()),
            scheduled_execution_time=now,
            repository_def=definitions.get_repository_def(),
        )
        return schedule.evaluate_tick(stack.enter_context(context))
