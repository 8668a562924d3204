"""The door to a series, and cutting and chaining without copying."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import DataError, SchemaError
from pond_core.series import TIME_ONLY, check, concat, extent, slice_window
from pond_core.series.column import INSTANT
from pond_core.window import ALWAYS, Window

LONG_KEY = ("timestamp", "parameter_id")
FAR = 1_000_000_000_000_000_000
"""The year 33658: Arrow holds it, `datetime` does not."""


def a_series(instants: list[int], **columns: list[object]) -> pa.Table:
    return pa.table({"timestamp": pa.array(instants, INSTANT), **columns})


def address(table: pa.Table, name: str) -> int:
    start: int = table[name].chunk(0).buffers()[1].address
    return start


def test_time_comes_first_and_is_never_null() -> None:
    table = check(pa.table({"x": [1.0], "timestamp": pa.array([5], INSTANT)}))
    assert table.column_names == ["timestamp", "x"]
    assert not table.schema.field("timestamp").nullable
    assert table.schema.field("x").nullable


def test_rows_are_sorted_by_the_key() -> None:
    table = check(a_series([3, 1, 2], x=[30.0, 10.0, 20.0]))
    assert table["x"].to_pylist() == [10.0, 20.0, 30.0]


def test_rows_of_a_long_table_are_sorted_by_the_whole_key() -> None:
    table = check(a_series([2, 1, 1], parameter_id=["4", "33", "1"]), key=LONG_KEY)
    assert table["parameter_id"].to_pylist() == ["1", "33", "4"]


def test_a_repeated_instant_is_named() -> None:
    noon = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
    with pytest.raises(DataError, match=r"more than one row at 2026-01-01T12:00:00Z") as caught:
        check(a_series([noon, 0, noon], x=[1.0, 2.0, 3.0]))
    assert "keep one" in caught.value.hint


def test_a_repeated_key_of_a_long_table_is_named_in_whole() -> None:
    with pytest.raises(DataError, match=r"00\.000001Z, parameter_id '4'"):
        check(a_series([1, 1, 1], parameter_id=["1", "4", "4"]), key=LONG_KEY)


def test_an_instant_beyond_datetime_is_named_too() -> None:
    with pytest.raises(DataError, match=f"at {FAR} us after 1970"):
        check(a_series([FAR, FAR]))


def test_a_row_without_an_instant_is_refused() -> None:
    table = pa.table({"timestamp": pa.array([1, None, None], INSTANT)})
    with pytest.raises(DataError, match="'timestamp' is null in row 1, and in 2 in all"):
        check(table)


def test_a_row_without_a_key_is_refused() -> None:
    with pytest.raises(DataError, match="'parameter_id' is null in row 1"):
        check(a_series([1, 2], parameter_id=["1", None]), key=LONG_KEY)


def test_a_float_tells_no_rows_apart() -> None:
    with pytest.raises(SchemaError, match="'depth' is double"):
        check(a_series([1], depth=[1.0]), key=("timestamp", "depth"))


def test_a_row_before_the_window_is_named() -> None:
    with pytest.raises(DataError, match=r"2 rows outside \[.*03Z, \.\.\), the first at .*01Z"):
        check(a_series([1, 5, 2]), window=Window(3, None))


def test_a_row_at_the_end_of_the_window_is_outside() -> None:
    with pytest.raises(DataError, match=r"1 rows outside .* the first at .*000005Z"):
        check(a_series([3, 5]), window=Window(3, 5))


def test_a_row_at_the_start_of_the_window_is_inside() -> None:
    assert len(check(a_series([3]), window=Window(3, 5))) == 1


@pytest.mark.parametrize("values", [[1, 2], ["2026-01-01", "2026-01-02"]])
def test_time_that_is_no_timestamp_is_refused(values: list[object]) -> None:
    with pytest.raises(SchemaError, match=r"'timestamp' is (int64|string), not an instant"):
        check(pa.table({"timestamp": values}))


def test_a_missing_column_is_named_beside_those_that_are_there() -> None:
    with pytest.raises(SchemaError, match="there is no column 'timestamp', only 'time', 'x'"):
        check(pa.table({"time": [1], "x": [1.0]}))


def test_a_missing_column_of_the_key_is_named() -> None:
    with pytest.raises(SchemaError, match="there is no column 'parameter_id'"):
        check(a_series([1]), key=LONG_KEY)


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays(
        [pa.array([1], INSTANT), pa.array([1.0]), pa.array([2.0])], names=["timestamp", "x", "x"]
    )
    with pytest.raises(SchemaError, match="'x' is there 2 times"):
        check(table)


def test_a_column_without_a_name_is_refused() -> None:
    with pytest.raises(SchemaError, match="no name"):
        check(pa.table({"timestamp": pa.array([1], INSTANT), "": [1.0]}))


def test_what_a_column_means_stays_and_where_it_came_from_goes() -> None:
    metadata = {"unit": "m", "PARQUET:field_id": "7"}
    schema = pa.schema(
        [pa.field("timestamp", INSTANT), pa.field("x", pa.float32(), metadata=metadata)]
    )
    table = check(pa.table({"timestamp": [1], "x": [1.5]}, schema=schema.with_metadata({"a": "b"})))
    assert table.schema.field("x").metadata == {b"unit": b"m"}
    assert table.schema.metadata is None


def test_each_column_becomes_one_chunk() -> None:
    table = check(pa.concat_tables([a_series([1], x=[1.0]), a_series([2], x=[2.0])]))
    assert [column.num_chunks for column in table.columns] == [1, 1]


def test_a_canonical_table_is_not_copied() -> None:
    table = check(a_series([1, 2], x=[1.0, 2.0]))
    assert address(table, "x") == address(check(table), "x")


def test_an_empty_table_is_a_series() -> None:
    assert check(a_series([])).schema == TIME_ONLY


@given(st.lists(st.integers(-50, 50), unique=True), st.integers(-60, 60), st.integers(-60, 60))
def test_a_slice_holds_exactly_the_rows_inside(instants: list[int], a: int, b: int) -> None:
    table = check(a_series(list(instants)))
    window = Window(a, b)
    expected = sorted(instant for instant in instants if window.contains(instant))
    assert expected == slice_window(table, window)["timestamp"].cast(pa.int64()).to_pylist()


def test_a_slice_is_open_where_its_window_is() -> None:
    table = check(a_series([1, 2, 3]))
    assert table == slice_window(table, ALWAYS)
    assert len(slice_window(table, Window(2, None))) == 2
    assert len(slice_window(table, Window(None, 2))) == 1


def test_a_window_beyond_what_arrow_counts_cuts_nothing() -> None:
    table = check(a_series([-FAR, FAR]))
    assert table == slice_window(table, Window(-(2**70), 2**70))


def test_a_slice_copies_nothing() -> None:
    table = check(a_series([1, 2, 3], x=[1.0, 2.0, 3.0]))
    assert address(table, "x") == address(slice_window(table, Window(2, 3)), "x")


def test_the_extent_ends_just_after_the_last_row() -> None:
    assert Window(3, 8) == extent(a_series([3, 7]))
    assert extent(a_series([])) is None


def test_pieces_are_chained_with_all_their_columns() -> None:
    pieces = [a_series([1], x=[1.0]), a_series([]), a_series([2], y=["a"])]
    chained = concat(check(piece) for piece in pieces)
    assert chained.drop(["timestamp"]).to_pydict() == {"x": [1.0, None], "y": [None, "a"]}


def test_pieces_are_chained_without_copying() -> None:
    piece = check(a_series([1], x=[1.0]))
    assert address(piece, "x") == address(concat([piece, check(a_series([2], x=[2.0]))]), "x")


def test_no_piece_at_all_is_an_empty_series() -> None:
    assert TIME_ONLY.empty_table() == concat([])


def test_a_piece_that_comes_too_late_is_named() -> None:
    with pytest.raises(DataError, match=r"begins at 1970-01-01T00:00:00.000002Z comes too late"):
        concat([a_series([1, 2]), a_series([2, 3])])
