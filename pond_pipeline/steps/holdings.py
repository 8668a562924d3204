"""When the files of one place hold readings, as their verdicts tell: no file is read for it."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import accumulate
from math import inf
from operator import itemgetter

from pond_core import ALWAYS, ReadFS, Window
from pond_pipeline.periods import Period
from pond_pipeline.plan import ExportStep
from pond_pipeline.quality import Context
from pond_pipeline.steps.flagging import Surroundings
from pond_pipeline.steps.verdict import Held, Verdict, stored_verdicts


@dataclass(frozen=True, slots=True)
class _Month:
    """A calendar month in which files have readings.

    Attributes:
        window: The part of it that counts.
        rows: How many instants it holds at least; 0 for one of which only a part counts.
    """

    window: Window
    rows: int


class Holdings:
    """Which of a place's files have readings when."""

    def __init__(self, step: ExportStep, fs: ReadFS) -> None:
        self._verdicts = stored_verdicts(fs, step.inputs[0])
        spans = [
            (held.first_us, held.last_us, verdict.name, held)
            for verdict in self._verdicts.values()
            for held in verdict.held
            if held.first_us is not None and held.last_us is not None
            if fnmatchcase(held.location, step.match)
        ]
        self._spans = sorted(spans, key=itemgetter(0))
        self._firsts = [first for first, *_ in self._spans]
        # The latest end so far: no file before the first whose latest end is in a range touches it.
        self._lasts = list(accumulate((last for _, last, *_ in self._spans), max))
        self._months = _months((held for *_, held in self._spans), step.window)

    @property
    def surroundings(self) -> Surroundings:
        """Where the place has readings."""
        return Surroundings([month.window for month in self._months])

    def touching(self, window: Window) -> Sequence[Verdict]:
        """Return the files with readings in the months of a range, by name."""
        if window.is_empty:
            return ()
        start, end = _bounds(window)
        keys = _keys(window)
        found = self._spans[bisect_left(self._lasts, start) : bisect_left(self._firsts, end)]
        names = {
            name
            for _, last, name, held in found
            if last >= start and any(keys[0] <= key <= keys[1] for key in held.months)
        }
        return [self._verdicts[name] for name in sorted(names)]

    def around(self, window: Window, context: Context) -> Window:
        """Return a range that holds as many instants before and after a window.

        A side is open where fewer are there: what turns up beyond would count.
        """
        start, end = _bounds(window)
        before = [each for each in reversed(self._months) if _bounds(each.window)[1] <= start]
        after = [each for each in self._months if _bounds(each.window)[0] >= end]
        first = _reach(before, context.before) if context.before else window
        last = _reach(after, context.after) if context.after else window
        return Window(first.start_us, last.end_us)


def _months(held: Iterable[Held], counts: Window) -> list[_Month]:
    """Return the months in which there are readings that count, in order."""
    rows: dict[str, int] = {}
    for each in held:
        for key, count in each.months.items():
            rows[key] = max(count, rows.get(key, 0))
    months = []
    for key in sorted(rows):
        window = Period.parse(key).window
        part = window.intersect(counts)
        if not part.is_empty:
            months.append(_Month(part, rows[key] if part == window else 0))
    return months


def _reach(months: Iterable[_Month], rows: int) -> Window:
    """Return the farthest of the nearest months that hold so many instants; all time if none do."""
    for month in months:
        rows -= month.rows
        if rows <= 0:
            return month.window
    return ALWAYS


def _keys(window: Window) -> tuple[str, str]:
    """Return the keys of the first and the last month of a range."""
    last = None if window.end_us is None else Window(None, window.end_us - 1).end
    return (
        "" if window.start is None else Period.of(window.start).key,
        "9999-99" if last is None else Period.of(last).key,
    )


def _bounds(window: Window) -> tuple[float, float]:
    return (
        -inf if window.start_us is None else window.start_us,
        inf if window.end_us is None else window.end_us,
    )
