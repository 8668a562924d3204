"""Schedules: when each source is asked, and for which periods."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

import dagster as dg

from pond_pipeline.automation.jobs import pull_job_name, steps_of
from pond_pipeline.due import due_periods
from pond_pipeline.paths import safe_name
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import Plan, Source
from pond_pipeline.runs.tags import SCHEDULE, span_tags
from pond_pipeline.runs.unfinished import unfinished_run


def build_schedules(plan: Plan, *, pond: str | Path) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each source that says when, over its assets and all made of them.

    Each is on as soon as the daemon runs. A tick asks the pond which periods the source is behind
    in: after an outage these are more than the one that is running, and those without a gap are one
    run. A tick that finds a run of its schedule unfinished asks for nothing, lest every period of
    a long one be asked for once more.
    """
    return [
        _schedule(plan, source, cron, pond) for source in plan.sources if (cron := source.schedule)
    ]


def _schedule(plan: Plan, source: Source, cron: str, pond: str | Path) -> dg.ScheduleDefinition:
    steps = steps_of(plan, source)

    @dg.schedule(
        cron_schedule=cron,
        execution_timezone="UTC",
        job_name=pull_job_name(source),
        name=f"{safe_name(source.name)}_schedule",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Asks {source.name} for what is new.",
    )
    def tick(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        unfinished = unfinished_run(context.instance, tags={SCHEDULE: tick.name})
        if unfinished is not None:
            yield dg.SkipReason(f"run {unfinished.run_id} of an earlier tick is not done")
            return
        now = context.scheduled_execution_time.astimezone(UTC)
        periods = due_periods(plan, steps, pond=pond, now=now)
        for block in contiguous(periods):
            yield _request(block, run_key=f"{now.isoformat()} {block[0]}")
        if not periods:
            yield dg.RunRequest(run_key=now.isoformat())

    return tick


def _request(periods: Sequence[Period], *, run_key: str) -> dg.RunRequest:
    if len(periods) == 1:
        return dg.RunRequest(run_key=run_key, partition_key=periods[0].key)
    return dg.RunRequest(run_key=run_key, tags=span_tags(periods))
