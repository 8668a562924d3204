import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.laketech.column import split_unit


@pytest.mark.parametrize(
    ("text", "parameter", "unit"),
    [
        ("DO (mg/L)", "DO", "mg/L"),
        ("pH", "pH", ""),
        ("pH ( )", "pH", ""),
        ("Chl-a (blue) (RFU)", "Chl-a (blue)", "RFU"),
        ("Level: Depth (to) water", "Level: Depth (to) water", ""),
        ("Rate (m (d))", "Rate", "m (d)"),
        ("(mg/L)", "(mg/L)", ""),
        ("DO mg/L)", "DO mg/L)", ""),
        ("  % Saturation\n O₂  (% sat) ", "% Saturation O₂", "% sat"),
        ("Resistivity (\u2126-cm)", "Resistivity", "\u2126-cm"),
    ],
)
def test_the_last_parenthesis_is_the_unit(text: str, parameter: str, unit: str) -> None:
    assert split_unit(text) == (parameter, unit)


@given(st.text("ab (", min_size=1), st.text("xy/%", min_size=1))
def test_what_is_joined_is_split_again(parameter: str, unit: str) -> None:
    known = " ".join(parameter.split())
    expected = (known, unit) if known else (f"({unit})", "")
    assert split_unit(f"{parameter} ({unit})") == expected
