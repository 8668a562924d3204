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
        id: Its HydroVu location id, about 16 digits; of one device at a time.
        scope: Put before its columns where it is combined.
        interval: How often it reads. With it, an instrument with `until` is known to be complete
            once its last reading is there.
        start: Its first instant, the source's if left out; an earlier one than the source's counts
            as that.
        until: The end of its time, exclusive. After `start`.
        active: `false`: the API is not asked for it; what is stored stays.
        clock: The zone whose local time its clock stamps as if it were UTC (Cube and Tube devices).
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
        secret: The OAuth2 client secret. Never shown, never recorded.
        base_url: Another server, such as the simulator. Without a user or password.
        start: The first instant that is collected. Its period is the first partition, or the one in
            which the first bucket made of it begins: a week, a local day, a year.
        clock_floor: An earlier reading comes from a wrong clock, and is quarantined. Not after
            `start`.
        overlap: How far back from the newest reading each pull asks again. What reaches HydroVu
            later than that, when newer readings are there already, only a refetch brings.
        schedule: When to pull, while `pond up` or a Dagster daemon runs. While a run of it is going
            on, a tick starts no other.
        cadence: How long its partitions are.
        units: In which unit each parameter shall be: `{Depth: m}`.
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
        match: Which exports are its own: `*`, `?` and `[...]` over the location's name in the file.
        scope: Put before its columns where it is combined.
        interval: How often it reads.
        until: The end of its time, exclusive: later readings are left out, and none are expected.
        columns: The columns that it is expected to give; a check tells of others.
    """

    name: Name
    match: SomeText
    scope: Name | None = None
    interval: Duration | None = None
    until: Instant | None = None
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)


class LakeTechSpec(Model):
    """A folder of exported files.

    Attributes:
        pattern: Which files of this machine, such as `inbox/*.htm`; relative to the folder of
            `resources.yaml`.
        start: Earlier readings are left out.
        timezone: The zone of printed times, for files that do not state one. A long CSV never does.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.
        schedule: When to look; a sensor looks all the time.
        cadence: How long its partitions are.
        units: In which unit each parameter shall be: `{Depth: m}`.
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
        pattern: Which files; relative to the folder of `resources.yaml`, or absolute.
        schedule: When to look; a sensor looks all the time.
    """

    pattern: EnvTextField
    schedule: Schedule | None = None


class ScribbleSpec(Model):
    """Readings made up from a seed: the same on every machine, for ever.

    Attributes:
        seed: Another one gives other readings.
        start: The first instant.
        end: The end of the time, exclusive; without it they go on up to now.
        interval: How far apart readings are.
        schedule: When to make them.
        cadence: How long its partitions are.
        series: The names of its series, each once.
        columns: The columns of each, each once.
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
