"""The types of a series column, and when two cells are equal."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from pond_core.errors import SchemaError
from pond_core.series.column import INSTANT, canonical, unequal


def column(values: list[object], dtype: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, dtype)])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (pa.float32(), pa.float64()),
        (pa.int8(), pa.int64()),
        (pa.uint64(), pa.int64()),
        (pa.int64(), pa.int64()),
    ],
)
def test_a_number_is_stored_as_float64_or_int64(given: pa.DataType, stored: pa.DataType) -> None:
    assert column([1, None, 3], stored) == canonical(column([1, None, 3], given), name="x")


@pytest.mark.parametrize(
    "given", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.large_string())]
)
def test_text_is_stored_as_string_however_it_is_encoded(given: pa.DataType) -> None:
    text = canonical(column(["a", None, "µS/cm"], given), name="x")
    assert column(["a", None, "µS/cm"], pa.string()) == text


@pytest.mark.parametrize(
    "given", [pa.timestamp("ms", "America/Los_Angeles"), pa.timestamp("ns", "UTC")]
)
def test_an_instant_is_stored_in_microseconds_utc(given: pa.DataType) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert column([noon], INSTANT) == canonical(column([noon], given), name="x")


def test_an_instant_that_microseconds_cannot_hold_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"'seen': timestamp.*does not fit"):
        canonical(column([1], pa.timestamp("ns", "UTC")), name="seen")


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"'seen'.*no time zone") as caught:
        canonical(column([1], pa.timestamp("us")), name="seen")
    assert "UTC" in caught.value.hint


def test_an_integer_beyond_int64_is_refused() -> None:
    with pytest.raises(SchemaError, match="'x': uint64 does not fit int64"):
        canonical(column([2**63], pa.uint64()), name="x")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (Decimal("1.5"), pa.decimal128(5, 2)),
        ([1], pa.list_(pa.int64())),
        ({"a": 1}, pa.struct({"a": pa.int64()})),
        (date(2026, 1, 1), pa.date32()),
        (None, pa.null()),
        (b"x", pa.binary()),
    ],
)
def test_any_other_type_is_refused_with_the_types_to_use(value: object, dtype: pa.DataType) -> None:
    with pytest.raises(SchemaError, match="'x': a series does not store") as caught:
        canonical(column([value], dtype), name="x")
    assert "float64, int64, string, bool" in caught.value.hint


def test_cells_are_equal_when_their_bits_are_and_null_equals_null() -> None:
    nan = float("nan")
    one = column([0.0, nan, None, 1.0, None], pa.float64())
    other = column([-0.0, -nan, None, 1.0, 0.0], pa.float64())
    assert unequal(one, other).to_list() == [True, False, False, False, True]
