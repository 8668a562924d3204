"""What each kind of resource may say: the shape of `resources.yaml`, key by key.

The models hold parsed values: aware instants, durations, checked names. Unknown keys are errors.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from pond_core import STANDARD, Resolution
from pond_pipeline.config.clock import Duration, Instant, Schedule, Zone, ZoneOrOffset
from pond_pipeline.config.environment import EnvText
from pond_pipeline.config.field import (
    API_VERSIONS,
    AggregateField,
    ApiVersion,
    BaseUrl,
    EnvTextField,
    LocationId,
    Name,
    NotYet,
    PondPattern,
    ResolutionField,
    SecretField,
    SomeText,
    Text,
    wrong,
)
from pond_pipeline.config.problem import FORMER_KEYS, near_miss


class Kind(StrEnum):
    """The kinds of resources that this version compiles."""

    HYDROVU = "HydroVu"
    LAKETECH = "LakeTech"
    COMBINE = "Combine"
    REDUCE = "Reduce"


KINDS_TO_COME = frozenset(
    {"Inbox", "Derive", "Pivot", "Template", "Site", "Backup", "Copy", "Alert", "Scribble"}
)
"""Kinds that DuckPond knows and this version does not compile yet."""

_NamesT = TypeVar("_NamesT", bound=Sequence[str])


class _Model(BaseModel):
    # Pydantic's own messages quote the input, and the input may be a secret.
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class Device(_Model):
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
    comment: Text | None = None

    @field_validator("until")
    @classmethod
    def _is_after_start(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        return _after(until, info.data.get("start"), name="start")


class HydroVuSpec(_Model):
    """A HydroVu account and its instruments.

    Attributes:
        key: The OAuth2 client id.
        secret: The OAuth2 client secret.
        base_url: The server.
        start: The first instant that is collected.
        clock_floor: Readings before it come from a wrong clock.
        overlap: How far back each pull asks again.
        schedule: When to pull, in UTC.
        units: Not supported yet.
        devices: The instruments.
    """

    key: SecretField
    secret: SecretField
    base_url: BaseUrl = EnvText("https://www.hydrovu.com")
    clock_floor: Instant = datetime(2000, 1, 1, tzinfo=UTC)  # before start, which looks at it
    start: Instant
    overlap: Duration = timedelta(days=3)
    schedule: Schedule | None = None
    units: NotYet = None
    devices: tuple[Device, ...] = ()

    @field_validator("start")
    @classmethod
    def _is_not_before_clock_floor(cls, start: datetime, info: ValidationInfo) -> datetime:
        floor = info.data.get("clock_floor")
        if floor is not None and start < floor:
            what = f"is before clock_floor ({floor:%Y-%m-%d}): no reading would count until then"
            raise wrong(what, hint="begin later, or lower clock_floor")
        return start


class ExportLocation(_Model):
    """A place whose exports are read.

    Attributes:
        name: The name of its asset.
        match: Which exports are its own: `*` and `?` over the location's name in the file.
        scope: The prefix of its columns where it is combined.
    """

    name: Name
    match: SomeText
    scope: Name | None = None


class LakeTechSpec(_Model):
    """A folder of exported files.

    Attributes:
        pattern: Which files; relative to the folder of `resources.yaml`.
        start: The first instant that counts.
        timezone: The zone of printed times, for files that do not say it.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.
        schedule: When to look, in UTC.
        locations: The places whose readings are wanted.
    """

    pattern: EnvTextField
    start: Instant
    timezone: ZoneOrOffset | None = None
    subtract_offset: tuple[SomeText, ...] = ()
    schedule: Schedule | None = None
    locations: tuple[ExportLocation, ...] = ()


class SiteInput(_Model):
    """What one place of instruments gives to a site.

    Attributes:
        pattern: Which normalized or combined series; a glob may match several.
        scope: The prefix of their columns; None: that of the device or location.
        begin: The first instant that counts.
        end: The end of that time, exclusive.
        rename: New names of columns, without scope.
        priority: Which of two values at one instant wins: the higher one.
        corrections: Not supported yet.
    """

    pattern: PondPattern
    scope: Name | None = None
    begin: Instant | None = None
    end: Instant | None = None
    rename: Mapping[SomeText, SomeText] = Field(default_factory=dict)
    priority: Annotated[int, Field(strict=True)] | None = None
    corrections: NotYet = None

    @field_validator("end")
    @classmethod
    def _is_after_begin(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        return _after(end, info.data.get("begin"), name="begin")

    @field_validator("rename")
    @classmethod
    def _is_one_to_one(cls, rename: Mapping[str, str]) -> Mapping[str, str]:
        if len(set(rename.values())) < len(rename):
            raise wrong("two columns get one name")
        return rename


class Site(_Model):
    """Instruments combined at a place.

    Attributes:
        name: The name of its asset.
        latitude: Degrees north.
        longitude: Degrees east.
        timezone: Where its days begin.
        inputs: Its instruments.
    """

    name: Name
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(strict=True, ge=-180, le=180)] | None = None
    timezone: Zone | None = None
    inputs: tuple[SiteInput, ...] = Field(
        validation_alias=AliasChoices("inputs", FORMER_KEYS["inputs"]), min_length=1
    )


class CombineSpec(_Model):
    """Sites and what is combined at each."""

    sites: tuple[Site, ...] = Field(
        validation_alias=AliasChoices("sites", FORMER_KEYS["sites"]), min_length=1
    )


class ReduceDataset(_Model):
    """What is downsampled.

    Attributes:
        in_pattern: Which series; a glob may match several.
        out_pattern: The dataset's name; `$0`, `$1` are what the wildcards stood for.
        columns: Which columns; None for all of them.
        aggregates: What each bucket tells.
        timezone: Not supported yet.
        exclude_flags: Not supported yet.
    """

    in_pattern: PondPattern
    out_pattern: SomeText
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)
    aggregates: tuple[AggregateField, ...] = Field(default=STANDARD, min_length=1)
    timezone: NotYet = None
    exclude_flags: NotYet = None

    @field_validator("columns", "aggregates")
    @classmethod
    def _has_each_once(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return names if names is None else _each_once(names)


class ReduceCollection(_Model):
    """Datasets at the same resolutions."""

    name: Name
    resolutions: tuple[ResolutionField, ...] = Field(min_length=1)
    datasets: tuple[ReduceDataset, ...] = Field(min_length=1)

    @field_validator("resolutions")
    @classmethod
    def _has_each_once(cls, resolutions: tuple[Resolution, ...]) -> tuple[Resolution, ...]:
        _each_once([resolution.text for resolution in resolutions])
        return resolutions


class ReduceSpec(_Model):
    """Collections of downsampled datasets."""

    collections: tuple[ReduceCollection, ...] = Field(min_length=1)


class Envelope(_Model):
    """What every resource says: all of a YAML document but the shape of its `spec`.

    Attributes:
        api_version: The version of the format; our own unless it says otherwise.
        kind: What the resource is.
        name: Its name, unique among its kind.
        desc: For people.
        metadata: Labels; `renamedFrom` is the name it had before.
        spec: As the kind has it.
    """

    api_version: ApiVersion = Field(default=API_VERSIONS[0], alias="apiVersion")
    kind: Kind
    name: Name
    desc: Text | None = None
    metadata: Mapping[Text, Text] | None = None
    spec: object

    @field_validator("kind", mode="before")
    @classmethod
    def _is_compiled(cls, kind: object) -> object:
        if not isinstance(kind, str):
            raise wrong("expected the name of a kind")
        if kind in KINDS_TO_COME:
            hint = f"it compiles {', '.join(Kind)}"
            raise wrong(f"this version does not compile {kind!r} yet", hint=hint)
        if kind not in SPECS:
            hint = near_miss(
                kind, {*Kind, *KINDS_TO_COME}, otherwise=f"write one of {', '.join(Kind)}"
            )
            raise wrong(f"{kind!r} is no kind of resource", hint=hint)
        return Kind(kind)


Spec = HydroVuSpec | LakeTechSpec | CombineSpec | ReduceSpec
"""What a resource of a compiled kind says."""

SPECS: Mapping[str, type[Spec]] = {
    Kind.HYDROVU: HydroVuSpec,
    Kind.LAKETECH: LakeTechSpec,
    Kind.COMBINE: CombineSpec,
    Kind.REDUCE: ReduceSpec,
}
"""The model of each kind's `spec`."""


def _each_once(names: _NamesT) -> _NamesT:
    """Check that a list names nothing twice."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise wrong(f"{str(twice[0])!r} is given twice", hint="remove one of them")
    return names


def _after(end: datetime | None, begin: object, *, name: str) -> datetime | None:
    """Check that a half-open range holds an instant."""
    if end is not None and isinstance(begin, datetime) and end <= begin:
        what = f"is not after {name} ({begin:%Y-%m-%dT%H:%MZ}): no instant lies between"
        raise wrong(what, hint="the end of a range is not part of it")
    return end
