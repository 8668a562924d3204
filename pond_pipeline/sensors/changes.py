"""After changes: a backup of what was committed since the last one.

A tick reads the newest header. Only where that is new does it look at what was done, the newest
first, until something counts. A backup that failed is asked for again, whether or not anything else
is committed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pond_core import Header, NotAPondError, Pond, SnapshotForgottenError
from pond_pipeline.assets.services import job_name
from pond_pipeline.paths import safe_name
from pond_pipeline.plan import Backup, Plan
from pond_pipeline.runs.unfinished import unfinished_run
from pond_pipeline.wording import instant_text

_INTERVAL_S = 60

_PAUSE = timedelta(hours=1)
"""How long after a backup that failed it is asked for again, where nothing else was committed."""

_OWN = "/sys"
"""What the pipeline keeps about itself: that alone is not worth a backup."""


def build_change_sensors(plan: Plan, *, pond: str | Path) -> list[dg.SensorDefinition]:
    """Return a sensor for each backup that follows changes; on as soon as the daemon runs.

    Args:
        plan: What there is.
        pond: The pond's directory or URL.
    """
    return [
        _sensor(service, pond)
        for service in plan.services
        if isinstance(service, Backup) and service.after_changes
    ]


def _sensor(backup: Backup, pond: str | Path) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{safe_name(backup.name)}_after_changes",
        job_name=job_name(backup),
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks for the backup {backup.name} when something was committed.",
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            opened = Pond.open(pond)
        except NotAPondError:
            return dg.SkipReason("there is no pond yet")
        newest = next(iter(opened.log(limit=1)), None)
        seen = _seen(context.cursor, newest)
        if newest is None:
            return dg.SkipReason("nothing was committed")
        if newest.txn == seen:
            return _again(context.instance, backup, context.cursor or "")
        if unfinished_run(context.instance, job=job_name(backup)) is not None:
            return dg.SkipReason("the backup is running")
        cursor = f"{newest.txn} {newest.hash}"
        if not _counts(opened, opened.log(limit=newest.txn - seen, as_of=newest.txn)):
            return dg.SensorResult(skip_reason=f"only {_OWN} was changed", cursor=cursor)
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=cursor)], cursor=cursor)

    return tick


def _again(
    instance: dg.DagsterInstance, backup: Backup, cursor: str
) -> dg.SensorResult | dg.SkipReason:
    """Ask once more for a backup that failed, an hour later: the disk may be plugged in by now."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job_name(backup)), limit=1)
    ended = records[0].end_time if records else None
    if ended is None or records[0].dagster_run.status is not dg.DagsterRunStatus.FAILURE:
        return dg.SkipReason("nothing was committed")
    again = datetime.fromtimestamp(ended, UTC) + _PAUSE
    if datetime.now(UTC) < again:
        return dg.SkipReason(f"the backup failed; it is asked for again at {instant_text(again)}")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"{cursor} {ended}")], cursor=cursor)


def _seen(cursor: str | None, newest: Header | None) -> int:
    """Return the newest txn that was looked at; 0 where that is of another history."""
    txn, _, digest = (cursor or "0").partition(" ")
    seen = int(txn)
    if newest is None or seen > newest.txn or (seen == newest.txn and digest != newest.hash):
        return 0
    return seen


def _counts(pond: Pond, headers: Sequence[Header]) -> bool:
    """Say whether any of some transactions did something outside of `/sys`."""
    return any(_is_outside(header.provenance.asset) or _touches(pond, header) for header in headers)


def _touches(pond: Pond, header: Header) -> bool:
    try:
        operations = pond.show(header.txn).operations
    except SnapshotForgottenError:
        return True  # nobody can tell any more
    return any(_is_outside(each.path or "/") for each in operations)


def _is_outside(path: str) -> bool:
    return path not in ("", _OWN) and not path.startswith(f"{_OWN}/")
