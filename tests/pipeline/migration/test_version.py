"""All versions of a series as one content, with nothing lost that is not told."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import from_us
from pond_pipeline.errors import MigrationError
from pond_pipeline.hydrovu import RAW_SCHEMA
from pond_pipeline.migration.dictionary import ColumnIds
from pond_pipeline.migration.version import Merged, Version, merge, read_version
from tests.pipeline.migration.original import parquet, wide

FETCHED = from_us(1_800_000_000_000_000)
Row = tuple[int, float | None, float | None]


def named(column: str) -> ColumnIds:
    return ColumnIds(column, column, "u", is_known=True)


def read(data: bytes, where: str = "a") -> Version:
    return read_version(data, named, where=where)


def merged(*versions: bytes) -> Merged:
    read_ = [read(data, str(number)) for number, data in enumerate(versions, start=1)]
    return merge(read_, fetched_at=FETCHED)


def cells(table: pa.Table) -> dict[tuple[int, str], float]:
    """Return the readings by second and column."""
    seconds = [stamp.value // 1_000_000 for stamp in table["timestamp"]]
    keys = zip(seconds, table["parameter_id"].to_pylist(), strict=True)
    return dict(zip(keys, table["value"].to_pylist(), strict=True))


def version_of(rows: list[Row]) -> bytes:
    stamps, a, b = zip(*rows, strict=True) if rows else ((), (), ())
    return wide(stamps, a=a, b=b)


def test_each_value_becomes_a_reading() -> None:
    version = read(wide([10, 20], a=[1.0, 2.0], b=[None, 3.0]))
    assert (version.rows, len(version.readings), version.empty) == (2, 3, 0)
    table = merge([version], fetched_at=FETCHED).table
    assert table.schema == RAW_SCHEMA
    assert cells(table) == {(10, "a"): 1.0, (20, "a"): 2.0, (20, "b"): 3.0}


def test_of_two_versions_the_higher_one_counts() -> None:
    found = merged(wide([10, 20], a=[1.0, 2.0]), wide([20], a=[9.0]))
    assert cells(found.table) == {(10, "a"): 1.0, (20, "a"): 9.0}
    assert (found.superseded, found.repeated, found.instants) == (1, 0, 2)
    assert found.superseded_first == found.superseded_last == from_us(20_000_000)


def test_within_a_version_the_later_row_counts() -> None:
    found = merged(wide([10, 20, 10], a=[1.0, 2.0, 3.0]))
    assert cells(found.table) == {(10, "a"): 3.0, (20, "a"): 2.0}


def test_what_is_superseded_is_told_with_what_counts_instead() -> None:
    found = merged(wide([20], a=[2.0]), wide([20], a=[9.0]))
    [told] = found.sample
    assert (told.value, told.kept, told.where, told.parameter_id) == (2.0, 9.0, "1", "a")


def test_a_null_of_a_later_version_takes_nothing_away() -> None:
    found = merged(wide([10], a=[1.0], b=[2.0]), wide([10], a=[None], b=[3.0]))
    assert cells(found.table) == {(10, "a"): 1.0, (10, "b"): 3.0}


def test_versions_may_have_different_columns() -> None:
    found = merged(wide([10], a=[1.0]), wide([10, 20], b=[2.0, 3.0]))
    assert set(cells(found.table)) == {(10, "a"), (10, "b"), (20, "b")}


def test_readings_that_are_no_numbers_are_equal_to_each_other() -> None:
    found = merged(wide([10], a=[float("nan")]), wide([10], a=[float("nan")]))
    assert (found.table.num_rows, found.repeated, found.superseded) == (1, 1, 0)


def test_times_of_a_wrong_clock_are_readings() -> None:
    found = merged(wide([0, -5, 960, 9_999_999_999], a=[1.0, 2.0, 3.0, 4.0]))
    assert [second for second, _ in cells(found.table)] == [-5, 0, 960, 9_999_999_999]


def test_rows_without_an_instant_that_can_be_stored_are_counted() -> None:
    version = read(wide([None, 2**62, 10], a=[1.0, 2.0, 3.0]))
    assert (version.timeless, len(version.readings)) == (2, 1)
    assert not version.is_whole


def test_rows_without_a_value_are_counted() -> None:
    version = read(wide([10, 20], a=[None, 1.0], b=[None, None]))
    assert (version.empty, version.is_whole) == (1, True)


def test_a_version_without_rows_is_nothing() -> None:
    found = merged(wide([], a=[]), wide([]))
    assert (found.table.num_rows, found.instants, found.sample) == (0, 0, ())


def test_numbers_of_other_types_are_numbers() -> None:
    columns = {
        "a": pa.array([1, 2], pa.int16()),
        "b": pa.array([0.5, None], pa.float32()),
        "c": pa.nulls(2),
    }
    data = parquet(pa.table({"Timestamp": pa.array([10, 20], pa.int32()), **columns}))
    assert cells(merged(data).table) == {(10, "a"): 1.0, (20, "a"): 2.0, (10, "b"): 0.5}


def test_a_column_that_holds_no_numbers_is_told_and_the_others_are_read() -> None:
    columns = {"a": pa.array(["x"]), "b": pa.array([1.0]), "c": pa.array([2**60 + 1])}
    version = read(parquet(pa.table({"Timestamp": pa.array([10]), **columns})))
    assert version.odd == ("a", "c")
    assert len(version.readings) == 1


def test_two_columns_of_one_name_are_both_read() -> None:
    names = ["Timestamp", "a", "a"]
    arrays = [pa.array([10, 20]), pa.array([1.0, 2.0]), pa.array([None, 3.0], pa.float64())]
    found = merged(parquet(pa.Table.from_arrays(arrays, names=names)))
    assert cells(found.table) == {(10, "a"): 1.0, (20, "a"): 3.0}
    assert found.superseded == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"a": pa.array([1.0])},
        {"Timestamp": pa.array(["2024-03-01"]), "a": pa.array([1.0])},
        {"Timestamp": pa.array([1.5]), "a": pa.array([1.0])},
        {"Timestamp": pa.array([2**64 - 1], pa.uint64())},
        {"Timestamp": pa.array([1]), "timestamp": pa.array([2])},
    ],
)
def test_a_file_without_one_column_of_seconds_is_refused(columns: dict[str, pa.Array]) -> None:
    with pytest.raises(MigrationError):
        read(parquet(pa.table(columns)))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(MigrationError, match="cannot be read as Parquet"):
        read(data)


def test_a_torn_file_is_refused() -> None:
    data = wide(range(1000), a=[float(n) for n in range(1000)])
    for size in range(0, len(data), 97):
        with pytest.raises(MigrationError):
            read(data[:size])


VALUES = st.none() | st.sampled_from([0.0, 1.5, -2.0])
CONTENT = st.lists(
    st.tuples(st.integers(-(10**6), 2 * 10**9), VALUES, VALUES),
    max_size=30,
    unique_by=lambda row: row[0],
)
CUTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)


@given(content=CONTENT, cuts=CUTS)
def test_any_splitting_with_overlaps_gives_the_same_content_and_the_counts_add_up(
    content: list[Row], cuts: list[tuple[int, int]]
) -> None:
    parts = [content[min(cut) : max(cut)] for cut in cuts]
    whole = merged(version_of(content))
    versions = [read(version_of(part)) for part in (*parts, content)]
    split = merge(versions, fetched_at=FETCHED)
    assert split.table == whole.table
    readings = sum(len(version.readings) for version in versions)
    assert readings == split.table.num_rows + split.repeated
    assert split.superseded == 0
    assert split.instants == len(content)


@given(
    versions=st.lists(
        st.lists(st.tuples(st.integers(0, 5), VALUES, VALUES), max_size=8), max_size=4
    )
)
def test_versions_that_differ_are_what_writing_them_one_after_another_gives(
    versions: list[list[Row]],
) -> None:
    expected: dict[tuple[int, str], float] = {}
    for version in versions:
        for second, a, b in version:
            found = {(second, "a"): a, (second, "b"): b}
            expected |= {key: value for key, value in found.items() if value is not None}
    read_ = [read(version_of(version)) for version in versions]
    content = merge(read_, fetched_at=FETCHED)
    assert cells(content.table) == expected
    readings = sum(len(version.readings) for version in read_)
    assert readings == len(expected) + content.repeated + content.superseded
