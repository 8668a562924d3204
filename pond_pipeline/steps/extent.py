"""Which raw readings belong to which period of an instrument, by the stamps of its clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pond_core import Window, to_us
from pond_pipeline.periods import Period
from pond_pipeline.plan import NormalizeStep, PullStep

UTC = "UTC"
"""How the configuration spells the zone of a clock that needs no conversion."""

DAY_US = timedelta(days=1) // timedelta(microseconds=1)
"""No zone is further from UTC: what a clock in local time can shift a reading by."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The ranges of an instrument's raw readings.

    Attributes:
        start: Its first instant; its period also has what a wrong clock stamped before `floor_us`.
        now: The present instant: its period has all that is stamped later, too.
        counts: When the instrument counts, as its clock may stamp it.
        floor_us: Readings stamped before are impossible.
    """

    start: datetime | None
    now: datetime
    counts: Window
    floor_us: int

    @classmethod
    def of(cls, step: PullStep | NormalizeStep, *, now: datetime) -> "Extent":
        """Return the extent of a step's instrument."""
        return cls(
            start=step.window.start,
            now=now,
            counts=widened(step.window, clock_margin_us(step)),
            floor_us=to_us(step.source.clock_floor),
        )

    def long_ago(self, period: Period) -> Window:
        """Return where the first period keeps impossible stamps; empty for the others."""
        return Window(None, self.floor_us) if self._is_first(period) else Window(0, 0)

    def main(self, period: Period) -> Window:
        """Return the period by its stamps, open where it is the newest."""
        start_us = to_us(period.start)
        if self._is_first(period) and self.counts.start_us is not None:
            start_us = min(start_us, self.counts.start_us)
        is_newest = period == Period.of(self.now, period.cadence)
        return Window(start_us, None if is_newest else to_us(period.next().start))

    def reach(self, period: Period) -> tuple[Window, ...]:
        """Return all that belongs to the period, in order of time."""
        ranges = (self.long_ago(period), self.main(period))
        return tuple(window for window in ranges if not window.is_empty)

    def _is_first(self, period: Period) -> bool:
        return self.start is not None and period == Period.of(self.start, period.cadence)


def clock_margin_us(step: PullStep | NormalizeStep) -> int:
    """Return how far an instrument's stamps can be from UTC."""
    return 0 if step.clock == UTC else DAY_US


def widened(window: Window, margin_us: int) -> Window:
    """Return a window with a margin on both sides; an open side stays open."""
    return Window(
        None if window.start_us is None else window.start_us - margin_us,
        None if window.end_us is None else window.end_us + margin_us,
    )
