"""`resources.yaml` as typed documents. No Dagster, no network; secrets are never shown."""

from pond_pipeline.config.document import Document, load_documents, read_documents
from pond_pipeline.config.environment import Environment, EnvText, read_environment
from pond_pipeline.config.field import checked_name
from pond_pipeline.config.model import (
    CombineSpec,
    Device,
    ExportLocation,
    HydroVuSpec,
    Kind,
    LakeTechSpec,
    ReduceCollection,
    ReduceDataset,
    ReduceSpec,
    Site,
    SiteInput,
    Spec,
)
from pond_pipeline.config.problem import Keys, Location, Problems, near_miss

__all__ = [
    "CombineSpec",
    "Device",
    "Document",
    "EnvText",
    "Environment",
    "ExportLocation",
    "HydroVuSpec",
    "Keys",
    "Kind",
    "LakeTechSpec",
    "Location",
    "Problems",
    "ReduceCollection",
    "ReduceDataset",
    "ReduceSpec",
    "Site",
    "SiteInput",
    "Spec",
    "checked_name",
    "load_documents",
    "near_miss",
    "read_documents",
    "read_environment",
]
