"""`resources.yaml` as typed documents. No Dagster, no network; secrets are never shown."""

from pond_pipeline.config.derived import (
    CombineSpec,
    DeriveCollection,
    DeriveSpec,
    PivotDataset,
    PivotSpec,
    ReduceCollection,
    ReduceDataset,
    ReduceSpec,
    Site,
    SiteInput,
    TemplateCollection,
    TemplateSpec,
)
from pond_pipeline.config.document import (
    Document,
    load_documents,
    read_documents,
)
from pond_pipeline.config.environment import (
    Environment,
    EnvText,
    read_environment,
)
from pond_pipeline.config.field import (
    checked_name,
)
from pond_pipeline.config.judgement import (
    BatteryCheck,
    Check,
    Checks,
    Correction,
    FlatLine,
    FreshnessCheck,
    Gap,
    GapCheck,
    GrossRange,
    QualityRule,
    RateOfChange,
    Severity,
    Spike,
)
from pond_pipeline.config.kind import (
    RENAMED_FROM,
    Kind,
    Spec,
)
from pond_pipeline.config.problem import (
    Keys,
    Location,
    Problems,
)
from pond_pipeline.config.schema import resources_schema
from pond_pipeline.config.service import (
    UI,
    AlertSpec,
    BackupPlace,
    BackupSpec,
    Channel,
    Condition,
    CopySpec,
    Incident,
)
from pond_pipeline.config.source import (
    Device,
    ExportLocation,
    HydroVuSpec,
    InboxSpec,
    LakeTechSpec,
    ScribbleSpec,
)
from pond_pipeline.config.website import Link, WebsiteSpec
from pond_pipeline.config.written import written

__all__ = [
    "RENAMED_FROM",
    "UI",
    "AlertSpec",
    "BackupPlace",
    "BackupSpec",
    "BatteryCheck",
    "Channel",
    "Check",
    "Checks",
    "CombineSpec",
    "Condition",
    "CopySpec",
    "Correction",
    "DeriveCollection",
    "DeriveSpec",
    "Device",
    "Document",
    "EnvText",
    "Environment",
    "ExportLocation",
    "FlatLine",
    "FreshnessCheck",
    "Gap",
    "GapCheck",
    "GrossRange",
    "HydroVuSpec",
    "InboxSpec",
    "Incident",
    "Keys",
    "Kind",
    "LakeTechSpec",
    "Link",
    "Location",
    "PivotDataset",
    "PivotSpec",
    "Problems",
    "QualityRule",
    "RateOfChange",
    "ReduceCollection",
    "ReduceDataset",
    "ReduceSpec",
    "ScribbleSpec",
    "Severity",
    "Site",
    "SiteInput",
    "Spec",
    "Spike",
    "TemplateCollection",
    "TemplateSpec",
    "WebsiteSpec",
    "checked_name",
    "load_documents",
    "read_documents",
    "read_environment",
    "resources_schema",
    "written",
]
