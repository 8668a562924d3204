"""QARTOD test 4: is the value one that the instrument, or the place, can have?"""

import math
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from pond_pipeline.errors import ConfigError
from pond_pipeline.quality.flag import Flag, literal
from pond_pipeline.quality.readings import VALUE

Span = tuple[float | None, float | None]
"""The lowest and the highest good value, both included; None is open on that side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrossRangeTest:
    """Flags values outside of spans.

    Attributes:
        suspect: Values outside are SUSPECT; it lies inside of `fail`. In the column's unit.
        fail: Values outside are FAIL.

    Raises:
        ConfigError: No span is given, one is upside down, or they do not lie inside each other.
    """

    name: ClassVar[str] = "gross_range"
    standard_name: ClassVar[str] = "gross_range_test_quality_flag"
    readings_before: ClassVar[int] = 0
    readings_after: ClassVar[int] = 0

    suspect: Span | None = None
    fail: Span | None = None

    def __post_init__(self) -> None:
        if self.suspect is None and self.fail is None:
            hint = "write suspect, fail, or both: [0, 40]"
            raise ConfigError("gross_range has no span", hint=hint)
        suspect, fail = _bounds(self.suspect), _bounds(self.fail)
        for low, high in (suspect, fail):
            if not low < high:
                hint = "write the lower one first"
                raise ConfigError(f"gross_range: nothing lies in [{low}, {high}]", hint=hint)
        if self.suspect is not None and not (fail[0] <= suspect[0] and suspect[1] <= fail[1]):
            msg = f"gross_range: suspect {self.suspect} does not lie inside of fail {self.fail}"
            raise ConfigError(msg, hint="values that fail are those beyond the suspect ones")

    def flags(self) -> pl.Expr:
        """Return the flags of `VALUE`."""
        is_fail, is_suspect = _is_outside(self.fail), _is_outside(self.suspect)
        return (
            pl.when(is_fail)
            .then(literal(Flag.FAIL))
            .when(is_suspect)
            .then(literal(Flag.SUSPECT))
            .otherwise(literal(Flag.PASS))
        )


def _bounds(span: Span | None) -> tuple[float, float]:
    low, high = (None, None) if span is None else span
    return -math.inf if low is None else low, math.inf if high is None else high


def _is_outside(span: Span | None) -> pl.Expr:
    low, high = _bounds(span)
    return (low > VALUE) | (high < VALUE)
