from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

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


def test_a_tick_asks_for_the_months_that_the_pond_lacks(definitions: dg.Definitions) -> None:
    asked = _asked(definitions, datetime(2026, 3, 15, 12, tzinfo=UTC))
    assert asked == ["2026-01", "2026-02", "2026-03"]


def _asked(definitions: dg.Definitions, now: datetime) -> list[str | None]:
    schedule = definitions.resolve_schedule_def("noyo_schedule")
    context = dg.build_schedule_context(
        scheduled_execution_time=now, repository_def=definitions.get_repository_def()
    )
    requests = schedule.evaluate_tick(context).run_requests or []
    return [request.partition_key for request in requests]
