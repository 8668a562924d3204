"""How readings are judged and mended: checks, QARTOD tests, dated corrections.

The models are shapes; what makes sense is for `pond_pipeline.quality` to say.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, Field, model_validator

from pond_pipeline import quality
from pond_pipeline.config.clock import Duration, Instant
from pond_pipeline.config.field import SomeText, UnitField, wrong
from pond_pipeline.config.shape import Model, exactly_one
from pond_pipeline.errors import ConfigError

Number: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Span: TypeAlias = Annotated[tuple[Number | None, Number | None], Field(title="range")]

_SHORTEST_INTERVAL = timedelta(seconds=1)
"""No duration in the file is shorter: what is refused with it makes no sense with any."""


class Severity(StrEnum):
    """How bad it is when a check fails."""

    WARN = "warn"
    ERROR = "error"


class Check(Model):
    """How a check counts.

    Attributes:
        severity: How bad a failure is.
        blocking: Whether a failure keeps what comes after it in the run from being made.
    """

    severity: Severity = Severity.WARN
    blocking: Annotated[bool, Field(strict=True)] = False


class GapCheck(Check):
    """A series has no gaps.

    Attributes:
        intervals: Of `gaps`: how many intervals of the instrument without a reading are a gap.
    """

    intervals: Annotated[Number, Field(gt=1)] = 3.0


class BatteryCheck(Check):
    """Batteries hold out.

    Attributes:
        level: Of `battery`: the least charge, in percent.
        voltage: Of `battery`: the least voltage, in volts; without it, it is not looked at.
    """

    level: Number = 20.0
    voltage: Number | None = None


class FreshnessCheck(Check):
    """The newest reading is recent.

    Attributes:
        within: Of `freshness`: how old the newest reading may be; three intervals of the instrument
            if left out.
    """

    within: Duration | None = None


class Checks(Model):
    """How the series of a source or a site are judged.

    Attributes:
        order: Instants are in order and unique.
        columns: There are the declared columns and no others.
        gaps: There are no gaps.
        battery: Batteries hold out.
        freshness: The newest reading is recent.
    """

    order: Check = Check(severity=Severity.ERROR, blocking=True)
    columns: Check = Check()
    gaps: GapCheck = GapCheck()
    battery: BatteryCheck = BatteryCheck()
    freshness: FreshnessCheck = FreshnessCheck()


class GrossRange(Model):
    """QARTOD's gross range test.

    Attributes:
        suspect: What is to be expected there; both are good.
        fail: What the instrument can measure.
    """

    suspect: Span | None = None
    fail: Span | None = None


class Spike(Model):
    """QARTOD's spike test, in the column's unit.

    Attributes:
        suspect: The height that is suspect, in the column's unit.
        fail: The height that fails.
        method: `average`: from the mean of both neighbors; `differential`: the lesser step.
    """

    suspect: Number | None = None
    fail: Number | None = None
    method: quality.SpikeMethod = quality.SpikeMethod.AVERAGE


class RateOfChange(Model):
    """QARTOD's rate of change test, in the column's unit.

    Attributes:
        suspect: The change that is suspect, in the column's unit.
        fail: The change that fails.
        per: In which time.
    """

    suspect: Number | None = None
    fail: Number | None = None
    per: Duration = timedelta(hours=1)


class FlatLine(Model):
    """QARTOD's flat line test: a stuck sensor.

    Attributes:
        tolerance: What is apart by less, in the column's unit, is flat.
        suspect_after: How long until it is suspect.
        fail_after: How long until it fails.
        interval: How far apart readings are; as the instrument says if left out.
    """

    tolerance: Number
    suspect_after: Duration | None = None
    fail_after: Duration | None = None
    interval: Duration | None = None


class Gap(Model):
    """QARTOD's gap test: a reading after a long silence.

    Attributes:
        suspect_after: How long since the reading before until it is suspect.
        fail_after: How long until it fails.
    """

    suspect_after: Duration | None = None
    fail_after: Duration | None = None


_TestT = TypeVar("_TestT")


def _target(entry: "QualityRule | Correction") -> quality.Target:
    return quality.Target(column=entry.column, parameter=entry.parameter, unit=entry.unit)


def _made(test: Callable[..., _TestT], settings: Model | None) -> _TestT | None:
    return None if settings is None else test(**settings.model_dump())


class QualityRule(Model):
    """The QARTOD tests of some columns.

    Attributes:
        column: The one column of this name.
        parameter: The columns of this parameter, whatever their scope.
        unit: Of these, those in this unit.
        gross_range: Values are possible.
        spike: No value stands out.
        rate_of_change: Values do not jump.
        flat_line: Values move.
        gap: Readings come in time.
    """

    model_config = exactly_one("column", "parameter")

    column: SomeText | None = None
    parameter: SomeText | None = None
    unit: UnitField | None = None
    gross_range: GrossRange | None = None
    spike: Spike | None = None
    rate_of_change: RateOfChange | None = None
    flat_line: FlatLine | None = None
    gap: Gap | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        try:
            self.tests(interval=_SHORTEST_INTERVAL)
        except ConfigError as exc:
            raise wrong(str(exc), hint=exc.hint) from exc
        return self

    def tests(self, *, interval: timedelta | None) -> quality.ColumnTests:
        """Return the tests.

        Args:
            interval: How often the instrument reads; a flat line may need it.

        Raises:
            ConfigError: They make no sense, or a flat line has no interval.
        """
        return quality.ColumnTests(
            target=_target(self),
            gross_range=_made(quality.GrossRangeTest, self.gross_range),
            spike=_made(quality.SpikeTest, self.spike),
            rate_of_change=_made(quality.RateOfChangeTest, self.rate_of_change),
            flat_line=self._flat_line(interval),
            gap=_made(quality.GapTest, self.gap),
        )

    def _flat_line(self, interval: timedelta | None) -> quality.FlatLineTest | None:
        if self.flat_line is None:
            return None
        between = self.flat_line.interval or interval
        if between is None:
            msg = "a flat line is told by how often the instrument reads"
            raise ConfigError(msg, hint="add interval: 1h to flat_line, or to what it is about")
        settings = self.flat_line.model_dump() | {"interval": between}
        return quality.FlatLineTest(**settings)


class Correction(Model):
    """What is added to a column from some instant on.

    Attributes:
        column: The one column of this name, without scope.
        parameter: The columns of this parameter.
        unit: Of these, those in this unit.
        begin: The first instant that is corrected.
        until: The end, exclusive; without it, the next entry of the column, or for ever.
        offset: What is added, in the column's unit.
        drift: What is added for each day since `from`, in the column's unit.
    """

    model_config = exactly_one("column", "parameter")

    column: SomeText | None = None
    parameter: SomeText | None = None
    unit: UnitField | None = None
    begin: Instant = Field(alias="from")
    until: Instant | None = None
    offset: Number = 0.0
    drift: Number = 0.0

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        try:
            self.entry()
        except ConfigError as exc:
            raise wrong(str(exc), hint=exc.hint) from exc
        return self

    def entry(self) -> quality.Correction:
        """Return the correction.

        Raises:
            ConfigError: It makes no sense.
        """
        return quality.Correction(
            target=_target(self),
            start=self.begin,
            end=self.until,
            offset=self.offset,
            drift=self.drift,
        )


def _tested_once(rules: tuple[QualityRule, ...]) -> tuple[QualityRule, ...]:
    seen: set[quality.Target] = set()
    for target in map(_target, rules):
        if target in seen:
            what = f"{(target.column or target.parameter)!r} is tested by two entries"
            raise wrong(what, hint="put all its tests in one")
        seen.add(target)
    return rules


def _apart(corrections: tuple[Correction, ...]) -> tuple[Correction, ...]:
    try:
        quality.check_apart([each.entry() for each in corrections])
    except ConfigError as exc:
        raise wrong(str(exc), hint=exc.hint) from exc
    return corrections


QualityRules: TypeAlias = Annotated[tuple[QualityRule, ...], AfterValidator(_tested_once)]
"""Tests, at most one entry for the same columns."""

Corrections: TypeAlias = Annotated[tuple[Correction, ...], AfterValidator(_apart)]
"""Corrections, those of the same columns one after the other."""
