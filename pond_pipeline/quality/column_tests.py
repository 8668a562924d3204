"""QARTOD tests of a wide table, column by column, and their roll-up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from pond_core import ALWAYS, SchemaError, Window, slice_window
from pond_pipeline.errors import ConfigError
from pond_pipeline.quality.flag import ROLL_UP, Flag, flag_field, literal, worst
from pond_pipeline.quality.flat_line import FlatLineTest
from pond_pipeline.quality.gap import GapTest
from pond_pipeline.quality.gross_range import GrossRangeTest
from pond_pipeline.quality.rate_of_change import RateOfChangeTest
from pond_pipeline.quality.readings import VALUE, ColumnTest, readings_of
from pond_pipeline.quality.spike import SpikeTest
from pond_pipeline.quality.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTests:
    """One entry of `quality`: which columns, and what they are tested for.

    Attributes:
        target: The columns.
        gross_range: Whether a value can be; None, as in all others: not tested.
        spike: Whether one stands out.
        rate_of_change: Whether it changes too fast.
        flat_line: Whether it is stuck.
        gap: Whether it came in time.

    Raises:
        ConfigError: There is no test.
    """

    target: Target
    gross_range: GrossRangeTest | None = None
    spike: SpikeTest | None = None
    rate_of_change: RateOfChangeTest | None = None
    flat_line: FlatLineTest | None = None
    gap: GapTest | None = None

    def __post_init__(self) -> None:
        if not self.tests:
            about = self.target.column or self.target.parameter
            hint = "write gross_range, spike, rate_of_change, flat_line or gap"
            raise ConfigError(f"{about!r} is tested for nothing", hint=hint)

    @property
    def tests(self) -> Sequence[ColumnTest]:
        """The tests that are asked for, in the order of their flag columns."""
        every: tuple[ColumnTest | None, ...] = (
            self.gross_range,
            self.spike,
            self.rate_of_change,
            self.flat_line,
            self.gap,
        )
        return [test for test in every if test is not None]


def flag(table: pa.Table, entries: Sequence[ColumnTests], *, window: Window = ALWAYS) -> pa.Table:
    """Return a wide table with flags beside the columns that are tested.

    The flags of a window are those of the whole series, as long as the table holds the context
    that `context_of(entries)` tells.

    Args:
        table: A wide series table: `timestamp` in order and unique. NaN and infinite values count
            as missing.
        entries: What to test; one that names a column goes before one for its parameter. Columns
            that are not there are passed over, since they may begin later.
        window: Which rows to return.

    Returns:
        The rows of the window with all columns as they were, to the bit, and after each tested one:
        `<column>.qc`, the roll-up, then `<column>.qc.<test>` for each test in the order above. All
        flags are int64 and never null.

    Raises:
        SchemaError: Two entries of one kind are about one column, a column has flags already, is
            no float64, or its parameter is there in two units.
    """
    tested = _tested(table.schema, entries)
    fields, arrays = [], []
    for field, array in zip(table.schema, table.columns, strict=True):
        fields.append(field)
        arrays.append(array)
        if field.name in tested:
            for flag_column, flags in _flags(table, field.name, tested[field.name].tests):
                if flag_column.name in table.column_names:
                    msg = f"column {field.name!r} has flags already: {flag_column.name!r}"
                    raise SchemaError(msg, hint="test a column in one place only")
                fields.append(flag_column)
                arrays.append(flags)
    return slice_window(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), window)


def _tested(schema: pa.Schema, entries: Sequence[ColumnTests]) -> dict[str, ColumnTests]:
    """Return the one entry that counts for each column that is tested."""
    tested: dict[str, ColumnTests] = {}
    for entry in sorted(entries, key=_is_of_parameter):
        for name in entry.target.names(schema):
            known = tested.setdefault(name, entry)
            if known is not entry and _is_of_parameter(known) == _is_of_parameter(entry):
                msg = f"column {name!r} is tested by two entries"
                raise SchemaError(msg, hint="put all its tests in one")
    return tested


def _is_of_parameter(entry: ColumnTests) -> bool:
    return entry.target.column is None


def _flags(
    table: pa.Table, column: str, tests: Sequence[ColumnTest]
) -> Iterator[tuple[pa.Field, pa.ChunkedArray]]:
    """Yield the roll-up of a column, then the flags of each of its tests."""
    readings = readings_of(table, column).with_columns(value=pl.when(VALUE.is_finite()).then(VALUE))
    flags = readings.select(
        pl.when(VALUE.is_null())
        .then(literal(Flag.MISSING))
        .otherwise(test.flags())
        .alias(test.name)
        for test in tests
    )
    of_tests = [pl.col(test.name) for test in tests]
    arrays = flags.with_columns(worst(of_tests).alias(ROLL_UP)).to_arrow()
    yield flag_field(column, test=None, standard_name=ROLL_UP), arrays[ROLL_UP]
    for test in tests:
        field = flag_field(column, test=test.name, standard_name=test.standard_name)
        yield field, arrays[test.name]
