"""A project of Observable Framework: pages, and the files that they read. Knows no orchestrator."""

from pond_pipeline.observable.export import ExportedProject, export_project
from pond_pipeline.observable.selection import Cut

__all__ = ["Cut", "ExportedProject", "export_project"]
