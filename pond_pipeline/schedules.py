"""Schedules: when each source is asked, and for which months."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import dagster as dg

from pond_pipeline.assets import asset_outputs
from pond_pipeline.due import due_months
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import Plan, Source


def build_schedules(plan: Plan, *, pond: Path) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each source that says when, over its assets and all made of them.

    Each is on as soon as the daemon runs. A tick asks the pond which months the source is behind
    in: after an outage these are more than the one that is running.
    """
    return [
        _schedule(plan, source, cron, pond) for source in plan.sources if (cron := source.schedule)
    ]


def _schedule(plan: Plan, source: Source, cron: str, pond: Path) -> dg.ScheduleDefinition:
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
        for month in due_months(plan, steps, pond=pond, now=now):
            yield dg.RunRequest(run_key=f"{now.isoformat()} {month}", partition_key=month.key)

    return tick
