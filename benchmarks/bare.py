"""What our definitions are held against: Dagster's own of the same shape, which do nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # what `define_asset_job` returns; not on Dagster's face
)

_IO = "io_manager"


@dataclass(frozen=True, slots=True)
class Shape:
    """Of how many things definitions are made, and how these hang together.

    Attributes:
        assets: By op: what it makes, what that depends on, its partitions and checks.
        jobs: The assets of each job, and its checks.
        schedules: The job of each schedule.
        sensors: Their names.
    """

    assets: Sequence[dg.AssetsDefinition]
    jobs: Mapping[str, tuple[Collection[dg.AssetKey], Collection[dg.AssetCheckKey]]]
    schedules: Mapping[str, str]
    sensors: Sequence[str]

    @classmethod
    def of(cls, definitions: dg.Definitions) -> "Shape":
        """Return the shape of definitions."""
        repository = definitions.get_repository_def()
        jobs = [name for name in repository.job_names if not name.startswith("__")]
        return cls(
            assets=definitions.resolve_asset_graph().assets_defs,
            jobs={name: _made_by(repository.get_job(name)) for name in jobs},
            schedules={each.name: each.job_name for each in repository.schedule_defs},
            sensors=[each.name for each in repository.sensor_defs],
        )


def bare(shape: Shape) -> dg.Definitions:
    """Return definitions of a shape.

    What the UI shows of an asset, when it is asked for and what its op does is left out; values
    stay in memory.
    """
    return dg.Definitions(
        assets=[_asset(each) for each in shape.assets],
        jobs=[_job(name, *made) for name, made in shape.jobs.items()],
        schedules=[_schedule(name, job) for name, job in shape.schedules.items()],
        sensors=[_sensor(name) for name in shape.sensors],
        resources={_IO: dg.mem_io_manager},
        executor=dg.in_process_executor,
    )


def _made_by(job: dg.JobDefinition) -> tuple[list[dg.AssetKey], list[dg.AssetCheckKey]]:
    layer = job.asset_layer
    return [*layer.executable_asset_keys], [*layer.asset_graph.asset_check_keys]


def _asset(ours: dg.AssetsDefinition) -> dg.AssetsDefinition:
    return _makes(ours) if ours.keys else _checks(ours)


def _checks(ours: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    specs = [dg.AssetCheckSpec(each.name, asset=each.asset_key) for each in ours.check_specs]

    @dg.multi_asset_check(name=ours.op.name, specs=specs, can_subset=True)
    def op() -> "Iterator[dg.AssetCheckResult]":
        for spec in specs:
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)

    return op


def _makes(ours: dg.AssetsDefinition) -> dg.AssetsDefinition:
    names = {name: key for name, key in ours.keys_by_output_name.items() if key in ours.keys}
    checks = [(each.name, each.asset_key) for each in ours.check_specs]

    @dg.multi_asset(
        name=ours.op.name,
        outs={name: dg.AssetOut(key=key, io_manager_key=_IO) for name, key in names.items()},
        ins={name: dg.AssetIn(key=key) for name, key in ours.keys_by_input_name.items()},
        partitions_def=ours.partitions_def,
        backfill_policy=ours.backfill_policy,
        check_specs=[dg.AssetCheckSpec(name, asset=key) for name, key in checks],
    )
    def op(**_inputs: object) -> "Iterator[dg.Output[int] | dg.AssetCheckResult]":
        for name in names:
            yield dg.Output(0, output_name=name)
        for name, key in checks:
            yield dg.AssetCheckResult(asset_key=key, check_name=name, passed=True)

    return op


def _job(
    name: str, keys: Collection[dg.AssetKey], checks: Collection[dg.AssetCheckKey]
) -> UnresolvedAssetJobDefinition:
    selection: dg.AssetSelection = dg.AssetSelection.assets(*keys)
    if checks:
        selection = selection.without_checks() | dg.AssetSelection.checks(*checks)
    return dg.define_asset_job(name, selection=selection)


def _schedule(name: str, job_name: str) -> dg.ScheduleDefinition:
    @dg.schedule(cron_schedule="0 * * * *", job_name=job_name, name=name)
    def tick(_context: dg.ScheduleEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason("nothing is done")

    return tick


def _sensor(name: str) -> dg.SensorDefinition:
    @dg.sensor(name=name, asset_selection=dg.AssetSelection.all())
    def tick(_context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason("nothing is done")

    return tick
