"""Which block of time a page holds, and where the next one starts.

A page is a block of time, not a count of readings. It starts at a reading: empty stretches are
skipped. The faults that disturb the order of pages live here; they need no memory, because a cursor
carries the number of its page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pond_pipeline.simulator.cursor import Cursor
from pond_pipeline.simulator.faults import Faults

Following = Callable[[int], int | None]
"""Given the start of a block, the start of the next block that holds a reading."""


@dataclass(frozen=True, slots=True)
class Page:
    """The block to serve, by its start, and the cursor to name in the reply."""

    start_s: int
    following: Cursor | None


def turn(start_s: int, *, number: int, following: Following, faults: Faults) -> Page:
    """Return page `number`, which in good order would hold the block at `start_s`."""
    after_s = following(start_s)
    if number == faults.loop_on_page:
        return Page(start_s, Cursor(start_s, number))
    if number == faults.repeat_page:
        return Page(start_s, Cursor(start_s, number + 1))
    if number == faults.swap_pages and after_s is not None:
        return Page(after_s, Cursor(start_s, number + 1))
    if faults.swap_pages is not None and number == faults.swap_pages + 1 and after_s is not None:
        after_s = following(after_s)
    return Page(start_s, None if after_s is None else Cursor(after_s, number + 1))
