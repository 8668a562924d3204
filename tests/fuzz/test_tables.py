"""Tables of any Arrow type come back bit by bit, or are refused before anything is written."""

import datetime as dt
import decimal
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import ALWAYS, FS, MemoryBackend, Pond, SchemaError, Window
from pond_core.tinyfs.content import MAX_COLUMNS
from pond_core.tlogfs import content
from tests.fuzz.conftest import RoundTrip

PLACES = ["inline", "as an object"]
BITS_64 = 2**63

KEPT: Mapping[str, pa.Array] = {
    "null": pa.nulls(3),
    "bool": pa.array([True, None, False]),
    "int8": pa.array([1, None, -128], pa.int8()),
    "uint8": pa.array([1, None, 255], pa.uint8()),
    "int16": pa.array([1, None, -1], pa.int16()),
    "uint16": pa.array([1, None, 2**16 - 1], pa.uint16()),
    "int32": pa.array([1, None, -(2**31)], pa.int32()),
    "uint32": pa.array([1, None, 2**32 - 1], pa.uint32()),
    "int64 over 2**53": pa.array([2**53 + 1, None, -BITS_64]),
    "uint64": pa.array([1, None, 2**64 - 1], pa.uint64()),
    "float16": pa.array([1.5, None, -math.inf], pa.float16()),
    "float32": pa.array([1.5, None, -math.inf], pa.float32()),
    "float64": pa.array([5e-324, None, -0.0]),
    "text": pa.array(["\0", None, "\U0001f986\r\n\u2028"]),
    "large text": pa.array(["a", None, ""], pa.large_string()),
    "text view": pa.array(["a", None, "longer than twelve bytes"], pa.string_view()),
    "bytes": pa.array([b"\xff\xfe\0", None, b""]),
    "large bytes": pa.array([b"\xff", None, b""], pa.large_binary()),
    "bytes view": pa.array([b"\xff", None, b"longer than twelve bytes"], pa.binary_view()),
    "bytes of two": pa.array([b"ab", None, b"\0\0"], pa.binary(2)),
    "date32": pa.array([dt.date(2020, 1, 1), None, dt.date(1, 1, 1)]),
    "date64": pa.array([86_400_000, None, 0], pa.date64()),
    "date32 beyond datetime": pa.array([2**31 - 1, None, -(2**31)], pa.int32()).cast(pa.date32()),
    "time32 s": pa.array([1, None, 86_399], pa.time32("s")),
    "time32 ms": pa.array([1, None, 2], pa.time32("ms")),
    "time64 us": pa.array([1, None, 2], pa.time64("us")),
    "time64 ns": pa.array([1, None, 2], pa.time64("ns")),
    "timestamp s": pa.array([1, None, -2], pa.timestamp("s")),
    "timestamp s UTC": pa.array([1, None, -2], pa.timestamp("s", "UTC")),
    "timestamp ms in a zone": pa.array([1, None, -2], pa.timestamp("ms", "Europe/Berlin")),
    "timestamp us without a zone": pa.array([1, None, -BITS_64], pa.timestamp("us")),
    "timestamp us at an offset": pa.array([1, None, 2], pa.timestamp("us", "+02:00")),
    "timestamp ns": pa.array([1, None, BITS_64 - 1], pa.timestamp("ns")),
    "timestamp ns UTC": pa.array([1, None, 2], pa.timestamp("ns", "UTC")),
    "duration s": pa.array([1, None, 2], pa.duration("s")),
    "duration ns": pa.array([1, None, 2], pa.duration("ns")),
    "decimal32": pa.array([decimal.Decimal("1.5"), None, None], pa.decimal32(5, 1)),
    "decimal128": pa.array([decimal.Decimal("-1.5"), None, None], pa.decimal128(38, 1)),
    "decimal256": pa.array([decimal.Decimal("1.5"), None, None], pa.decimal256(76, 1)),
    "list": pa.array([[1], None, []]),
    "large list": pa.array([[1], None, []], pa.large_list(pa.int8())),
    "list view": pa.array([[1], None, []], pa.list_view(pa.int8())),
    "list of two": pa.array([[1, 2], None, [3, None]], pa.list_(pa.int8(), 2)),
    "list of seconds": pa.array([[1], None, []], pa.list_(pa.timestamp("s"))),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int8())),
    "list of structs of lists": pa.array([[{"a": [1, None]}, None], None, []]),
    "uuid": pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b"a" * 16, None, b"b" * 16], pa.binary(16))
    ),
    "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}", None, "1"])),
    "tensor": pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int8(), [2]),
        pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)),
    ),
}

ENCODED: Mapping[str, pa.Array] = {
    "text": pa.array(["a", None, "b"]).dictionary_encode(),
    "text with small keys": pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1], pa.int8()), ["x", "y"]
    ),
    "unused values": pa.DictionaryArray.from_arrays(pa.array([1, None, 1]), ["x", "y"]),
    "in a list": pa.array([["a"], None, []], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "large bytes": pa.array([b"a", None, b"b"], pa.large_binary()).dictionary_encode(),
}

REFUSED: Mapping[str, pa.Array] = {
    "sparse union": pa.UnionArray.from_sparse(
        pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]
    ),
    "dense union": pa.UnionArray.from_dense(
        pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["a"])]
    ),
    "run ends": pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), ["a", None]),
    "interval": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
    "bytes of none": pa.array([b"", None], pa.binary(0)),
    "list of none": pa.array([[], None], pa.list_(pa.int8(), 0)),
    "struct of none": pa.array([{}, None], pa.struct([])),
    "negative scale": pa.array([None], pa.decimal128(5, -2)),
    "ordered categories": pa.DictionaryArray.from_arrays(
        pa.array([0], pa.int8()), ["low", "high"], ordered=True
    ),
    "a dictionary of numbers": pa.array([1.5]).dictionary_encode(),
    "a struct of none in a list": pa.array([[{}]], pa.list_(pa.struct([]))),
}


def bits(table: pa.Table, column: str) -> list[bytes]:
    """Return the floats of a column as bytes: NaN is not itself, and -0.0 equals 0.0."""
    return [struct.pack("<d", value) for value in table[column].to_pylist()]


@pytest.fixture(params=PLACES)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where tables go in the test: every batch is larger than nothing."""
    if request.param == "as an object":
        monkeypatch.setattr(content, "INLINE_BYTES", 0)
    return str(request.param)


def round_trip(through: RoundTrip, *tables: pa.Table) -> list[pa.Table]:
    """Return what is read of tables, whole; each column by itself says the same."""

    def write(fs: FS, directory: str) -> None:
        for number, table in enumerate(tables):
            fs.write_table(f"{directory}/{number}", table)

    fs, directory = through(write)
    read = [fs.read_table(f"{directory}/{number}") for number in range(len(tables))]
    for number, table in enumerate(tables):
        read[number].validate(full=True)
        for column in table.column_names:
            only = fs.read_table(f"{directory}/{number}", [column])
            assert only.equals(table.select([column]), check_metadata=True)
    return read


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("kind", KEPT)
def test_a_column_of_any_type_reads_back_as_written(through: RoundTrip, kind: str) -> None:
    table = pa.table({"c": KEPT[kind], "n": [1, 2, 3]})
    tables = [pa.concat_tables([table, table]), table.slice(1), table.slice(0, 0)]
    for written, read in zip(tables, round_trip(through, *tables), strict=True):
        assert read.equals(written, check_metadata=True)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("kind", ENCODED)
def test_a_dictionary_reads_back_with_its_type_and_values(through: RoundTrip, kind: str) -> None:
    table = pa.table({"c": ENCODED[kind]})
    fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
    read = fs.read_table(f"{directory}/t")
    assert read.schema.equals(table.schema, check_metadata=True)
    assert read["c"].to_pylist() == table["c"].to_pylist()


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("rows", [0, 1])
def test_a_type_that_parquet_does_not_give_back_is_refused(kind: str, rows: int) -> None:
    fs = FS(MemoryBackend())
    table = pa.table({"fine": [1], "odd": REFUSED[kind].slice(0, 1)}).slice(0, rows)
    with pytest.raises(SchemaError, match="/t cannot hold 'odd' as") as info:
        fs.write_table("/t", table)
    assert "cast it" in info.value.hint
    assert fs.ls() == []


def test_seconds_beyond_milliseconds_are_refused_as_an_object(
    through: RoundTrip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "INLINE_BYTES", 0)
    table = pa.table({"c": pa.array([2**60], pa.timestamp("s"))})
    try:
        assert round_trip(through, table) == [table]
    except SchemaError as error:
        assert "cannot be stored" in str(error)  # noqa: PT017 -- one of two ways is right


@pytest.mark.usefixtures("size")
def test_floats_keep_every_bit(through: RoundTrip) -> None:
    payload = struct.unpack("<d", b"\x01\x02\x03\x04\x05\x06\xf8\xff")[0]
    numbers = np.array([math.nan, payload, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1.7e308])
    table = pa.table({"c": pa.array(numbers, from_pandas=False)})
    fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
    assert bits(fs.read_table(f"{directory}/t"), "c") == bits(table, "c")


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
METADATA = st.dictionaries(st.binary(max_size=9), st.binary(max_size=9), max_size=3)
FIELDS = st.builds(pa.field, NAMES, st.just(pa.int64()), st.booleans(), METADATA)
SCHEMAS = st.builds(
    pa.schema, st.lists(FIELDS, max_size=5, unique_by=lambda field: field.name), METADATA
)


@pytest.mark.parametrize("inline", PLACES)
@given(schema=SCHEMAS, rows=st.integers(0, 3))
@settings(max_examples=20)
def test_names_and_metadata_of_any_kind_read_back(
    through: RoundTrip, inline: str, schema: pa.Schema, rows: int
) -> None:
    columns = [pa.array(range(rows), pa.int64()) for _ in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    with pytest.MonkeyPatch.context() as patch:
        if inline != "inline":
            patch.setattr(content, "INLINE_BYTES", 0)
        fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
        assert fs.read_table(f"{directory}/t").equals(table, check_metadata=True)


@pytest.mark.usefixtures("size")
def test_a_column_named_like_a_part_of_another_is_its_own(through: RoundTrip) -> None:
    columns: dict[str, Any] = {"x.y": [1], "a": [2], "a.b": [3], "x": [{"y": 4, "y.z": 5}]}
    table = pa.table(columns)
    assert round_trip(through, table) == [table]


@pytest.mark.usefixtures("size")
def test_a_table_without_columns_keeps_its_rows(through: RoundTrip) -> None:
    schema = pa.schema([("a", pa.int64())], metadata={"a": "b"})
    table = pa.table({"a": range(3)}, schema=schema).select([])
    fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
    read = fs.read_table(f"{directory}/t")
    assert read.shape == (3, 0)
    assert read.schema.metadata == {b"a": b"b"}


@pytest.mark.usefixtures("size")
def test_the_most_columns_read_back(through: RoundTrip) -> None:
    table = pa.Table.from_arrays(
        [pa.array([1])] * MAX_COLUMNS, [f"c{n}" for n in range(MAX_COLUMNS)]
    )
    fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
    assert fs.read_table(f"{directory}/t").equals(table)


@pytest.mark.parametrize("columns", [MAX_COLUMNS + 1, 1_000_000])
def test_too_many_columns_are_refused_at_once(place: Path, columns: int) -> None:
    table = pa.Table.from_arrays([pa.nulls(1)] * columns, [str(n) for n in range(columns)])

    before = {path for path in place.rglob("*") if path.is_file()}
    with Pond.open(place, durability="process").transaction() as changes:
        with pytest.raises(SchemaError, match=f"{columns} columns; 10000 are the most"):
            changes.write_table("/t", table)
        with pytest.raises(SchemaError, match=f"{columns} columns; 10000 are the most"):
            changes.write_window("/t", table, ALWAYS)
    assert changes.header is None
    assert {path for path in place.rglob("*") if path.is_file()} == before


INSTANTS = st.integers(-BITS_64, BITS_64 - 1) | st.sampled_from([-BITS_64, BITS_64 - 1, 0, -1])


@pytest.mark.parametrize("inline", PLACES)
@given(instants=st.lists(INSTANTS, max_size=6), start=INSTANTS, end=INSTANTS)
@settings(max_examples=15)
def test_a_series_holds_any_instant_of_64_bits(
    through: RoundTrip, inline: str, instants: list[int], start: int, end: int
) -> None:
    times = pa.array(sorted(instants), pa.timestamp("us", "UTC"))
    table = pa.table({"timestamp": times, "value": pa.array(range(len(times)), pa.int64())})
    with pytest.MonkeyPatch.context() as patch:
        if inline != "inline":
            patch.setattr(content, "INLINE_BYTES", 0)
        fs, directory = through(lambda fs, d: fs.write_window(f"{d}/s", table, ALWAYS))
        window = Window(min(start, end), max(start, end))
        read = fs.read_series(f"{directory}/s", window)
    expected = [us for us in sorted(instants) if window.contains(us)]
    assert read["timestamp"].cast(pa.int64()).to_pylist() == expected
