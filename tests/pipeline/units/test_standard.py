"""UCUM codes and CF standard names in the metadata of columns."""

import pytest

from pond_pipeline.units import annotate
from pond_pipeline.units.standard import _OF_WATER, _STANDARD_NAMES
from pond_pipeline.units.unit import UNITS
from tests.pipeline.units.columns import column, facts, wide

PH = column("pH.pH", parameter="pH", unit="pH")


@pytest.mark.parametrize(
    ("parameter", "unit", "ucum", "cf"),
    [
        ("Temperature", "C", "Cel", "sea_water_temperature"),
        ("Baro", "mm Hg", "mm[Hg]", "air_pressure"),
        ("Depth", "ft", "[ft_i]", "depth"),
        ("Actual Conductivity", "µS/cm", "uS/cm", "sea_water_electrical_conductivity"),
        ("Salinity", "psu", None, "sea_water_practical_salinity"),
        ("Salinity", "ppt", "[ppth]", None),
        ("DO", "mg/L", "mg/L", "mass_concentration_of_oxygen_in_sea_water"),
        ("% Saturation O₂", "% sat", "%", "fractional_saturation_of_oxygen_in_sea_water"),
        ("Turbidity", "NTU", "[NTU]", "sea_water_turbidity"),
        ("Chl-a", "µg/L", "ug/L", "mass_concentration_of_chlorophyll_a_in_sea_water"),
        ("Chl-a Fluorescence", "RFU", None, None),
        ("pH", "pH", "[pH]", None),
        ("Pressure", "psi", "[psi]", None),
        ("Battery Level", "%", "%", None),
        ("Temperature", "psi", "[psi]", None),
        ("Tide", "zz", None, None),
    ],
)
def test_a_column_says_what_others_call_it(
    parameter: str, unit: str, ucum: str | None, cf: str | None
) -> None:
    field = column("it", parameter=parameter, unit=unit)
    told = facts(annotate(wide({field: [1.0], PH: [7.0]})), "it")
    assert (told.get("ucum"), told.get("cf")) == (ucum, cf)
    assert (told["parameter"], told["unit"]) == (parameter, unit)


def test_the_temperature_of_an_instrument_in_air_has_no_standard_name() -> None:
    temperature = column("Temperature.C", parameter="Temperature", unit="C")
    baro = column("Baro.psi", parameter="Baro", unit="psi")
    told = facts(annotate(wide({temperature: [1.0], baro: [14.7]})), "Temperature.C")
    assert told == {"parameter": "Temperature", "unit": "C", "ucum": "Cel"}


def test_a_name_that_is_no_longer_true_goes() -> None:
    field = column("it", parameter="Tide", unit="zz", ucum="m", cf="depth")
    assert facts(annotate(wide({field: [1.0]})), "it") == {"parameter": "Tide", "unit": "zz"}


def test_values_and_other_columns_stay() -> None:
    before = wide({PH: [7.0, None]})
    after = annotate(before)
    assert after.equals(before)
    assert after.select([0]).equals(before.select([0]), check_metadata=True)
    assert not after.schema.field("timestamp").nullable


def test_the_table_of_standard_names_speaks_of_quantities_that_exist() -> None:
    quantities = {unit.quantity for unit in UNITS}
    assert {quantity for _, quantity in _STANDARD_NAMES} <= quantities


def test_what_has_a_name_of_water_is_of_water() -> None:
    named = {parameter for (parameter, _), name in _STANDARD_NAMES.items() if "sea_water" in name}
    assert named - _OF_WATER == {"temp", "temperature"}
