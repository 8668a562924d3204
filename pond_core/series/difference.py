"""Where two states of one series differ: what a write has to replace, and no more."""

import pyarrow as pa

from pond_core.series.column import comparable, unequal
from pond_core.series.schema import conform, unify
from pond_core.series.table import compact, extent
from pond_core.window import Window


def difference(old: pa.Table, new: pa.Table) -> Window | None:
    """Return the smallest window outside of which two states are equal, cell by cell.

    Both are sorted and unique on one key, so equal rows at the head and at the tail pair up by
    position, and nothing needs to be joined. A column that one state lacks counts as null in it;
    null equals null, NaN equals NaN, metadata does not count.

    Args:
        old: A series table.
        new: A series table with the same key.

    Returns:
        From the first instant that differs to one microsecond after the last; None where both
        states are equal.

    Raises:
        SchemaError: A column has two types.
    """
    schema = unify([old.schema, new.schema])
    states = [conform(compact(old), schema), conform(compact(new), schema)]
    head = _equal_head(*states)
    states = [state.slice(head) for state in states]
    tail = _equal_tail(*states)
    spans = [extent(state.slice(0, len(state) - tail)) for state in states]
    starts = [span.start_us for span in spans if span is not None and span.start_us is not None]
    ends = [span.end_us for span in spans if span is not None and span.end_us is not None]
    return Window(min(starts), max(ends)) if starts else None


def _equal_head(one: pa.Table, other: pa.Table) -> int:
    """Return how many rows are equal from the first on."""
    equal = min(len(one), len(other))
    for name in one.column_names:
        column, twin = (table[name].slice(0, equal) for table in (one, other))
        if not _are_equal(column, twin):
            equal = unequal(column, twin).arg_true()[0]
    return equal


def _equal_tail(one: pa.Table, other: pa.Table) -> int:
    """Return how many rows are equal from the last one back."""
    equal = min(len(one), len(other))
    for name in one.column_names:
        column, twin = (table[name].slice(len(table) - equal) for table in (one, other))
        if not _are_equal(column, twin):
            equal -= 1 + unequal(column, twin).arg_true()[-1]
    return equal


def _are_equal(column: pa.ChunkedArray, twin: pa.ChunkedArray) -> bool:
    """Say whether two columns of one length differ nowhere: mostly so, and quickly told."""
    return bool(comparable(column).equals(comparable(twin)))
