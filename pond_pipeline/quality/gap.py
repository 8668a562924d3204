"""QARTOD test 1: did the reading come when it was due?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import polars as pl

from pond_pipeline.quality.flag import Flag, graded, literal
from pond_pipeline.quality.readings import INSTANT
from pond_pipeline.quality.threshold import MICROSECOND, check_thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTest:
    """Flags the first reading after a time without any.

    The time counts from the row before, whatever its value; NOT_EVALUATED for the first row.

    Attributes:
        suspect_after: Longer is SUSPECT.
        fail_after: Longer is FAIL.

    Raises:
        ConfigError: No duration is given, one is not positive, or they are not in order.
    """

    name: ClassVar[str] = "gap"
    standard_name: ClassVar[str] = "gap_test_quality_flag"
    readings_before: ClassVar[int] = 1
    readings_after: ClassVar[int] = 0

    suspect_after: timedelta | None = None
    fail_after: timedelta | None = None

    def __post_init__(self) -> None:
        zero = timedelta(0)
        check_thresholds(self.name, suspect=self.suspect_after, fail=self.fail_after, zero=zero)

    def flags(self) -> pl.Expr:
        """Return the flags of `INSTANT`."""
        since_us = INSTANT.diff()
        suspect, fail = (
            None if each is None else each // MICROSECOND
            for each in (self.suspect_after, self.fail_after)
        )
        return (
            pl.when(since_us.is_null())
            .then(literal(Flag.NOT_EVALUATED))
            .otherwise(graded(since_us, suspect=suspect, fail=fail))
        )
