"""QARTOD test 6: does one value stand out from its two neighbors?"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, assert_never

import polars as pl

from pond_pipeline.quality.flag import Flag, graded, literal
from pond_pipeline.quality.readings import VALUE
from pond_pipeline.quality.threshold import check_thresholds


class SpikeMethod(StrEnum):
    """How high a spike is."""

    AVERAGE = "average"
    """The distance from the mean of both neighbors."""

    DIFFERENTIAL = "differential"
    """The lesser of both steps where one goes up and the other down, else nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeTest:
    """Flags values that stand out by more than a threshold.

    NOT_EVALUATED where a neighbor is missing, and at both ends of the series.

    Attributes:
        suspect: In the column's unit.
        fail: Likewise.
        method: How a spike is measured.

    Raises:
        ConfigError: No threshold is given, one is not positive, or they are not in order.
    """

    name: ClassVar[str] = "spike"
    standard_name: ClassVar[str] = "spike_test_quality_flag"
    readings_before: ClassVar[int] = 1
    readings_after: ClassVar[int] = 1

    suspect: float | None = None
    fail: float | None = None
    method: SpikeMethod = SpikeMethod.AVERAGE

    def __post_init__(self) -> None:
        check_thresholds(self.name, suspect=self.suspect, fail=self.fail, zero=0.0)

    def flags(self) -> pl.Expr:
        """Return the flags of `VALUE`."""
        before, after = VALUE.shift(1), VALUE.shift(-1)
        match self.method:
            case SpikeMethod.AVERAGE:
                height = (VALUE - (before + after) / 2).abs()
            case SpikeMethod.DIFFERENTIAL:
                first, second = VALUE - before, after - VALUE
                lesser = pl.min_horizontal(first.abs(), second.abs())
                height = pl.when(first * second >= 0).then(0.0).otherwise(lesser)
            case _:
                assert_never(self.method)
        return (
            pl.when(before.is_null() | after.is_null())
            .then(literal(Flag.NOT_EVALUATED))
            .otherwise(graded(height, suspect=self.suspect, fail=self.fail))
        )
