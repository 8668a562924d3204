"""What a Dagster run asks of its steps, by its tags."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pond_core import LogFilter, Pond
from pond_pipeline.config import read_environment
from pond_pipeline.periods import Period
from pond_pipeline.runs.tags import BACKFILL, ROOT_RUN
from pond_pipeline.steps import Request

REFETCH_TAG = "pond/refetch"
"""A run with this tag set to `true` asks the API again for whole periods."""

ALLOW_SHRINK_TAG = "pond/allow_shrink"
"""A refetch with this tag set to `true` may replace readings by fewer."""

REPROCESS_TAG = "pond/reprocess"
"""A run with this tag set to `true` computes again what is up to date."""


def request_of(context: dg.AssetExecutionContext, *, root: Path) -> Request:
    """Return how a run was asked for.

    Args:
        context: Of one of its steps.
        root: Where `.env` stands; it is read when a step needs it.
    """
    tags = context.run.tags
    return Request(
        now=datetime.now(UTC),
        environ=lambda: read_environment(root).values,
        refetch=tags.get(REFETCH_TAG) == "true",
        allow_shrink=tags.get(ALLOW_SHRINK_TAG) == "true",
        reprocess=tags.get(REPROCESS_TAG) == "true",
        done=lambda path: _committed(context.resources.pond, path, _attempts(context)),
    )


def _attempts(context: dg.AssetExecutionContext) -> set[str]:
    """Return the ids of the runs that do one job: a run and its reruns, or a backfill's runs."""
    run = context.run
    root = run.root_run_id or run.run_id
    related = [{ROOT_RUN: root}]
    related += [{BACKFILL: run.tags[BACKFILL]}] if BACKFILL in run.tags else []
    found = (context.instance.get_runs(dg.RunsFilter(tags=tags)) for tags in related)
    return {root, run.run_id, *(each.run_id for runs in found for each in runs)}


def _committed(pond: Pond, path: str, runs: Collection[str]) -> set[Period]:
    """Return the periods of a series that some runs committed."""
    headers = (pond.log(wanted=LogFilter(run_id=run, asset=path)) for run in runs)
    return {Period.parse(key) for each in headers for h in each for key in h.provenance.partitions}
