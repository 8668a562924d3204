"""Catching up: whatever is behind its inputs in the pond is asked for, however that came about.

A tick compares the pond with the plan. It knows nothing of runs, ticks or restarts, so nothing is
forgotten; what a run is at work on is left to it, and what fails is tried again ever more rarely.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pond_core import NotAPondError, Pond
from pond_pipeline.automation.jobs import downstream
from pond_pipeline.automation.prompt import INTERVAL_S
from pond_pipeline.due import Stale, stale
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import Plan, Source, Step
from pond_pipeline.tags import span_tags

CATCH_UP_TAG = "pond/catch_up"
"""Of a run that catches up: the state of the pond in which it was asked for."""

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def build_catch_up(plan: Plan, *, pond: Path) -> list[dg.SensorDefinition]:
    """Return a sensor for each source, over what is made of it."""
    return [_sensor(plan, source, pond) for source in plan.sources]


def _sensor(plan: Plan, source: Source, pond: Path) -> dg.SensorDefinition:
    steps = [step for step in plan.steps if plan.homes.get(step.outputs[0]) == source.name]
    work = hashlib.sha256("".join(step.fingerprint for step in steps).encode()).hexdigest()

    @dg.sensor(
        name=f"{safe_name(source.name)}_catch_up",
        asset_selection=_keys(steps),
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks for what of {source.name} is behind what it is made of.",
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        try:
            snapshot = Pond.open(pond).snapshot()
        except NotAPondError:
            return dg.SkipReason("there is no pond yet")
        # A new day may begin a new partition.
        state = f"{snapshot.txn} {now:%Y-%m-%d} {work[:12]}"
        if context.cursor == state:
            return dg.SkipReason(f"up to date as of txn {snapshot.txn}")
        behind = stale(plan, steps, snapshot, now=now)
        if not behind:
            return dg.SensorResult(skip_reason="all is up to date", cursor=state)
        busy = _busy(context.instance)
        if busy is None or busy.intersection(_keys([each.step for each in behind])):
            return dg.SkipReason("a run is at work on what is behind")
        wait = _wait(context.instance, state, now)
        if wait is not None:
            return dg.SkipReason(f"the last attempt failed; the next is made in {wait}")
        return dg.SensorResult(run_requests=list(_requests(plan, behind, state, now)))

    return tick


def _requests(
    plan: Plan, behind: Sequence[Stale], state: str, now: datetime
) -> Iterator[dg.RunRequest]:
    """Yield a run for each range of periods without a gap, of what is behind and made of it."""
    tags = {CATCH_UP_TAG: state}
    periods = {each.period for each in behind if each.period is not None}
    for block in contiguous(periods):
        inside = [each.step for each in behind if each.period is None or each.period in block]
        yield dg.RunRequest(
            run_key=f"{state} {block[0]} {now.isoformat()}",
            asset_selection=_keys(downstream(plan, inside), block[0]),
            tags={**tags, **span_tags(block)},
        )
    if not periods:
        whole = downstream(plan, [each.step for each in behind])
        yield dg.RunRequest(
            run_key=f"{state} {now.isoformat()}",
            asset_selection=_keys([step for step in whole if step.cadence is None]),
            tags=tags,
        )


def _keys(steps: Sequence[Step], period: Period | None = None) -> list[dg.AssetKey]:
    """Return the assets of steps; with a period, of those that have such periods or none."""
    wanted = [step for step in steps if period is None or step.cadence in (None, period.cadence)]
    return [path_to_key(path) for step in wanted for path in step.assets]


def _busy(instance: dg.DagsterInstance) -> set[dg.AssetKey] | None:
    """Return the assets that runs are at work on, or will be; None: all of them."""
    busy: set[dg.AssetKey] = set()
    for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)):
        if run.asset_selection is None:
            return None
        busy |= run.asset_selection
    return busy


def _wait(instance: dg.DagsterInstance, state: str, now: datetime) -> timedelta | None:
    """Return how long to wait after attempts in this state of the pond that failed."""
    records = instance.get_run_records(dg.RunsFilter(tags={CATCH_UP_TAG: state}), limit=20)
    ends = [record.end_time for record in records if record.end_time is not None]
    if not ends:
        return None
    attempts = len(ends)
    pause = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    left = datetime.fromtimestamp(max(ends), UTC) + pause - now
    return left if left > timedelta(0) else None
