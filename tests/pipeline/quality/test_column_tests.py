"""Flags beside the columns that are tested: which ones, how they are called, what they say."""

import math
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import ALWAYS, JoinInput, Pond, SchemaError, Window, join, to_us
from pond_pipeline.errors import ConfigError
from pond_pipeline.quality import (
    ColumnTests,
    Flag,
    FlatLineTest,
    GapTest,
    GrossRangeTest,
    RateOfChangeTest,
    SpikeTest,
    Target,
    drop_flagged,
    flag,
    is_flag,
    roll_ups,
)
from tests.pipeline.quality.tables import HOUR, a_column, a_table, at, hourly

RANGE = GrossRangeTest(suspect=(0, 10), fail=(-10, 100))
X = Target(column="x")


def test_flags_stand_after_their_column_the_roll_up_first() -> None:
    entry = ColumnTests(
        target=X,
        gap=GapTest(fail_after=HOUR),
        flat_line=FlatLineTest(tolerance=0.1, fail_after=HOUR, interval=HOUR),
        rate_of_change=RateOfChangeTest(fail=1),
        spike=SpikeTest(fail=1),
        gross_range=RANGE,
    )
    assert flag(hourly(x=[1.0], y=[1.0]), [entry]).column_names == [
        "timestamp",
        "x",
        "x.qc",
        "x.qc.gross_range",
        "x.qc.spike",
        "x.qc.rate_of_change",
        "x.qc.flat_line",
        "x.qc.gap",
        "y",
    ]


def test_values_are_untouched_whatever_is_found() -> None:
    table = hourly(x=[-0.0, math.nan, math.inf, None, 1e9])
    flagged = flag(table, [ColumnTests(target=X, gross_range=RANGE, spike=SpikeTest(fail=1))])
    plain = flagged.select(["timestamp", "x"])
    assert plain.schema.equals(table.schema, check_metadata=True)
    assert str(plain["x"].to_pylist()) == str(table["x"].to_pylist())


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_missing_in_every_test(value: float | None) -> None:
    entry = ColumnTests(
        target=X,
        gross_range=RANGE,
        spike=SpikeTest(fail=1),
        rate_of_change=RateOfChangeTest(fail=1),
        flat_line=FlatLineTest(tolerance=0.1, fail_after=HOUR, interval=HOUR),
        gap=GapTest(fail_after=HOUR),
    )
    flagged = flag(hourly(x=[1.0, value, 1.0]), [entry])
    names = [field.name for field in flagged.schema if is_flag(field)]
    assert [flagged[name][1].as_py() for name in names] == [Flag.MISSING] * 6


def test_a_flag_column_says_what_it_is_as_cf_does_and_is_no_reading() -> None:
    schema = flag(hourly(x=[1.0]), [ColumnTests(target=X, gross_range=RANGE)]).schema
    assert schema.field("x.qc") == pa.field("x.qc", pa.int64())
    assert schema.field("x.qc").metadata == {
        b"flag_of": b"x",
        b"standard_name": b"aggregate_quality_flag",
        b"flag_values": b"1 2 3 4 9",
        b"flag_meanings": b"PASS NOT_EVALUATED SUSPECT FAIL MISSING",
    }
    metadata = schema.field("x.qc.gross_range").metadata
    assert metadata[b"standard_name"] == b"gross_range_test_quality_flag"


def test_the_roll_up_is_the_worst_flag_and_a_passed_test_outweighs_one_not_evaluated() -> None:
    entry = ColumnTests(target=X, gross_range=RANGE, spike=SpikeTest(suspect=4))
    flagged = flag(hourly(x=[1.0, 11.0, 1.0, None, 200.0]), [entry])
    assert flagged["x.qc.gross_range"].to_pylist() == [1, 3, 1, 9, 4]
    assert flagged["x.qc.spike"].to_pylist() == [2, 3, 2, 9, 2]
    assert flagged["x.qc"].to_pylist() == [1, 3, 1, 9, 4]


def test_a_parameter_is_tested_in_all_its_columns() -> None:
    schema = pa.schema(
        [
            pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),
            a_column("DO.mg/L", scope="Surface"),
            a_column("DO.mg/L", scope="Bottom"),
            a_column("Depth.m", scope="Bottom"),
        ]
    )
    table = pa.table([[at(0)], [1.0], [50.0], [50.0]], schema=schema)
    entry = ColumnTests(target=Target(parameter="DO"), gross_range=RANGE)
    flagged = flag(table, [entry])
    assert roll_ups(flagged.schema) == {
        "Surface.DO.mg/L": "Surface.DO.mg/L.qc",
        "Bottom.DO.mg/L": "Bottom.DO.mg/L.qc",
    }
    assert flagged["Bottom.DO.mg/L.qc"].to_pylist() == [3]


@pytest.mark.parametrize("turned", [False, True])
def test_the_entry_of_a_column_goes_before_that_of_its_parameter(*, turned: bool) -> None:
    entries = [
        ColumnTests(target=Target(parameter="x"), gross_range=RANGE),
        ColumnTests(target=X, spike=SpikeTest(fail=1)),
    ]
    flagged = flag(hourly(x=[1.0]), entries[::-1] if turned else entries)
    assert flagged.column_names == ["timestamp", "x", "x.qc", "x.qc.spike"]


@pytest.mark.parametrize("target", [X, Target(parameter="x")])
def test_two_entries_of_one_kind_for_one_column_are_refused(target: Target) -> None:
    entries = [
        ColumnTests(target=target, gross_range=RANGE),
        ColumnTests(target=target, spike=SpikeTest(fail=1)),
    ]
    with pytest.raises(SchemaError, match="'x' is tested by two entries"):
        flag(hourly(x=[1.0]), entries)


def test_a_column_that_is_not_there_yet_is_passed_over() -> None:
    table = hourly(y=[1.0])
    assert flag(table, [ColumnTests(target=X, gross_range=RANGE)]) is not None
    assert flag(table, [ColumnTests(target=X, gross_range=RANGE)]).equals(table)


def test_a_column_that_has_flags_is_not_tested_again() -> None:
    entry = ColumnTests(target=X, gross_range=RANGE)
    with pytest.raises(SchemaError, match="'x' has flags already"):
        flag(flag(hourly(x=[1.0]), [entry]), [entry])


def test_a_table_without_rows_gets_flag_columns_without_rows() -> None:
    flagged = flag(a_table([], x=[]), [ColumnTests(target=X, gross_range=RANGE)])
    assert (flagged.num_rows, flagged.column_names[1:]) == (0, ["x", "x.qc", "x.qc.gross_range"])
    assert flagged.schema.field("x.qc").type == pa.int64()


def test_a_name_that_polars_would_read_as_a_pattern_is_a_name() -> None:
    table = hourly(**{"^x.*$": [50.0], "xy": [1.0]})
    flagged = flag(table, [ColumnTests(target=Target(column="^x.*$"), gross_range=RANGE)])
    assert flagged["^x.*$.qc"].to_pylist() == [3]


def test_only_the_rows_of_the_window_come_back() -> None:
    window = Window(to_us(at(1)), to_us(at(2)))
    entry = ColumnTests(target=X, spike=SpikeTest(fail=1))
    flagged = flag(hourly(x=[1.0, 5.0, 1.0]), [entry], window=window)
    assert flagged.drop(["timestamp"]).to_pylist() == [{"x": 5.0, "x.qc": 4, "x.qc.spike": 4}]


def test_an_entry_without_a_test_is_refused() -> None:
    with pytest.raises(ConfigError, match="'x' is tested for nothing"):
        ColumnTests(target=X)


def test_flags_go_through_a_join_with_their_column() -> None:
    flagged = flag(hourly(x=[1.0, 50.0]), [ColumnTests(target=X, gross_range=RANGE)])
    joined = join([JoinInput(flagged, "/a", scope="A"), JoinInput(flagged, "/b", scope="B.C")])
    assert roll_ups(joined.schema) == {"A.x": "A.x.qc", "B.C.x": "B.C.x.qc"}
    assert drop_flagged(joined, {Flag.SUSPECT})["B.C.x"].to_pylist() == [1.0, None]


def test_flags_come_out_of_a_pond_as_they_went_in(tmp_path: Path) -> None:
    flagged = flag(hourly(x=[1.0, None, 200.0]), [ColumnTests(target=X, gross_range=RANGE)])
    pond = Pond.init(tmp_path / "pond")
    with pond.transaction() as transaction:
        transaction.replace_window("/x", flagged, ALWAYS)
    stored = pond.snapshot().read_series("/x")
    assert stored.schema.equals(flagged.schema, check_metadata=True)
    assert stored.equals(flagged)
