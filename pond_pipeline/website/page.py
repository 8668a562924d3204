"""Pages as HTML: what a view tells, in the website's templates.

All that comes from data is escaped: names of instruments may hold anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from pond_core import Window
from pond_pipeline.config import Link, WebsiteSpec
from pond_pipeline.website.address import is_local
from pond_pipeline.wording import count_text, duration_text, instant_text

_THOUSAND = 1000
_TOO_LARGE, _TOO_SMALL = 1e9, 1e-4
"""What is beyond is told in powers of ten."""

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all pages of a website share.

    Attributes:
        title: The website's.
        spec: How it looks and what it says.
        sites: Titles and addresses in the sidebar.
        parameters: The same of parameters.
        instruments: The same of instruments.
        own: The same of the user's own pages.
        has_downloads: Whether readings can be downloaded.
        assets: The versions of script and stylesheets by their addresses.
    """

    title: str
    spec: WebsiteSpec
    sites: Sequence[tuple[str, str]]
    parameters: Sequence[tuple[str, str]]
    instruments: Sequence[tuple[str, str]]
    own: Sequence[tuple[str, str]]
    has_downloads: bool
    assets: Mapping[str, str]

    @property
    def links(self) -> Sequence[Link]:
        """More links."""
        return self.spec.links

    @property
    def range_text(self) -> str:
        """How much time charts show first, as the page's script reads it."""
        return f"{max(1, round(self.spec.range / timedelta(hours=1)))}h"


def render(template: str, frame: Frame, href: str, version: str, **told: object) -> bytes:
    """Return a page.

    Args:
        template: The name of its template.
        frame: What all pages share.
        href: Its address below the root.
        version: Changes with what its charts are drawn from.
        told: What its template names.
    """
    root = "../" * href.count("/")
    page = _environment().get_template(template)
    return page.render(frame=frame, here=href, root=root, version=version, **told).encode()


def number_text(value: float) -> str:
    """Return a value in four digits, or as many as its whole part has, as charts write it.

    >>> number_text(11.9469), number_text(0.012345), number_text(48211.3)
    ('11.95', '0.01235', '48,211')
    >>> number_text(999.96), number_text(999.94)
    ('1,000', '999.9')
    >>> number_text(-0.5), number_text(0.0000123), number_text(4.2e12)
    ('−0.5', '1.23e−5', '4.20e12')
    """
    size = abs(value)
    if size >= _TOO_LARGE or 0 < size < _TOO_SMALL:
        digits, _, power = f"{value:.2e}".partition("e")
        text = f"{digits}e{int(power)}"
    else:
        text = f"{value:.4g}"
        if abs(float(text)) >= _THOUSAND:
            text = f"{value:,.0f}"
    return text.replace("-", _MINUS)


def size_text(size: int) -> str:
    """Return bytes as people read them.

    >>> size_text(812), size_text(1_530_000)
    ('812 B', '1.5 MB')
    """
    for unit, width in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= width:
            return f"{size / width:.1f} {unit}"
    return f"{size} B"


def machine_time(instant: datetime) -> str:
    """Return an instant as the attribute of a `<time>` element."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def local_text(instant: datetime, zone: str | None) -> str:
    """Return an instant to the minute by the clocks of a zone, which is named; UTC without one."""
    if zone is None:
        return instant_text(instant)
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def window_text(window: Window) -> str:
    """Return from when until when, in days.

    >>> window_text(Window(None, None))
    'always'
    """
    start, end = window.start, window.end
    if start is None and end is None:
        return "always"
    first = "" if start is None else f"from {start:%Y-%m-%d}"
    last = "" if end is None else f"until {end:%Y-%m-%d}"
    return f"{first} {last}".strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("pond_pipeline.website"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_FILTERS)
    return environment


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


_FILTERS: Mapping[str, object] = {
    "counted": count_text,
    "duration": duration_text,
    "instant": instant_text,
    "is_local": is_local,
    "local": local_text,
    "machine": machine_time,
    "number": number_text,
    "seconds": _seconds,
    "size": size_text,
    "window": window_text,
}
