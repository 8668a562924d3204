"""Writing a project: data files first, then the pages that name them; what is gone goes last."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pond_core import Snapshot, Track, untracked
from pond_pipeline.observable.data import export_data
from pond_pipeline.observable.packages import (
    LOCKED,
    PACKAGE,
    unlocked_packages,
    wanted_packages,
)
from pond_pipeline.observable.pages import (
    SERIES_TEMPLATE,
    overview,
    rendered_pages,
    series_page,
)
from pond_pipeline.observable.project import PAGES, Project, opened
from pond_pipeline.observable.selection import Cut, row_names, select
from pond_pipeline.observable.shipped import shipped, shipped_template

_STARTER: Mapping[str, str] = {
    ".gitignore": "gitignore",
    "observablehq.config.js": "observablehq.config.js",
}
"""What a project begins with, by what it is called in the package."""

_COMPONENT = f"{PAGES}/components/duckpond.js"
"""What pages read and draw with."""


@dataclass(frozen=True, slots=True)
class ExportedProject:
    """What an export of a project did.

    Attributes:
        directory: Where the project is.
        txn: The pond as of this transaction.
        series: How many tables and series it has.
        pages: How many pages the export made, those included that are left.
        files: How many files of the export's it has.
        bytes: Their size.
        written: How many of them were written.
        removed: How many were removed.
        left: Files that somebody edited, or made in the place of one of the export's: they stay.
        missing: Packages, `name@version`, that the pages need and `package.json` lacks.
        unlocked: Packages that `package.json` asks for and `package-lock.json` does not have so:
            one of them was edited, and stays.
    """

    directory: str
    txn: int
    series: int
    pages: int
    files: int
    bytes: int
    written: int
    removed: int
    left: tuple[str, ...]
    missing: tuple[str, ...]
    unlocked: tuple[str, ...]


def export_project(
    snapshot: Snapshot,
    patterns: Sequence[str],
    directory: Path,
    cut: Cut,
    *,
    force: bool,
    track: Track = untracked,
) -> ExportedProject:
    """Bring a project of Observable Framework up to date; what did not change is not written.

    Args:
        snapshot: The pond.
        patterns: Which tables, series and rendered pages; without any, all but what nobody draws.
        directory: Its folder: none yet, an empty one, or that of such a project.
        cut: What is wanted of each series.
        force: Whether files of an export's that somebody edited are made anew.
        track: Sees tables and series go by.

    Raises:
        NotFoundError: A pattern means nothing.
        ObservableError: The folder holds something else, or cannot be written.
        SchemaError: There is no such column, or Parquet has no such type.
        TemplateError: A template cannot be rendered.
    """
    selection = select(snapshot, patterns)
    names = row_names(node.path for node in selection.rows)
    with opened(directory, force=force) as project:
        rows = [
            export_data(project, snapshot, node, cut, folder=names[node.path])
            for node in track(selection.rows)
        ]
        pages = rendered_pages(snapshot, selection, rows)
        have_pages = {page.source for page in pages}
        pages += [
            series_page(each, name=names[each.node.path])
            for each in rows
            if each.node.path not in have_pages
        ]
        for page in pages:
            project.put(f"{PAGES}/{page.name}", page.text.encode())
        project.put(f"{PAGES}/index.md", overview(rows, pages).encode())
        _put_starter(project)
        removed = project.finish()
    return ExportedProject(
        directory=str(directory),
        txn=snapshot.txn,
        series=len(rows),
        pages=len(pages) + 1,
        files=len(project.files),
        bytes=sum(each.size for each in project.files.values()),
        written=project.written,
        removed=removed,
        left=tuple(sorted(project.left)),
        missing=tuple(_missing(directory)),
        unlocked=tuple(unlocked_packages(directory)),
    )


def _put_starter(project: Project) -> None:
    for name, source in _STARTER.items():
        project.offer(name, shipped(f"starter/{source}"))
    project.put(_COMPONENT, shipped("starter/components/duckpond.js"))
    project.put(SERIES_TEMPLATE, shipped_template(SERIES_TEMPLATE).encode())
    # Versions are pinned by both: to a list of somebody's own, ours would be wrong.
    if project.offer(PACKAGE, shipped(f"starter/{PACKAGE}")):
        project.offer(LOCKED, shipped(f"starter/{LOCKED}"))
    else:
        project.keep(LOCKED)


def _missing(directory: Path) -> Iterator[str]:
    """Yield the packages that the pages need and the project does not ask for."""
    has = wanted_packages(directory)
    needed: Mapping[str, str] = json.loads(shipped(f"starter/{PACKAGE}"))["dependencies"]
    return (f"{name}@{version}" for name, version in needed.items() if name not in has)
