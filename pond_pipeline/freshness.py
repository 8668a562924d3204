"""Whether instruments are still heard of: an asset check that asks the pond, on a schedule.

An instrument that has stalled materializes nothing, so no check of a materialization would tell.
A tick asks the pond about all series of a source at once, and reads nothing but the facts about
their periods. Only series whose verdict is not the one that Dagster shows are checked in a run: at
2,000 instruments a run over all of them would add 30 MB to Dagster's database every 15 minutes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pond_core import NotAPondError, Pond, ReadFS, from_us
from pond_pipeline.assets import POND
from pond_pipeline.assets.series import SEVERITIES, Judged
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import CombineStep, NormalizeStep, Plan, PullStep, Step
from pond_pipeline.quality import check_freshness
from pond_pipeline.runs.unfinished import unfinished_run
from pond_pipeline.wording import duration_text, instant_text

FRESHNESS = "freshness"
"""The check's name."""

_EVERY = "*/15 * * * *"
_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a series is fresh.

    Attributes:
        passed: It is; also where nothing is expected of it any more.
        text: What was found. It stays true until the verdict changes.
    """

    passed: bool
    text: str


@dataclass(frozen=True)
class FreshnessJudge:
    """Judges the series of a plan that somebody expects readings of.

    Attributes:
        plan: The plan.
    """

    plan: Plan

    @cached_property
    def limits(self) -> Mapping[str, timedelta]:
        """How old the newest reading may be, by path; a series without a limit is not judged."""
        return {
            step.outputs[0]: limit
            for step in self.plan.steps
            if isinstance(step, Judged) and (limit := _limit(step)) is not None
        }

    def judge(self, fs: ReadFS, path: str, *, now: datetime) -> Freshness:
        """Judge one series by its newest reading.

        Args:
            fs: The pond.
            path: The series; it has a limit.
            now: The present, aware.
        """
        if self._is_retired(path, now):
            return Freshness(passed=True, text="Retired: no readings are expected.")
        limit = self.limits[path]
        check = check_freshness(_newest(fs, path), now=now, limit=limit)
        if check.newest is None:
            return Freshness(passed=False, text="There has never been a reading.")
        expected = f"one is expected every {duration_text(limit)}"
        if check.passed:
            return Freshness(passed=True, text=f"There are readings; {expected}.")
        last = instant_text(check.newest)
        return Freshness(passed=False, text=f"No reading since {last}; {expected}.")

    @cached_property
    def _by_output(self) -> Mapping[str, Step]:
        return {path: step for step in self.plan.steps for path in step.outputs}

    def _is_retired(self, path: str, now: datetime) -> bool:
        """Say whether no readings come any more because somebody said so."""
        match self._by_output.get(path):
            case PullStep() as pull:
                return not pull.active
            case NormalizeStep() as step:
                return _is_over(step.window.end, now) or self._is_retired(step.inputs[0], now)
            case CombineStep() as site:
                return all(
                    _is_over(part.window.end, now) or self._is_retired(part.asset, now)
                    for part in site.parts
                )
            case _:
                return False


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
    @dg.multi_asset_check(
        name=name,
        specs=[_spec(step, judge.limits[step.outputs[0]]) for step in steps],
        can_subset=True,
        required_resource_keys={POND},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        fs, now = context.resources.pond.snapshot(), datetime.now(UTC)
        for step in steps:
            path = step.outputs[0]
            if _key(path) not in context.selected_asset_check_keys:
                continue
            found = judge.judge(fs, path, now=now)
            newest = _newest(fs, path)
            yield dg.AssetCheckResult(
                asset_key=path_to_key(path),
                check_name=FRESHNESS,
                passed=found.passed,
                severity=SEVERITIES[step.judgement.checks.freshness.severity],
                description=found.text,
                metadata={} if newest is None else {"newest": dg.MetadataValue.timestamp(newest)},
            )

    return check


def _spec(step: Judged, limit: timedelta) -> dg.AssetCheckSpec:
    description = f"The newest reading is at most {duration_text(limit)} old. Judged every 15"
    return dg.AssetCheckSpec(
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


def _newest(fs: ReadFS, path: str) -> datetime | None:
    """Return the newest reading that the facts about a series tell of."""
    if not fs.exists(path):
        return None
    told = [facts["last_us"] for facts in fs.node(path).marks.values()]
    lasts = [int(str(last_us)) for last_us in told if last_us is not None]
    return from_us(max(lasts)) if lasts else None


def _limit(step: Judged) -> timedelta | None:
    judgement = step.judgement
    if judgement.checks.freshness.within is not None:
        return judgement.checks.freshness.within
    return None if judgement.interval is None else judgement.interval * _INTERVALS


def _is_over(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now


def _key(path: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(path_to_key(path), FRESHNESS)
