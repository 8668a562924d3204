"""Small content is in the log, large content is an object; both read back as written."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import Durability, Operation, OpKind, sha256_of
from pond_core.tlogfs import INLINE_BYTES, ObjectStore
from pond_core.tlogfs.content import Stored, load_bytes, load_table, read_schema, store
from tests.conformance.filesystem import readings


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path, durability=Durability(full=False))


def as_row(stored: Stored) -> Operation:
    return Operation(
        OpKind.WRITE,
        0,
        size=stored.size,
        sha256=stored.sha256,
        arrow_schema=stored.arrow_schema,
        content=stored.content,
    )


def large() -> pa.Table:
    return readings({us: float(us) for us in range(5_000)})


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES])
def test_bytes_up_to_64_kib_are_in_the_row(objects: ObjectStore, size: int) -> None:
    stored = store(b"x" * size, objects)
    assert stored.content == b"x" * size
    assert (stored.size, stored.sha256) == (size, sha256_of(b"x" * size))
    assert list(objects.digests()) == []
    assert load_bytes(as_row(stored), stored.content, objects) == b"x" * size


def test_one_byte_more_is_an_object(objects: ObjectStore) -> None:
    data = b"x" * (INLINE_BYTES + 1)
    stored = store(data, objects)
    assert stored.content is None
    assert (stored.size, stored.sha256) == (len(data), sha256_of(data))
    assert list(objects.digests()) == [stored.sha256]
    assert load_bytes(as_row(stored), None, objects) == data


def test_a_small_table_is_an_arrow_stream(objects: ObjectStore) -> None:
    table = readings({1: 1.0, 9: None})
    stored = store(table, objects)
    assert stored.content is not None
    with pa.ipc.open_stream(stored.content) as stream:
        assert stream.read_all().equals(table)
    assert (stored.size, stored.sha256) == (len(stored.content), sha256_of(stored.content))
    assert (stored.rows, stored.min_time_us, stored.max_time_us) == (2, 1, 9)


def test_a_large_table_is_a_parquet_object(objects: ObjectStore) -> None:
    stored = store(large(), objects)
    assert (stored.content, stored.rows) == (None, 5_000)
    assert (stored.min_time_us, stored.max_time_us) == (0, 4_999)
    path = objects.path(stored.sha256 or "")
    assert stored.size == path.stat().st_size
    assert pq.ParquetFile(path).read().equals(large())


def test_a_stream_of_more_than_64_kib_is_none_whatever_the_table_weighs(
    objects: ObjectStore,
) -> None:
    table = pa.table({f"c{number}": [1.0] for number in range(1000)})
    assert table.nbytes < INLINE_BYTES
    stored = store(table, objects)
    assert stored.content is None
    assert load_table(as_row(stored), None, objects).equals(table)


def test_a_table_that_compresses_below_64_kib_is_read_from_its_object(objects: ObjectStore) -> None:
    table = pa.table({"a": [0.0] * 50_000})
    stored = store(table, objects)
    assert (stored.content, stored.size < INLINE_BYTES) == (None, True)
    assert load_table(as_row(stored), None, objects).equals(table)


def test_nothing_is_no_rows_and_no_digest(objects: ObjectStore) -> None:
    assert store(None, objects) == Stored(rows=0)


@pytest.mark.parametrize("count", [2, 20_000])
def test_a_table_keeps_types_nulls_and_metadata(objects: ObjectStore, count: int) -> None:
    fields = [
        pa.field("text", pa.string(), metadata={"unit": "µ"}),
        pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("small", pa.int8()),
    ]
    schema = pa.schema(fields, metadata={"made": "by hand"})
    columns = {"text": ["a", None] * (count // 2), "at": [0] * count, "small": [1] * count}
    table = pa.table(columns, schema=schema)
    stored = store(table, objects)
    row = as_row(stored)
    read = load_table(row, stored.content, objects)
    assert read.equals(table)
    assert read.schema.field("text").metadata[b"unit"] == "µ".encode()
    assert read.schema.metadata[b"made"] == b"by hand"
    stored_schema = read_schema(row)
    assert stored_schema is not None
    assert stored_schema.equals(schema, check_metadata=True)


@pytest.mark.parametrize("table", [readings({1: 1.0}), large()])
def test_columns_are_picked_and_those_it_lacks_left_out(
    objects: ObjectStore, table: pa.Table
) -> None:
    stored = store(table, objects)
    read = load_table(as_row(stored), stored.content, objects, columns=["value", "depth"])
    assert read.equals(table.select(["value"]))


def test_times_are_known_only_of_a_timestamp_column(objects: ObjectStore) -> None:
    for table in (pa.table({"a": [1]}), pa.table({"timestamp": ["noon"]}), readings({})):
        stored = store(table, objects)
        assert (stored.min_time_us, stored.max_time_us) == (None, None)


def test_a_row_whose_content_was_altered_is_damage(objects: ObjectStore) -> None:
    row = as_row(store(b"content", objects))
    with pytest.raises(CorruptionError, match="does not have its digest"):
        load_bytes(row, b"contend", objects)


def test_a_table_whose_object_is_missing_or_damaged_is_damage(objects: ObjectStore) -> None:
    row = as_row(store(large(), objects))
    path = objects.path(row.sha256 or "")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(CorruptionError, match="cannot be read"):
        load_table(row, None, objects)
    path.unlink()
    with pytest.raises(CorruptionError, match="is missing"):
        load_table(row, None, objects)


def test_bytes_have_no_schema(objects: ObjectStore) -> None:
    row = as_row(store(b"content", objects))
    assert read_schema(row) is None
    assert read_schema(replace(row, content=None, sha256=None)) is None
