"""Which columns an entry is about."""

import pyarrow as pa
import pytest

from pond_core import SchemaError
from pond_pipeline.errors import ConfigError
from pond_pipeline.quality import Target
from tests.pipeline.quality.tables import a_column

SCHEMA = pa.schema(
    [
        a_column("Depth.m", scope="A"),
        a_column("Depth.ft", scope="B"),
        a_column("Temperature.C"),
        pa.field("Depth.count", pa.int64(), metadata={"parameter": "Depth", "unit": "m"}),
        pa.field("note", pa.string()),
        pa.field("plain", pa.float64()),
    ]
)


def test_a_column_is_meant_by_its_whole_name() -> None:
    assert Target(column="A.Depth.m").names(SCHEMA) == ("A.Depth.m",)
    assert Target(column="plain").names(SCHEMA) == ("plain",)
    assert Target(column="Depth.m").names(SCHEMA) == ()


def test_a_parameter_is_meant_in_one_unit() -> None:
    assert Target(parameter="Depth", unit="ft").names(SCHEMA) == ("B.Depth.ft",)
    assert Target(parameter="Temperature").names(SCHEMA) == ("Temperature.C",)
    assert Target(parameter="Salinity").names(SCHEMA) == ()


def test_one_number_for_two_units_is_refused() -> None:
    with pytest.raises(SchemaError, match="'Depth' is there in 'ft' and 'm'") as caught:
        Target(parameter="Depth").names(SCHEMA)
    assert "unit" in caught.value.hint


def test_a_column_that_holds_no_readings_is_refused() -> None:
    with pytest.raises(SchemaError, match="'note' is string"):
        Target(column="note").names(SCHEMA)


@pytest.mark.parametrize(
    ("column", "parameter", "unit", "what"),
    [
        (None, None, None, "one column, or about one parameter"),
        ("x", "x", None, "one column, or about one parameter"),
        ("x", None, "m", "has its own unit"),
    ],
)
def test_a_target_that_names_too_little_or_too_much_is_refused(
    column: str | None, parameter: str | None, unit: str | None, what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        Target(column=column, parameter=parameter, unit=unit)
