"""Alerts: a look at what they watch, twice a minute; it asks for no run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecordStatus as Status,
)

from pond_core import NotAPondError
from pond_pipeline.alerts import FailedCheck, FailedRun
from pond_pipeline.alerts.scene import News
from pond_pipeline.alerts.watch import Watch
from pond_pipeline.config import Incident
from pond_pipeline.paths import key_to_path, path_to_key
from pond_pipeline.plan import Alert, Plan
from pond_pipeline.wording import count_text

_INTERVAL_S = 30

_LOOKED_AT = 1000
"""Among so many materializations since a run failed is looked for one of its periods."""

_NEWEST = 20
"""So many runs that changed last tell whether any did: Dagster notes when to the second."""

_JUDGED = {Status.SUCCEEDED, Status.FAILED}


def build_alert_sensors(plan: Plan, *, root: Path, pond: str | Path) -> list[dg.SensorDefinition]:
    """Return the sensor of all alerts, if there are any; on as soon as the daemon runs.

    Args:
        plan: What there is.
        root: Where `.env` stands, which has the addresses; read at each tick.
        pond: The pond's directory or URL.
    """
    alerts = [service for service in plan.services if isinstance(service, Alert)]
    if not alerts:
        return []
    wants_checks = any(
        condition.incident is Incident.CHECK_FAILED
        for alert in alerts
        for condition in alert.conditions
    )
    watch, runs = Watch(plan, root=root, pond=pond), _Runs(wants_checks=wants_checks)

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of incidents: when one begins and when it is over, each once.",
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        definitions = context.repository_def
        keys = () if definitions is None else definitions.asset_graph.asset_check_keys
        try:
            looked = watch.look(runs.news(context.instance, [*keys]))
        except NotAPondError:
            return dg.SkipReason("there is no pond yet")
        if looked is None:
            return dg.SkipReason("an earlier look is not done")
        told = f"{count_text(looked.taken, 'message')} sent, {looked.owed} not yet"
        return dg.SkipReason(f"{count_text(looked.ongoing, 'incident')}; {told}")

    return [tick]


class _Runs:
    """What Dagster tells of runs and checks; it is asked only when a run began or ended.

    Args:
        wants_checks: Whether anybody wants to know of checks.
    """

    def __init__(self, *, wants_checks: bool) -> None:
        self._wants_checks = wants_checks
        self._newest: frozenset[tuple[str, dg.DagsterRunStatus]] | None = None
        self._checks: Sequence[FailedCheck] = ()
        self._not_over: set[FailedRun] = set()

    def news(self, instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> News:
        """Return what is new.

        Args:
            instance: Dagster's runs and events.
            keys: The checks.
        """
        records = instance.get_run_records(
            limit=_NEWEST, order_by="update_timestamp", ascending=False
        )
        runs = (each.dagster_run for each in records)
        newest = frozenset((run.run_id, run.status) for run in runs)
        if newest != self._newest:
            self._newest = newest
            self._not_over.clear()
            self._checks = _failed_checks(instance, keys) if self._wants_checks else ()
        return News(checks=self._checks, is_over=lambda run: self._is_over(instance, run))

    def _is_over(self, instance: dg.DagsterInstance, run: FailedRun) -> bool:
        if run not in self._not_over and _is_made_again(instance, run):
            return True
        self._not_over.add(run)
        return False


def _failed_checks(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]
) -> list[FailedCheck]:
    storage = instance.event_log_storage
    found = []
    for key, record in storage.get_latest_asset_check_execution_by_key(keys).items():
        newest = record
        if newest.status not in _JUDGED:  # it is just being judged again, or its run died
            before = storage.get_asset_check_execution_history(key, limit=1, status=_JUDGED)
            newest = next(iter(before), record)
        verdict = newest.evaluation
        if (
            isinstance(verdict, dg.AssetCheckEvaluation)
            and not verdict.passed
            and verdict.severity is dg.AssetCheckSeverity.ERROR
        ):
            found.append(
                FailedCheck(
                    path=key_to_path(key.asset_key),
                    check=key.name,
                    text=verdict.description or "",
                    failed=datetime.fromtimestamp(newest.create_timestamp, UTC),
                )
            )
    return sorted(found, key=lambda each: (each.path, each.check))


def _is_made_again(instance: dg.DagsterInstance, failed: FailedRun) -> bool:
    """Say whether all that failed in a run was made since, of its periods."""
    if failed.assets:
        return all(_is_made(instance, path, failed) for path in failed.assets)
    wanted = dg.RunsFilter(
        job_name=failed.job,
        statuses=[dg.DagsterRunStatus.SUCCESS],
        updated_after=failed.failed,
    )
    return bool(instance.get_runs(wanted, limit=1))


def _is_made(instance: dg.DagsterInstance, path: str, failed: FailedRun) -> bool:
    wanted = dg.AssetRecordsFilter(
        asset_key=path_to_key(path), after_timestamp=failed.failed.timestamp()
    )
    made = instance.fetch_materializations(wanted, limit=_LOOKED_AT).records
    if not failed.partitions:
        return bool(made)
    first, last = failed.partitions[0], failed.partitions[-1]
    # Keys of periods of one length sort as the periods do.
    return any(first <= (each.partition_key or first) <= last for each in made)
