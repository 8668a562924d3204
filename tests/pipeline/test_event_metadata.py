"""What a materialization says of its content."""

import math

import dagster as dg
import pyarrow as pa
import pytest

from pond_pipeline.event_metadata import (
    line_metadata,
    preview_metadata,
    schema_metadata,
    txn_metadata,
)
from pond_pipeline.periods import Period
from pond_pipeline.quality import ColumnTests, GrossRangeTest, Target, flag
from tests.pipeline.quality.tables import hourly
from tests.pipeline.waters import INSTANT

JANUARY = Period.parse("2025-01")


def preview(table: pa.Table) -> list[str]:
    (value,) = preview_metadata(table).values()
    assert isinstance(value, dg.MarkdownMetadataValue)
    return (value.md_str or "").splitlines()


def test_a_transaction_is_told_with_the_command_that_shows_it() -> None:
    told = {name: value.value for name, value in txn_metadata(12).items()}
    assert told == {"pond/txn": 12, "pond/show": "pond show 12"}
    assert txn_metadata(None) == {}


def test_the_first_three_columns_are_drawn_with_their_means() -> None:
    columns = {f"{name}.m": [1.0, 2.0, 6.0] for name in "abcd"}
    told = line_metadata(hourly(**columns), JANUARY)
    assert list(told) == ["a.m", "mean a.m", "b.m", "mean b.m", "c.m", "mean c.m"]
    assert str(told["a.m"].value).endswith("·  1 to 6")
    assert told["mean a.m"].value == 3.0


def test_a_mean_has_six_digits() -> None:
    told = line_metadata(hourly(**{"a.m": [1.0, 2.0, 2.0]}), JANUARY)
    assert [each.value for name, each in told.items() if name.startswith("mean")] == [1.66667]


def test_flags_and_columns_without_a_finite_value_are_not_drawn() -> None:
    columns: dict[str, list[float | None]] = {"a.m": [1.0], "b.m": [None], "c.m": [math.nan]}
    table = hourly(**columns)
    tests = ColumnTests(target=Target(column="a.m"), gross_range=GrossRangeTest(fail=(0, 9)))
    assert list(line_metadata(flag(table, [tests]), JANUARY)) == ["a.m", "mean a.m"]


def test_the_values_of_raw_readings_are_of_many_quantities_and_not_drawn() -> None:
    table = pa.table({"timestamp": hourly(x=[1.0])["timestamp"], "value": [1.0]})
    assert line_metadata(table, JANUARY) == {}


def test_a_preview_shows_the_first_and_the_last_rows() -> None:
    shown = preview(hourly(x=[float(row) for row in range(100)]))
    assert shown[:3] == ["| timestamp | x |", "| --- | --- |", "| 2025-01-01 00:00:00 | 0 |"]
    assert [line.split(" | ")[1] for line in shown[2:7]] == ["0 |", "1 |", "97 |", "98 |", "99 |"]
    assert shown[-1] == "100 rows"


def test_a_preview_shows_eight_columns_and_says_how_many_there_are_more() -> None:
    shown = preview(hourly(**{f"c{number}": [None] for number in range(20)}))
    assert shown[0].count("|") == 9
    assert shown[-1] == "1 rows, 13 more columns"


def test_a_preview_keeps_a_bar_in_a_cell() -> None:
    table = pa.table({"name": ["a|b"]})
    assert preview(table)[2] == "| a\\|b |"


def test_a_preview_shows_instants_beyond_python_s_years() -> None:
    stamps = pa.array([10**18], pa.int64()).cast(INSTANT.type)
    assert preview(pa.table({"timestamp": stamps}))[2] == "| 9999-12-31 23:59:59 |"


def test_a_table_without_rows_has_no_preview() -> None:
    assert preview_metadata(hourly(x=[]).slice(0, 0)) == {}


def test_columns_are_told_with_type_and_meaning() -> None:
    facts = {"parameter": "Temperature", "unit": "C", "ucum": "Cel", "cf": "sea_water_temperature"}
    table = hourly(**{"a.m": [1.0]})
    tests = ColumnTests(target=Target(column="a.m"), gross_range=GrossRangeTest(fail=(0, 9)))
    schema = flag(table, [tests]).schema.append(pa.field("T", pa.float64(), metadata=facts))
    told = schema_metadata(schema, {})["dagster/column_schema"]
    assert isinstance(told, dg.TableSchemaMetadataValue)
    assert [(each.name, each.type, each.description) for each in told.schema.columns] == [
        ("timestamp", "timestamp[us, tz=UTC]", None),
        ("a.m", "double", "a in m"),
        ("a.m.qc", "int64", "aggregate_quality_flag of a.m"),
        ("a.m.qc.gross_range", "int64", "gross_range_test_quality_flag of a.m"),
        ("T", "double", "Temperature in C; UCUM Cel; CF sea_water_temperature"),
    ]


def test_columns_are_told_with_where_they_come_from() -> None:
    schema = hourly(x=[1.0]).schema
    told = schema_metadata(schema, {"x": [("/raw/bay/Pier", "value")]})["dagster/column_lineage"]
    assert isinstance(told, dg.TableColumnLineageMetadataValue)
    assert told.column_lineage.deps_by_column == {
        "x": [dg.TableColumnDep(dg.AssetKey(["raw", "bay", "Pier"]), "value")]
    }


def test_a_very_wide_table_is_told_without_its_columns() -> None:
    schema = pa.schema([pa.field(f"c{number}", pa.int64()) for number in range(65)])
    assert schema_metadata(schema, {}) == {}


@pytest.mark.parametrize("rows", [0, 1, 5, 6])
def test_no_row_is_shown_twice(rows: int) -> None:
    table = hourly(x=[float(row) for row in range(rows)]) if rows else hourly(x=[1.0]).slice(0, 0)
    lines = preview(table)[2:-2] if rows else []
    assert len(lines) == len(set(lines)) == min(rows, 5)
