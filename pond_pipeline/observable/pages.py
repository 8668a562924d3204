"""The pages of a project: those of templates, of each series that has none, and the overview."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pond_core import Snapshot
from pond_pipeline.apply import applied_documents
from pond_pipeline.observable.data import Rows
from pond_pipeline.observable.selection import PAGE, Selection, page_files
from pond_pipeline.observable.shipped import shipped_template
from pond_pipeline.plan import TemplateStep, compile_plan
from pond_pipeline.steps.template import template_pages
from pond_pipeline.template import Page, render_page, render_text

SERIES_TEMPLATE = "series.md.jinja"
"""The template of a series' page, which the project has a copy of."""

_SERIES = "series"
"""The folder of the pages of series, below the root of all pages."""


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page.

    Attributes:
        name: Its path below the root of all pages.
        text: Markdown, with JavaScript.
        path: The pond path of what it shows, or of the file that a template rendered.
        source: The pond path that it was made for; empty where nobody knows.
    """

    name: str
    text: str
    path: str
    source: str

    @property
    def href(self) -> str:
        """Where it is, for a page at the root of all pages."""
        return f"./{self.name.removesuffix(PAGE)}"


def rendered_pages(
    snapshot: Snapshot, selection: Selection, rows: Sequence[Rows]
) -> list[MadePage]:
    """Return the pages of templates, which are told what was exported.

    What the pond holds of them was rendered when nobody had exported anything. They are rendered
    again, by the templates that it has recorded; a page that none of them makes any more is taken
    as the pond has it.

    Raises:
        ConfigError: What the pond has recorded is not understood.
        TemplateError: A template cannot be rendered; the page and the line are named.
    """
    names = page_files(node.path for node in selection.pages)
    templates = dict(_templates(snapshot)) if selection.pages else {}
    by_path = {each.node.path: [file.told for file in each.files] for each in rows}
    export = _nested(selection.captures, by_path)
    exported = {each.node.path: each.told for each in rows}
    found = []
    for node in selection.pages:
        text, source = node.read_bytes().decode(errors="replace"), ""
        if node.path in templates:
            template, page = templates[node.path]
            told = replace(page, export=export, **exported.get(page.path, {}))
            text, source = render_page(template, told), page.path
        found.append(MadePage(names[node.path], text, node.path, source))
    return found


def series_page(exported: Rows, *, name: str) -> MadePage:
    """Return the page of a table or series, by the template that is shipped.

    Args:
        exported: What was exported of it.
        name: What it is called in addresses.
    """
    node = exported.node
    page = Page(name=f"{name}{PAGE}", path=node.path, **exported.told)
    text = render_page(shipped_template(SERIES_TEMPLATE), page)
    return MadePage(f"{_SERIES}/{page.name}", text, node.path, node.path)


def overview(rows: Sequence[Rows], pages: Sequence[MadePage]) -> str:
    """Return the page that lists all others.

    Args:
        rows: What was exported.
        pages: All pages; a table or series is listed with the first that was made for it.
    """
    hrefs: dict[str, str] = {}
    for page in pages:
        hrefs.setdefault(page.source, page.href)
    series = [
        {
            "stage": each.node.path.split("/")[1],
            "path": each.node.path,
            "href": hrefs[each.node.path],
            "rows": each.rows,
            "first": each.first,
            "last": each.last,
        }
        for each in rows
    ]
    others = [{"path": each.path, "href": each.href} for each in pages if each.path != each.source]
    known: dict[str, Any] = {"series": series, "pages": others}
    return render_text(shipped_template("index.md.jinja"), name="index.md", known=known)


def _templates(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, Page]]]:
    """Yield template and page of all files that the recorded templates make, by their paths."""
    # No file of the host is read: a recorded template has its text.
    plan = compile_plan(applied_documents(snapshot) or (), root=Path())
    for step in plan.steps:
        if isinstance(step, TemplateStep):
            for page in template_pages(step, snapshot):
                yield f"{step.outputs[0]}/{page.name}", (step.template, page)


def _nested(
    captures: Sequence[Mapping[str, tuple[str, ...]]], values: Mapping[str, object]
) -> dict[str, Any]:
    """Return values by what wildcards stood for; where two patterns say the same, the later counts.

    Args:
        captures: For each pattern, what its wildcards stood for, by path.
        values: By path; what has none is left out.
    """
    found: dict[str, Any] = {}
    for by_path in captures:
        for path, stood in by_path.items():
            if not stood or path not in values:
                continue
            below = found
            for capture in stood[:-1]:
                if not isinstance(below.get(capture), dict):
                    below[capture] = {}
                below = below[capture]
            below[stood[-1]] = values[path]
    return found
