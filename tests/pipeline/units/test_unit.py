"""Which names of units are known, and what the others are told."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pond_pipeline.errors import ConfigError
from pond_pipeline.simulator import dictionary
from pond_pipeline.units import UNITS, checked_unit, find_unit

DOCS = Path(__file__).parents[3] / "docs" / "units.md"


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("µS/cm", "µS/cm"),  # U+00B5, as HydroVu has it
        ("μS/cm", "µS/cm"),  # U+03BC, as a Greek keyboard has it
        ("uS/cm", "µS/cm"),
        ("mmHg", "mm Hg"),
        ("in  Hg", "in Hg"),
        ("cmH2O", "cm H₂O"),
        ("g/cm3", "g/cm³"),
        ("g/cm^3", "g/cm³"),
        ("\u2126-cm", "Ω-cm"),  # OHM SIGN, as HydroVu has it
        ("ohm-cm", "Ω-cm"),
        ("% Sat", "% sat"),
        ("%sat", "% sat"),
        ("°C", "C"),
        ("\u2103", "C"),  # one character for both
        ("PSU", "psu"),
        ("ft³/s", "cfs"),
        (" m ", "m"),
    ],
)
def test_a_unit_is_known_however_it_is_written(written: str, symbol: str) -> None:
    unit = find_unit(written)
    assert unit is not None
    assert unit.symbol == symbol


def test_case_tells_units_apart() -> None:
    assert find_unit("MS/cm") is None
    assert find_unit("M") is None


def test_a_pressure_that_says_gauge_or_absolute_is_unknown() -> None:
    assert find_unit("psig") is None
    assert find_unit("psia") is None


def test_no_spelling_means_two_units() -> None:
    spellings = Counter(name for unit in UNITS for name in {unit.symbol, *unit.spellings})
    assert [name for name, times in spellings.items() if times > 1] == []
    for unit in UNITS:
        assert {find_unit(name) for name in (unit.symbol, *unit.spellings)} == {unit}


def test_every_unit_of_the_api_is_known() -> None:
    unknown = [name for name in dictionary.UNITS.values() if find_unit(name) is None]
    assert unknown == [" "]  # the unit of a pure number


def test_what_the_user_wrote_stays_but_for_blanks() -> None:
    assert checked_unit(" mm  Hg ") == "mm Hg"
    assert checked_unit("uS/cm") == "uS/cm"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("metres", "did you mean 'm'?"),
        ("feet", "did you mean 'ft'?"),
        ("Psi", "did you mean 'psi'?"),
        ("µs/cm", "did you mean 'µS/cm'?"),
        ("degrees C", "did you mean 'C'?"),
        ("furlong", "docs/units.md lists all units"),
        ("", "docs/units.md lists all units"),
    ],
)
def test_an_unknown_unit_is_refused_with_the_one_that_may_be_meant(written: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="is no unit that is known") as caught:
        checked_unit(written)
    assert caught.value.hint == hint


def test_checking_and_doing_nothing_import_no_pint() -> None:
    code = (
        "import sys, pyarrow as pa; from pond_pipeline.units import *; checked_unit('°F')\n"
        "convert(pa.array([1.0]), 'ppm', 'mg/L', parameter='Total Dissolved Solids')\n"
        "sys.exit('pint' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 -- our own code
    assert run.returncode == 0


def test_the_docs_list_every_unit() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert [unit.symbol for unit in UNITS if f"`{unit.symbol}`" not in page] == []
    assert [unit.ucum for unit in UNITS if unit.ucum and f"`{unit.ucum}`" not in page] == []
