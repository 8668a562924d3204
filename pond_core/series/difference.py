"""Where two states of one series differ: what a write has to replace, and no more."""

import pyarrow as pa

from pond_core.series.column import unequal
from pond_core.series.schema import conform, unify
from pond_core.series.table import extent
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
    states = [conform(old, schema), conform(new, schema)]
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
        different = unequal(one[name].slice(0, equal), other[name].slice(0, equal)).arg_true()
        equal = different[0] if len(different) else equal
    return equal


def _equal_tail(one: pa.Table, other: pa.Table) -> int:
    """Return how many rows are equal from the last one back."""
    equal = min(len(one), len(other))
    for name in one.column_names:
        column, twin = (table[name].slice(len(table) - equal) for table in (one, other))
        different = unequal(column, twin).arg_true()
        equal = equal - 1 - different[-1] if len(different) else equal
    return equal
