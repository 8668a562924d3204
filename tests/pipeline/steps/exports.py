"""A folder of exported files, and the steps that read it."""

import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from pond_core import Pond, Provenance, Window
from pond_pipeline.config import EnvText
from pond_pipeline.deposit import Deposited, deposit
from pond_pipeline.periods import Cadence
from pond_pipeline.plan import (
    ExportStep,
    FilesStep,
    Folder,
    InboxSource,
    InboxStep,
    LakeTechSource,
)
from pond_pipeline.steps import CheckedFiles, Request
from pond_pipeline.steps.files import collect
from tests.pipeline.waters import at

FILES = "/raw/fb/files"
QUARANTINE = "/quarantine/fb/files"
INBOX = "/raw/notes"
TABLE = "/normalized/fb/Pier"
HEADER = "Timestamp,Location,Parameter,Value"


NOW = at("2026-06-01")
"""When folders are looked at; their files were written on New Year's Day."""

_seconds: Iterator[int] = count(int(at("2026-01-01").timestamp()))


def put(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file some time ago; each is a second younger than the one before."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    age(file)
    return file


def age(file: Path) -> None:
    """Make a file one that was written some time ago."""
    written = next(_seconds)
    os.utime(file, (written, written))


def write_export(folder: Path, name: str, *rows: str) -> Path:
    """Write a long CSV of rows such as `2025-01-01 00:00,Pier-1,Temp (C),5`, some time ago."""
    return put(folder, name, "\n".join((HEADER, *rows)) + "\n")


def look(
    step: FilesStep | InboxStep, pond: Pond, environ: Mapping[str, str] | None = None
) -> CheckedFiles:
    """Look at a step's folder."""
    return collect(step, pond.snapshot(), Request(now=NOW, environ=lambda: environ or {}))


def keep(pond: Pond, step: FilesStep | InboxStep, files: CheckedFiles) -> Deposited:
    """Store what a look found."""
    return deposit(pond, step.outputs[0], files, provenance=Provenance())


def a_folder(root: Path, *, pattern: str = "inbox/*.csv", zone: str = "UTC") -> LakeTechSource:
    return LakeTechSource(
        name="fb",
        folder=Folder(pattern=EnvText(pattern), root=root),
        start=at("2025-01-01"),
        timezone=zone,
        subtract_offset=(),
        schedule=None,
        cadence=Cadence.MONTHLY,
    )


def a_files_step(source: LakeTechSource) -> FilesStep:
    return FilesStep(
        group="fb",
        description="Files.",
        outputs=(FILES, QUARANTINE),
        cadence=None,
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


def an_inbox_step(root: Path, *, pattern: str = "inbox/**/*") -> InboxStep:
    folder = Folder(pattern=EnvText(pattern), root=root)
    return InboxStep(
        group="notes",
        description="Notes.",
        outputs=(INBOX,),
        cadence=None,
        fingerprint="inbox",
        source=InboxSource(name="notes", folder=folder, schedule=None),
    )
