"""Failed runs: a line in the daemon's log for each, and a note for the next look of the alerts."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pond_core import Overview, StoreError
from pond_pipeline.alerts import FailedRun, Shelf
from pond_pipeline.config import Incident
from pond_pipeline.errors import AlertError
from pond_pipeline.paths import key_to_path
from pond_pipeline.plan import Alert, Plan
from pond_pipeline.runs.reason import reason_of
from pond_pipeline.runs.tags import RANGE_END, RANGE_START

_LOGGER = logging.getLogger(__name__)

_INTERVAL_S = 30

# Dagster's own names (dagster 1.13, storage/tags.py), which its face does not export.
_PARTITION = "dagster/partition"


def build_failure_sensors(plan: Plan, *, pond: str | Path) -> list[dg.SensorDefinition]:
    """Return the sensor of failed runs; on as soon as the daemon runs.

    Args:
        plan: What there is.
        pond: The pond's directory or URL, beside which they are noted for alerts.
    """
    is_wanted = any(
        condition.incident is Incident.RUN_FAILED
        for service in plan.services
        if isinstance(service, Alert)
        for condition in service.conditions
    )

    @dg.run_failure_sensor(
        name="failed_runs",
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of each failed run, once.",
    )
    def tell(context: dg.RunFailureSensorContext) -> None:
        failed = _described(context)
        told = {
            "run_id": failed.run_id,
            "job": failed.job,
            "assets": failed.assets,
            "partitions": failed.partitions,
            "reason": failed.reason,
        }
        _LOGGER.error("run failed: %s", json.dumps(told, ensure_ascii=False))
        if is_wanted:
            _note(failed, pond)

    return [tell]


def _note(failed: FailedRun, pond: str | Path) -> None:
    """Note a failed run for the alerts; that it could not be noted is a line in the log."""
    try:
        Shelf(Overview(pond).path).note(failed)
    except (AlertError, StoreError) as exc:
        _LOGGER.error("alerts do not tell of run %s: %s (%s)", failed.run_id, exc, exc.hint)


def _described(context: dg.RunFailureSensorContext) -> FailedRun:
    """Return what is told: plain values, the assets that failed first."""
    run = context.dagster_run
    steps = context.get_step_failure_events()
    reason = reason_of(steps[0]) if steps else context.failure_event.message
    record = context.instance.get_run_record_by_id(run.run_id)
    ended_s = None if record is None else record.end_time
    failed = datetime.now(UTC) if ended_s is None else datetime.fromtimestamp(ended_s, UTC)
    return FailedRun(
        run_id=run.run_id,
        job=run.job_name,
        assets=tuple(_assets(context, [event.step_key or "" for event in steps])),
        partitions=tuple(_partitions(run.tags)),
        reason=reason or "the run ended without saying why",
        failed=failed,
        began=failed,
    )


def _assets(context: dg.RunFailureSensorContext, steps: Sequence[str]) -> list[str]:
    """Return the assets whose steps failed; without such a step, those that the run was about."""
    repository = context.repository_def
    definitions = () if repository is None else repository.asset_graph.assets_defs
    failed = [
        key_to_path(key)
        for each in definitions
        if each.is_executable and each.op.name in steps
        for key in each.keys
    ]
    return sorted(failed or map(key_to_path, context.dagster_run.asset_selection or ()))


def _partitions(tags: Mapping[str, str]) -> list[str]:
    if _PARTITION in tags:
        return [tags[_PARTITION]]
    return [tags[RANGE_START], tags[RANGE_END]] if RANGE_START in tags else []
