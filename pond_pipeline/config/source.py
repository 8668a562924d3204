"""What sources say: accounts, folders and made-up readings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from pond_pipeline.config.clock import Duration, Instant, Schedule, Zone, ZoneOrOffset
from pond_pipeline.config.environment import EnvText
from pond_pipeline.config.field import (
    BaseUrl,
    CadenceField,
    EnvTextField,
    LocationId,
    Name,
    SecretField,
    SomeText,
    Text,
    UnitField,
    wrong,
)
from pond_pipeline.config.judgement import Checks, QualityRules
from pond_pipeline.config.shape import Model, each_once, is_after
from pond_pipeline.periods import Cadence


class Device(Model):
    """An instrument of a HydroVu account.

    Attributes:
        name: The name of its asset.
        id: Its HydroVu location.
        scope: The prefix of its columns where it is combined.
        interval: How often it is expected to read.
        start: Its first instant; None: as its source.
        until: The end of its time, exclusive.
        active: Whether the API is asked for it.
        clock: The zone in which its clock runs.
        columns: The columns that it is expected to give; a check tells of others.
        comment: For people.
    """

    name: Name
    id: LocationId
    scope: Name | None = None
    interval: Duration | None = None
    start: Instant | None = None
    until: Instant | None = None
    active: Annotated[bool, Field(strict=True)] = True
    clock: Zone = "UTC"
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)
    comment: Text | None = None

    @field_validator("until")
    @classmethod
    def _is_after_start(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        return is_after(until, info.data.get("start"), name="start")


class HydroVuSpec(Model):
    """A HydroVu account and its instruments.

    Attributes:
        key: The OAuth2 client id.
        secret: The OAuth2 client secret.
        base_url: The server.
        start: The first instant that is collected.
        clock_floor: Readings before it come from a wrong clock.
        overlap: How far back each pull asks again.
        schedule: When to pull, in UTC.
        cadence: How long its partitions are.
        units: In which unit each parameter shall be, by the parameter's name.
        quality: QARTOD tests of its columns.
        checks: How its series are judged.
        devices: The instruments.
    """

    key: SecretField
    secret: SecretField
    base_url: BaseUrl = EnvText("https://www.hydrovu.com")
    clock_floor: Instant = datetime(2000, 1, 1, tzinfo=UTC)  # before start, which looks at it
    start: Instant
    overlap: Duration = timedelta(days=3)
    schedule: Schedule | None = None
    cadence: CadenceField = Cadence.MONTHLY
    units: Mapping[SomeText, UnitField] = Field(default_factory=dict)
    quality: QualityRules = ()
    checks: Checks = Field(default_factory=Checks)
    devices: tuple[Device, ...] = ()

    @field_validator("start")
    @classmethod
    def _is_not_before_clock_floor(cls, start: datetime, info: ValidationInfo) -> datetime:
        floor = info.data.get("clock_floor")
        if floor is not None and start < floor:
            what = f"is before clock_floor ({floor:%Y-%m-%d}): no reading would count until then"
            raise wrong(what, hint="begin later, or lower clock_floor")
        return start


class ExportLocation(Model):
    """A place whose exports are read.

    Attributes:
        name: The name of its asset.
        match: Which exports are its own: `*` and `?` over the location's name in the file.
        scope: The prefix of its columns where it is combined.
        interval: How often it is expected to read.
        columns: The columns that it is expected to give; a check tells of others.
    """

    name: Name
    match: SomeText
    scope: Name | None = None
    interval: Duration | None = None
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)


class LakeTechSpec(Model):
    """A folder of exported files.

    Attributes:
        pattern: Which files; relative to the folder of `resources.yaml`.
        start: The first instant that counts.
        timezone: The zone of printed times, for files that do not say it.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.
        schedule: When to look, in UTC; a sensor looks all the time.
        cadence: How long its partitions are.
        units: In which unit each parameter shall be, by the parameter's name.
        quality: QARTOD tests of its columns.
        checks: How its series are judged.
        locations: The places whose readings are wanted.
    """

    pattern: EnvTextField
    start: Instant
    timezone: ZoneOrOffset | None = None
    subtract_offset: tuple[SomeText, ...] = ()
    schedule: Schedule | None = None
    cadence: CadenceField = Cadence.MONTHLY
    units: Mapping[SomeText, UnitField] = Field(default_factory=dict)
    quality: QualityRules = ()
    checks: Checks = Field(default_factory=Checks)
    locations: tuple[ExportLocation, ...] = ()


class InboxSpec(Model):
    """Files of this machine, kept bit for bit.

    Attributes:
        pattern: Which files; relative to the folder of `resources.yaml`.
        schedule: When to look, in UTC; a sensor looks all the time.
    """

    pattern: EnvTextField
    schedule: Schedule | None = None


class ScribbleSpec(Model):
    """Readings made up from a seed: the same on every machine, for ever.

    Attributes:
        seed: Another one gives other readings.
        start: The first instant.
        end: The end of the time, exclusive; None: they go on.
        interval: How far apart readings are.
        schedule: When to make them, in UTC.
        cadence: How long its partitions are.
        series: The names of its series.
        columns: The columns of each.
    """

    seed: Annotated[int, Field(strict=True, ge=0)] = 0
    start: Instant
    end: Instant | None = None
    interval: Duration = timedelta(minutes=15)
    schedule: Schedule | None = None
    cadence: CadenceField = Cadence.MONTHLY
    series: tuple[Name, ...] = Field(min_length=1)
    columns: tuple[SomeText, ...] = Field(default=("value",), min_length=1)

    @field_validator("end")
    @classmethod
    def _is_after_start(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        return is_after(end, info.data.get("start"), name="start")

    @field_validator("series", "columns")
    @classmethod
    def _has_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return each_once(names)
