"""Columns that every engine reads: which types become which, and which are refused."""

import pyarrow as pa
import pytest

from pond_core import SchemaError
from pond_core.publication.columns import published_rows, published_schema


def published(kind: pa.DataType) -> pa.DataType:
    return published_schema(pa.schema([("x", kind)]), path="/t").field("x").type


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        (pa.uint8(), pa.int16()),
        (pa.uint64(), pa.decimal128(20)),
        (pa.float16(), pa.float32()),
        (pa.large_string(), pa.string()),
        (pa.timestamp("s", tz="America/Los_Angeles"), pa.timestamp("us", tz="UTC")),
        (pa.dictionary(pa.int8(), pa.string()), pa.string()),
        (pa.list_(pa.uint16()), pa.list_(pa.int32())),
        (pa.struct([("a", pa.large_string())]), pa.struct([("a", pa.string())])),
        (pa.decimal128(9, 2), pa.decimal128(9, 2)),
    ],
)
def test_a_type_that_delta_lake_has_not_becomes_one_that_holds_its_values(
    kind: pa.DataType, becomes: pa.DataType
) -> None:
    assert published(kind) == becomes


@pytest.mark.parametrize(
    "kind", [pa.timestamp("us"), pa.time64("us"), pa.duration("s"), pa.list_(pa.time32("s"))]
)
def test_a_type_that_none_stands_for_is_refused_by_the_column_s_name(kind: pa.DataType) -> None:
    with pytest.raises(SchemaError, match=r"/t, column 'x': Delta Lake has no "):
        published(kind)


def test_values_are_those_of_before() -> None:
    rows = pa.table({"a": pa.array([2**64 - 1], pa.uint64()), "b": pa.array([None], pa.null())})
    schema = published_schema(rows.schema, path="/t")
    assert published_rows(rows, schema).to_pydict() == {"a": [2**64 - 1]}


def test_a_table_whose_columns_never_held_anything_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"/t has no column that holds anything"):
        published(pa.null())


def test_metadata_that_is_no_text_is_left_out() -> None:
    field = pa.field("x", pa.int64(), metadata={b"unit": b"m", b"\xff": b"1"})
    schema = published_schema(pa.schema([field]), path="/t")
    assert schema.field("x").metadata == {b"unit": b"m"}
