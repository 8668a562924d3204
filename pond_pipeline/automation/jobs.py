"""The jobs of each source: pull, refetch, reprocess."""

from collections.abc import Iterable, Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # what `define_asset_job` returns; not on Dagster's face
)

from pond_pipeline.assets.request import REFETCH_TAG, REPROCESS_TAG
from pond_pipeline.freshness import freshness_keys
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import (
    DictionariesStep,
    FilesStep,
    HydroVuSource,
    InboxStep,
    Plan,
    PullStep,
    Source,
    Step,
)

_RAW = (DictionariesStep, PullStep, FilesStep, InboxStep)
"""What asks the outside; all else is made of what is in the pond."""


def build_jobs(plan: Plan) -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs of every source, over its assets and all that is made of them."""
    return [job for source in plan.sources for job in _jobs(plan, source)]


def pull_job_name(source: Source) -> str:
    """Return the name of the job that brings a source and what is made of it up to date."""
    return f"{safe_name(source.name)}_pull"


def steps_of(plan: Plan, source: Source) -> list[Step]:
    """Return the steps that collect a source and make its own tables."""
    return [step for step in plan.steps if getattr(step, "source", None) is source]


def downstream(plan: Plan, steps: Iterable[Step]) -> list[Step]:
    """Return some steps and all that is made of them, in the order of the plan."""
    made: set[str] = set()
    chosen = {step.outputs[0] for step in steps}
    found = []
    for step in plan.steps:
        if step.outputs[0] in chosen or made.intersection(step.inputs):
            made.update(step.outputs)
            found.append(step)
    return found


def selection_of(steps: Sequence[Step]) -> dg.AssetSelection:
    """Return the assets of some steps, as a selection."""
    return dg.AssetSelection.assets(*(path_to_key(path) for step in steps for path in step.assets))


def _jobs(plan: Plan, source: Source) -> list[UnresolvedAssetJobDefinition]:
    name = safe_name(source.name)
    steps = downstream(plan, steps_of(plan, source))
    freshness = freshness_keys(plan)
    pull = dg.define_asset_job(
        pull_job_name(source),
        selection=_without(selection_of(steps), freshness),
        description=f"Ask {source.name} for what is new, and bring up to date what is made of it.",
    )
    derived = [step for step in steps if not isinstance(step, _RAW)]
    reprocess = dg.define_asset_job(
        f"{name}_reprocess",
        selection=_without(selection_of(derived), freshness),
        tags={REPROCESS_TAG: "true"},
        description=f"Compute what is made of {source.name} again, from what the pond has.",
    )
    refetch = dg.define_asset_job(
        f"{name}_refetch",
        selection=_without(selection_of(steps), freshness),
        tags={REFETCH_TAG: "true"},
        description=f"Ask {source.name} for whole periods again, and replace what is stored.",
    )
    jobs = [pull]
    jobs += [refetch] if isinstance(source, HydroVuSource) else []
    return jobs + ([reprocess] if derived else [])


def _without(selection: dg.AssetSelection, checks: Sequence[dg.AssetCheckKey]) -> dg.AssetSelection:
    """Leave out the checks of freshness: it is about the present, and has a schedule of its own."""
    # Dagster takes `checks()` of none for all of them.
    return selection - dg.AssetSelection.checks(*checks) if checks else selection
