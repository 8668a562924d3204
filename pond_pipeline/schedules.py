"""Schedules: when each source is asked, and for which months."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from pond_pipeline.assets import asset_outputs
from pond_pipeline.months import Month
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import HydroVuSource, Plan, Source

_SETTLING = timedelta(days=3)
"""After the turn of a month the one before is asked too: the default overlap of a pull."""


def build_schedules(plan: Plan) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each source that says when, over its assets and all made of them.

    Each is on as soon as the daemon runs.
    """
    return [_schedule(plan, source, cron) for source in plan.sources if (cron := source.schedule)]


def due_at(source: Source, now: datetime) -> list[Month]:
    """Return the months that a scheduled run is about: the running one, and one that settles."""
    overlap = source.overlap if isinstance(source, HydroVuSource) else _SETTLING
    return sorted({Month.of(now - overlap), Month.of(now)})


def _schedule(plan: Plan, source: Source, cron: str) -> dg.ScheduleDefinition:
    name = safe_name(source.name)
    steps = [step for step in plan.steps if getattr(step, "source", None) is source]
    own = [path for step in steps for path in asset_outputs(step)]
    selection = dg.AssetSelection.assets(*map(path_to_key, own)).downstream()
    job = dg.define_asset_job(f"{name}_pull", selection=selection, description=source.name)

    @dg.schedule(
        cron_schedule=cron,
        execution_timezone="UTC",
        job=job,
        name=f"{name}_schedule",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        now = context.scheduled_execution_time.astimezone(UTC)
        for month in due_at(source, now):
            yield dg.RunRequest(run_key=f"{now.isoformat()} {month}", partition_key=month.key)

    return tick
