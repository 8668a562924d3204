"""What the inputs of a step are once the pond is there: paths below a directory are looked up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pond_core import EntryType, ReadFS


@dataclass(frozen=True, slots=True)
class Found:
    """An input that was looked up.

    Attributes:
        path: Where it is.
        captures: What the pattern's wildcards stand for.
        entry_type: What it is.
    """

    path: str
    captures: tuple[str, ...]
    entry_type: EntryType


def series_at(fs: ReadFS, path: str, asset: str) -> list[str]:
    """Return the series that an input of a step is: itself, or what a glob means in its asset."""
    if path == asset or fs.exists(path):
        return [path] if fs.exists(path) else []
    found = inputs_of(fs, path, [asset])
    return [each.path for each in found if each.entry_type is EntryType.SERIES]


def inputs_of(fs: ReadFS, pattern: str, assets: Iterable[str]) -> list[Found]:
    """Return what a pattern means among some assets and below them, in order of the paths."""
    return sorted(_inside(fs, pattern, tuple(assets)), key=lambda found: found.path)


def _inside(fs: ReadFS, pattern: str, assets: tuple[str, ...]) -> Iterator[Found]:
    for node, captures in fs.glob(pattern):
        is_asked = any(node.path == each or node.path.startswith(f"{each}/") for each in assets)
        if is_asked and node.entry_type is not EntryType.DIRECTORY:
            yield Found(node.path, tuple(captures), node.entry_type)
