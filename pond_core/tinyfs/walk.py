"""Visiting a tree: all of it, or what matches a pattern. In path order, symlinks never in circles.

Path order is name by name, bytewise, a directory before what it holds.
"""

from collections.abc import Iterator
from contextlib import suppress

from pond_core.errors import FactoryError, NotFoundError, SymlinkLoopError, WrongTypeError
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.glob import Captures, Pattern, States
from pond_core.tinyfs.node import Entry, EntryType, NodeId
from pond_core.tinyfs.place import ROOT_ENTRY, find
from pond_core.tinyfs.tree import reading

Visit = tuple[str, Entry]
"""A path and what is there."""


def children(backend: Backend, path: str, directory: NodeId) -> list[Visit]:
    """Return what a directory holds, as seen from the path that led to it."""
    stem = path if path == "/" else path + "/"
    with reading(path):
        entries = backend.entries(directory)
    return [(stem + entry.name, entry) for entry in entries]


def walk(backend: Backend, path: str, entry: Entry) -> Iterator[Visit]:
    """Visit something and all below it; symlinks below are visited, not followed.

    A dynamic directory below that cannot be computed is visited as if nothing were in it.

    Raises:
        FactoryError: What the walk starts from cannot be computed.
    """
    start = path
    pending = [(path, entry)]
    while pending:
        path, entry = pending.pop()
        yield path, entry
        if entry.entry_type is EntryType.DIRECTORY:
            with suppress(*(() if path == start else (FactoryError,))):
                pending.extend(reversed(children(backend, path, entry.node_id)))


def glob(backend: Backend, pattern: Pattern) -> Iterator[tuple[Visit, Captures]]:
    """Visit what matches a pattern, reading only directories that can hold a match.

    A dynamic directory that a wildcard leads to holds no match if it cannot be computed.

    Raises:
        FactoryError: A dynamic directory that the pattern names cannot be computed.
    """
    named = pattern.prefix.rstrip("/") + "/"
    # What to visit; how far along the pattern it is, and how far what is below it starts from.
    pending = [("/", ROOT_ENTRY, pattern.start, pattern.start)]
    while pending:
        path, entry, reached, below = pending.pop()
        captures = pattern.match(path) if pattern.accepts(reached) else None
        if captures is not None:
            yield (path, entry), captures
        try:
            candidates = _candidates(backend, path, entry, pattern, below)
        except FactoryError:
            if named.startswith(path.rstrip("/") + "/"):
                raise
            continue
        for child_path, child in reversed(candidates):
            reached = pattern.advance(below, child.name)
            if reached:
                is_link = child.entry_type is EntryType.SYMLINK
                beyond = pattern.advance(below, child.name, is_link=True) if is_link else reached
                pending.append((child_path, child, reached, beyond))


def _candidates(
    backend: Backend, path: str, entry: Entry, pattern: Pattern, states: States
) -> list[Visit]:
    """Return what may come next on the way to a match; looked up by name where names are fixed."""
    names = pattern.next_names(states)
    directory = _directory(backend, path, entry) if names is None or names else None
    if directory is None:
        return []
    if names is None:
        return children(backend, path, directory)
    with reading(path):
        found = [backend.entry(directory, name) for name in sorted(names, key=str.encode)]
    return [(paths.join(path, entry.name), entry) for entry in found if entry is not None]


def _directory(backend: Backend, path: str, entry: Entry) -> NodeId | None:
    """Return the directory that an entry is or leads to; None if it is another thing."""
    if entry.entry_type is EntryType.SYMLINK:
        try:
            entry = find(backend, path)[1]
        except (NotFoundError, WrongTypeError, SymlinkLoopError):
            return None
    return entry.node_id if entry.entry_type is EntryType.DIRECTORY else None
