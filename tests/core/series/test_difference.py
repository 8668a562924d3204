"""The smallest window outside of which two states of a series are equal."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import SchemaError
from pond_core.series import check, content_hash, difference
from pond_core.series.column import INSTANT
from pond_core.window import Window

KEY = ("timestamp", "id")

CELLS = st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan")])
STATES = st.dictionaries(
    st.tuples(st.integers(0, 12), st.sampled_from("ab")), st.tuples(CELLS, CELLS), max_size=15
)
"""States of a long series: cells `x` and `y` by key."""


def a_series(instants: list[int], **columns: list[object]) -> pa.Table:
    return check(pa.table({"timestamp": pa.array(instants, INSTANT), **columns}))


def a_state(cells: dict[tuple[int, str], tuple[float | None, float | None]]) -> pa.Table:
    table = pa.table(
        {
            "timestamp": pa.array([instant for instant, _ in cells], INSTANT),
            "id": pa.array([which for _, which in cells], pa.string()),
            "x": pa.array([x for x, _ in cells.values()], pa.float64()),
            "y": pa.array([y for _, y in cells.values()], pa.float64()),
        }
    )
    return check(table, key=KEY)


@given(STATES, STATES)
def test_it_spans_exactly_the_cells_that_differ(
    old: dict[tuple[int, str], tuple[float | None, float | None]],
    new: dict[tuple[int, str], tuple[float | None, float | None]],
) -> None:
    # repr tells 0.0 from -0.0 and makes every NaN alike.
    changed = [key[0] for key in old | new if repr(old.get(key)) != repr(new.get(key))]
    expected = Window(min(changed), max(changed) + 1) if changed else None
    assert expected == difference(a_state(old), a_state(new))


@given(STATES, STATES)
def test_there_is_none_exactly_when_the_content_hashes_agree(
    old: dict[tuple[int, str], tuple[float | None, float | None]],
    new: dict[tuple[int, str], tuple[float | None, float | None]],
) -> None:
    one, other = a_state(old), a_state(new)
    assert (difference(one, other) is None) == (content_hash(one) == content_hash(other))


def test_a_corrected_value_is_one_instant() -> None:
    old = a_series([1, 2, 3], x=[1.0, 2.0, 3.0])
    assert Window(2, 3) == difference(old, a_series([1, 2, 3], x=[1.0, 2.5, 3.0]))


def test_a_row_that_is_gone_is_a_difference() -> None:
    assert Window(2, 3) == difference(a_series([1, 2, 3]), a_series([1, 3]))


def test_a_new_column_differs_where_it_has_values() -> None:
    old = a_series([1, 2, 3], x=[1.0, 2.0, 3.0])
    new = a_series([1, 2, 3], x=[1.0, 2.0, 3.0], y=[None, "a", None])
    assert Window(2, 3) == difference(old, new)
    assert Window(2, 3) == difference(new, old)


def test_a_new_column_without_values_is_no_difference() -> None:
    old = a_series([1], x=[1.0])
    assert difference(old, old.append_column("y", pa.nulls(1, pa.float64()))) is None


def test_a_change_of_type_is_refused() -> None:
    with pytest.raises(SchemaError, match="'x' changes its type"):
        difference(a_series([1], x=[1.0]), a_series([1], x=["a"]))


def test_nothing_and_nothing_are_equal() -> None:
    assert difference(a_series([]), a_series([], x=pa.array([], pa.float64()))) is None
