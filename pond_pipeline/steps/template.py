"""Text rendered for each input, as a directory of files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pond_core import ALWAYS, EntryType, ReadFS
from pond_pipeline.columns import columns_of
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import TemplateStep, page_name
from pond_pipeline.record import Totals
from pond_pipeline.steps.inputs import Found, inputs_of
from pond_pipeline.template import Page, render_page
from pond_pipeline.versions import digest_of, input_versions


@dataclass(frozen=True, slots=True)
class RenderedFiles:
    """What a directory of files shall hold.

    Attributes:
        contents: By path below the directory, each file in whole; no other file stays.
        made_from: What they are made from, and by which version of the step.
    """

    contents: Mapping[str, bytes]
    made_from: str


def template(step: TemplateStep, fs: ReadFS) -> RenderedFiles:
    """Return the text for each input.

    Raises:
        ConfigError: Two inputs give one file, or one gives none.
        TemplateError: The template cannot be rendered; its line is named.
    """
    contents: dict[str, bytes] = {}
    for page in template_pages(step, fs):
        if page.name in contents:
            msg = f"two inputs of {step.outputs[0]} give the file {page.name!r}"
            raise ConfigError(msg, hint="use more of $0, $1 in out_pattern")
        contents[page.name] = render_page(step.template, page).encode()
    return RenderedFiles(contents, _made_from(step, fs))


def template_pages(step: TemplateStep, fs: ReadFS) -> Iterator[Page]:
    """Yield what the template is told for each input, in order of their paths.

    What is exported, it is not told: only who exports knows.

    Raises:
        ConfigError: An input gives no file.
    """
    for found in inputs_of(fs, step.pattern, step.inputs):
        name = page_name(step.out_pattern, found.captures)
        yield Page(name=name, path=found.path, captures=found.captures, **_content(fs, found))


def template_is_due(step: TemplateStep, fs: ReadFS) -> bool:
    """Say whether the files are made from other inputs than are there now."""
    path = step.outputs[0]
    facts = fs.node(path).attributes if fs.exists(path) else {}
    has_reason = bool(facts or inputs_of(fs, step.pattern, step.inputs))
    return has_reason and facts.get("made_from") != _made_from(step, fs)


def _made_from(step: TemplateStep, fs: ReadFS) -> str:
    found = inputs_of(fs, step.pattern, step.inputs)
    versions = [[each.path, input_versions(fs, each.path)(ALWAYS)] for each in found]
    return digest_of([step.fingerprint, versions])


def _content(fs: ReadFS, found: Found) -> dict[str, Any]:
    """Return what a page is told of its input."""
    node = fs.lookup(found.path)
    match found.entry_type:
        case EntryType.SERIES:
            totals = Totals.of(node.node)
            return {
                "schema": columns_of(node),
                "rows": totals.rows,
                "first": totals.first,
                "last": totals.last,
            }
        case EntryType.TABLE:
            rows = sum(piece.rows or 0 for piece in node.node.pieces)
            return {"schema": columns_of(node), "rows": rows}
        case _:
            return {}
