"""From the names of columns back to the ids that they were made from."""

import pytest

from pond_pipeline.hydrovu import Names
from pond_pipeline.migration.dictionary import ColumnIds, ColumnNames

NAMES = Names(
    parameters={
        "1": "Temperature",
        "20": "DO",
        "17": "pH",
        "46": "Cable",
        "47": "Cable",
        "50": "A.B",
    },
    units={"1": "C", "117": "mg/L", "0": " ", "145": "pH", "7": "B.C"},
)


def resolve(column: str, *scopes: str) -> ColumnIds:
    return ColumnNames(NAMES, scopes).resolve(column)


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        ("Sonde.Temperature.C", ("1", "1")),
        ("Sonde.DO.mg/L", ("20", "117")),
        ("Sonde.pH.pH", ("17", "145")),
        ("Sonde.A.B.C", ("50", "1")),
    ],
)
def test_a_column_is_known_by_parameter_and_unit(column: str, ids: tuple[str, str]) -> None:
    found = resolve(column, "Sonde")
    assert ((found.parameter_id, found.unit_id), found.is_known) == (ids, True)


@pytest.mark.parametrize("column", ["Sonde.DO. ", "Sonde.DO."])
def test_the_unit_of_a_pure_number_is_blank(column: str) -> None:
    found = resolve(column, "Sonde")
    assert (found.parameter_id, found.unit_id, found.is_known) == ("20", "0", True)


def test_a_scope_may_hold_points() -> None:
    assert resolve("Sonde.1.DO.mg/L", "Sonde", "Sonde.1").parameter_id == "20"


def test_a_scope_that_nobody_knows_any_more_is_passed_over() -> None:
    assert resolve("Former.DO.mg/L", "Sonde").parameter_id == "20"
    assert resolve("For.mer.DO.mg/L").parameter_id == "20"


def test_an_instrument_may_have_had_no_scope() -> None:
    assert resolve("S.DO.mg/L", "").parameter_id == "20"


def test_a_name_that_nothing_has_serves_as_its_own_id() -> None:
    assert resolve("Sonde.FDOM.RFU", "Sonde") == ColumnIds(
        "Sonde.FDOM.RFU", "FDOM", "RFU", is_known=False
    )


def test_a_name_that_two_ids_have_is_given_to_neither() -> None:
    found = resolve("Sonde.Cable.C", "Sonde")
    assert (found.parameter_id, found.unit_id, found.is_known) == ("Cable", "C", False)


def test_a_known_scope_is_not_passed_over_for_a_shorter_match() -> None:
    found = resolve("Sonde.Odd.DO.mg/L", "Sonde")
    assert (found.parameter_id, found.unit_id, found.is_known) == ("Odd.DO", "mg/L", False)


@pytest.mark.parametrize("column", ["", ".", "x", "Sonde.x", "..", "Sonde."])
def test_any_name_gives_ids_that_are_not_empty(column: str) -> None:
    found = resolve(column, "Sonde")
    assert found.parameter_id
    assert found.unit_id
