"""What of a pond becomes a project, and what its files and pages are called there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pond_core import EntryType, NodePath, NotFoundError, Resolution, Snapshot, Window
from pond_pipeline.website.address import identifiers, nested_identifiers
from pond_pipeline.wording import below_hint

RENDERED = "/rendered/"
"""Below it lies what templates made."""

PAGE = ".md"
"""How the names of pages end."""

_WITHOUT_PAGES = ("/quarantine/", "/raw/", "/site/", "/sys/")
"""Where what lies below is shown only to who names it: nobody draws it, or it is the pond's own."""

_ROWS = (EntryType.SERIES, EntryType.TABLE)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is wanted of each series.

    Attributes:
        window: Which readings.
        columns: Which columns; None is all.
        periods: What a file holds: a year, a month or a day of some clocks.
    """

    window: Window
    columns: tuple[str, ...] | None
    periods: Resolution


@dataclass(frozen=True, slots=True)
class Selection:
    """What patterns mean in a pond.

    Attributes:
        rows: Tables and series, in order of their paths.
        captures: For each pattern, in order, what its wildcards stand for, by path.
        pages: Files below `RENDERED` that end as pages do, in order of their paths.
    """

    rows: tuple[NodePath, ...]
    captures: tuple[Mapping[str, tuple[str, ...]], ...]
    pages: tuple[NodePath, ...]


def select(snapshot: Snapshot, patterns: Sequence[str]) -> Selection:
    """Return what patterns mean; without any, all but what nobody draws.

    Raises:
        NotFoundError: One of them means no table, no series and no page.
    """
    found: dict[str, NodePath] = {}
    captures: list[Mapping[str, tuple[str, ...]]] = []
    for pattern in patterns or ("/**",):
        meant = {
            node.path: (node, stood)
            for node, stood in _meant(snapshot, pattern)
            if _is_row(node) or _is_page(node)
        }
        if patterns and not meant:
            msg = f"{pattern} matches no table, no series and no page"
            hint = snapshot.nearest(pattern) or below_hint(pattern)
            raise NotFoundError(msg, path=pattern, hint=hint)
        if not patterns:
            meant = {path: each for path, each in meant.items() if _has_page(path)}
        found |= {path: node for path, (node, _) in meant.items()}
        captures.append({path: stood for path, (_, stood) in meant.items()})
    nodes = [found[path] for path in sorted(found)]
    return Selection(
        rows=tuple(node for node in nodes if _is_row(node)),
        captures=tuple(captures),
        pages=tuple(node for node in nodes if _is_page(node)),
    )


def row_names(paths: Iterable[str]) -> dict[str, str]:
    """Return what tables and series are called in addresses, by their paths."""
    texts = {path: path.strip("/") for path in paths}
    found = identifiers(texts.values())
    return {path: found[text] for path, text in texts.items()}


def page_files(paths: Iterable[str]) -> dict[str, str]:
    """Return the files of rendered pages below the root of all pages, by their paths in the pond.

    Framework takes these names as they are: brackets, dots and `_` it would read its own way. They
    have no capitals, and so are apart on any disk.
    """
    texts = {path: path.strip("/").removesuffix(PAGE) for path in paths}
    found = nested_identifiers(texts.values())
    return {path: f"{found[text]}{PAGE}" for path, text in texts.items()}


def _meant(snapshot: Snapshot, pattern: str) -> list[tuple[NodePath, tuple[str, ...]]]:
    if snapshot.exists(pattern):
        return [(snapshot.lookup(pattern), ())]
    return [(node, tuple(stood)) for node, stood in snapshot.glob(pattern)]


def _is_row(node: NodePath) -> bool:
    return node.entry_type in _ROWS


def _is_page(node: NodePath) -> bool:
    is_there = node.path.startswith(RENDERED) and node.path.endswith(PAGE)
    return is_there and node.entry_type is EntryType.DATA


def _has_page(path: str) -> bool:
    return not path.startswith(_WITHOUT_PAGES)
