"""Which raw readings belong to which month of an instrument, by the stamps of its clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pond_core import Window, to_us
from pond_pipeline.months import Month
from pond_pipeline.plan import NormalizeStep, PullStep

UTC = "UTC"
"""How the configuration spells the zone of a clock that needs no conversion."""

DAY_US = timedelta(days=1) // timedelta(microseconds=1)
"""No zone is further from UTC: what a clock in local time can shift a reading by."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The ranges of an instrument's raw readings.

    Attributes:
        first: Its first month: it also has what a wrong clock stamped before `floor_us`.
        now: The present instant: its month has all that is stamped later, too.
        counts: When the instrument counts, as its clock may stamp it.
        floor_us: Readings stamped before are impossible.
    """

    first: Month | None
    now: datetime
    counts: Window
    floor_us: int

    @classmethod
    def of(cls, step: PullStep | NormalizeStep, *, now: datetime) -> "Extent":
        """Return the extent of a step's instrument."""
        start = step.window.start
        return cls(
            first=None if start is None else Month.of(start),
            now=now,
            counts=widened(step.window, clock_margin_us(step)),
            floor_us=to_us(step.source.clock_floor),
        )

    def long_ago(self, month: Month) -> Window:
        """Return where the first month keeps impossible stamps; empty for the others."""
        return Window(None, self.floor_us) if month == self.first else Window(0, 0)

    def main(self, month: Month) -> Window:
        """Return the month by its stamps, open where it is the newest."""
        start_us = to_us(month.start)
        if month == self.first and self.counts.start_us is not None:
            start_us = min(start_us, self.counts.start_us)
        is_newest = month == Month.of(self.now)
        return Window(start_us, None if is_newest else to_us(month.next().start))

    def reach(self, month: Month) -> tuple[Window, ...]:
        """Return all that belongs to the month, in order of time."""
        ranges = (self.long_ago(month), self.main(month))
        return tuple(window for window in ranges if not window.is_empty)


def clock_margin_us(step: PullStep | NormalizeStep) -> int:
    """Return how far an instrument's stamps can be from UTC."""
    return 0 if step.clock == UTC else DAY_US


def widened(window: Window, margin_us: int) -> Window:
    """Return a window with a margin on both sides; an open side stays open."""
    return Window(
        None if window.start_us is None else window.start_us - margin_us,
        None if window.end_us is None else window.end_us + margin_us,
    )
