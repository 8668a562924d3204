"""How the pages become a site: Sphinx reads this file (`make docs`)."""

import posixpath
import re
import shutil
import tomllib
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
ALL_PAGES = "docs/index"
DECISIONS = "docs/decisions/README"

_CHAPTER = re.compile(r"^## (.*)$", re.MULTILINE)
_ROW = re.compile(r"^\| \[([^\]]+)\]\((\S+)\.md\)", re.MULTILINE)

project = "DuckPond"
version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# The source is the whole repository: README and change log are pages like all others, and a
# relative link means the same on the site as in the Markdown.
root_doc = "README"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [
    "docs/_build",
    *(each.name for each in ROOT.iterdir() if each.is_dir() and each.name != "docs"),
]

extensions = ["myst_parser"]
nitpicky = True
highlight_language = "none"
smartquotes = False
myst_heading_anchors = 4
# What only MyST takes for syntax stays what it is to everybody else: text.
myst_disable_syntax = ["myst_line_comment", "blockbreak", "myst_target", "myst_role"]

html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
html_show_copyright = False
html_static_path = html_css_files = ["site.css"]
# Summaries of search results are fetched, and browsers let no page of a disk fetch another one.
html_js_files = [
    (None, {"body": "DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== 'file:'"})
]


def toctree(options: dict[str, str], pages: list[str]) -> str:
    """Return a list of pages as MyST reads it."""
    said = [f":{name}: {value}".rstrip() for name, value in options.items()]
    return "\n".join(["", "```{toctree}", *said, "", *pages, "```", ""])


def sidebar(index: str) -> str:
    """Return what stands in the sidebar: the chapters and rows of the page of all pages."""
    _, *parts = _CHAPTER.split(index)
    chapters = {}
    for caption, chapter in zip(parts[::2], parts[1::2], strict=True):
        rows = {
            posixpath.normpath(f"/docs/{path}"): title.replace("`", "")
            for title, path in _ROW.findall(chapter)
        }
        rows.pop(f"/{root_doc}", None)
        chapters[caption] = [f"{title} <{page}>" for page, title in rows.items()]
    first = next(iter(chapters.values()))
    first.append(f"All pages </{ALL_PAGES}>")
    made = (toctree({"hidden": "", "caption": name}, rows) for name, rows in chapters.items())
    return "".join(made)


def add_toctrees(app: Sphinx, page: str, source: list[str]) -> None:
    """Tell Sphinx which pages there are: it asks for lists that Markdown has no word for."""
    if page == root_doc:
        index = ROOT / f"{ALL_PAGES}.md"
        app.env.note_dependency(str(index))
        source[0] += sidebar(index.read_text(encoding="utf-8"))
    elif page == DECISIONS:
        source[0] += toctree({"glob": "", "titlesonly": ""}, ["[0-9]*"])


def add_home(app: Sphinx, error: Exception | None) -> None:
    """Put the first page where web servers and people look for it."""
    if error is None:
        shutil.copy(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    app.connect("source-read", add_toctrees)
    app.connect("build-finished", add_home)
