from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import Window, to_us
from pond_pipeline.laketech import Export, combine_exports, location_matches

INSTANT = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
Cells = Mapping[str, Mapping[int, float | None]]


def an_export(cells: Cells, *, file: str = "a.htm", day: int | None = 1, unit: str = "") -> Export:
    """Return an export of these columns, each a mapping from instant to value."""
    instants = sorted({at for column in cells.values() for at in column})
    fields = [pa.field(name, pa.float64(), metadata={"unit": unit}) for name in cells]
    table = pa.table(
        [instants, *([column.get(at) for at in instants] for column in cells.values())],
        schema=pa.schema([INSTANT, *fields]),
    )
    created = None if day is None else datetime(2025, 1, day, tzinfo=UTC)
    return Export(file=file, location="Pier", readings=table, created=created)


def cells_of(table: pa.Table) -> dict[str, list[float | None]]:
    columns: dict[str, list[float | None]] = table.drop_columns("timestamp").to_pydict()
    return columns


def instants_of(table: pa.Table) -> list[int]:
    instants: list[int] = table["timestamp"].cast("int64").to_pylist()
    return instants


def test_exports_that_overlap_give_each_instant_once() -> None:
    table = combine_exports([an_export({"a": {1: 1, 2: 2}}), an_export({"a": {2: 2, 3: 3}})])
    assert instants_of(table) == [1, 2, 3]
    assert cells_of(table) == {"a": [1, 2, 3]}


def test_the_value_of_the_newest_export_counts() -> None:
    new, old = an_export({"a": {1: 2}}, day=2), an_export({"a": {1: 1}}, file="z.htm", day=1)
    assert cells_of(combine_exports([new, old])) == {"a": [2]}


def test_of_exports_made_at_once_the_last_by_name_counts() -> None:
    first, last = an_export({"a": {1: 1}}), an_export({"a": {1: 2}}, file="b.htm")
    assert cells_of(combine_exports([last, first])) == {"a": [2]}


def test_an_export_that_does_not_say_when_it_was_made_is_as_old_as_its_last_reading() -> None:
    day_us = 86_400_000_000
    first = an_export({"a": {1: 1, 5 * day_us: 1}}, file="z.csv", day=None)
    last = an_export({"a": {1: 2, 9 * day_us: 2}}, file="a.csv", day=None)
    table = combine_exports([last, first])
    assert cells_of(table) == {"a": [2, 1, 2]}
    assert first.as_of_us == 5 * day_us


def test_of_two_that_do_not_say_when_they_were_made_the_last_by_name_breaks_a_tie() -> None:
    exports = [an_export({"a": {1: at}}, file=f"{at}.csv", day=None) for at in (2, 1)]
    assert cells_of(combine_exports(exports)) == {"a": [2]}


def test_an_export_is_made_when_it_says_so_whatever_its_last_reading() -> None:
    stated = an_export({"a": {1: 2}}, file="a.csv", day=3)
    assert stated.as_of_us == to_us(datetime(2025, 1, 3, tzinfo=UTC))
    assert an_export({}, day=None).as_of_us is None


def test_only_readings_in_the_window_are_combined_and_the_newest_is_the_same() -> None:
    long = an_export({"a": {1: 1, 99: 1}}, file="a.csv", day=None)
    short = an_export({"a": {1: 2, 3: 2}, "b": {1: 7}}, file="b.csv", day=None)
    table = combine_exports([long, short], Window(0, 3))
    assert (instants_of(table), cells_of(table)) == ([1], {"a": [1], "b": [7]})


def test_a_missing_value_never_hides_a_reading() -> None:
    new = an_export({"a": {1: None, 2: 5}}, day=2)
    assert cells_of(combine_exports([an_export({"a": {1: 1, 2: 2}}), new])) == {"a": [1, 5]}


def test_an_instant_without_any_value_stays() -> None:
    assert instants_of(combine_exports([an_export({"a": {1: None}})])) == [1]


def test_columns_of_any_export_are_there_by_name_with_nulls_before() -> None:
    table = combine_exports([an_export({"b": {1: 1}}), an_export({"c": {2: 2}, "a": {2: 3}})])
    assert table.schema.names == ["timestamp", "a", "b", "c"]
    assert cells_of(table) == {"a": [None, 3], "b": [1, None], "c": [None, 2]}


def test_a_column_is_described_as_the_newest_export_does() -> None:
    exports = [an_export({"a": {1: 1}}, day=day, unit=f"unit {day}") for day in (2, 1)]
    assert combine_exports(exports).schema.field("a").metadata == {b"unit": b"unit 2"}


def test_no_exports_make_a_table_without_rows_and_columns() -> None:
    assert combine_exports([]).equals(pa.schema([INSTANT]).empty_table())


CELLS = st.dictionaries(
    st.sampled_from("abc"),
    st.dictionaries(st.integers(0, 6), st.none() | st.floats(-9, 9), max_size=5),
    max_size=3,
)


@settings(deadline=None)
@given(st.lists(CELLS, max_size=4).flatmap(lambda cells: st.permutations(list(enumerate(cells)))))
def test_each_cell_is_the_newest_value_in_whatever_order_exports_come(
    numbered: list[tuple[int, Cells]],
) -> None:
    exports = [an_export(cells, file=f"{at}.htm") for at, cells in numbered]
    newest: dict[tuple[str, int], float] = {}
    for _, cells in sorted(numbered, key=lambda pair: pair[0]):
        newest |= {
            (name, at): value
            for name, column in cells.items()
            for at, value in column.items()
            if value is not None
        }
    table = combine_exports(exports)
    instants = instants_of(table)
    assert instants == sorted(
        {at for _, cells in numbered for column in cells.values() for at in column}
    )
    assert cells_of(table) == {
        name: [newest.get((name, at)) for at in instants]
        for name in sorted({name for _, cells in numbered for name in cells})
    }


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("Pier", True), ("P*", True), ("P?er", True), ("pier", False), ("Pie", False)],
)
def test_a_pattern_matches_the_whole_name_of_a_location(pattern: str, *, matches: bool) -> None:
    assert location_matches(an_export({}), pattern) is matches
