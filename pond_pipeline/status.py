"""Whether all is well with a pond, as this machine knows it: nobody is asked, no secret needed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pond_core import Header, Overview, ReadFS, Sizes, from_us
from pond_pipeline.apply import applied_documents
from pond_pipeline.concern import Concern
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import CombineStep, Judged, Plan, compile_plan
from pond_pipeline.quality import AHEAD
from pond_pipeline.silence import FreshnessJudge, newest_reading
from pond_pipeline.standing import Standing, concerns_about, standings
from pond_pipeline.wording import count_text, duration_text

BEHIND = timedelta(days=2)
"""How long a backup may lack a transaction before somebody should look."""

_ROOM_BYTES = 2**30
"""What should be free: a commit refuses at 64 MiB, and then collection stands still."""

_SKEW = timedelta(minutes=10)
"""How far the clock of another machine may be ahead."""

_SILENT = "`pond run` collects; where nothing comes, look at the instrument, or retire it: `until`"
_UNJUDGED = "Nobody said how often to expect one."

_NAMED = 5
"""How many series a concern names."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a series was last heard of.

    Attributes:
        path: The series.
        newest: Its newest reading; None if there never was one.
        age_s: How old that is, seconds.
        limit_s: How old it may be, seconds; None: nobody said, and it is not judged.
        is_late: Whether it is older, or of the future; None if it is not judged.
        text: The same for people.
    """

    path: str
    newest: datetime | None
    age_s: float | None
    limit_s: float | None
    is_late: bool | None
    text: str

    @property
    def is_ahead(self) -> bool:
        """Whether its newest reading is of the future; also of what is not judged."""
        return self.age_s is not None and self.age_s < -AHEAD.total_seconds()


@dataclass(frozen=True, slots=True)
class Status:
    """How a pond stands.

    Attributes:
        overview: The pond.
        newest: Its newest transaction; None in an empty pond.
        of_a_run: The newest transaction of a Dagster run, of the newest 256.
        sizes: What it takes.
        is_upkeep_due: Whether `pond maintain` has more to do than on other days.
        set_aside: Files that openings and repairs moved out of the way.
        series: When each series was heard of, in the order of the resources.
        backups: How each backup, each copy and what it follows stands.
        concerns: What somebody should look at.
    """

    overview: Overview
    newest: Header | None
    of_a_run: Header | None
    sizes: Sizes
    is_upkeep_due: bool
    set_aside: int
    series: tuple[Heard, ...]
    backups: tuple[Standing, ...]
    concerns: tuple[Concern, ...]


def status_of(
    pond: str | Path,
    *,
    file: Path,
    variables: Mapping[str, str],
    now: datetime,
    behind: timedelta = BEHIND,
) -> Status:
    """Look at a pond, and at the resources that say what to expect of it.

    Args:
        pond: Its directory or URL.
        file: The resources; where there is no file, those that were applied last stand for it, and
            where it is wrong as well.
        variables: What `{{ K }}` stands for in the file.
        now: The present, aware.
        behind: How long a backup may lack a transaction.

    Raises:
        NotAPondError: There is no pond.
        StoreError: It cannot be opened.
    """
    overview = Overview(pond)
    plan, of_file = _plan(file, variables, overview.snapshot)
    environ, of_environ = _environ(file)
    status = Status(
        overview=overview,
        newest=overview.newest,
        of_a_run=overview.newest_of_a_run,
        sizes=overview.sizes(),
        is_upkeep_due=overview.is_upkeep_due(),
        set_aside=overview.set_aside(),
        series=() if plan is None else tuple(_heard(plan, overview.snapshot, now)),
        backups=tuple(standings(overview, () if plan is None else plan.services, environ, now=now)),
        concerns=(),
    )
    concerns = (
        *of_file,
        *of_environ,
        *_about_series(status.series),
        *_about_backups(status, behind, now),
        *_about_pond(status, now),
    )
    return replace(status, concerns=concerns)


def _plan(
    file: Path, variables: Mapping[str, str], fs: ReadFS
) -> tuple[Plan | None, list[Concern]]:
    """Return what is expected of the pond; None if nobody said."""
    root = file.absolute().parent
    concerns = []
    if file.exists():
        try:
            return compile_plan(read_documents(file, variables=variables), root=root), []
        except ConfigError as exc:
            hint = exc.hint or f"correct {file}"
            concerns = [Concern(f"{exc}; what was applied last counts instead", hint)]
    try:
        documents = applied_documents(fs)
        plan = None if documents is None else compile_plan(documents, root=root)
    except ConfigError:  # an older version wrote them
        plan = None
    return plan, concerns


def _environ(file: Path) -> tuple[Mapping[str, str], list[Concern]]:
    """Return what names places; the secrets in it go no further."""
    try:
        found = read_environment(file.absolute().parent)
    except ConfigError as exc:
        return os.environ, [Concern(str(exc), exc.hint)]
    warnings = [each.partition("; ") for each in found.warnings]
    return found.values, [Concern(what, hint) for what, _, hint in warnings]


def _heard(plan: Plan, fs: ReadFS, now: datetime) -> list[Heard]:
    """Return when each instrument was heard of, and each site of which somebody expects that."""
    judge = FreshnessJudge(plan)
    found = []
    for step in plan.steps:
        path = step.outputs[0]
        limit = judge.limits.get(path)
        if not isinstance(step, Judged) or (isinstance(step, CombineStep) and limit is None):
            continue
        newest = newest_reading(fs, path)
        verdict = None if limit is None else judge.judge(fs, path, now=now)
        found.append(
            Heard(
                path=path,
                newest=newest,
                age_s=None if newest is None else (now - newest).total_seconds(),
                limit_s=None if limit is None else limit.total_seconds(),
                is_late=None if verdict is None else not verdict.passed,
                text=_UNJUDGED if verdict is None else verdict.text,
            )
        )
    return found


def _about_series(series: Sequence[Heard]) -> list[Concern]:
    ahead = [each.path for each in series if each.is_ahead]
    late = [each.path for each in series if each.is_late and not each.is_ahead]
    found = []
    if late:
        what = f"{len(late)} of {len(series)} series had no reading in time: {_named(late)}"
        found.append(Concern(what, _SILENT))
    if ahead:
        what = (
            f"readings of the future are in {len(ahead)} of {len(series)} series: {_named(ahead)}"
        )
        hint = "look at the instrument's clock, and at `clock` or `timezone` in the resources"
        found.append(Concern(what, hint))
    return found


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(paths[:_NAMED])}{more}"


def _about_backups(status: Status, behind: timedelta, now: datetime) -> list[Concern]:
    found = [
        concern
        for each in status.backups
        for concern in concerns_about(status.overview, each, behind=behind, now=now)
    ]
    # What follows another pond is no original.
    is_kept = status.overview.is_replica or any(
        each.way != "copy" and (each.resource or each.done is not None) for each in status.backups
    )
    if is_kept or not status.overview.txn:
        return found
    hint = "docs/backup.md: a Backup in resources.yaml, or `pond backup push --to` a disk or bucket"
    return [*found, Concern("nothing is known of any backup of this pond", hint)]


def _about_pond(status: Status, now: datetime) -> list[Concern]:
    found = []
    overview, newest = status.overview, status.newest
    if newest is not None and from_us(newest.ts_us) > now + _SKEW:
        ahead = duration_text(from_us(newest.ts_us) - now)
        what = f"txn {newest.txn} is {ahead} in the future of this machine's clock"
        found.append(Concern(what, "set the clock: chrony or systemd-timesyncd keep it right"))
    if status.sizes.free_bytes < _ROOM_BYTES:
        what = f"{status.sizes.free_bytes >> 20} MiB are free on the disk of {overview.path}"
        found.append(
            Concern(what, "free some space before commits are refused: docs/operations.md")
        )
    if overview.is_replica and not any(each.way == "pull" for each in status.backups):
        hint = f"`pond --pond {overview.label} backup pull`"
        found.append(Concern("this machine knows of no pull into this replica", hint))
    if status.is_upkeep_due:
        what = "the pond is due for upkeep"
        found.append(Concern(what, "run `pond maintain`, best by a timer: docs/operations.md"))
    if status.set_aside:
        are = "is" if status.set_aside == 1 else "are"
        what = (
            f"{count_text(status.set_aside, 'file')} {are} still set aside, by a repair or damage"
        )
        hint = f"run `pond verify`; if it finds nothing, delete {overview.path / 'set-aside'}"
        found.append(Concern(what, hint))
    return found
