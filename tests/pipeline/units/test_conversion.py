"""Values from one unit to another, against published factors."""

import math
from itertools import permutations

import pint
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.errors import ConfigError
from pond_pipeline.units import UNITS, convert

ALIKE = [
    (one.symbol, other.symbol)
    for one, other in permutations(UNITS, 2)
    if one.quantity == other.quantity
]


def converted(value: float, source: str, target: str) -> float:
    (result,) = convert(pa.array([value]), source, target, parameter="X").to_pylist()
    return float(result)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        # The SI Brochure, 9th edition, 2.3.1: t/C = T/K - 273.15.
        (0.0, "C", "K", 273.15),
        (-273.15, "C", "K", 0.0),
        # NIST SP 811 (2008), B.8: t/C = (t/F - 32) / 1.8.
        (37.0, "C", "F", 98.6),
        (100.0, "C", "F", 212.0),
        (-40.0, "F", "C", -40.0),
        (212.0, "F", "C", 100.0),
        # NIST SP 811 (2008), B.8, factors that it prints in bold: exact.
        (1.0, "ft", "m", 0.3048),
        (1.0, "in", "cm", 2.54),
        (1.0, "atm", "Pa", 101325.0),
        (760.0, "torr", "atm", 1.0),
        (1.0, "cm H₂O", "Pa", 98.0665),
        # Powers of ten (The SI Brochure, table 7), and the bar (table 8).
        (1.0, "bar", "kPa", 100.0),
        (10.25, "dbar", "mbar", 1025.0),
        (52_400.0, "µS/cm", "mS/cm", 52.4),
        (5.25, "S/m", "mS/cm", 52.5),
        (52.4, "dS/m", "mS/cm", 52.4),
        (20.0, "Ω-cm", "Ω-m", 0.2),
        (1.03125, "g/cm³", "kg/m³", 1031.25),
        (3.7, "µg/L", "mg/m³", 3.7),
        (215.0, "mV", "V", 0.215),
        # What instruments mean by parts of water.
        (35_000.0, "ppm", "mg/L", 35_000.0),
        (35.0, "ppt", "ppm", 35_000.0),
        (12.0, "ppb", "µg/L", 12.0),
        (101.3, "% sat", "%", 101.3),
    ],
)
def test_an_exact_factor_gives_an_exact_value(
    value: float, source: str, target: str, expected: float
) -> None:
    assert converted(value, source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        # NIST SP 811 (2008), B.8, seven digits.
        ("psi", "Pa", 6.894757e3),
        ("mm Hg", "Pa", 1.333224e2),
        ("in Hg", "Pa", 3.386389e3),
        ("in H₂O", "Pa", 2.490889e2),
        ("torr", "Pa", 1.333224e2),
        ("gpm", "m³/s", 6.309020e-5),
        ("cfs", "m³/s", 2.831685e-2),
        ("gal", "m³", 3.785412e-3),
        # A million of its gallons in 86,400 s.
        ("MGD", "m³/s", 3.785412e3 / 86_400),
    ],
)
def test_a_measured_factor_agrees_with_what_nist_prints(
    source: str, target: str, expected: float
) -> None:
    assert converted(1.0, source, target) == pytest.approx(expected, rel=5e-7)


@given(st.sampled_from(ALIKE), st.floats(-1e9, 1e9))
def test_there_and_back_is_where_it_began(pair: tuple[str, str], value: float) -> None:
    source, target = pair
    there = converted(value, source, target)
    # Scales of temperature lose what their zeros cancel; numbers near the least float lose bits.
    lost = 1e-11 if source in {"C", "F", "K"} else 1e-300
    assert converted(there, target, source) == pytest.approx(value, rel=1e-14, abs=lost)


def test_null_stays_null_and_nan_stays_nan() -> None:
    column = pa.chunked_array([[1.0, None], [math.nan]], type=pa.float64())
    feet = convert(column, "m", "ft", parameter="Depth")
    assert feet.type == pa.float64()
    assert feet.null_count == 1
    assert feet[1].as_py() is None
    assert math.isnan(feet[2].as_py())


@pytest.mark.parametrize(("source", "target"), [("m", "m"), ("µS/cm", "uS/cm"), ("ppm", "mg/L")])
def test_values_of_an_equal_unit_are_untouched(source: str, target: str) -> None:
    column = pa.chunked_array([[0.1, -0.0, None]])
    assert convert(column, source, target, parameter="X") is column


def test_a_unit_of_another_quantity_is_refused_with_those_that_can_be_had() -> None:
    with pytest.raises(ConfigError) as caught:
        converted(1.0, "F", "psi")
    assert str(caught.value) == (
        "X comes in 'F' (temperature), which cannot be converted to 'psi' (pressure)"
    )
    assert caught.value.hint == "ask for X in C, F, K; or leave it out of `units`"


@pytest.mark.parametrize(
    ("source", "target"), [("FNU", "NTU"), ("psu", "ppt"), ("RFU", "µg/L"), ("mg/L", "% sat")]
)
def test_what_only_a_calibration_could_convert_is_refused(source: str, target: str) -> None:
    with pytest.raises(ConfigError, match="cannot be converted"):
        converted(1.0, source, target)


@pytest.mark.parametrize(
    ("source", "said"),
    [("zz", "X comes in 'zz', which is no unit"), ("", "X comes without a unit and is wanted in")],
)
def test_a_unit_of_the_source_that_is_unknown_is_refused(source: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        converted(1.0, source, "m")
    assert caught.value.hint.startswith("leave X out of `units`")


def test_one_quantity_is_one_dimension_of_pint() -> None:
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    dimensions: dict[str, set[str]] = {}
    for unit in UNITS:
        told = str(registry.Unit(unit.pint).dimensionality)
        dimensions.setdefault(unit.quantity, set()).add(told if unit.pint else unit.symbol)
    assert [quantity for quantity, told in dimensions.items() if len(told) > 1] == []
    own = [unit for unit in UNITS if not unit.pint]
    assert len({unit.quantity for unit in own}) == len(own)
