"""The pages of one question to HydroVu, turned into slices period by period."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import ReadFS, Window, slice_window
from pond_pipeline.errors import SourceError
from pond_pipeline.hydrovu import HydroVuClient, Page, raw_table
from pond_pipeline.periods import Period
from pond_pipeline.record import Slice
from pond_pipeline.steps.extent import Extent


@dataclass(frozen=True, slots=True)
class Question:
    """One contiguous range to ask the API for.

    Attributes:
        periods: What it covers, in order.
        start_us: Where asking begins; in the first period, or later.
        fresh: Those of the periods that were never asked for, or not for all of it.
    """

    periods: Sequence[Period]
    start_us: int
    fresh: Collection[Period]


class Answer:
    """What the API says to one question.

    Args:
        question: What is asked.
        extent: What belongs to which period.
        location_id: Whom it is about.
        facts: What is recorded with a period: what it was asked for.
        replaces: True for a refetch, whose answer replaces what is stored.
    """

    def __init__(
        self,
        question: Question,
        extent: Extent,
        *,
        location_id: int,
        facts: Callable[[Period], dict[str, str]],
        replaces: bool,
    ) -> None:
        self._question = question
        self._extent = extent
        self._location_id = location_id
        self._facts = facts
        self._replaces = replaces
        self._open = list(question.periods)
        self._pages: list[Page] = []

    def batches(self, client: HydroVuClient) -> Iterator[Sequence[Slice]]:
        """Yield each period when the pages have passed it.

        Pages come in order of time but for a server's mistake: readings of a period that was
        passed already are added by one more slice, also where the answer replaces.
        """
        for window in self._windows():
            for page in client.readings(self._location_id, window):
                self._pages.append(page)
                yield from self._passed(page)
        yield self._take(self._open)

    def _windows(self) -> Iterator[Window]:
        first, last = self._question.periods[0], self._question.periods[-1]
        if self._asks_long_ago(first):
            yield Window(0, self._extent.long_ago(first).end_us)
        end_us = self._extent.main(last).end_us
        yield Window(self._question.start_us, end_us).intersect(self._extent.counts)

    def _asks_long_ago(self, period: Period) -> bool:
        is_whole = self._replaces or period in self._question.fresh
        return is_whole and not self._extent.long_ago(period).is_empty

    def _passed(self, page: Page) -> Iterator[Sequence[Slice]]:
        earliest = pc.min(page.readings["timestamp"].cast(pa.int64())).as_py()
        done = [m for m in self._open if earliest is not None and self._ends_before(m, earliest)]
        if done:
            yield self._take(done)

    def _ends_before(self, period: Period, instant_us: int) -> bool:
        end_us = self._extent.main(period).end_us
        return end_us is not None and end_us <= instant_us

    def _take(self, periods: Sequence[Period]) -> Sequence[Slice]:
        """Return the slices of some periods, and of earlier ones that late pages belong to."""
        all_periods = self._question.periods
        taken = [m for m in all_periods if m <= periods[-1]] if periods else all_periods
        table = raw_table(self._pages, Window(), fetched_at=self._extent.now)
        slices = []
        for period in taken:
            for span in self._spans(period):
                rows = slice_window(table, span)
                if period in periods or rows.num_rows:
                    is_late = period not in periods
                    slices.append(self._slice(period, rows, span, is_late=is_late))
        rest = Window(self._extent.main(taken[-1]).end_us, None)
        self._open = [m for m in self._open if m not in taken]
        ahead = [_inside(page, rest) for page in self._pages] if self._open else []
        self._pages = [page for page in ahead if page.readings.num_rows]
        return slices

    def _slice(self, period: Period, rows: pa.Table, span: Window, *, is_late: bool) -> Slice:
        return Slice(
            period,
            rows,
            span=span,
            reach=self._extent.reach(period),
            inputs=self._facts(period),
            merge=is_late or not self._replaces,
        )

    def _spans(self, period: Period) -> list[Window]:
        """Return the ranges of a period that the answer is about."""
        main = self._extent.main(period)
        if not self._replaces and period not in self._question.fresh:
            main = main.intersect(Window(self._question.start_us, None))
        return [self._extent.long_ago(period), main] if self._asks_long_ago(period) else [main]


def check_shrink(fs: ReadFS, path: str, slices: Sequence[Slice]) -> None:
    """Refuse an answer that would replace stored readings by fewer.

    Raises:
        SourceError: It does; both counts are named.
    """
    if not fs.exists(path):
        return
    replacing = [part for part in slices if not part.merge]
    stored = sum(fs.read_series(path, part.span, ["timestamp"]).num_rows for part in replacing)
    brought = sum(part.table.num_rows for part in replacing)
    if brought < stored:
        msg = f"the refetch brought {brought} readings where {stored} are stored"
        raise SourceError(
            msg, hint="nothing was replaced; if fewer is right: pond run --refetch --allow-shrink"
        )


def _inside(page: Page, window: Window) -> Page:
    """Return what of a page lies in a window that is open at its end."""
    stamps = page.readings["timestamp"].cast(pa.int64())
    return replace(page, readings=page.readings.filter(pc.greater_equal(stamps, window.start_us)))
