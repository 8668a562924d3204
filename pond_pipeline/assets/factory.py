"""A thin shell of Dagster around each step: what it depends on, how it is named, when it runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg

from pond_core import Snapshot
from pond_pipeline.assets.files import check_specs
from pond_pipeline.assets.work import Work, work_of
from pond_pipeline.io_manager import event_metadata
from pond_pipeline.months import Month
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import (
    DictionariesStep,
    FilesStep,
    HydroVuSource,
    Plan,
    PullStep,
    Step,
)
from pond_pipeline.record import SeriesUpdate

IO_MANAGER = "pond_io"
"""The key of the IO manager that every asset goes through."""

POND = "pond"
"""The key of the resource that gives steps without inputs the pond."""

# Dagster's own names (dagster 1.13, definitions/data_version.py), which its face does not export.
_VERSION_TAG = "dagster/data_version"
_VERSION_IS_OURS_TAG = "dagster/data_version_is_user_provided"

_KINDS: Mapping[str, set[str]] = {
    "dictionaries": {"hydrovu", "table"},
    "pull": {"hydrovu", "arrow"},
    "normalize": {"arrow"},
    "files": {"file"},
    "export": {"arrow"},
    "combine": {"polars"},
    "reduce": {"polars"},
}


def monthly(plan: Plan) -> dg.MonthlyPartitionsDefinition | None:
    """Return the one partitions definition that all series share; None without sources.

    The month that is running is a partition too.
    """
    if plan.start is None:
        return None
    return dg.MonthlyPartitionsDefinition(
        start_date=f"{plan.start:%Y-%m}", fmt="%Y-%m", timezone="UTC", end_offset=1
    )


def build_assets(plan: Plan, *, root: Path) -> list[dg.AssetsDefinition]:
    """Return the assets of a plan.

    Args:
        plan: What to build.
        root: Where `resources.yaml` and its `.env` stand; read when a run needs them.
    """
    partitions = monthly(plan)
    return [_build(step, partitions, root) for step in plan.steps]


def _build(
    step: Step, partitions: dg.PartitionsDefinition[str] | None, root: Path
) -> dg.AssetsDefinition:
    work = work_of(step, root=root)
    outputs = asset_outputs(step)
    names = {path: safe_name(path) for path in outputs}

    @dg.multi_asset(
        name=safe_name(outputs[0]),
        outs={names[path]: _out(step, path) for path in outputs},
        ins={safe_name(path): dg.AssetIn(key=path_to_key(path)) for path in step.inputs},
        partitions_def=partitions if step.partitioned else None,
        backfill_policy=dg.BackfillPolicy.single_run() if step.partitioned else None,
        check_specs=check_specs(step) if isinstance(step, FilesStep) else None,
        pool=_pool(step),
        required_resource_keys={POND},
    )
    def _op(
        context: dg.AssetExecutionContext, **inputs: Snapshot
    ) -> "Iterator[dg.Output[object] | dg.AssetCheckResult]":
        yield from _execute(context, inputs, step, work, names)

    return _op


def _execute(
    context: dg.AssetExecutionContext,
    inputs: Mapping[str, Snapshot],
    step: Step,
    work: Work,
    names: Mapping[str, str],
) -> "Iterator[dg.Output[object] | dg.AssetCheckResult]":
    months = [Month.parse(key) for key in context.partition_keys] if step.partitioned else []
    # The newest snapshot of the inputs holds all of them.
    snapshots = [*inputs.values()] or [context.resources.pond.snapshot()]
    fs = max(snapshots, key=lambda snapshot: snapshot.txn)
    result = work(context, fs, months)
    for path, value in result.outputs.items():
        yield dg.Output(value, output_name=names[path])
        if isinstance(value, SeriesUpdate):
            _report_months(context, path, value, months)
    yield from result.checks


def _report_months(
    context: dg.AssetExecutionContext, path: str, update: SeriesUpdate, months: list[Month]
) -> None:
    """Tell Dagster each month's own data version.

    A run over several months stamps one version on all of them, and knows nothing of a neighbor
    that changed because a bucket reaches over the edge of the month.
    """
    for month, recorded in sorted(update.recorded.items()):
        if months == [month]:
            continue
        context.log_event(
            dg.AssetMaterialization(
                asset_key=path_to_key(path),
                partition=month.key,
                metadata=event_metadata(recorded),
                tags={_VERSION_TAG: recorded.data_version, _VERSION_IS_OURS_TAG: "true"},
            )
        )


def asset_outputs(step: Step) -> tuple[str, ...]:
    """Return the outputs that are assets: a quarantine is kept beside its table, and is none."""
    return step.outputs[:1] if step.kind == "normalize" else step.outputs


def _out(step: Step, path: str) -> dg.AssetOut:
    return dg.AssetOut(
        key=path_to_key(path),
        io_manager_key=IO_MANAGER,
        group_name=safe_name(step.group),
        description=step.description,
        code_version=step.fingerprint[:12],
        kinds=set(_KINDS[step.kind]),
        metadata={"pond/path": path},
    )


def _pool(step: Step) -> str | None:
    """Return the pool of an account's credential: one of its steps asks the API at a time."""
    if isinstance(step, DictionariesStep | PullStep):
        return pool_of(step.source)
    return None


def pool_of(source: HydroVuSource) -> str:
    """Return the name of an account's pool."""
    return f"hydrovu_{safe_name(source.name)}"
