"""Backups and copies as assets: nothing of them is kept in the pond."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecordStatus as Status,
)

from pond_core import Finding, Pond, from_us
from pond_pipeline.assets.s3 import is_bucket, variables_of
from pond_pipeline.backups import back_up, place_text, update_copy
from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.config import read_environment
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import Backup, Copy, Plan

TXN = "pond/txn"
"""Metadata: the newest transaction that the backup holds."""

Results = Iterator["dg.MaterializeResult[object] | dg.AssetCheckResult"]
"""What the op of a service yields."""

_GROUP = "backup"
_COMPLETE = "backup_is_complete"

LOOKED = "pond/looked"
"""Metadata: when a check last looked whether all of a backup is there."""

_PLACE = "pond/place"

_LOOKED_FOR = timedelta(hours=20)
"""So long that counts: less than a day, so that a backup of every day is looked at each time."""

_LOGGED_S = 60
"""So often a push that takes long says how far it has come."""

_SHOWN = 20
"""Findings that a check tells; `pond backup verify` tells all."""


def service_key(service: Backup | Copy) -> dg.AssetKey:
    """Return the asset key of a service."""
    return path_to_key(f"/backup/{service.name}")


def job_name(service: Backup | Copy) -> str:
    """Return the name of the job that runs a service, by its schedule or after changes."""
    return f"{safe_name(service.name)}_{'backup' if isinstance(service, Backup) else 'copy'}"


def build_service_jobs(plan: Plan) -> list[UnresolvedAssetJobDefinition]:
    """Return a job for each backup and copy."""
    return [
        dg.define_asset_job(
            job_name(service),
            selection=dg.AssetSelection.assets(service_key(service)),
            description=service.description,
        )
        for service in plan.services
        if isinstance(service, Backup | Copy)
    ]


def build_services(plan: Plan) -> list[dg.AssetsDefinition]:
    """Return the assets of a plan's backups and copies."""
    built = []
    for service in plan.services:
        match service:
            case Backup():
                built.append(_backup(service))
            case Copy():
                built.append(_copy(service))
            case _:
                pass  # an alert makes nothing
    return built


def build_service_schedules(plan: Plan) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each backup and copy that says when; on as soon as the daemon runs."""
    return [
        dg.ScheduleDefinition(
            name=f"{job_name(service)}_schedule",
            cron_schedule=service.schedule,
            execution_timezone="UTC",
            job_name=job_name(service),
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for service in plan.services
        if isinstance(service, Backup | Copy) and service.schedule
    ]


def _backup(backup: Backup) -> dg.AssetsDefinition:
    key = service_key(backup)
    check = CheckSpec(
        _COMPLETE,
        asset=key,
        description="All that a point needs was there when it was last looked at.",
    )

    def made(context: dg.AssetExecutionContext, pond: Pond, s3: Mapping[str, str]) -> Results:
        began_s = time.monotonic()
        environ = {**read_environment(backup.root).values, **s3}
        done = back_up(backup, pond, environ, told=_logged(context.log))
        point = done.pushed.point
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                TXN: point.txn,
                "pond/point": f"{point.pond} {point.txn} {point.hash}",
                "pond/committed": dg.MetadataValue.timestamp(from_us(point.ts_us)),
                "pond/bytes_sent": done.pushed.bytes,
                "pond/objects_sent": done.pushed.objects,
                "pond/bytes": point.bytes,
                **({} if done.expired is None else {"pond/expired": done.expired.expired}),
                **_common(backup, began_s),
            },
        )
        last = _last_look(context.instance, check.key, place=place_text(backup))
        if last is not None:
            yield dg.AssetCheckResult(
                asset_key=key, check_name=_COMPLETE, passed=True, metadata=last
            )
            return
        inspection = done.backups.verify(pond=pond.id)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=_COMPLETE,
            passed=inspection.ok,
            description=_told(inspection.findings),
            metadata={
                "segments": inspection.segments,
                "objects": inspection.objects,
                _PLACE: place_text(backup),
                LOOKED: dg.MetadataValue.timestamp(datetime.now(UTC)),
            },
        )

    definition = dg.multi_asset(
        name=safe_name(f"/backup/{backup.name}"),
        specs=[_spec(backup)],
        check_specs=[check],
    )
    if not is_bucket(backup):

        def in_folder(context: dg.AssetExecutionContext, pond: dg.ResourceParam[Pond]) -> "Results":
            yield from made(context, pond, {})

        return definition(in_folder)
    from dagster_aws.s3 import S3Resource  # noqa: PLC0415 -- takes a second

    def in_bucket(
        context: dg.AssetExecutionContext, pond: dg.ResourceParam[Pond], s3: S3Resource
    ) -> "Results":
        yield from made(context, pond, variables_of(s3))

    return definition(in_bucket)


def _last_look(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, *, place: str
) -> Mapping[str, dg.MetadataValue[Any]] | None:
    """Return what a check said when it looked last; None if it is to look again.

    To look lists every file of the place, while a push costs the same however many there are, and
    proves itself what it sends. So it looks once a day, and at each push after it found something.
    """
    records = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status={Status.SUCCEEDED, Status.FAILED}
    )
    for record in records:
        last = record.evaluation
        if not isinstance(last, dg.AssetCheckEvaluation) or not last.passed:
            return None
        told = {name: str(each.value) for name, each in last.metadata.items()}
        ago_s = datetime.now(UTC).timestamp() - float(told.get(LOOKED, 0))
        if told.get(_PLACE) == place and ago_s < _LOOKED_FOR.total_seconds():
            return last.metadata
    return None


def _logged(log: dg.DagsterLogManager) -> Callable[[int, int], None]:
    """Return what is told how much was sent, and writes that into a run's log now and then."""
    said_s = time.monotonic()

    def told(objects: int, size: int) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= _LOGGED_S:
            said_s = time.monotonic()
            log.info("%s objects and %s bytes sent so far", f"{objects:,}", f"{size:,}")

    return told


def _copy(copy: Copy) -> dg.AssetsDefinition:
    def made(s3: Mapping[str, str]) -> Results:
        began_s = time.monotonic()
        copied = update_copy(copy, {**read_environment(copy.root).values, **s3})
        yield dg.MaterializeResult(
            asset_key=service_key(copy),
            metadata={
                TXN: copied.txn,
                "pond/of": copied.pond,
                "pond/bytes_fetched": copied.bytes,
                "pond/objects_fetched": copied.objects,
                "pond/to": str(copy.to),
                **_common(copy, began_s),
            },
        )

    definition = dg.multi_asset(name=safe_name(f"/backup/{copy.name}"), specs=[_spec(copy)])
    if not is_bucket(copy):

        def in_folder() -> "Results":
            yield from made({})

        return definition(in_folder)
    from dagster_aws.s3 import S3Resource  # noqa: PLC0415 -- takes a second

    def in_bucket(s3: S3Resource) -> "Results":
        yield from made(variables_of(s3))

    return definition(in_bucket)


def _common(service: Backup | Copy, began_s: float) -> dict[str, float | str]:
    """Return what both tell: how long it took, and where it is."""
    return {"pond/seconds": time.monotonic() - began_s, _PLACE: place_text(service)}


def _spec(service: Backup | Copy) -> dg.AssetSpec:
    return dg.AssetSpec(
        service_key(service),
        description=service.description,
        group_name=_GROUP,
        owners=list(service.owners),
        kinds={"backup"},
    )


def _told(findings: tuple[Finding, ...]) -> str | None:
    lines = [f"{each.where}: {each.what}, {each.detail}" for each in findings[:_SHOWN]]
    more = len(findings) - len(lines)
    return "\n".join([*lines, *([f"and {more} more"] if more else [])]) or None
