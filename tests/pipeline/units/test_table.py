"""A wide table in the units that are wanted."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import JoinInput, SchemaError, join
from pond_pipeline.errors import ConfigError
from pond_pipeline.hydrovu.columns import Column
from pond_pipeline.hydrovu.records import Names
from pond_pipeline.units import convert_table
from tests.pipeline.units.columns import Values, column, facts, wide

FEET = column("Depth.ft", parameter="Depth", parameter_id="3", unit="ft", unit_id="38")
METERS = column("Depth.m", parameter="Depth", parameter_id="3", unit="m", unit_id="35")
CELSIUS = column("Temperature.C", parameter="Temperature", unit="C")


def test_a_column_gets_the_wanted_unit_in_values_name_and_metadata() -> None:
    table = convert_table(wide({FEET: [10.0, None]}), {"Depth": "m"})
    assert table.column_names == ["timestamp", "Depth.m"]
    assert table["Depth.m"].to_pylist() == [3.048, None]
    assert facts(table, "Depth.m") == {
        "parameter": "Depth",
        "parameter_id": "3",
        "unit": "m",
        "ucum": "m",
    }


def test_the_unit_is_spelled_as_the_user_did() -> None:
    field = column("Baro.mm Hg", parameter="Baro", unit="mm Hg")
    table = convert_table(wide({field: [760.1]}), {"Baro": "mmHg"})
    assert table["Baro.mmHg"].to_pylist() == [760.1]
    assert facts(table, "Baro.mmHg")["unit"] == "mmHg"


def test_other_columns_and_the_rows_stay_as_they_are() -> None:
    before = wide({CELSIUS: [1.0, None], FEET: [10.0, 20.0]})
    after = convert_table(before, {"Depth": "m", "Baro": "psi"})
    assert after.column_names == ["timestamp", "Temperature.C", "Depth.m"]
    both = ["timestamp", "Temperature.C"]
    assert after.select(both).equals(before.select(both), check_metadata=True)
    assert not after.schema.field("timestamp").nullable


def test_without_wishes_a_table_stays_as_it_is() -> None:
    before = wide({FEET: [1.0], METERS: [2.0]})
    assert convert_table(before, {}).equals(before, check_metadata=True)


def test_columns_of_one_quantity_become_one_column() -> None:
    old_and_new = wide({FEET: [10.0, None, None], METERS: [None, 2.5, None]})
    table = convert_table(old_and_new, {"Depth": "m"})
    assert table.column_names == ["timestamp", "Depth.m"]
    assert table["Depth.m"].to_pylist() == [3.048, 2.5, None]


def test_where_both_have_a_value_the_one_in_the_wanted_unit_counts() -> None:
    table = convert_table(wide({FEET: [10.0], METERS: [3.1]}), {"Depth": "m"})
    assert table["Depth.m"].to_pylist() == [3.1]


def test_where_neither_was_in_the_wanted_unit_the_first_counts() -> None:
    table = convert_table(wide({FEET: [10.0], METERS: [3.0]}), {"Depth": "mm"})
    assert table["Depth.mm"].to_pylist() == [3048.0]


@given(st.lists(st.tuples(*[st.none() | st.floats(-1e6, 1e6)] * 2), min_size=1))
def test_a_joined_column_has_a_value_wherever_one_of_them_has(
    rows: list[tuple[float | None, float | None]],
) -> None:
    feet, meters = ([row[at] for row in rows] for at in (0, 1))
    table = convert_table(wide({FEET: feet, METERS: meters}), {"Depth": "m"})
    alone: Values = convert_table(wide({FEET: feet}), {"Depth": "m"})["Depth.m"].to_pylist()
    expected = [m if m is not None else f for f, m in zip(alone, meters, strict=True)]
    assert table["Depth.m"].to_pylist() == expected


def test_the_id_of_the_parameter_stays_only_where_all_columns_agree() -> None:
    exported = column("Depth.ft", parameter="Depth", parameter_id="level", unit="ft")
    table = convert_table(wide({exported: [1.0], METERS: [None]}), {"Depth": "m"})
    assert "parameter_id" not in facts(table, "Depth.m")


def test_a_second_id_of_the_same_name_stays_apart() -> None:
    names = Names(
        parameters={"1": "Temperature", "46": "Temperature"},
        units={"1": "C", "2": "F", "301": "C"},
    )
    ids = [("1", "1"), ("1", "2"), ("1", "301"), ("46", "1"), ("46", "301")]
    fields = [Column.of(*each, names=names).field for each in ids]
    assert [field.name for field in fields] == [
        "Temperature.C",
        "Temperature.F",
        "Temperature.C [unit 301]",
        "Temperature.C [46]",
        "Temperature.C [46] [unit 301]",
    ]
    cells: list[Values] = [
        [0.0, None, None],
        [None, 50.0, None],
        [None, None, 20.0],
        [30.0, None, None],
        [None, 40.0, None],
    ]
    table = convert_table(wide(dict(zip(fields, cells, strict=True))), {"Temperature": "F"})
    assert table.column_names == ["timestamp", "Temperature.F", "Temperature.F [46]"]
    assert table["Temperature.F"].to_pylist() == [32.0, 50.0, 68.0]
    assert table["Temperature.F [46]"].to_pylist() == [86.0, 104.0, None]
    assert facts(table, "Temperature.F [46]")["parameter_id"] == "46"


def test_a_scope_stays_in_front() -> None:
    marked = column("Depth.ft [level]", parameter="Depth", unit="ft")
    inputs = [
        JoinInput(wide({FEET: [10.0], marked: [20.0]}), label="/a", scope="AT500_Surface"),
        JoinInput(wide({METERS: [7.0]}), label="/b", scope="AT500_Bottom"),
    ]
    table = convert_table(join(inputs), {"Depth": "m"})
    assert table.column_names[1:] == [
        "AT500_Surface.Depth.m",
        "AT500_Surface.Depth.m [level]",
        "AT500_Bottom.Depth.m",
    ]
    assert [table[at].to_pylist() for at in (1, 2, 3)] == [[3.048], [6.096], [7.0]]
    assert facts(table, "AT500_Surface.Depth.m")["scope"] == "AT500_Surface"


def test_a_column_of_another_name_is_converted_and_keeps_it() -> None:
    renamed = column("tide", parameter="Depth", unit="ft")
    table = convert_table(wide({renamed: [10.0]}), {"Depth": "m"})
    assert table["tide"].to_pylist() == [3.048]
    assert facts(table, "tide")["unit"] == "m"


def test_a_name_that_ends_with_its_unit_gets_the_new_one() -> None:
    series = column("Surface Temp.C", parameter="Temp", unit="C", series="Surface Temp")
    table = convert_table(wide({series: [100.0]}), {"Temp": "F"})
    assert table["Surface Temp.F"].to_pylist() == [212.0]


def test_a_name_that_another_parameter_has_is_refused() -> None:
    foreign = column("Depth.m", parameter="Stage", unit="m")
    with pytest.raises(SchemaError, match=r"different things would be called 'Depth\.m'"):
        convert_table(wide({FEET: [1.0], foreign: [1.0]}), {"Depth": "m"})


def test_an_unknown_wish_is_refused_even_where_nothing_is_converted() -> None:
    with pytest.raises(ConfigError, match="'metres' is no unit"):
        convert_table(wide({CELSIUS: [1.0]}), {"Depth": "metres"})


def test_a_unit_of_another_quantity_is_refused_by_the_name_of_the_parameter() -> None:
    with pytest.raises(ConfigError, match=r"Depth comes in 'ft' \(length\), which cannot"):
        convert_table(wide({FEET: [1.0]}), {"Depth": "psi"})


def test_counts_are_not_converted() -> None:
    count = pa.field("Depth.ft.count", pa.int64(), metadata={"parameter": "Depth", "unit": "ft"})
    table = wide({CELSIUS: [1.0]}).append_column(count, [pa.array([3])])
    with pytest.raises(SchemaError, match=r"'Depth.ft.count' is int64"):
        convert_table(table, {"Depth": "m"})
