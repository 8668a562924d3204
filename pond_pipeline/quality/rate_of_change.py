"""QARTOD test 7: does the value change faster than it can?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import polars as pl

from pond_pipeline.errors import ConfigError
from pond_pipeline.quality.flag import graded
from pond_pipeline.quality.readings import SECONDS, VALUE
from pond_pipeline.quality.threshold import check_thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOfChangeTest:
    """Flags values that differ from the one before by more than a rate.

    PASS where there is none before.

    Attributes:
        suspect: In the column's unit per `per`, up or down.
        fail: Likewise.
        per: The time to which both refer.

    Raises:
        ConfigError: No threshold is given, one is not positive, or they are not in order.
    """

    name: ClassVar[str] = "rate_of_change"
    standard_name: ClassVar[str] = "rate_of_change_test_quality_flag"
    readings_before: ClassVar[int] = 1
    readings_after: ClassVar[int] = 0

    suspect: float | None = None
    fail: float | None = None
    per: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        check_thresholds(self.name, suspect=self.suspect, fail=self.fail, zero=0.0)
        if self.per <= timedelta(0):
            raise ConfigError(f"{self.name}: per {self.per} is no time to change in")

    def flags(self) -> pl.Expr:
        """Return the flags of `VALUE`."""
        rate = (VALUE.diff() / SECONDS).abs()
        return graded(
            rate, suspect=self._per_second(self.suspect), fail=self._per_second(self.fail)
        )

    def _per_second(self, threshold: float | None) -> float | None:
        return None if threshold is None else threshold / self.per.total_seconds()
