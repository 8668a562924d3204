"""Attributes, marks, provenance and windows are kept exactly, or refused as what they are."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    ALWAYS,
    FS,
    DataError,
    MemoryBackend,
    Pond,
    PondError,
    Provenance,
    Window,
)
from tests.conformance.filesystem import readings
from tests.fuzz.conftest import RoundTrip

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=8,
)
FACTS = st.dictionaries(TEXT, JSON, max_size=4)


def deep(levels: int) -> Any:  # noqa: ANN401 -- lists in lists
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED: Mapping[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("-inf"),
    "NaN within": [{"a": float("nan")}],
    "bytes": b"x",
    "a set": {1},
    "a NumPy number": np.int64(1),
    "an array": np.zeros(2),
    "text that UTF-8 cannot hold": "\ud800",
    "a key that UTF-8 cannot hold": {"\udcff": 1},
    "101 lists in each other": deep(101),
    "100,000 lists in each other": deep(100_000),
    "more digits than Python reads": 10**5_000,
}


@given(facts=FACTS, mark=FACTS)
@settings(max_examples=25)
def test_facts_of_any_kind_read_back(
    through: RoundTrip, facts: dict[str, Any], mark: dict[str, Any]
) -> None:
    def write(fs: FS, directory: str) -> None:
        fs.create_series(f"{directory}/s", attributes=facts)
        fs.mark(f"{directory}/s", mark, Window(0, 1))
        fs.mark(directory, facts)

    fs, directory = through(write)
    node = fs.node(f"{directory}/s")
    for read, given_facts in (
        (node.attributes, facts),
        (node.marks.get(Window(0, 1), {}), mark),
        (fs.node(directory).attributes, facts),
    ):
        # As text, so that -0.0, 1 and 1.0 are told apart.
        assert json.dumps(dict(read), sort_keys=True) == json.dumps(given_facts, sort_keys=True)


def test_facts_are_kept_a_hundred_deep(through: RoundTrip) -> None:
    fs, directory = through(lambda fs, d: fs.mark(d, {"deep": deep(100)}))
    assert fs.node(directory).attributes["deep"] == deep(100)


@pytest.mark.parametrize("kind", REFUSED)
def test_facts_that_are_no_json_are_refused(kind: str) -> None:
    fs = FS(MemoryBackend())
    fs.create_series("/s")
    acts: list[Callable[[], object]] = [
        lambda: fs.mark("/s", {"a": REFUSED[kind]}),
        lambda: fs.mark("/s", {"a": REFUSED[kind]}, Window(0, 1)),
        lambda: fs.create_series("/new", attributes={"a": REFUSED[kind]}),
    ]
    for refused in acts:
        with pytest.raises(DataError, match="not JSON"):
            refused()
    assert fs.node("/s").attributes == {}
    assert not fs.exists("/new")


@given(text=TEXT, partitions=st.lists(TEXT, max_size=3))
@settings(max_examples=25)
def test_provenance_of_any_text_reads_back(place: Path, text: str, partitions: list[str]) -> None:
    why = Provenance(text, text * 3, text, f"/{text}", tuple(partitions))
    pond = Pond.open(place, durability="process")
    with pond.transaction(why) as changes:
        changes.mark("/", {"now": text})
    assert Pond.open(place, durability="process").log(limit=1)[0].provenance == why


@pytest.mark.parametrize("text", ["\ud800", 5, None, b"x"])
@pytest.mark.parametrize("fact", ["author", "message", "run_id", "asset"])
def test_provenance_that_is_no_text_is_refused(fact: str, text: Any) -> None:  # noqa: ANN401 -- that is the test
    with pytest.raises(DataError, match="cannot be told of"):
        Provenance(**{fact: text})
    with pytest.raises(DataError, match="cannot be told of"):
        Provenance(partitions=(text,))


BEYOND = [
    Window(-(2**63) - 1, 0),
    Window(0, 2**63),
    Window(-(10**30), 10**30),
    Window(None, 2**64),
    Window(np.int64(0), np.int64(5)),  # type: ignore[arg-type]  # that is the test
    Window(0, 1.5),  # type: ignore[arg-type]  # as above
    Window(False, True),  # noqa: FBT003  # as above
]


@pytest.mark.parametrize("window", BEYOND, ids=repr)
def test_a_window_that_64_bits_cannot_hold_is_refused(window: Window) -> None:
    fs = FS(MemoryBackend())
    fs.create_series("/s")
    acts: list[Callable[[], object]] = [
        lambda: fs.write_window("/new", None, window),
        lambda: fs.write_window("/s", readings({}), window),
        lambda: fs.mark("/s", {}, window),
    ]
    for act in acts:
        with pytest.raises(DataError, match="no window that begins or ends at"):
            act()
    assert not fs.exists("/new")
    assert fs.node("/s").pieces == ()


@given(start=st.none() | st.integers(-(2**63), 2**63 - 1), length=st.none() | st.integers(1))
@settings(max_examples=25)
def test_a_window_at_any_place_is_kept(
    through: RoundTrip, start: int | None, length: int | None
) -> None:
    end = None if length is None else min(2**63 - 1, (start or 0) + length)
    window = Window(start, end)
    if window.is_empty:
        return

    def write(fs: FS, directory: str) -> None:
        fs.write_window(f"{directory}/s", None, ALWAYS)
        fs.write_window(f"{directory}/s", readings({}), window)
        fs.mark(f"{directory}/s", {"a": 1}, window)

    fs, directory = through(write)
    node = fs.node(f"{directory}/s")
    assert window in [piece.window for piece in node.pieces]
    assert dict(node.marks[window]) == {"a": 1}
    around = [piece.window for piece in node.pieces if piece.window != window]
    assert around == ALWAYS.cut(window)


ODD_INSTANTS = {
    "nanoseconds": pa.array([1], pa.timestamp("ns", "UTC")),
    "milliseconds": pa.array([1], pa.timestamp("ms", "UTC")),
    "seconds": pa.array([1], pa.timestamp("s", "UTC")),
    "without a zone": pa.array([1], pa.timestamp("us")),
    "in another zone": pa.array([1], pa.timestamp("us", "Europe/Berlin")),
    "at an offset": pa.array([1], pa.timestamp("us", "+00:00")),
    "a date": pa.array([1], pa.date32()),
    "whole numbers": pa.array([1]),
    "text": pa.array(["2024-01-01T00:00Z"]),
    "nothing": pa.nulls(1),
}


@pytest.mark.parametrize("kind", ODD_INSTANTS)
def test_readings_at_odd_instants_are_refused(kind: str) -> None:
    fs = FS(MemoryBackend())
    table = pa.table({"timestamp": ODD_INSTANTS[kind], "value": [1.0]})
    with pytest.raises(PondError, match=r"timestamp\[us, tz=UTC\]") as info:
        fs.write_window("/s", table, ALWAYS)
    assert "convert it to UTC in microseconds" in info.value.hint
    assert fs.ls() == []


@pytest.mark.parametrize("kind", ODD_INSTANTS)
def test_a_table_may_name_any_column_timestamp(through: RoundTrip, kind: str) -> None:
    table = pa.table({"timestamp": ODD_INSTANTS[kind]})
    fs, directory = through(lambda fs, d: fs.write_table(f"{d}/t", table))
    assert fs.read_table(f"{directory}/t").equals(table)
