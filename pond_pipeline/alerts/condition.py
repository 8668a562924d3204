"""What is the case at a look, by the conditions of an alert. Nothing is sent or remembered here."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from pond_core import PondError
from pond_pipeline.alerts.failure import (
    any_of,
    name_of,
    observed_check,
    observed_run,
    page_of,
    watched_runs,
)
from pond_pipeline.alerts.incident import Observed, encodable
from pond_pipeline.alerts.level import Bounds, Crossing, Level, judge
from pond_pipeline.alerts.scene import Scene
from pond_pipeline.battery import battery_limits
from pond_pipeline.config import Condition, Incident
from pond_pipeline.plan import Alert, CombineStep, Judged
from pond_pipeline.quality import BATTERY_LEVEL, BatteryCheck, Limit, check_battery
from pond_pipeline.standing import Standing, concerns_about, standings
from pond_pipeline.status import BEHIND
from pond_pipeline.wording import duration_text, instant_text

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What an alert sees at a look.

    Attributes:
        observed: What is the case.
        levels: How far columns are judged now, by subject.
        unseen: The kinds of incidents of which nobody can tell, since the pond could not be read.
    """

    observed: Sequence[Observed]
    levels: Mapping[str, Level]
    unseen: frozenset[Incident]


def observe(alert: Alert, scene: Scene, levels: Mapping[str, Level]) -> Sight:
    """Return what is the case of what an alert watches.

    Args:
        alert: The alert.
        scene: What there is to be seen.
        levels: How far columns were judged, by subject.
    """
    found: list[Observed] = []
    reached: dict[str, Level] = {}
    unseen: set[Incident] = set()
    for condition in alert.conditions:
        try:
            found += _observed(condition, scene, levels, reached)
        except PondError as exc:
            # What is damaged, or cannot be computed, keeps nobody from being told of all else.
            _LOGGER.error("the alert %s cannot judge %s: %s", alert.name, condition.incident, exc)
            unseen.add(condition.incident)
    if unseen:
        reached = {**levels, **reached}
    return Sight(observed=found, levels=reached, unseen=frozenset(unseen))


def without_values(alert: Alert, scene: Scene) -> list[str]:
    """Return what thresholds watch in vain: columns of which no newest period has a value.

    Args:
        alert: The alert.
        scene: What there is to be seen.
    """
    return [
        f"no series of {condition.path or 'the plan'} has a value of {condition.column} of late"
        for condition in alert.conditions
        if condition.incident is Incident.THRESHOLD
        and not any(
            scene.facts.readings(path, condition.column or "", after=None, now=scene.now)
            for path in _with_thresholds(condition, scene)
        )
    ]


def _observed(
    condition: Condition, scene: Scene, levels: Mapping[str, Level], reached: dict[str, Level]
) -> list[Observed]:
    match condition.incident:
        case Incident.STALE:
            return [*_stale(condition, scene)]
        case Incident.BATTERY:
            return [*_battery(condition, scene)]
        case Incident.THRESHOLD:
            return [*_threshold(condition, scene, levels, reached)]
        case Incident.BACKUP_FAILED:
            return [*_backups(condition, scene)]
        case Incident.RUN_FAILED:
            return [observed_run(each) for each in watched_runs(condition, scene.runs)]
        case Incident.CHECK_FAILED:
            return [
                observed_check(each) for each in scene.checks if _is_meant(condition, each.path)
            ]


def _is_meant(condition: Condition, path: str) -> bool:
    return condition.path is None or any_of(condition.path, [path])


def _stale(condition: Condition, scene: Scene) -> Iterator[Observed]:
    for path, step in scene.judged():
        limit = condition.after or scene.judge.limits.get(path)
        if limit is None or not _is_meant(condition, path):
            continue
        if condition.path is None and _is_free_site(step, scene):
            continue
        newest = scene.facts.newest(path)
        if not scene.judge.judge_newest(path, newest, now=scene.now, limit=limit).passed:
            yield _silent(path, newest, limit, scene.now)


def _is_free_site(step: Judged, scene: Scene) -> bool:
    """Say whether a site is judged by its instruments alone, since nobody gave it an interval."""
    return isinstance(step, CombineStep) and step.outputs[0] not in scene.judge.limits


def _silent(path: str, newest: datetime | None, limit: timedelta, now: datetime) -> Observed:
    name, expected = name_of(path), f"expected within {duration_text(limit)}"
    if newest is None:
        title = f"{name}: there has never been a reading"
        text = f"{title} ({expected})"
    elif newest > now:  # else it would not have been found stale
        title = f"{name}: the newest reading is of {instant_text(newest)}, which is to come"
        text = f"{title} (a clock or a time zone is wrong)"
    else:
        title = f"{name}: no reading since {instant_text(newest)}"
        text = f"{title} ({duration_text(now - newest)}; {expected})"
    return Observed(
        event=Incident.STALE,
        subject=path,
        title=title,
        text=text,
        since=min(newest or now, now),
        values={
            "path": path,
            "newest": None if newest is None else newest.isoformat(),
            "limit_s": limit.total_seconds(),
        },
        page=page_of(path),
    )


def _battery(condition: Condition, scene: Scene) -> Iterator[Observed]:
    for path, step in scene.judged():
        # A site has the batteries of its instruments, which are told of already.
        is_site = condition.path is None and isinstance(step, CombineStep)
        if is_site or not _is_meant(condition, path):
            continue
        limits = battery_limits(step.judgement)
        if condition.below is not None:
            limits[BATTERY_LEVEL] = replace(limits[BATTERY_LEVEL], value=condition.below)
        for check in check_battery(scene.facts.profiles(path), limits=limits):
            if check.limit is not None and not check.passed:
                yield _low(path, check, check.limit)


def _low(path: str, check: BatteryCheck, limit: Limit) -> Observed:
    title = f"{name_of(path)}: {check.column} is {check.last:g} {limit.unit}"
    return Observed(
        event=Incident.BATTERY,
        subject=f"{path} {check.column}",
        title=title,
        text=f"{title} ({instant_text(check.last_at)}), below {limit.value:g} {limit.unit}",
        since=check.last_at,
        values={
            "path": path,
            "column": check.column,
            "value": check.last,
            "limit": limit.value,
            "unit": limit.unit,
        },
        page=page_of(path),
    )


def _threshold(
    condition: Condition,
    scene: Scene,
    levels: Mapping[str, Level],
    reached: dict[str, Level],
) -> Iterator[Observed]:
    """Yield the crossings of a column; how far it was judged is put into `reached`."""
    column, bounds = condition.column or "", Bounds(above=condition.above, below=condition.below)
    for path in _with_thresholds(condition, scene):
        subject = f"{path} {column} {bounds}"
        before, written = levels.get(subject), scene.facts.written(path)
        if before is not None and before.newest.at > scene.now:
            before = None  # the clock ran ahead then, and has been set right
        readings = []
        if before is None or before.written != written:
            after = None if before is None else before.newest.at
            readings = scene.facts.readings(path, column, after=after, now=scene.now)
        level, crossing = judge(before, readings, bounds)
        if level is not None:
            reached[subject] = replace(level, written=written)
        if crossing is not None:
            yield _crossed(path, column, subject, bounds, crossing)


def _with_thresholds(condition: Condition, scene: Scene) -> Iterator[str]:
    paths = (
        [path for path, _ in scene.judged()]
        if condition.path is None
        else scene.facts.series(condition.path)
    )
    for path in paths:
        if scene.facts.written(path) and not scene.judge.is_retired(path, scene.now):
            yield path


def _crossed(path: str, column: str, subject: str, bounds: Bounds, crossing: Crossing) -> Observed:
    worst, until = crossing.worst, crossing.until
    crosses = bounds.crossed(worst.value)
    what = f"{name_of(path)}: {column}"
    if until is None:
        title = f"{what} is {worst.value:g}, {crosses}"
        text = f"{title} ({instant_text(worst.at)})"
    else:
        title = f"{what} was {worst.value:g}, {crosses}"
        text = (
            f"{title} ({instant_text(worst.at)}), and is {until.value:g} again"
            f" ({instant_text(until.at)})"
        )
    return Observed(
        event=Incident.THRESHOLD,
        subject=subject,
        title=title,
        text=text,
        since=crossing.since,
        values={
            "path": path,
            "column": column,
            "value": worst.value,
            "at": worst.at.isoformat(),
            "above": bounds.above,
            "below": bounds.below,
        },
        page=page_of(path),
        at_once=until is not None,
    )


def _backups(condition: Condition, scene: Scene) -> Iterator[Observed]:
    behind = condition.after or BEHIND
    found = standings(scene.overview, scene.plan.services, scene.environ, now=scene.now)
    for each in found:
        for concern in concerns_about(scene.overview, each, behind=behind, now=scene.now):
            yield _unsafe(each, encodable(f"{concern.what}; {concern.hint}"), scene.now)


def _unsafe(each: Standing, text: str, now: datetime) -> Observed:
    name = each.resource or each.place
    if each.error:
        title, since = f"Backup {name} failed", each.tried
    else:
        title = f"Backup {name} is behind"
        since = None if each.waiting_s is None else now - timedelta(seconds=each.waiting_s)
    told = asdict(each)
    values = {key: told[key] for key in ("place", "resource", "way", "txn", "behind_txns")}
    values["error"] = encodable(each.error)
    return Observed(
        event=Incident.BACKUP_FAILED,
        subject=each.resource or f"{each.way} {each.place}",
        title=title,
        text=text,
        since=since or now,
        values=values,
        page=page_of(f"/backup/{each.resource}") if each.resource else "",
    )
