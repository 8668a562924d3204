"""QARTOD test 8: does the value move at all?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import polars as pl

from pond_pipeline.errors import ConfigError
from pond_pipeline.quality.flag import Flag, literal
from pond_pipeline.quality.readings import VALUE
from pond_pipeline.quality.threshold import check_thresholds, is_finite


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatLineTest:
    """Flags values that stayed within a tolerance for too long.

    A stretch is `duration / interval` readings (rounded down) and the one before them. It is flat
    when the range of its values is below the tolerance. Where fewer than half of its readings have
    a value, that is no evidence: NOT_EVALUATED. PASS where the series is not that long yet.

    Attributes:
        tolerance: In the column's unit, above 0: the smallest change that shows it is alive.
        suspect_after: How long it may be flat until it is SUSPECT.
        fail_after: Likewise, FAIL.
        interval: How often the instrument is expected to read.

    Raises:
        ConfigError: No duration is given, one is shorter than the interval, they are not in order,
            or the tolerance is not positive.
    """

    name: ClassVar[str] = "flat_line"
    standard_name: ClassVar[str] = "flat_line_test_quality_flag"
    readings_after: ClassVar[int] = 0

    tolerance: float
    suspect_after: timedelta | None = None
    fail_after: timedelta | None = None
    interval: timedelta

    def __post_init__(self) -> None:
        zero = timedelta(0)
        check_thresholds(self.name, suspect=self.suspect_after, fail=self.fail_after, zero=zero)
        if not (self.tolerance > 0 and is_finite(self.tolerance)):
            msg = f"{self.name}: no range is below the tolerance {self.tolerance}"
            hint = "write the smallest change that shows the sensor is alive, e.g. 0.001"
            raise ConfigError(msg, hint=hint)
        if self.interval <= zero:
            raise ConfigError(f"{self.name}: {self.interval} is no interval of readings")
        for each in (self.suspect_after, self.fail_after):
            if each is not None and each < self.interval:
                msg = f"{self.name}: {each} is shorter than the interval {self.interval}"
                raise ConfigError(msg, hint="one reading alone is never flat")

    @property
    def readings_before(self) -> int:
        """How many rows before a row its flag depends on."""
        durations = (self.suspect_after, self.fail_after)
        return max(self._rows(each) for each in durations if each is not None) - 1

    def flags(self) -> pl.Expr:
        """Return the flags of `VALUE`."""
        rising = ((self.suspect_after, Flag.SUSPECT), (self.fail_after, Flag.FAIL))
        stretches = [(self._rows(each), flag) for each, flag in rising if each is not None]
        # What is flat for long is flat for less: the shortest stretch tells what nobody can tell.
        shortest = stretches[0][0]
        unknown = self._is_flat(shortest) & ~_is_dense(shortest)
        result = pl.when(unknown).then(literal(Flag.NOT_EVALUATED)).otherwise(literal(Flag.PASS))
        for rows, flag in stretches:
            is_shown = self._is_flat(rows) & _is_dense(rows)
            result = pl.when(is_shown).then(literal(flag)).otherwise(result)
        return result

    def _rows(self, duration: timedelta) -> int:
        return duration // self.interval + 1

    def _is_flat(self, rows: int) -> pl.Expr:
        """Say of each row whether the stretch that it ends is flat, whatever is missing there."""
        highest = VALUE.rolling_max(rows, min_samples=1)
        lowest = VALUE.rolling_min(rows, min_samples=1)
        return highest - lowest < self.tolerance


def _is_dense(rows: int) -> pl.Expr:
    """Say whether enough of a stretch has values; null where the series is not that long yet."""
    return VALUE.is_not_null().cast(pl.Int64).rolling_sum(rows) * 2 >= rows
