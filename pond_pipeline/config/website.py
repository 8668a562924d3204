"""The static website."""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from pond_pipeline.config.clock import Duration
from pond_pipeline.config.field import PondPattern, SomeText, Text, as_json, from_text
from pond_pipeline.config.shape import Model
from pond_pipeline.errors import ConfigError

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_SCHEMES = ("", "http", "https", "mailto")


def _color(text: str) -> str:
    if not _COLOR.fullmatch(text):
        raise ConfigError(f"{text!r} is no color", hint='write six digits, in quotes: "#0b6e99"')
    return text.lower()


def _address(text: str) -> str:
    try:
        scheme = urlsplit(text).scheme.lower()
    except ValueError:
        scheme = "?"
    if scheme not in _SCHEMES or not text.isprintable():
        hint = "begin it with https:// or mailto:, or write it relative to the front page"
        raise ConfigError(f"{text!r} is no address that a page may link to", hint=hint)
    return text


def _below(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.name or not text.isprintable():
        hint = "name it relative to the folder of resources.yaml, without '..'"
        raise ConfigError(f"{text!r} is no path below it", hint=hint)
    return text


Color = Annotated[str, from_text(_color), as_json("#0b6e99", title="color", pattern=_COLOR)]
"""A color: `#` and six hexadecimal digits."""

Address = Annotated[str, from_text(_address), as_json("https://example.org", title="address")]
"""Where a link goes: `http`, `https`, `mailto`, or relative to the front page."""

HostPath = Annotated[str, from_text(_below), as_json("pages/*.md", title="path", minLength=1)]
"""A file, or a glob over files, below the folder of `resources.yaml`."""

PROVISIONAL = "Provisional data: readings come straight from the instruments and may be corrected."
"""What every page says unless somebody says otherwise."""


class Link(Model):
    """A link in the sidebar.

    Attributes:
        title: What it says.
        href: Where it goes: `https`, `http`, `mailto`, or relative to the front page.
    """

    title: SomeText
    href: Address


class Theme(Model):
    """How a website looks.

    Attributes:
        accent: Links and marks, in light mode; a blue if left out.
        accent_dark: The same in dark mode; a light blue if left out.
        css: A stylesheet of your own, which comes last.
    """

    accent: Color | None = None
    accent_dark: Color | None = None
    css: HostPath | None = None


class WebsiteSpec(Model):
    """A static website.

    Attributes:
        title: What it is called; its name if left out.
        folder: Where it is written, relative to the folder of `resources.yaml`; `site/<name>` if
            left out. It belongs to the website alone.
        datasets: Which downsampled datasets it shows: `/reduced/<name>/<collection>/<dataset>`.
        pages: Pages of your own in Markdown: files or globs beside `resources.yaml`.
        links: More links in the sidebar.
        range: How much time the charts show first, up to the newest reading; all there is where
            that is less.
        provisional: What every page says of the data; empty for nothing.
        theme: How it looks.
        downloads: Whether readings can be downloaded as CSV and Parquet.
    """

    title: SomeText | None = None
    folder: HostPath | None = None
    datasets: tuple[PondPattern, ...] = Field(default=("/reduced/*/*/*",), min_length=1)
    pages: tuple[HostPath, ...] = ()
    links: tuple[Link, ...] = ()
    range: Duration = timedelta(days=30)
    provisional: Text = PROVISIONAL
    theme: Theme = Theme()
    downloads: Annotated[bool, Field(strict=True)] = True
