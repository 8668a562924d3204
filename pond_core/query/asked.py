"""Which time range a plan asks of a table: what only it has to be read.

A plan that was made over empty tables says which comparisons with a constant it applies to every
row that it reads. Rows outside do not reach the result, so that nothing is lost without them.
"""

import re
from collections.abc import Iterable

from pond_core.window import ALWAYS, Window

SIGNS = {
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_EQUAL": "=",
}
"""Comparisons by the names that DuckDB gives them."""

_CLOCK = re.compile(r"now|current|today|clock|local", re.IGNORECASE)

_PLANNING_US = 60_000_000
"""More than passes between a plan and the query itself, which asks the clock again."""


def compared(sign: str, instant_us: int) -> Window:
    """Return the instants for which a comparison holds; all of them if the sign is unknown."""
    match sign:
        case ">=":
            return Window(instant_us, None)
        case ">":
            return Window(instant_us + 1, None)
        case "<":
            return Window(None, instant_us)
        case "<=":
            return Window(None, instant_us + 1)
        case "=":
            return Window(instant_us, instant_us + 1)
        case _:
            return ALWAYS


def all_of(windows: Iterable[Window]) -> Window:
    """Return the instants that lie in every window."""
    common = ALWAYS
    for window in windows:
        common = common.intersect(window)
    return common


def any_of(windows: Iterable[Window]) -> Window:
    """Return a window around all windows that are not empty; `ALWAYS` if there are none."""
    kept = [window for window in windows if not window.is_empty]
    starts = [w.start_us for w in kept if w.start_us is not None]
    ends = [w.end_us for w in kept if w.end_us is not None]
    return Window(
        min(starts) if len(starts) == len(kept) > 0 else None,
        max(ends) if len(ends) == len(kept) > 0 else None,
    )


def with_clock(window: Window, statement: str) -> Window:
    """Return a window that still holds when a statement that asks the clock is planned again."""
    if window.end_us is None or not _CLOCK.search(statement):
        return window
    return Window(window.start_us, window.end_us + _PLANNING_US)
