"""What of a plan is to be made: a question to the pond, and to no scheduler."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pond_core import NotAPondError, Pond, ReadFS
from pond_pipeline.periods import Cadence, Period, periods_between
from pond_pipeline.plan import Plan, PullStep, ScribbleStep, Step
from pond_pipeline.steps import Request, behind


@dataclass(frozen=True, slots=True)
class Stale:
    """One partition of an asset that is behind its inputs.

    Attributes:
        step: What makes it.
        period: The partition; None for what has none.
    """

    step: Step
    period: Period | None


def stale(plan: Plan, steps: Sequence[Step], fs: ReadFS, *, now: datetime) -> list[Stale]:
    """Return what is behind what it is made of, in the order of the plan; pure.

    What was never made and would be empty is not: a month of which nothing was collected yet.

    What is made of something that is behind shows up once that was made. Sources are asked on
    schedule, or when somebody wants it: whether they have more, the pond does not know.
    """
    request = Request(now=now)
    return [
        Stale(step, lag.period)
        for step in steps
        if not isinstance(step, PullStep | ScribbleStep)
        for lag in behind(step, fs, periods_of(plan, step, now=now), request)
        if lag.has_reason
    ]


def due_periods(
    plan: Plan, steps: Sequence[Step], *, pond: str | Path, now: datetime
) -> list[Period]:
    """Return the periods that the steps are behind in, and those that are running."""
    try:
        fs = Pond.open(pond).snapshot()
    except NotAPondError:
        return sorted({each for step in steps for each in periods_of(plan, step, now=now)})
    return sorted(set(_due(plan, steps, fs, now)))


def periods_of(plan: Plan, step: Step, *, now: datetime) -> list[Period]:
    """Return every partition of a step, the one that is running included; none without."""
    return [] if step.cadence is None else all_periods(plan, step.cadence, now=now)


def all_periods(plan: Plan, cadence: Cadence, *, now: datetime) -> list[Period]:
    """Return every partition of one cadence, the one that is running included."""
    if plan.start is None:
        return []
    return periods_between(Period.of(plan.start, cadence), Period.of(now, cadence))


def _due(plan: Plan, steps: Sequence[Step], fs: ReadFS, now: datetime) -> Iterator[Period]:
    request = Request(now=now)
    for step in steps:
        periods = periods_of(plan, step, now=now)
        yield from periods[-1:]
        lags = behind(step, fs, periods, request)
        yield from (lag.period for lag in lags if lag.period is not None)
