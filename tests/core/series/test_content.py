"""The content hash: equal for equal content, whatever its layout; different for any other."""

import hashlib
import json
import math
import struct

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import SchemaError
from pond_core.series import content_hash
from pond_core.series.column import INSTANT

ROWS = st.lists(
    st.tuples(
        st.integers(-(2**62), 2**62),
        st.none() | st.floats(),
        st.none() | st.text(max_size=5),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=20,
)
"""Columns of each type, with nulls, NaN, infinities and empty texts."""


def a_table(rows: list[tuple[object, ...]]) -> pa.Table:
    names = ["timestamp", "x", "s", "b"]
    types = [INSTANT, pa.float64(), pa.string(), pa.bool_()]
    return pa.table(
        [pa.array([row[i] for row in rows], dtype) for i, dtype in enumerate(types)], names=names
    )


@given(ROWS, st.integers(0, 20), st.integers(0, 20))
def test_a_slice_hashes_as_its_copy(rows: list[tuple[object, ...]], start: int, size: int) -> None:
    cut = a_table(rows).slice(start, size)
    assert content_hash(a_table(rows[start : start + size])) == content_hash(cut)


@given(ROWS, st.integers(0, 20))
def test_chunks_do_not_count(rows: list[tuple[object, ...]], cut: int) -> None:
    table = a_table(rows)
    chunked = pa.concat_tables([table.slice(0, cut), table.slice(cut), table.slice(0, 0)])
    assert content_hash(table) == content_hash(chunked)


@given(ROWS)
def test_the_order_of_columns_does_not_count(rows: list[tuple[object, ...]]) -> None:
    table = a_table(rows)
    assert content_hash(table) == content_hash(table.select(["s", "b", "x", "timestamp"]))


@given(ROWS)
def test_encodings_and_spare_bytes_do_not_count(rows: list[tuple[object, ...]]) -> None:
    table = a_table(rows)
    text = table["s"]
    twice = pa.concat_tables([table, table]).combine_chunks().slice(len(rows))
    for encoded in (text.cast(pa.large_string()), text.dictionary_encode()):
        assert content_hash(table) == content_hash(table.set_column(2, "s", encoded))
    assert content_hash(table) == content_hash(twice)


@given(ROWS, ROWS)
def test_other_rows_have_another_hash(
    rows: list[tuple[object, ...]], others: list[tuple[object, ...]]
) -> None:
    # repr tells 0.0 from -0.0 and makes every NaN alike, as the hash does.
    assert (repr(rows) == repr(others)) == (
        content_hash(a_table(rows)) == content_hash(a_table(others))
    )


def test_a_value_below_a_null_does_not_count() -> None:
    hidden = pa.Array.from_buffers(
        pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.array([1.0, 99.0]).buffers()[1]]
    )
    assert content_hash(pa.table({"x": [1.0, None]})) == content_hash(pa.table({"x": hidden}))


def test_a_column_that_is_null_throughout_does_not_count() -> None:
    table = pa.table({"x": [1.0]})
    wider = table.append_column("y", pa.nulls(1, pa.string()))
    assert content_hash(table) == content_hash(wider)


def test_ignored_columns_do_not_count() -> None:
    table = pa.table({"x": [1.0], "fetched_at": [5]})
    assert content_hash(table.select(["x"])) == content_hash(table, ignore=["fetched_at"])


def test_metadata_does_not_count() -> None:
    table = pa.table({"x": [1.0]})
    meaning = pa.schema([pa.field("x", pa.float64(), metadata={"unit": "m"})])
    assert content_hash(table) == content_hash(table.cast(meaning))


@pytest.mark.parametrize(
    "other",
    [
        pa.table({"y": [1, 0]}),
        pa.table({"x": [1.0, 0.0]}),
        pa.table({"x": [1, None]}),
        pa.table({"x": [0, 1]}),
        pa.table({"x": [1, 0, None]}),
        pa.table({"x": [True, False]}),
        pa.table({"x": ["1", "0"]}),
        pa.table({"x": pa.array([1, 0], INSTANT)}),
    ],
    ids=["name", "float", "null", "order", "length", "bool", "text", "instant"],
)
def test_names_types_values_and_order_count(other: pa.Table) -> None:
    assert content_hash(pa.table({"x": [1, 0]})) != content_hash(other)


def test_where_one_text_ends_counts() -> None:
    assert content_hash(pa.table({"s": ["ab", "c"]})) != content_hash(pa.table({"s": ["a", "bc"]}))


def test_zero_and_minus_zero_differ_and_nan_is_one_value() -> None:
    negative = pc.negate(pa.array([float("nan")]))
    assert content_hash(pa.table({"x": [0.0]})) != content_hash(pa.table({"x": [-0.0]}))
    assert content_hash(pa.table({"x": [float("nan")]})) == content_hash(pa.table({"x": negative}))


@given(ROWS)
def test_the_hash_is_what_the_format_says(rows: list[tuple[object, ...]]) -> None:
    assert by_the_book(rows) == content_hash(a_table(rows))


def test_columns_of_one_name_have_no_hash() -> None:
    twins = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(SchemaError, match="'x' is there 2 times"):
        content_hash(twins)


def test_an_empty_table_has_one_hash_whatever_its_columns() -> None:
    assert hashlib.sha256(b"[0,[]]").hexdigest() == content_hash(a_table([]))


def by_the_book(rows: list[tuple[object, ...]]) -> str:
    """Compute the hash from Python values, following the module's docstring word by word."""
    kinds = [("b", "bool"), ("s", "string"), ("timestamp", "timestamp[us, UTC]"), ("x", "float64")]
    places = {"timestamp": 0, "x": 1, "s": 2, "b": 3}
    columns = []
    for name, kind in kinds:
        cells = [row[places[name]] for row in rows]
        if all(cell is None for cell in cells):
            continue
        values = [cell_bytes(cell, kind) for cell in cells]
        streams = [
            b"".join(b"\0" if cell is None else b"\1" for cell in cells),
            b"".join(values),
            b"".join(struct.pack("<i", len(v)) for v in values) if kind == "string" else b"",
        ]
        columns.append([name, kind, *(hashlib.sha256(stream).hexdigest() for stream in streams)])
    text = json.dumps([len(rows), columns], separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def cell_bytes(cell: object, kind: str) -> bytes:
    match kind:
        case "bool":
            return struct.pack("<?", bool(cell))
        case "string":
            return str(cell or "").encode()
        case "float64":
            value = 0.0 if cell is None else cell
            assert isinstance(value, float)
            return struct.pack("<d", math.nan if math.isnan(value) else value)
        case _:
            assert isinstance(cell, int)
            return struct.pack("<q", cell)
