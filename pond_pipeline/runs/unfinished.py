"""Runs that are not over: what has been asked for already."""

from collections.abc import Mapping, Sequence

import dagster as dg

_ENDS = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
)

UNFINISHED: Sequence[dg.DagsterRunStatus] = tuple(
    status for status in dg.DagsterRunStatus if status not in _ENDS
)
"""What a run is, until it is over."""


def unfinished_run(
    instance: dg.DagsterInstance, *, job: str | None = None, tags: Mapping[str, str] | None = None
) -> dg.DagsterRun | None:
    """Return a run of a job, or with some tags, that is not over; None when there is none."""
    wanted = dg.RunsFilter(job_name=job, tags=tags, statuses=UNFINISHED)
    return next(iter(instance.get_runs(wanted, limit=1)), None)
