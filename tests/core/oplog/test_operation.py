"""Operations and headers as values, and their way through Arrow."""

import hashlib
import re
from dataclasses import fields, replace
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, Header, Operation, OpKind, Provenance, dump_facts, rows_hash
from pond_core.oplog.operation import decode, encode, number, parse_all_facts, parse_facts
from pond_core.oplog.schema import ROW_COLUMNS, STORED
from pond_core.window import Window
from tests.core.oplog.rows import DIRECTORY, PART, link, window, write

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.none() | st.text()
MAYBE = st.none() | INT64
OPERATIONS = st.builds(
    Operation,
    op=st.sampled_from(OpKind),
    part=st.just(PART),
    txn=INT64,
    seq=st.integers(0, 2**31 - 1),
    ts_us=INT64,
    parent_id=TEXT,
    name=TEXT,
    node_id=TEXT,
    entry_type=TEXT,
    version=MAYBE,
    window_start_us=MAYBE,
    window_end_us=MAYBE,
    min_time_us=MAYBE,
    max_time_us=MAYBE,
    rows=MAYBE,
    size=MAYBE,
    sha256=TEXT,
    arrow_schema=TEXT,
    factory=TEXT,
    attributes=TEXT,
    content=st.none() | st.binary(),
    until=MAYBE,
)
HEADER = Header(
    txn=3,
    ts_us=1_700_000_000_000_000,
    txn_uuid="ab" * 16,
    pond="12" * 16,
    provenance=Provenance("ada", "µ", "run", "/raw/a", ("2024-03", "2024-04")),
    operations=2,
    rows=10,
    bytes=100,
    rows_hash="cd" * 32,
    previous="ef" * 32,
    parent="34" * 16,
)


@given(st.lists(OPERATIONS, max_size=5))
def test_rows_read_back_as_written(operations: list[Operation]) -> None:
    table = encode(operations)
    assert table.schema.equals(STORED)
    assert decode(table, part=PART) == operations


@given(st.lists(OPERATIONS, max_size=3))
def test_rows_can_be_read_without_their_contents(operations: list[Operation]) -> None:
    rows = decode(encode(operations).select(list(ROW_COLUMNS)), part=PART)
    assert rows == [replace(operation, content=None) for operation in operations]


def test_an_unknown_operation_is_damage() -> None:
    table = encode([link("a")]).set_column(3, "op", pa.array(["merge"]))
    with pytest.raises(CorruptionError, match="part 7 cannot be read: 'merge'"):
        decode(table, part=PART)


def test_text_that_is_no_text_is_damage() -> None:
    table = encode([link("a")])
    broken = pa.array([b"\xff"], pa.binary()).view(pa.string())
    with pytest.raises(CorruptionError, match="part 7 cannot be read"):
        decode(table.set_column(table.column_names.index("name"), "name", broken), part=PART)


def test_numbering_gives_places_from_one_on() -> None:
    rows = number([link("a"), link("b")], txn=4, ts_us=9)
    assert [(row.txn, row.seq, row.ts_us) for row in rows] == [(4, 1, 9), (4, 2, 9)]


def test_a_row_knows_its_range_and_its_facts() -> None:
    row = replace(window(1, None, version=1), attributes='{"unit":"m"}')
    assert row.window == Window(1, None)
    assert row.facts == {"unit": "m"}


def test_a_header_reads_back_as_written() -> None:
    (row,) = decode(encode([HEADER.to_operation()]), part=HEADERS)
    assert (row.op, row.seq, row.part) == (OpKind.HEADER, 0, HEADERS)
    assert row.sha256 is None, "the next header has it"
    assert Header.from_operation(row) == HEADER


OTHER: dict[str, Any] = {"provenance": Provenance(author="eve")}


@pytest.mark.parametrize("name", [f.name for f in fields(Header)])
def test_each_fact_of_a_header_counts_in_its_hash(name: str) -> None:
    value = getattr(HEADER, name)
    changed = OTHER[name] if name in OTHER else value * 2
    assert replace(HEADER, **{name: changed}).hash != HEADER.hash


@pytest.mark.parametrize("attributes", ["{}", "[]", "no JSON", '{"author":1}', None])
def test_a_header_without_its_facts_is_damage(attributes: str | None) -> None:
    with pytest.raises(CorruptionError):
        Header.from_operation(replace(HEADER.to_operation(), attributes=attributes))


@given(st.lists(st.none() | st.dictionaries(st.text(), st.none() | INT64 | st.text())))
def test_facts_of_many_rows_are_those_of_each(given_facts: list[dict[str, Any] | None]) -> None:
    texts = [None if facts is None else dump_facts(facts) for facts in given_facts]
    assert parse_all_facts(texts) == [parse_facts(text) for text in texts]


@pytest.mark.parametrize("wrong", ["", "[1]", "nothing", '{"a":1},{"b":2}', '{"a":1}]'])
def test_among_many_rows_the_one_without_facts_is_told(wrong: str) -> None:
    with pytest.raises(CorruptionError, match=re.escape(repr(wrong))):
        parse_all_facts(['{"a":1}', wrong, None])


def test_equal_facts_give_equal_text() -> None:
    assert dump_facts({"b": [1, None], "a": "µ"}) == '{"a":"µ","b":[1,null]}'
    assert parse_facts('{"a":"µ","b":[1,null]}') == {"b": [1, None], "a": "µ"}


def test_hashes_are_made_as_the_format_says() -> None:
    """The recipe of docs/format.md by hand: another program must be able to check a chain."""
    provenance = Provenance(author="µ", partitions=("2024-03",))
    header = replace(HEADER, provenance=provenance, parent="")
    text = (
        '[3,1700000000000000,{"asset":"","author":"µ","bytes":100,"message":"","operations":2,'
        '"partitions":["2024-03"],"pond":"'
        + "12" * 16
        + '","previous":"'
        + "ef" * 32
        + '","rows":10,"rows_hash":"'
        + "cd" * 32
        + '","run_id":"","txn_uuid":"'
        + "ab" * 16
        + '"}]'
    )
    assert header.hash == hashlib.sha256(text.encode()).hexdigest()
    restored = text.replace('"partitions"', '"parent":"p","partitions"')
    expected = hashlib.sha256(restored.encode()).hexdigest()
    assert replace(header, parent="p").hash == expected
    row = replace(link("a", "7b", seq=1), arrow_schema="0f")
    text = (
        f'[["link",7,1,"{DIRECTORY}","a","7b","data",null,null,null,null,null,null,null,null,"0f",'
        "null,null]]"
    )
    assert rows_hash([row]) == hashlib.sha256(text.encode()).hexdigest()


def test_the_hash_of_rows_depends_on_their_order() -> None:
    one, two = number([link("a"), link("b")], txn=1, ts_us=1)
    assert rows_hash([one, two]) != rows_hash([two, one])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b"},
        {"node_id": "7b"},
        {"part": 8},
        {"sha256": "00"},
        {"arrow_schema": "0f"},
        {"window_start_us": 1},
    ],
)
def test_the_hash_of_rows_depends_on_what_they_say(change: dict[str, Any]) -> None:
    assert rows_hash([replace(link("a"), **change)]) != rows_hash([link("a")])


def test_the_hash_of_rows_counts_a_content_by_its_digest_alone() -> None:
    assert rows_hash([write(b"a")]) == rows_hash([write(None)])
