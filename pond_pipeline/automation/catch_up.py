"""Catching up: whatever is behind its inputs in the pond is asked for, however that came about.

A tick compares the pond with the plan. It knows nothing of runs, ticks or restarts, so nothing is
forgotten; what a run is at work on is left to it, and what fails is tried again ever more rarely,
whatever else comes into the pond meanwhile.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pond_core import NotAPondError, Pond
from pond_pipeline.automation.blocked import unblocked
from pond_pipeline.automation.jobs import downstream
from pond_pipeline.automation.prompt import INTERVAL_S
from pond_pipeline.due import Stale, stale
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import Plan, Source, Step, WebsiteStep
from pond_pipeline.runs.tags import span_tags
from pond_pipeline.runs.unfinished import UNFINISHED
from pond_pipeline.versions import digest_of
from pond_pipeline.website import own_versions

CATCH_UP_TAG = "pond/catch_up"
"""Of a run that catches up: a digest of what was behind when it was asked for."""

ATTEMPT_TAG = "pond/attempt"
"""Of a run that catches up: which attempt in a row at the same it is."""

_TXN_TAG = "pond/as_of"
"""Of a run that catches up: the transaction of the pond that the sensor saw."""

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_DOUBLED = 10
"""After so many doublings the wait is as long as it gets."""

_LOOKED_AT = 100
"""Runs of the last attempt that are looked at: it has one for each range of periods."""

_DIGEST_CHARACTERS = 32


def build_catch_up(plan: Plan, *, pond: str | Path) -> list[dg.SensorDefinition]:
    """Return a sensor for each source, over what is made of it."""
    return [_sensor(plan, source, pond) for source in plan.sources]


def _sensor(plan: Plan, source: Source, pond: str | Path) -> dg.SensorDefinition:
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
        # A new day may begin a new partition; pages of websites are not in the pond.
        outside = "".join(_outside(step) for step in steps)
        state = f"{snapshot.txn} {now:%Y-%m-%d} {work[:12]} {outside}"
        if context.cursor == state:
            return dg.SkipReason(f"up to date as of txn {snapshot.txn}")
        behind = stale(plan, steps, snapshot, now=now)
        if not behind:
            return dg.SensorResult(skip_reason="all is up to date", cursor=state)
        behind = unblocked(context.instance, plan, behind)
        obstacle = _obstacle(context, behind)
        if obstacle:
            return dg.SkipReason(obstacle)
        tags = {CATCH_UP_TAG: _digest(behind), _TXN_TAG: str(snapshot.txn)}
        in_vain, ended = _attempts(context.instance, tags)
        if ended is not None and now < (again := ended + _pause(in_vain)):
            return dg.SkipReason(f"the last attempt failed; the next is made in {again - now}")
        tags[ATTEMPT_TAG] = str(in_vain + 1)
        return dg.SensorResult(run_requests=list(_requests(plan, behind, tags, now)))

    return tick


def _obstacle(context: dg.SensorEvaluationContext, behind: Sequence[Stale]) -> str:
    """Return why what is behind has to wait, whatever was tried before; empty when it has not."""
    if not behind:
        return "what is behind waits for a check of its inputs that has failed"
    busy = _busy(context.instance, context.repository_def)
    if busy is None or busy.intersection(_keys([each.step for each in behind])):
        return "a run is at work on what is behind"
    return ""


def _requests(
    plan: Plan, behind: Sequence[Stale], tags: Mapping[str, str], now: datetime
) -> Iterator[dg.RunRequest]:
    """Yield a run for each range of periods without a gap, of what is behind and made of it."""
    key = f"{tags[CATCH_UP_TAG]} {now.isoformat()}"
    periods = {each.period for each in behind if each.period is not None}
    for block in contiguous(periods):
        inside = [each.step for each in behind if each.period is None or each.period in block]
        yield dg.RunRequest(
            run_key=f"{key} {block[0]}",
            asset_selection=_keys(downstream(plan, inside), block[0]),
            tags={**tags, **span_tags(block)},
        )
    if not periods:
        whole = downstream(plan, [each.step for each in behind])
        yield dg.RunRequest(
            run_key=key,
            asset_selection=_keys([step for step in whole if step.cadence is None]),
            tags=dict(tags),
        )


def _outside(step: Step) -> str:
    """Return the version of what a step is made from beside the pond; empty where nothing is."""
    return digest_of(own_versions(step)) if isinstance(step, WebsiteStep) else ""


def _digest(behind: Sequence[Stale]) -> str:
    told = [
        f"{each.step.outputs[0]} {each.step.fingerprint}{_outside(each.step)} {each.period}"
        for each in behind
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _keys(steps: Sequence[Step], period: Period | None = None) -> list[dg.AssetKey]:
    """Return the assets of steps; with a period, of those that have such periods or none."""
    wanted = [step for step in steps if period is None or step.cadence in (None, period.cadence)]
    return [path_to_key(path) for step in wanted for path in step.assets]


def _busy(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition | None
) -> set[dg.AssetKey] | None:
    """Return the assets that runs are at work on, or will be; None: all of them."""
    busy: set[dg.AssetKey] = set()
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        if run.asset_selection is not None:
            busy |= run.asset_selection
        elif repository is not None and repository.has_job(run.job_name):
            busy |= repository.get_job(run.job_name).asset_layer.selected_asset_keys
        else:
            return None
    return busy


def _attempts(instance: dg.DagsterInstance, tags: Mapping[str, str]) -> tuple[int, datetime | None]:
    """Return how often in a row the same was asked for in vain, and when that ended last."""
    known = dg.RunsFilter(tags={CATCH_UP_TAG: tags[CATCH_UP_TAG]})
    records = instance.get_run_records(known, limit=_LOOKED_AT)
    number = max((_attempt_of(record) for record in records[:1]), default=0)
    last = [record for record in records if _attempt_of(record) == number]
    runs = [record.dagster_run for record in last]
    # What succeeded and changed nothing will change nothing now.
    if all(run.is_success and run.tags[_TXN_TAG] != tags[_TXN_TAG] for run in runs):
        return 0, None
    ends = [record.end_time for record in last if record.end_time is not None]
    return number, datetime.fromtimestamp(max(ends), UTC) if ends else None


def _attempt_of(record: dg.RunRecord) -> int:
    return int(record.dagster_run.tags[ATTEMPT_TAG])


def _pause(attempts: int) -> timedelta:
    doublings = min(attempts - 1, _DOUBLED)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
