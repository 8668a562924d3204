"""Taking in a pond of the original tool: its readings, files, names and resources."""

from pond_pipeline.migration.migration import migrate
from pond_pipeline.migration.outlet import Outlet
from pond_pipeline.migration.remark import Grade, Remark
from pond_pipeline.migration.report import (
    Alias,
    FilesReport,
    Migrated,
    Proof,
    ResourcesReport,
    SeriesReport,
    TableReport,
    VersionReport,
)

__all__ = [
    "Alias",
    "FilesReport",
    "Grade",
    "Migrated",
    "Outlet",
    "Proof",
    "Remark",
    "ResourcesReport",
    "SeriesReport",
    "TableReport",
    "VersionReport",
    "migrate",
]
