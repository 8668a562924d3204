"""A thin shell of Dagster around each step: what it depends on, how it is named, when it runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pyarrow as pa

from pond_core import ReadFS, Snapshot
from pond_pipeline.assets.checks import check_results, check_specs
from pond_pipeline.assets.condition import condition_of
from pond_pipeline.assets.request import request_of
from pond_pipeline.assets.version_tags import (
    CODE_VERSION_CHARACTERS,
    provenance_tags,
    version_tags,
)
from pond_pipeline.lineage import Lineage, lineage_of
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import (
    DictionariesStep,
    HydroVuSource,
    Judged,
    Plan,
    PullStep,
    ReduceStep,
    Step,
)
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps import make

IO_MANAGER = "pond_io"
"""The key of the IO manager that every asset goes through."""

POND = "pond"
"""The key of the resource that gives steps without inputs the pond."""

_KINDS: Mapping[str, set[str]] = {
    "dictionaries": {"hydrovu", "table"},
    "pull": {"hydrovu", "arrow"},
    "normalize": {"arrow"},
    "files": {"file"},
    "export": {"arrow"},
    "inbox": {"file"},
    "scribble": {"arrow"},
    "derive": {"duckdb", "sql"},
    "combine": {"polars"},
    "pivot": {"polars"},
    "reduce": {"polars"},
    "template": {"jinja"},
    "website": {"html"},
}

_FIRST_INSTANTS = {
    Cadence.DAILY: "0 0 * * *",
    Cadence.MONTHLY: "0 0 1 * *",
    Cadence.YEARLY: "0 0 1 1 *",
}
"""When the partitions of each cadence begin, as cron says it."""


def partitions_of(plan: Plan, cadence: Cadence) -> dg.TimeWindowPartitionsDefinition | None:
    """Return the one partitions definition that all series of a cadence share.

    The period that is running is a partition too. None without a source.
    """
    if plan.start is None:
        return None
    return dg.TimeWindowPartitionsDefinition(
        start=Period.of(plan.start, cadence).key,
        fmt=cadence.key_format,
        cron_schedule=_FIRST_INSTANTS[cadence],
        timezone="UTC",
        end_offset=1,
    )


def build_assets(plan: Plan, *, root: Path) -> list[dg.AssetsDefinition]:
    """Return the assets of a plan.

    Args:
        plan: What to build.
        root: Where `resources.yaml` and its `.env` stand; read when a run needs them.
    """
    partitions = {each: partitions_of(plan, each) for each in Cadence}
    return [
        _build(step, None if step.cadence is None else partitions[step.cadence], root)
        for step in plan.steps
    ]


def _build(
    step: Step, partitions: dg.PartitionsDefinition[str] | None, root: Path
) -> dg.AssetsDefinition:
    outputs = step.assets
    names = {path: safe_name(path) for path in outputs}

    @dg.multi_asset(
        name=safe_name(outputs[0]),
        outs={names[path]: _out(step, path) for path in outputs},
        ins={safe_name(path): dg.AssetIn(key=path_to_key(path)) for path in step.inputs},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        check_specs=check_specs(step),
        pool=_pool(step),
        required_resource_keys={POND},
    )
    def _op(
        context: dg.AssetExecutionContext, **inputs: Snapshot
    ) -> "Iterator[dg.Output[object] | dg.AssetCheckResult]":
        yield from _execute(context, inputs, step, names, root)

    return _op


def _execute(
    context: dg.AssetExecutionContext,
    inputs: Mapping[str, Snapshot],
    step: Step,
    names: Mapping[str, str],
    root: Path,
) -> "Iterator[dg.Output[object] | dg.AssetCheckResult]":
    is_partitioned = step.cadence is not None
    periods = [Period.parse(key) for key in context.partition_keys] if is_partitioned else []
    # The newest snapshot of the inputs holds all of them.
    pond = context.resources.pond
    snapshots = [*inputs.values()] or [pond.snapshot()]
    fs = max(snapshots, key=lambda snapshot: snapshot.txn)
    made = make(step, fs, periods, request_of(context, root=root))
    for path, value in made.items():
        if isinstance(value, SeriesUpdate):
            _complete(step, value)
        yield dg.Output(value, output_name=names[path])
        if isinstance(value, SeriesUpdate):
            _report_periods(context, path, value, periods, step=step, fs=fs)
    yield from check_results(step, made, pond.snapshot())


def _complete(step: Step, update: SeriesUpdate) -> None:
    """Say of an update what its step knows and the one who persists it does not."""

    def origins(fs: ReadFS, schema: pa.Schema, period: Period) -> Lineage:
        return lineage_of(step, fs, schema, period)

    update.origins = origins
    update.is_judged = isinstance(step, Judged)
    if step.kind == "normalize":
        update.apart = step.outputs[1:]


def _report_periods(
    context: dg.AssetExecutionContext,
    path: str,
    update: SeriesUpdate,
    periods: list[Period],
    *,
    step: Step,
    fs: ReadFS,
) -> None:
    """Tell Dagster each period's own data version.

    A run over several periods stamps one version on all of them, and knows nothing of a neighbor
    that changed because a bucket reaches over the edge of the period.
    """
    for period, recorded in sorted(update.recorded.items()):
        if periods == [period]:
            continue
        context.log_event(
            dg.AssetMaterialization(
                asset_key=path_to_key(path),
                partition=period.key,
                metadata=update.told[period],
                tags={
                    **provenance_tags(context, step, fs, period),
                    **version_tags(recorded.data_version),
                },
            )
        )


def _out(step: Step, path: str) -> dg.AssetOut:
    return dg.AssetOut(
        key=path_to_key(path),
        io_manager_key=IO_MANAGER,
        group_name=_group(path),
        owners=list(step.owners),
        description=_description(step, path),
        automation_condition=condition_of(step),
        code_version=step.fingerprint[:CODE_VERSION_CHARACTERS],
        kinds=set(_KINDS[step.kind]),
        metadata={"pond/path": path},
    )


def _group(path: str) -> str:
    """Return what kind of thing an asset is, and of which resource: stages side by side."""
    return "_".join(safe_name(part) for part in path.split("/")[1:3])


def _description(step: Step, path: str) -> str:
    """Return what an asset is; of the resolutions that one step makes, which one."""
    if not isinstance(step, ReduceStep):
        return step.description
    return f"Buckets of {path.rpartition('=')[2]}. {step.description}"


def _pool(step: Step) -> str | None:
    """Return the pool of an account's credential: one of its steps asks the API at a time."""
    if isinstance(step, DictionariesStep | PullStep):
        return pool_of(step.source)
    return None


def pool_of(source: HydroVuSource) -> str:
    """Return the name of an account's pool."""
    return f"hydrovu_{safe_name(source.account)}"
