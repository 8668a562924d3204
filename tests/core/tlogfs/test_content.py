"""Small content is in the log, large content is an object; both read back as written."""

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import Operation, OpKind
from pond_core.storage import Durability, sha256_of
from pond_core.tlogfs import INLINE_BYTES, ObjectStore, content
from pond_core.tlogfs.content import Stored, load_bytes, load_table, read_schema, store
from tests.conformance.filesystem import readings


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path, durability=Durability(full=False))


def as_row(stored: Stored) -> Operation:
    return Operation(
        OpKind.WRITE,
        0,
        rows=stored.rows,
        size=stored.size,
        sha256=stored.sha256,
        arrow_schema=stored.arrow_schema,
        content=stored.content,
    )


def large() -> pa.Table:
    """Readings that no compression makes small."""
    chance = random.Random(1)  # noqa: S311 -- a test, no secret
    return readings({us: chance.random() for us in range(20_000)})


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


def test_a_small_table_is_a_record_batch_without_its_schema(objects: ObjectStore) -> None:
    table = readings({1: 1.0, 9: None})
    stored = store(table, objects)
    assert stored.content is not None
    batch = pa.ipc.read_record_batch(pa.py_buffer(stored.content), table.schema)
    assert pa.Table.from_batches([batch]).equals(table)
    assert list(objects.digests()) == [stored.arrow_schema]
    assert (stored.size, stored.sha256) == (len(stored.content), sha256_of(stored.content))
    assert (stored.rows, stored.min_time_us, stored.max_time_us) == (2, 1, 9)


def test_a_large_table_is_a_parquet_object(objects: ObjectStore) -> None:
    stored = store(large(), objects)
    assert (stored.content, stored.rows) == (None, 20_000)
    assert (stored.min_time_us, stored.max_time_us) == (0, 19_999)
    path = objects.path(stored.sha256 or "")
    assert stored.size == path.stat().st_size
    assert pq.ParquetFile(path).read().equals(large())


def test_a_batch_of_more_than_64_kib_is_none_whatever_the_table_weighs(
    objects: ObjectStore,
) -> None:
    """Each column has a head of its own, in the batch and not in memory."""
    chance = random.Random(1)  # noqa: S311 -- a test, no secret
    table = pa.table({f"c{number}": [chance.random()] for number in range(7000)})
    assert table.nbytes < INLINE_BYTES
    stored = store(table, objects)
    assert stored.content is None
    assert load_table(as_row(stored), None, objects).equals(table)


def test_a_table_that_compresses_below_64_kib_is_a_compressed_batch_in_the_row(
    objects: ObjectStore,
) -> None:
    table = pa.table({"a": [0.0] * 50_000})
    assert table.nbytes > INLINE_BYTES
    stored = store(table, objects)
    assert stored.content is not None
    assert len(stored.content) < INLINE_BYTES
    assert load_table(as_row(stored), stored.content, objects).equals(table)


def test_a_much_larger_table_is_an_object_however_well_it_compresses(objects: ObjectStore) -> None:
    stored = store(pa.table({"a": [0.0] * 200_000}), objects)
    assert (stored.content, stored.size < INLINE_BYTES) == (None, True)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array([["a"], [], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    ],
)
def test_a_table_with_dictionaries_is_an_object(objects: ObjectStore, column: pa.Array) -> None:
    table = pa.table({"a": column})
    stored = store(table, objects)
    assert stored.content is None
    assert load_table(as_row(stored), None, objects).equals(table)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_table_without_columns_keeps_its_rows(objects: ObjectStore, rows: int) -> None:
    table = pa.table({"a": [1] * rows}).select([])
    stored = store(table, objects)
    assert stored.rows == rows
    assert load_table(as_row(stored), stored.content, objects).num_rows == rows


@pytest.mark.parametrize("table", [readings({}), readings({}).combine_chunks()])
def test_a_table_without_rows_reads_back(objects: ObjectStore, table: pa.Table) -> None:
    stored = store(table, objects)
    assert load_table(as_row(stored), stored.content, objects).equals(table)


def test_a_slice_of_a_table_in_many_chunks_reads_back(objects: ObjectStore) -> None:
    table = pa.concat_tables([readings({n: float(n)}) for n in range(9)]).slice(2, 5)
    stored = store(table, objects)
    assert load_table(as_row(stored), stored.content, objects).equals(table)


VALUES = {
    "bool": pa.array([True, None]),
    "int8": pa.array([-128, None], pa.int8()),
    "uint64": pa.array([2**64 - 1, None], pa.uint64()),
    "half": pa.array([1.5, None], pa.float16()),
    "float": pa.array([1.5, None], pa.float32()),
    "decimal": pa.array([1, None], pa.decimal128(38, 2)),
    "date32": pa.array([1, None], pa.date32()),
    "date64": pa.array([86_400_000, None], pa.date64()),
    "time": pa.array([1, None], pa.time64("ns")),
    "seconds": pa.array([1, None], pa.timestamp("s")),
    "nanoseconds": pa.array([1, None], pa.timestamp("ns", tz="America/Los_Angeles")),
    "duration": pa.array([1, None], pa.duration("ms")),
    "binary": pa.array([b"\0", None]),
    "fixed": pa.array([b"ab", None], pa.binary(2)),
    "large": pa.array(["a", None], pa.large_string()),
    "list": pa.array([[1, None], None]),
    "struct": pa.array([{"a": {"b": 1}}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int8())),
    "null": pa.array([None, None]),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("inline", [True, False])
def test_a_column_of_any_type_reads_back(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch, kind: str, *, inline: bool
) -> None:
    table = pa.table({"a": VALUES[kind], "b": pa.array(["x", "y"])})
    if not inline:
        monkeypatch.setattr(content, "INLINE_BYTES", 0)
    stored = store(table, objects)
    assert (stored.content is not None) == inline
    read = load_table(as_row(stored), stored.content, objects)
    assert read.equals(table)
    assert read.schema.equals(table.schema, check_metadata=True)


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
    stored_schema = read_schema(row, objects)
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
    assert read_schema(row, objects) is None
    assert read_schema(replace(row, content=None, sha256=None), objects) is None
