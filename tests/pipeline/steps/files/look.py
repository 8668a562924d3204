"""A look at a folder, and what the pond keeps of it."""

import os
from pathlib import Path

from pond_core import EntryType, Pond
from pond_pipeline.deposit import Deposited
from pond_pipeline.plan import FilesStep, InboxStep
from pond_pipeline.steps import CheckedFiles
from pond_pipeline.steps.files import foresee, list_source
from tests.pipeline.steps.exports import FILES, NOW, keep, look

ROW = "2025-01-01 00:00,Pier-1,Temp (C),5"

NONSENSE = "nothing of the kind"


def run(pond: Pond, step: FilesStep | InboxStep) -> tuple[CheckedFiles, Deposited]:
    """Look at a folder and keep what is found."""
    files = look(step, pond)
    return files, keep(pond, step, files)


def names(pond: Pond, path: str = FILES) -> list[str]:
    """Return the files of a pond directory."""
    snapshot = pond.snapshot()
    if not snapshot.exists(path):
        return []
    below = (each for each in snapshot.walk(path) if each.entry_type is EntryType.DATA)
    return [each.path.removeprefix(f"{path}/") for each in below]


def has_news(pond: Pond, step: FilesStep | InboxStep) -> bool:
    listing = list_source(step, {}, now=NOW)
    return foresee(step, pond.snapshot(), listing).has_news


def spoil(inbox: Path) -> None:
    """Overwrite every file in a way that only reading it could notice."""
    for file in (each for each in inbox.rglob("*") if each.is_file()):
        status = file.stat()
        with file.open("r+b") as content:
            content.write(b"?" * status.st_size)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
