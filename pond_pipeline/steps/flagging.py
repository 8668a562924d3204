"""QARTOD flags beside values: the same whether one period is computed, or all of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pond_core import ReadFS, Window, concat
from pond_pipeline.plan import CombineStep, ExportStep, NormalizeStep
from pond_pipeline.quality import ColumnTests, Context, context_of, flag, flags_of
from pond_pipeline.versions import Versions, edge_versions, end_of, start_of


def tests_of(step: NormalizeStep | ExportStep | CombineStep) -> list[ColumnTests]:
    """Return the tests of a step's columns."""
    interval = step.judgement.interval
    return [rule.tests(interval=interval) for rule in step.treatment.quality]


def versions_around(tests: Sequence[ColumnTests]) -> Callable[[ReadFS, str], Versions]:
    """Return how to tell the versions of inputs with as many instants around as tests look at."""
    context = context_of(tests)

    def versions(fs: ReadFS, path: str) -> Versions:
        return edge_versions(fs, path, before=context.before, after=context.after)

    return versions


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where rows lie before and after a range: periods of the inputs that hold some.

    Attributes:
        windows: In order of time; none overlaps another.
    """

    windows: Sequence[Window]

    @classmethod
    def of(cls, fs: ReadFS, paths: Iterable[str]) -> "Surroundings":
        """Return where the series among some paths have rows, as their marks tell.

        Where periods of several lengths overlap, each instant counts once.
        """
        marked = {
            window
            for path in paths
            if fs.exists(path)
            for window, facts in fs.node(path).marks.items()
            if int(str(facts.get("instants", 0)))
        }
        windows: list[Window] = []
        for window in sorted(marked, key=start_of):
            reached_us = windows[-1].end_us if windows else None
            part = window.intersect(Window(reached_us, None))
            windows.extend([] if part.is_empty else [part])
        return cls(windows)

    def before(self, window: Window) -> Iterator[Window]:
        """Yield the ranges before a window, nearest first."""
        last = bisect_left(self.windows, start_of(window), key=start_of)
        limit = Window(None, window.start_us)
        return (self.windows[at].intersect(limit) for at in reversed(range(last)))

    def after(self, window: Window) -> Iterator[Window]:
        """Yield the ranges after a window, nearest first."""
        first = bisect_right(self.windows, end_of(window), key=end_of)
        limit = Window(window.end_us, None)
        return (each.intersect(limit) for each in self.windows[first:])


def flagged(
    table: pa.Table,
    window: Window,
    tests: Sequence[ColumnTests],
    around: Surroundings,
    compute: Callable[[Window], pa.Table],
) -> pa.Table:
    """Return a table with the flags that tests give its rows, each column before its flags.

    Args:
        table: Wide; all rows of the window.
        window: Where they lie.
        tests: Which flags.
        around: Where the rows before and after are that tests look at.
        compute: Gives the wide table of another range.
    """
    if not tests:
        return table
    context = context_of(tests)
    before, after = _nearest(compute, window, around, context)
    with_flags = flag(concat([before, table, after]), tests, window=window)
    flags = flags_of(with_flags.schema)
    names = table.column_names
    return with_flags.select([each for name in names for each in (name, *flags.get(name, ()))])


def _nearest(
    compute: Callable[[Window], pa.Table], window: Window, around: Surroundings, context: Context
) -> tuple[pa.Table, pa.Table]:
    """Return the last rows before a window and the first after it, as many as tests look at."""
    before = _gather(compute, around.before(window), context.before)
    after = _gather(compute, around.after(window), context.after)
    earlier, later = concat(reversed(before)), concat(after)
    return earlier.slice(max(0, len(earlier) - context.before)), later.slice(0, context.after)


def _gather(
    compute: Callable[[Window], pa.Table], windows: Iterable[Window], rows: int
) -> list[pa.Table]:
    tables: list[pa.Table] = []
    for window in windows:
        if rows <= 0:
            break
        tables.append(compute(window))
        rows -= tables[-1].num_rows
    return tables
