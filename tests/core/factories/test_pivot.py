"""`pivot`: one parameter across instruments."""

import pytest

from pond_core import FS, DataError, EntryType, FactoryError, Recipe
from tests.core.factories.made import between, column


def pivoted(fs: FS, **config: object) -> FS:
    recipe = Recipe(EntryType.SERIES, "pivot", {"pattern": "/normalized/*/*", **config})
    fs.write_recipe("/pivot", recipe)
    return fs


def test_a_parameter_is_found_by_what_columns_say_of_themselves(fs: FS) -> None:
    table = pivoted(fs, parameter="Temperature", unit="C").read_series("/pivot", between(23, 25))
    assert table.column_names == ["timestamp", "A.Temperature.C", "B.Temperature.C"]
    assert column(table, "A.Temperature.C") == {23: 23.0, 24: 24.0}
    assert column(table, "B.Temperature.C") == {23: None, 24: 24.5}


def test_a_series_without_the_parameter_gives_no_column_and_no_instant(fs: FS) -> None:
    fs.write_window("/normalized/noyo/A", None, between(24, 48))
    table = pivoted(fs, parameter="DO").read_series("/pivot")
    assert table.column_names == ["timestamp", "A.DO.mg/L"]
    assert table.num_rows == 24


def test_names_come_from_the_wildcards(fs: FS) -> None:
    pivoted(fs, column="Temperature.C", name="$0-$1")
    assert fs.read_series("/pivot").column_names == [
        "timestamp",
        "noyo-A.Temperature.C",
        "noyo-B.Temperature.C",
    ]
    alone = fs.read_series("/pivot", columns=["noyo-B.Temperature.C"])
    assert alone.column_names == ["timestamp", "noyo-B.Temperature.C"]


def test_another_unit_is_another_thing(fs: FS) -> None:
    assert pivoted(fs, parameter="DO", unit="%").read_series("/pivot").num_rows == 0


def test_two_series_of_one_name_are_an_error(fs: FS) -> None:
    with pytest.raises(FactoryError, match="are called 'noyo'"):
        pivoted(fs, parameter="DO", name="$0").read_series("/pivot")


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({}, "either `column` or `parameter`"),
        ({"column": "a", "parameter": "b"}, "either `column` or `parameter`"),
        ({"column": 1}, "'column': it needs text"),
        ({"parameter": "DO", "pattern": "/a[", "name": "x"}, "a '\\[' that is not closed"),
        ({"parameter": "DO", "name": "$9"}, "asks for \\$9, which no wildcard gives"),
        ({"parameter": "DO", "units": "C"}, "'units': there is no such setting"),
    ],
)
def test_wrong_settings_are_named(fs: FS, config: dict[str, object], match: str) -> None:
    with pytest.raises(DataError, match=match):
        pivoted(fs, **config)
