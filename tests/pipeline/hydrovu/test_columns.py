"""What the columns of a normalized table are called."""

from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.hydrovu import Column, Names

NAMES = Names(
    {
        "1": "Temperature",
        "4": "Level: Depth to Water",
        "17": "pH",
        "20": "DO",
        "21": "% Saturation O₂",
        "46": "Temperature",
        "9": "Twin",
        "10": "Twin",
        "50": "A.B",
        "51": "A [1]",
        "52": "timestamp",
        "53": "  ",
        "54": " Padded ",
    },
    {"0": " ", "1": "C", "35": "m", "117": "mg/L", "145": "pH", "177": "% sat", "300": "C"},
)


@pytest.mark.parametrize(
    ("parameter_id", "unit_id", "name"),
    [
        ("1", "1", "Temperature.C"),
        ("20", "117", "DO.mg/L"),
        ("21", "177", "% Saturation O₂.% sat"),
        ("4", "35", "Level: Depth to Water.m"),
        ("17", "145", "pH.pH"),
        ("17", "0", "pH"),
        ("54", "35", "Padded.m"),
    ],
)
def test_a_column_is_called_parameter_dot_unit(parameter_id: str, unit_id: str, name: str) -> None:
    assert Column.of(parameter_id, unit_id, names=NAMES).name == name


@pytest.mark.parametrize(
    ("parameter_id", "unit_id", "name"),
    [("999", "1", "999.C"), ("1", "998", "Temperature.998"), ("53", "1", "53.C")],
)
def test_an_id_without_a_name_is_its_own_name(parameter_id: str, unit_id: str, name: str) -> None:
    assert Column.of(parameter_id, unit_id, names=NAMES).name == name


@pytest.mark.parametrize(
    ("parameter_id", "unit_id", "name"),
    [
        ("9", "35", "Twin.m"),
        ("10", "35", "Twin.m [10]"),
        ("46", "1", "Temperature.C [46]"),
        ("1", "300", "Temperature.C [unit 300]"),
        ("46", "300", "Temperature.C [46] [unit 300]"),
    ],
)
def test_the_lowest_id_in_the_dictionary_has_the_plain_name(
    parameter_id: str, unit_id: str, name: str
) -> None:
    assert Column.of(parameter_id, unit_id, names=NAMES).name == name


@pytest.mark.parametrize(
    ("parameter_id", "name"),
    [("50", "A.B.m [50]"), ("51", "A [1].m [51]"), ("52", "timestamp.m [52]")],
)
def test_a_name_that_could_be_mistaken_is_marked(parameter_id: str, name: str) -> None:
    assert Column.of(parameter_id, "35", names=NAMES).name == name


def test_an_unknown_id_that_is_a_known_name_is_marked() -> None:
    names = Names({"1": "99"}, {})

    assert Column.of("1", "1", names=names).name == "99.1"
    assert Column.of("99", "1", names=names).name == "99.1 [99]"


def test_a_field_says_what_its_name_only_hints_at() -> None:
    field = Column.of("46", "0", names=NAMES).field

    assert field.type == pa.float64()
    assert field.nullable
    assert field.metadata == {
        b"parameter": b"Temperature",
        b"parameter_id": b"46",
        b"unit": b"",
        b"unit_id": b"0",
    }


IDS = st.text("019.[] a", min_size=1, max_size=3)
TEXTS = st.text("01ab.[] ", max_size=4) | st.just("timestamp")
DICTIONARIES = st.dictionaries(IDS, TEXTS, max_size=6)


@given(
    parameters=DICTIONARIES,
    units=DICTIONARIES,
    strangers=st.lists(IDS, max_size=3),
)
def test_two_columns_never_share_a_name(
    parameters: dict[str, str], units: dict[str, str], strangers: list[str]
) -> None:
    names = Names(parameters, units)
    pairs = set(product([*parameters, *strangers], [*units, *strangers]))
    columns = {Column.of(*pair, names=names).name for pair in pairs}

    assert len(columns) == len(pairs)
    assert "timestamp" not in columns


def test_an_unknown_id_with_blanks_around_it_is_not_the_one_without() -> None:
    names = Names({}, {})
    found = [Column.of("0", unit, names=names).name for unit in ("0", "0 ", " ")]
    assert found == ["0.0", "0.0 [unit 0%20]", "0 [unit %20]"]
