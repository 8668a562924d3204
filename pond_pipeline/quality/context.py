"""How far around a window tests must see, so that its flags are those of the whole series."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from pond_core import Window
from pond_pipeline.quality.column_tests import ColumnTests


@dataclass(frozen=True, slots=True)
class Context:
    """A number of rows on each side; whatever time lies between them.

    Attributes:
        before: Rows before the first one of a window.
        after: Rows after the last one.
    """

    before: int
    after: int

    def cover(self, instants: pa.ChunkedArray, window: Window) -> Window:
        """Return the smallest range that holds a window and its context.

        A side is open where fewer rows are there than are needed: one that comes later, or that
        turns up before all others, would change the flags.

        Args:
            instants: The `timestamp` of the series, or of as much of it as holds the context.
            window: What shall be flagged.
        """
        series = pl.Series(instants.cast(pa.int64()))
        start_us, end_us = window.start_us, window.end_us
        if start_us is not None and self.before:
            first = series.search_sorted(start_us) - self.before
            start_us = None if first < 0 else int(series[first])
        if end_us is not None and self.after:
            last = series.search_sorted(end_us) + self.after - 1
            end_us = None if last >= len(series) else int(series[last]) + 1
        return Window(start_us, end_us)


def context_of(entries: Iterable[ColumnTests]) -> Context:
    """Return the context that is enough for all tests of some entries."""
    tests = [test for entry in entries for test in entry.tests]
    return Context(
        before=max((test.readings_before for test in tests), default=0),
        after=max((test.readings_after for test in tests), default=0),
    )
