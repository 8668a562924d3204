"""Pages of the user's own: Markdown, with charts where tags ask for them.

Markdown may hold no HTML: what looks like it is shown as text, so no script gets into a page. A tag
gives a mark that is a paragraph of its own; when all is HTML, the chart takes its place.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from pond_pipeline.errors import WebsiteError
from pond_pipeline.template import render_text
from pond_pipeline.website.chart import Chart


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of the user's own.

    Attributes:
        name: Its file's name without the end.
        title: Its first heading; its name without one.
        body: HTML.
        has_charts: Whether there are any in it.
    """

    name: str
    title: str
    body: Markup
    has_charts: bool


_NOTHING = "*No readings yet.*"
_ARGUMENTS = ("parameter", "unit", "title")
_TEXTS = ("text", "code_inline")

_WIDE = {
    "<table>": '<div class="scroll" role="group" aria-label="Table" tabindex="0">\n<table>',
    "</table>": "</table>\n</div>",
    "<pre>": '<pre tabindex="0">',
}
"""Tags of what may be wider than a screen, and what is written in their places."""

_SECRET = secrets.token_hex(16)
"""Nobody can have written the marks: they are drawn when the process starts."""

ChartsOf = Callable[..., Sequence[Chart]]
"""From what a tag says to the charts that it means; what is wrong is a `ValueError`."""


def page_files(patterns: Sequence[str], root: Path) -> list[Path]:
    """Return the files of pages, in the order of their patterns and names.

    Args:
        patterns: Which files: globs below `root`.
        root: The folder of `resources.yaml`.

    Raises:
        WebsiteError: A pattern is none or matches nothing, a name is not UTF-8, or two pages have
            one.
    """
    files = [file for pattern in patterns for file in _files(root, pattern)]
    names = [file.stem for file in files]
    for file in files:
        if not _is_utf8(str(file)):
            msg = f"the name of the page {str(file)!r} is not UTF-8"
            raise WebsiteError(msg, hint="rename it: its address is made of it")
        if names.count(file.stem) > 1:
            msg = f"two pages are called {file.stem!r}"
            raise WebsiteError(msg, hint="rename one: pages are named by their files")
    return files


def own_page(file: Path, charts_of: ChartsOf) -> OwnPage:
    """Return a page.

    Args:
        file: Its Markdown.
        charts_of: What `chart(...)` stands for.

    Raises:
        WebsiteError: The file is no text.
        TemplateError: A tag is wrong; its line is named.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        msg = f"the page {file} cannot be read: {exc}"
        raise WebsiteError(msg, hint="save it as UTF-8 text") from exc
    charts: dict[str, Chart] = {}

    def mark(*path: object, **how: object) -> str:
        meant = charts_of(*_checked(path, how))
        tokens = [f"chart{_SECRET}{len(charts) + index}" for index in range(len(meant))]
        charts.update(zip(tokens, meant, strict=True))
        return "".join(f"\n\n{token}\n\n" for token in tokens) or _NOTHING

    filled = render_text(text, name=file.name, known={"chart": mark})
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(filled)
    body = _scrolling(parser.renderer.render(tokens, parser.options, {}))
    for token, drawn in charts.items():
        body = body.replace(f"<p>{token}</p>", str(drawn.figure), 1)
    if _SECRET in body:
        msg = f"{file.name}: a chart stands within code, a heading or a table"
        raise WebsiteError(msg, hint="give the tag a paragraph of its own")
    html = Markup(body)  # noqa: S704 -- of Markdown without HTML
    return OwnPage(file.stem, _title(tokens) or file.stem, html, has_charts=bool(charts))


def _files(root: Path, pattern: str) -> list[Path]:
    try:
        found = sorted(file for file in root.glob(pattern) if file.is_file())
    except (ValueError, OSError) as exc:
        msg = f"{pattern!r} is no pattern of files: {exc}"
        raise WebsiteError(msg, hint="write a file, or a glob such as pages/*.md") from exc
    if not found:
        msg = f"no page is called {pattern!r} in {root}"
        raise WebsiteError(msg, hint="`pages` names Markdown files beside resources.yaml")
    return found


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # how Python has bytes of a name that are none
        return False
    return True


def _checked(path: tuple[object, ...], how: Mapping[str, object]) -> tuple[str, ...]:
    """Return path, parameter, unit and title of a tag; those not given are empty."""
    if len(path) != 1 or not isinstance(path[0], str):
        raise ValueError('a chart takes one path: chart("/reduced/harbor/sites/Wharf")')
    for name, value in how.items():
        if name not in _ARGUMENTS or not isinstance(value, str):
            raise ValueError(
                f"a chart takes the texts {', '.join(_ARGUMENTS)}, and no other {name}"
            )
    return (path[0], *(str(how.get(name, "")) for name in _ARGUMENTS))


def _scrolling(body: str) -> str:
    """Let what is wider than the screen scroll by itself, by keys as well.

    Args:
        body: HTML of Markdown, in which each `<` is of a tag.
    """
    for tag, whole in _WIDE.items():
        body = body.replace(tag, whole)
    return body


def _title(tokens: Sequence[Token]) -> str:
    """Return the text of the first heading, without its marks; empty without one."""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            shown = (each for each in inline.children or () if each.type in _TEXTS)
            return "".join(each.content for each in shown)
    return ""
