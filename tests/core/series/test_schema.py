"""Schemas may gain columns and never change a type."""

import pyarrow as pa
import pytest

from pond_core.errors import SchemaError
from pond_core.series import TIME_ONLY, conform, unify

FEET = pa.field("depth", pa.float64(), metadata={"unit": "ft"})
METERS = pa.field("depth", pa.float64(), metadata={"unit": "m"})
TURBIDITY = pa.field("turbidity", pa.float64())
TIME = TIME_ONLY.field(0)


def test_columns_come_in_the_order_in_which_they_were_first_seen() -> None:
    unified = unify([pa.schema([TIME, TURBIDITY]), pa.schema([TIME, METERS, TURBIDITY])])
    assert unified.names == ["timestamp", "turbidity", "depth"]


def test_the_last_schema_that_has_a_column_says_what_it_means() -> None:
    unified = unify([pa.schema([TIME, FEET]), pa.schema([TIME, METERS]), TIME_ONLY])
    assert unified.field("depth").metadata == {b"unit": b"m"}


def test_a_change_of_type_names_the_column_and_both_types() -> None:
    text = pa.schema([TIME, pa.field("depth", pa.string())])
    with pytest.raises(SchemaError, match="'depth' changes its type from double to string"):
        unify([pa.schema([TIME, FEET]), text])


def test_no_schema_at_all_is_time_alone() -> None:
    assert unify([]) == TIME_ONLY


def test_a_table_gains_columns_as_nulls_in_the_schemas_order() -> None:
    table = pa.table({"timestamp": [0], "turbidity": [1.5]}, schema=pa.schema([TIME, TURBIDITY]))
    schema = pa.schema([TIME, METERS, TURBIDITY])
    conformed = conform(table, schema)
    assert conformed.schema.equals(schema, check_metadata=True)
    assert conformed["depth"].to_pylist() == [None]
    assert conformed["turbidity"].to_pylist() == [1.5]


def test_a_column_that_the_schema_lacks_is_never_dropped() -> None:
    table = pa.table({"timestamp": [0], "turbidity": [1.5]}, schema=pa.schema([TIME, TURBIDITY]))
    with pytest.raises(SchemaError, match="'turbidity' is not in the schema"):
        conform(table, TIME_ONLY)


def test_a_table_does_not_conform_to_another_type() -> None:
    table = pa.table({"timestamp": [0], "depth": [1.5]}, schema=pa.schema([TIME, FEET]))
    with pytest.raises(SchemaError, match="'depth' changes its type"):
        conform(table, pa.schema([TIME, pa.field("depth", pa.string())]))
