"""Functions and filters that templates of the original tool use and Jinja lacks."""

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from pond_core import from_us

_US_PER_S = 1_000_000
_NO_WORD = re.compile(r"[^a-z0-9]+")

_YEAR = re.compile("%([%Y])")

_MARKUP = re.compile(rf"[{re.escape(string.punctuation)}]")
"""What can mean something to Markdown, but for ends of lines and what indents."""

_LOST = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]|^ | $")
"""What browsers show as one blank, or not at all."""


def group(by: str, **given: Any) -> dict[str, list[Any]]:  # noqa: ANN401 -- whatever a page has
    """Return items by the text under one of their keys, sorted by it: `group(by="name", in=x)`.

    A map that has nothing counts as no items, so that a page without exports can be made.
    """
    if set(given) != {"in"}:
        raise TypeError('group takes two arguments: group(by="name", in=schema.fields)')
    items = given["in"]
    if isinstance(items, Mapping) and not items:
        items = ()
    if isinstance(items, str | Mapping) or not isinstance(items, Sequence):
        raise TypeError("group takes a list, such as schema.fields")
    groups: dict[str, list[Any]] = {}
    for item in items:
        if not isinstance(item, Mapping) or not isinstance(item.get(by), str):
            raise TypeError(f"group finds no text {by!r} in {item!r}")
        groups.setdefault(item[by], []).append(item)
    return dict(sorted(groups.items()))


def slugify(text: str) -> str:
    """Return a text as part of an address: `Noyo Harbor (B-Dock)` is `noyo-harbor-b-dock`."""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return _NO_WORD.sub("-", plain.lower()).strip("-")


def json_encode(value: object, *, pretty: bool = False) -> Markup:
    """Return a value as JSON that may stand in HTML, also between `<script>` tags."""
    # NaN is no JSON.
    return htmlsafe_json_dumps(value, allow_nan=False, indent=2 if pretty else None)


def date(
    value: datetime | str | float | None,
    format: str = "%Y-%m-%d",  # noqa: A002 -- Tera's word
    timezone: str = "UTC",
) -> str:
    """Return an instant as text: of a `datetime`, ISO 8601 or seconds since 1970.

    None, as of a page without rows, is empty. Without a zone, text is UTC. A year has four digits;
    what is before year 1 or after year 9999 is shown as the end of that range.
    """
    match value:
        case None:
            return ""
        case datetime():
            instant = value
        case str():
            instant = datetime.fromisoformat(value)
        case _:
            instant = from_us(round(value * _US_PER_S))
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    with suppress(OverflowError):  # by the clocks of that zone, it is outside that range
        aware = aware.astimezone(ZoneInfo(timezone))
    # Of a year below 1000, systems differ in how many digits `%Y` has.
    years = {"%": "%%", "Y": f"{aware.year:04}"}
    return aware.strftime(_YEAR.sub(lambda found: years[found[1]], format))


def literal(text: object) -> str:
    """Return a text as Markdown that shows it letter by letter, whatever it holds.

    It is no markup, no HTML and no expression of Observable Framework there (`${...}`): punctuation
    and ends of lines are written by their numbers. Blanks that a browser would show as one stand in
    a `<span>` that keeps them.
    """
    marked = _MARKUP.sub(lambda found: _numbered(found[0]), str(text))
    return _LOST.sub(
        lambda found: f'<span style="white-space: pre">{_numbered(found[0])}</span>', marked
    )


def _numbered(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


FILTERS: Mapping[str, Callable[..., str]] = {
    "date": date,
    "json_encode": json_encode,
    "literal": literal,
    "slugify": slugify,
}
"""Filters by name."""
