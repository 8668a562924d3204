"""Whether instruments are still heard of: an asset check that asks the pond, on a schedule.

An instrument that has stalled materializes nothing, so no check of a materialization would tell.
A tick asks the pond about all series of a source at once, and reads nothing but the facts about
their periods. Only series whose verdict is not the one that Dagster shows are checked in a run: at
2,000 instruments a run over all of them would add 30 MB to Dagster's database every 15 minutes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pond_core import NotAPondError, Pond
from pond_pipeline.assets import POND
from pond_pipeline.assets.series import SEVERITIES
from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import Judged, Plan
from pond_pipeline.runs.unfinished import unfinished_run
from pond_pipeline.silence import FreshnessJudge, newest_reading
from pond_pipeline.wording import duration_text

FRESHNESS = "freshness"
"""The check's name."""

_EVERY = "*/15 * * * *"


def build_freshness(
    plan: Plan, *, pond: str | Path
) -> tuple[
    list[dg.AssetChecksDefinition],
    list[UnresolvedAssetJobDefinition],
    list[dg.ScheduleDefinition],
]:
    """Return the checks of each source, the jobs that run them, and the schedules of these.

    Each schedule is on as soon as the daemon runs.

    Args:
        plan: What there is.
        pond: The pond's directory or URL.
    """
    judge = FreshnessJudge(plan)
    by_source: dict[str, list[Judged]] = {}
    for step in plan.steps:
        if isinstance(step, Judged) and step.outputs[0] in judge.limits:
            home = plan.homes.get(step.outputs[0], step.group)
            by_source.setdefault(home, []).append(step)
    checks, jobs, schedules = [], [], []
    for source, steps in by_source.items():
        name = f"{safe_name(source)}_freshness"
        job = dg.define_asset_job(
            name,
            selection=dg.AssetSelection.checks(*(_key(step.outputs[0]) for step in steps)),
            description=f"Judges whether the instruments of {source} are still heard of.",
        )
        checks.append(_checks(f"{name}_checks", judge, steps))
        jobs.append(job)
        schedules.append(_schedule(name, judge, steps, job, pond))
    return checks, jobs, schedules


def freshness_keys(plan: Plan) -> list[dg.AssetCheckKey]:
    """Return the checks that are left out of runs which make assets."""
    return [_key(path) for path in FreshnessJudge(plan).limits]


def _checks(name: str, judge: FreshnessJudge, steps: Sequence[Judged]) -> dg.AssetChecksDefinition:
    keys = {safe_name(step.outputs[0]): path_to_key(step.outputs[0]) for step in steps}
    specs = [_spec(step, judge.limits[step.outputs[0]]) for step in steps]
    outputs = {spec.get_python_identifier(): spec for spec in specs}

    # What `multi_asset_check` does; but it names inputs after their assets, and then refuses those
    # with a space in it (1.13).
    @dg.op(
        name=name,
        ins={each: dg.In(dg.Nothing) for each in keys},
        out={each: dg.Out(is_required=False) for each in outputs},
        required_resource_keys={POND},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        fs, now = context.resources.pond.snapshot(), datetime.now(UTC)
        for step in steps:
            path = step.outputs[0]
            if _key(path) not in context.selected_asset_check_keys:
                continue
            found = judge.judge(fs, path, now=now)
            newest = newest_reading(fs, path)
            yield dg.AssetCheckResult(
                asset_key=path_to_key(path),
                check_name=FRESHNESS,
                passed=found.passed,
                severity=SEVERITIES[step.judgement.checks.freshness.severity],
                description=found.text,
                metadata={} if newest is None else {"newest": dg.MetadataValue.timestamp(newest)},
            )

    made: dg.AssetChecksDefinition = dg.AssetChecksDefinition.create(
        keys_by_input_name=keys,
        node_def=check,
        check_specs_by_output_name=outputs,
        can_subset=True,
    )
    return made


def _spec(step: Judged, limit: timedelta) -> dg.AssetCheckSpec:
    description = f"The newest reading is at most {duration_text(limit)} old. Judged every 15"
    return CheckSpec(
        FRESHNESS,
        asset=path_to_key(step.outputs[0]),
        description=f"{description} minutes, and recorded when the verdict changes.",
        blocking=step.judgement.checks.freshness.blocking,
    )


def _schedule(
    name: str,
    judge: FreshnessJudge,
    steps: Sequence[Judged],
    job: UnresolvedAssetJobDefinition,
    pond: str | Path,
) -> dg.ScheduleDefinition:
    paths = [step.outputs[0] for step in steps]

    @dg.schedule(
        cron_schedule=_EVERY,
        execution_timezone="UTC",
        job=job,
        name=f"{name}_schedule",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            fs = Pond.open(pond).snapshot()
        except NotAPondError:
            return dg.SkipReason("There is no pond yet.")
        unfinished = unfinished_run(context.instance, job=job.name)
        if unfinished is not None:
            return dg.SkipReason(f"run {unfinished.run_id} of an earlier tick is not done")
        now = context.scheduled_execution_time.astimezone(UTC)
        shown = _shown(context.instance, paths)
        changed = [
            path for path in paths if judge.judge(fs, path, now=now).passed != shown.get(path)
        ]
        if not changed:
            return dg.SkipReason(f"The verdict on {len(paths)} series is as it was.")
        return dg.RunRequest(asset_check_keys=[_key(path) for path in changed])

    return tick


def _shown(instance: dg.DagsterInstance, paths: Sequence[str]) -> dict[str, bool]:
    """Return the verdicts that Dagster has; none of a check that never came to one."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [_key(path) for path in paths]
    )
    found = ((path, records.get(_key(path))) for path in paths)
    evaluations = ((path, record.evaluation) for path, record in found if record is not None)
    # Of a run that died before it came to a verdict there is what it had planned.
    return {
        path: each.passed for path, each in evaluations if isinstance(each, dg.AssetCheckEvaluation)
    }


def _key(path: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(path_to_key(path), FRESHNESS)
