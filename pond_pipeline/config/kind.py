"""The kinds of resources, and what every resource says."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, ValidationInfo, field_validator

from pond_core import near_miss_hint
from pond_pipeline.config.derived import (
    CombineSpec,
    DeriveSpec,
    PivotSpec,
    ReduceSpec,
    TemplateSpec,
)
from pond_pipeline.config.field import (
    API_VERSIONS,
    ApiVersion,
    Name,
    Text,
    checked_name,
    wrong,
)
from pond_pipeline.config.service import AlertSpec, BackupSpec, CopySpec
from pond_pipeline.config.shape import Model
from pond_pipeline.config.source import HydroVuSpec, InboxSpec, LakeTechSpec, ScribbleSpec
from pond_pipeline.config.website import WebsiteSpec
from pond_pipeline.errors import ConfigError


class Kind(StrEnum):
    """The kinds of resources that this version compiles."""

    HYDROVU = "HydroVu"
    LAKETECH = "LakeTech"
    INBOX = "Inbox"
    SCRIBBLE = "Scribble"
    DERIVE = "Derive"
    COMBINE = "Combine"
    PIVOT = "Pivot"
    REDUCE = "Reduce"
    TEMPLATE = "Template"
    BACKUP = "Backup"
    COPY = "Copy"
    SITE = "Site"
    ALERT = "Alert"


RENAMED_FROM = "renamedFrom"
"""The label that says which name a resource had before."""


class Envelope(Model):
    """What every resource says: all of a YAML document but the shape of its `spec`.

    Attributes:
        api_version: The format's version. `www.hydrovu.com/v1` and `github.com/jmacd/duckpond/v1`
            are read too.
        kind: What the resource is.
        name: Unique among its kind; two sources cannot share one either, nor a `Backup` and a
            `Copy`. Pond paths are named after it.
        desc: For people.
        metadata: Labels, recorded as they are; `owner` and `renamedFrom` do something.
        spec: What it asks for, as its kind has it.
    """

    api_version: ApiVersion = Field(default=API_VERSIONS[0], alias="apiVersion")
    kind: Kind
    name: Name
    desc: Text | None = None
    metadata: Mapping[Text, Text] | None = None
    spec: object

    @field_validator("metadata")
    @classmethod
    def _was_called_otherwise(
        cls, metadata: Mapping[str, str] | None, info: ValidationInfo
    ) -> Mapping[str, str] | None:
        former = (metadata or {}).get(RENAMED_FROM)
        if former is None:
            return metadata
        try:
            name = checked_name(former)
        except ConfigError as exc:
            raise wrong(f"{RENAMED_FROM}: {exc}", hint=exc.hint) from exc
        if name == info.data.get("name"):
            raise wrong(f"{RENAMED_FROM}: it is called {name!r} already", hint="remove it")
        return {**(metadata or {}), RENAMED_FROM: name}

    @field_validator("kind", mode="before")
    @classmethod
    def _is_compiled(cls, kind: object) -> object:
        if not isinstance(kind, str):
            raise wrong("expected the name of a kind")
        if kind not in SPECS:
            hint = near_miss_hint(kind, Kind, otherwise=f"write one of {', '.join(Kind)}")
            raise wrong(f"{kind!r} is no kind of resource", hint=hint)
        return Kind(kind)


Spec = (
    HydroVuSpec
    | LakeTechSpec
    | InboxSpec
    | ScribbleSpec
    | DeriveSpec
    | CombineSpec
    | PivotSpec
    | ReduceSpec
    | TemplateSpec
    | WebsiteSpec
    | BackupSpec
    | CopySpec
    | AlertSpec
)
"""What a resource of a compiled kind says."""

SPECS: Mapping[str, type[Spec]] = {
    Kind.HYDROVU: HydroVuSpec,
    Kind.LAKETECH: LakeTechSpec,
    Kind.INBOX: InboxSpec,
    Kind.SCRIBBLE: ScribbleSpec,
    Kind.DERIVE: DeriveSpec,
    Kind.COMBINE: CombineSpec,
    Kind.PIVOT: PivotSpec,
    Kind.REDUCE: ReduceSpec,
    Kind.TEMPLATE: TemplateSpec,
    Kind.SITE: WebsiteSpec,
    Kind.BACKUP: BackupSpec,
    Kind.COPY: CopySpec,
    Kind.ALERT: AlertSpec,
}
"""The model of each kind's `spec`."""
