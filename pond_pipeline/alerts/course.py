"""The course of incidents: each is told once when it has lasted, and once when it is over. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pond_pipeline.alerts.incident import Observed, Ongoing
from pond_pipeline.alerts.notice import Notice, State
from pond_pipeline.plan import Alert


def advance(
    alert: Alert, ongoing: Sequence[Ongoing], observed: Sequence[Observed], *, now: datetime
) -> tuple[list[Ongoing], list[Notice]]:
    """Return what goes on after a look, and what is to be told of it.

    Args:
        alert: Whose incidents they are.
        ongoing: What went on before.
        observed: What is the case now; of one event and subject the first counts.
        now: The present, aware.
    """
    before = {each.key: each for each in ongoing}
    seen = {(each.event, each.subject): each for each in reversed(observed)}
    after: list[Ongoing] = []
    notices: list[Notice] = []

    def tell(state: State, what: Observed) -> None:
        notices.append(Notice(alert=alert.name, state=state, observed=what, at=now))

    for key, was in before.items():
        if key not in seen and was.told is not None:
            tell(State.RECOVERED, was.observed)
    for key, what in reversed(seen.items()):
        was = before.get(key) or Ongoing(alert=alert.name, observed=what, first=now)
        # A clock that was set back does not keep the grace period from ending.
        now_on = replace(was, observed=_kept(was.observed, what), first=min(was.first, now))
        if now_on.told is None:
            if what.at_once or now - now_on.first >= alert.grace:
                tell(State.BEGAN, now_on.observed)
                now_on = replace(now_on, told=now, reminded=now)
        elif _is_due(now_on, alert.reminder, now):
            tell(State.LASTS, now_on.observed)
            now_on = replace(now_on, reminded=now)
        after.append(now_on)
    return after, notices


def _kept(before: Observed, now: Observed) -> Observed:
    """Return what is known of an incident: as it is now, but it began when it began."""
    return replace(now, since=min(before.since, now.since))


def _is_due(ongoing: Ongoing, reminder: timedelta | None, now: datetime) -> bool:
    last = ongoing.reminded or ongoing.first
    # Far in the future: the clock ran ahead, and was set right.
    return reminder is not None and abs(now - last) >= reminder
