"""Failed runs and checks, as Dagster tells of them, and what alerts make of them. No Dagster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from pond_core import Pattern
from pond_pipeline.alerts.incident import Observed, encodable
from pond_pipeline.config import Condition, Incident

_FORGOTTEN = timedelta(days=7)
"""So long after a run failed that nobody made again, it is an incident no more."""

_NAMED = 5
"""So many assets of a failed run its message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A run that failed.

    Attributes:
        run_id: Its id.
        job: Its job.
        assets: What failed in it; what it was about where no step did; may be empty.
        partitions: Its partition, or the first and the last of its range; may be empty.
        reason: Why it failed.
        failed: When it failed, or a later run of the same.
        began: When the first of them failed.
    """

    run_id: str
    job: str
    assets: tuple[str, ...]
    partitions: tuple[str, ...]
    reason: str
    failed: datetime
    began: datetime

    @property
    def subject(self) -> str:
        """What failed: the assets, or the job, and of which periods."""
        what = ", ".join(self.assets) or self.job
        return f"{what} [{'..'.join(self.partitions)}]" if self.partitions else what


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """A check of severity error whose newest verdict is that it failed.

    Attributes:
        path: The asset.
        check: Its name.
        text: What it found; may be empty.
        failed: When.
    """

    path: str
    check: str
    text: str
    failed: datetime


def merged(known: Sequence[FailedRun], news: Iterable[FailedRun]) -> list[FailedRun]:
    """Return the failed runs with those that are new.

    What fails again, of the same periods, is the same incident: a source that is asked every 15
    minutes fails a hundred times a night.
    """
    found = list(known)
    for run in sorted(news, key=lambda each: each.failed):
        same = next((at for at, each in enumerate(found) if _is_same(each, run)), None)
        if same is None:
            found.append(run)
        else:
            failed = max(found[same].failed, run.failed)
            found[same] = replace(found[same], failed=failed)
    return found


def is_forgotten(run: FailedRun, *, now: datetime) -> bool:
    """Say whether a failed run lies back so long that it is told of no more."""
    return now - run.failed > _FORGOTTEN


def observed_run(run: FailedRun) -> Observed:
    """Return the incident that a failed run is."""
    named = ", ".join(run.assets[:_NAMED]) or run.job
    more = len(run.assets) - _NAMED
    what = f"{named} and {more} more" if more > 0 else named
    return Observed(
        event=Incident.RUN_FAILED,
        subject=run.subject,
        title=f"{what} failed",
        text=f"{what} failed: {run.reason}",
        since=run.began,
        values={
            "run_id": run.run_id,
            "job": run.job,
            "assets": list(run.assets),
            "partitions": list(run.partitions),
            "reason": run.reason,
        },
        page=f"/runs/{quote(run.run_id)}",
        at_once=True,
    )


def observed_check(check: FailedCheck) -> Observed:
    """Return the incident that a failed check is."""
    told = f": {encodable(check.text)}" if check.text else "."
    return Observed(
        event=Incident.CHECK_FAILED,
        subject=f"{check.path} {check.check}",
        title=f"{name_of(check.path)}: the check {check.check} failed",
        text=f"{check.path}: the check {check.check} failed{told}",
        since=check.failed,
        values={"path": check.path, "check": check.check},
        page=f"{page_of(check.path)}?view=checks",
    )


def watched_runs(condition: Condition, runs: Iterable[FailedRun]) -> list[FailedRun]:
    """Return the failed runs that a condition is about."""
    return [run for run in runs if condition.path is None or any_of(condition.path, run.assets)]


def any_of(pattern: str, paths: Iterable[str]) -> bool:
    """Say whether a pattern means any of some paths; one that is a path means that path."""
    parsed = Pattern.parse(pattern)
    return any(path == pattern or parsed.match(path) is not None for path in paths)


def name_of(path: str) -> str:
    """Return what people call a path: its last component."""
    return path.rpartition("/")[2]


def page_of(path: str) -> str:
    """Return where the UI shows an asset."""
    return f"/assets{quote(path)}"


def _is_same(known: FailedRun, run: FailedRun) -> bool:
    if known.partitions != run.partitions:
        return False
    if not (known.assets and run.assets):
        return known.assets == run.assets and known.job == run.job
    return set(run.assets) <= set(known.assets)
