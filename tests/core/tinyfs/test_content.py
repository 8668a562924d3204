"""Arrow rules of files: cuts and joins."""

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from pond_core.errors import SchemaError
from pond_core.tinyfs.content import concatenate, rows_within, time_range
from pond_core.window import Window
from tests.conformance.filesystem import readings, values

MOST = 2**63 - 1
BOUNDS = st.none() | st.integers(-3, 12) | st.sampled_from([-(2**70), 2**70, MOST, -MOST - 1])
INSTANTS = st.lists(st.integers(0, 9) | st.sampled_from([MOST, -MOST - 1]), unique=True)


@given(instants=INSTANTS, start=BOUNDS, end=BOUNDS)
def test_a_cut_keeps_exactly_the_rows_within(
    instants: list[int], start: int | None, end: int | None
) -> None:
    window = Window(start, end)
    kept = rows_within(readings(dict.fromkeys(instants, 1.0)), window)
    assert set(values(kept)) == {us for us in instants if window.contains(us)}


def test_a_table_without_rows_has_no_time_range() -> None:
    assert time_range(readings({})) is None
    assert time_range(readings({3: 1.0, 7: 1.0})) == (3, 7)


def test_a_column_that_was_never_null_may_be_filled_with_nulls() -> None:
    first = readings({1: 1.0})
    strict = pa.schema([first.schema.field(0), pa.field("x", pa.int8(), nullable=False)])
    second = pa.table({"timestamp": readings({2: 1.0})["timestamp"], "x": [5]}, schema=strict)
    joined = concatenate([first, second], path="/s")
    joined.validate(full=True)
    assert joined.schema.field("x").nullable
    assert joined["x"].to_pylist() == [None, 5]


def test_a_column_without_values_takes_the_type_of_the_others() -> None:
    untyped = readings({1: 1.0}).set_column(1, "value", pa.nulls(1))
    joined = concatenate([untyped, readings({2: 1.0})], path="/s")
    assert joined.schema.field("value").type == pa.float64()


def test_metadata_of_fields_is_kept() -> None:
    field = pa.field("value", pa.float64(), metadata={"unit": "m"})
    table = readings({1: 1.0})
    table = table.cast(pa.schema([table.schema.field(0), field]))
    joined = concatenate([table, readings({2: 1.0})], path="/s")
    assert joined.schema.field("value").metadata == {b"unit": b"m"}


def test_a_wider_number_is_another_type() -> None:
    whole = readings({1: 1.0}).set_column(1, "value", pa.array([1]))
    with pytest.raises(SchemaError, match="'value' as int64 and, later, as double"):
        concatenate([whole, readings({2: 1.0})], path="/s")
