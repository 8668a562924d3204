"""Purging runs that are long over: a run costs 135 to 405 KB of Dagster's storage.

Deleting a run deletes what Dagster knows of the assets that it made: months that were made once
would turn "missing". So a run stays, however old, while the newest materialization, attempt or
observation of a partition is one of its events, or the newest result of a check. These are few:
about one run for each month of each source.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)

from pond_pipeline.errors import ConfigError
from pond_pipeline.runs.keep import KEEP_RUNS, KEEP_RUNS_DAYS

_DAILY = "45 3 * * *"
_OVER = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
_OF_ASSETS = [
    dg.DagsterEventType.ASSET_MATERIALIZATION.value,
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
    dg.DagsterEventType.ASSET_OBSERVATION.value,
]


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of old runs.

    Attributes:
        deleted: How many are gone, with their events and logs.
        kept: How many stay for what they tell of an asset.
    """

    deleted: int
    kept: int


class PurgeConfig(dg.Config):
    """What the job is told.

    Attributes:
        days: Runs that ended longer ago are deleted; 0: as `POND_KEEP_RUNS` says, or 90.
    """

    days: int = 0


@dg.op(name="purge_old_runs")
def _purge_op(context: dg.OpExecutionContext, config: PurgeConfig) -> None:
    days = config.days or _days_of(os.environ.get(KEEP_RUNS))
    purged = purge_runs(context.instance, before=datetime.now(UTC) - timedelta(days=days))
    context.log.info(
        "%d runs that ended more than %d days ago are deleted; %d as old are kept: the newest"
        " facts about an asset come from them",
        purged.deleted,
        days,
        purged.kept,
    )


@dg.job(
    name="purge_runs",
    description="Deletes runs that are long over; never one that the state of an asset comes from.",
)
def _purge_job() -> None:
    _purge_op()


def purge_definitions() -> dg.Definitions:
    """Return the job and its daily schedule, which is on as soon as the daemon runs."""
    daily = dg.ScheduleDefinition(
        name="purge_runs_daily",
        job=_purge_job,
        cron_schedule=_DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[_purge_job], schedules=[daily])


def purge_runs(instance: dg.DagsterInstance, *, before: datetime) -> Purged:
    """Delete runs that ended before an instant, with their events and logs.

    A run that is not over stays, and so does one that the state of an asset comes from.

    Raises:
        ConfigError: The instance keeps its events in another way than SQL.
    """
    needed = _needed_runs(instance)
    old = instance.get_run_ids(dg.RunsFilter(statuses=_OVER, updated_before=before))
    for run_id in old:
        if run_id not in needed:
            instance.delete_run(run_id)
            instance.compute_log_manager.delete_logs(prefix=[run_id])
    kept = len(needed.intersection(old))
    return Purged(deleted=len(old) - kept, kept=kept)


def _needed_runs(instance: dg.DagsterInstance) -> set[str]:
    """Return the runs from which the newest event of its kind about a partition or check comes."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        msg = f"runs cannot be purged from {type(storage).__name__}"
        raise ConfigError(msg, hint="stop the schedule purge_runs_daily")
    events, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    newest_events = (
        db.select(db.func.max(events.id))
        .where(events.asset_key.is_not(None), events.dagster_event_type.in_(_OF_ASSETS))
        .group_by(events.asset_key, events.partition, events.dagster_event_type)
    )
    newest_checks = db.select(db.func.max(checks.id)).group_by(checks.asset_key, checks.check_name)
    queries = (
        db.select(events.run_id).where(events.id.in_(newest_events)),
        db.select(checks.run_id).where(checks.id.in_(newest_checks)),
    )
    with storage.index_connection() as connection:
        return {row[0] for query in queries for row in connection.execute(query)}


def _days_of(text: str | None) -> int:
    if not text:
        return KEEP_RUNS_DAYS
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        msg = f"{KEEP_RUNS} is {text!r}, which is no number of days"
        raise ConfigError(msg, hint=f"write {KEEP_RUNS}={KEEP_RUNS_DAYS}")
    return int(text)
