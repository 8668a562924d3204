"""Which months of a plan are to be made: a question to the pond, and to no scheduler."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pond_core import NotAPondError, Pond
from pond_pipeline.months import Month, months_between
from pond_pipeline.plan import Plan, Step
from pond_pipeline.steps import months_behind


def due_months(plan: Plan, steps: Sequence[Step], *, pond: Path, now: datetime) -> list[Month]:
    """Return the months that the steps are behind in, and the one that is running."""
    months = all_months(plan, now=now)
    if not months:
        return []
    try:
        snapshot = Pond.open(pond).snapshot()
    except NotAPondError:
        return months
    behind = {month for step in steps for month in months_behind(step, snapshot, months)}
    return sorted(behind | {months[-1]})


def all_months(plan: Plan, *, now: datetime) -> list[Month]:
    """Return every partition of a plan, the month that is running included."""
    return [] if plan.start is None else months_between(Month.of(plan.start), Month.of(now))
