"""A folder of exported files, and the steps that read it."""

from pathlib import Path

from pond_core import Window
from pond_pipeline.config import EnvText
from pond_pipeline.plan import ExportStep, FilesStep, LakeTechSource
from tests.pipeline.waters import at

FILES = "/raw/fb/files"
TABLE = "/normalized/fb/Pier"
HEADER = "Timestamp,Location,Parameter,Value"


def write_export(folder: Path, name: str, *rows: str) -> None:
    """Write a long CSV of rows such as `2025-01-01 00:00,Pier-1,Temp (C),5`."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join((HEADER, *rows)) + "\n")


def a_folder(root: Path, *, pattern: str = "inbox/*.csv", zone: str = "UTC") -> LakeTechSource:
    return LakeTechSource(
        name="fb",
        pattern=EnvText(pattern),
        root=root,
        start=at("2025-01-01"),
        timezone=zone,
        subtract_offset=(),
        schedule=None,
    )


def a_files_step(source: LakeTechSource) -> FilesStep:
    return FilesStep(
        group="fb",
        description="Files.",
        outputs=(FILES,),
        partitioned=False,
        fingerprint="files",
        source=source,
        locations=(("Pier", "Pier-*"),),
    )


def an_export_step(source: LakeTechSource) -> ExportStep:
    return ExportStep(
        group="fb",
        description="Readings.",
        outputs=(TABLE,),
        inputs=(FILES,),
        fingerprint=f"export {source.timezone}",
        source=source,
        location="Pier",
        match="Pier-*",
        window=Window.of(at("2025-01-01")),
    )
