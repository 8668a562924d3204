"""New readings over old ones."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pond_core.series import check, content_hash, difference, keep_equal, slice_window, upsert
from pond_core.series.column import INSTANT
from pond_core.window import Window

KEY = ("timestamp", "id")
METERS = {b"unit": b"m"}

STATES = st.dictionaries(
    st.tuples(st.integers(0, 12), st.sampled_from("ab")),
    st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan")]),
    max_size=15,
)
"""States of a long series: the value by key."""


def a_series(instants: list[int], **columns: list[object]) -> pa.Table:
    return check(pa.table({"timestamp": pa.array(instants, INSTANT), **columns}))


def a_state(values: dict[tuple[int, str], float | None], *, fetched_at: int = 0) -> pa.Table:
    table = pa.table(
        {
            "timestamp": pa.array([instant for instant, _ in values], INSTANT),
            "id": pa.array([which for _, which in values], pa.string()),
            "x": pa.array(values.values(), pa.float64()),
            "fetched_at": pa.array([fetched_at] * len(values), pa.int64()),
        }
    )
    return check(table, key=KEY)


@given(STATES, STATES)
def test_new_rows_win_and_others_stay(
    old: dict[tuple[int, str], float | None], new: dict[tuple[int, str], float | None]
) -> None:
    merged = upsert(a_state(old), a_state(new), key=KEY)
    assert content_hash(a_state(old | new)) == content_hash(merged)
    assert merged.schema.equals(a_state(old).schema, check_metadata=True)


@given(STATES, STATES)
def test_writing_the_difference_makes_the_old_state_the_new_one(
    old: dict[tuple[int, str], float | None], new: dict[tuple[int, str], float | None]
) -> None:
    one, other = a_state(old), a_state(new)
    window = difference(one, other)
    if window is not None:
        before = slice_window(one, Window(None, window.start_us))
        after = slice_window(one, Window(window.end_us, None))
        one = pa.concat_tables([before, slice_window(other, window), after])
    assert content_hash(other) == content_hash(one)


def test_columns_of_both_are_kept_with_their_meaning() -> None:
    meaning = pa.schema(
        [pa.field("timestamp", INSTANT), pa.field("x", pa.float64(), metadata=METERS)]
    )
    old = check(pa.table({"timestamp": [1, 3], "x": [1.0, 3.0]}, schema=meaning))
    merged = upsert(old, a_series([2, 3], y=["a", "b"]))
    assert merged.drop(["timestamp"]).to_pydict() == {"x": [1.0, None, None], "y": [None, "a", "b"]}
    assert merged.schema.field("x").metadata == METERS


def test_nothing_new_leaves_the_old_as_it_is() -> None:
    old = a_series([1], x=[1.0])
    assert old == upsert(old, a_series([]))


def test_rows_outside_the_new_range_are_not_copied() -> None:
    old = a_series([1, 2, 3], x=[1.0, 2.0, 3.0])
    merged = upsert(old, a_series([3], x=[3.5]))
    addresses = [t["x"].chunk(0).buffers()[1].address for t in (old, merged)]
    assert addresses[0] == addresses[1]


@given(STATES, STATES)
def test_readings_that_say_the_same_keep_when_they_were_fetched(
    old: dict[tuple[int, str], float | None], new: dict[tuple[int, str], float | None]
) -> None:
    kept = keep_equal(a_state(old, fetched_at=1), a_state(new, fetched_at=2), key=KEY)
    same = {key for key in new if key in old and repr(old[key]) == repr(new[key])}
    assert content_hash(a_state(new)) == content_hash(
        kept.set_column(3, "fetched_at", a_state(new)["fetched_at"])
    )
    assert [1 if key in same else 2 for key in sorted(new)] == kept["fetched_at"].to_pylist()


def test_fetching_the_same_again_makes_no_difference() -> None:
    old = a_state({(1, "a"): 1.5, (1, "b"): None, (2, "a"): float("nan")}, fetched_at=1)
    again = a_state({(1, "a"): 1.5, (1, "b"): None, (2, "a"): float("nan")}, fetched_at=2)
    assert difference(old, keep_equal(old, again, key=KEY)) is None


def test_a_column_that_only_one_state_has_counts_as_null_in_the_other() -> None:
    old = a_series([1, 2], fetched_at=[1, 1])
    new = a_series([1, 2], y=[None, "a"], fetched_at=[2, 2])
    assert keep_equal(old, new)["fetched_at"].to_pylist() == [1, 2]


def test_keeping_leaves_order_columns_and_meaning_of_the_new() -> None:
    new = a_series([1, 2], fetched_at=[2, 2], x=[1.0, 2.0])
    kept = keep_equal(a_series([1], x=[1.0], fetched_at=[1]), new)
    assert kept.schema.equals(new.schema, check_metadata=True)
    assert kept["fetched_at"].to_pylist() == [1, 2]
