"""Where a path leads: names looked up one by one, symlinks followed.

A place may be vacant: its directory exists and the name in it does not. That is where something
can be made.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pond_core.errors import (
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    PondError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.near_miss import did_you_mean, near_misses
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.node import ROOT, Entry, EntryType, NodeId, new_node_id
from pond_core.tinyfs.tree import UncomputedError, reading

MAX_HOPS = 40
"""How many symlinks one path may follow; Linux's limit too (path_resolution(7))."""

ROOT_ENTRY = Entry("", ROOT, EntryType.DIRECTORY)
"""What `/` leads to: no directory holds an entry of it."""

NOUNS = {
    EntryType.DIRECTORY: "a directory",
    EntryType.SYMLINK: "a symlink",
    EntryType.DATA: "a data file",
    EntryType.TABLE: "a table",
    EntryType.SERIES: "a series",
}
"""Each entry type as a sentence says it."""

_MOST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads.

    Attributes:
        asked: The canonical path that was looked up.
        directories: From the root down, the real directories that lead there; the last holds it.
            Empty for the root itself.
        name: Its name in the last of them.
        entry: What is there; None if the place is vacant.
        beyond: The names that the path goes on with after a vacant place.
        link: The symlink that leads to a vacant place, and its target; empty if none does.
    """

    asked: str
    directories: tuple[Entry, ...]
    name: str
    entry: Entry | None
    beyond: tuple[str, ...] = ()
    link: str = ""

    @property
    def directory(self) -> NodeId:
        """The directory that holds it, or would; the root's is the root."""
        return self.directories[-1].node_id if self.directories else ROOT

    @property
    def path(self) -> str:
        """Its real path: no symlink on the way."""
        names = [directory.name for directory in self.directories[1:]]
        return paths.join("/", *names, *filter(None, [self.name]))

    def is_within(self, node_id: NodeId) -> bool:
        """Say whether that directory is one of those that lead here."""
        return any(directory.node_id == node_id for directory in self.directories)


def locate(backend: Backend, path: str, *, follow: bool = True) -> Place:
    """Look a canonical path up.

    Args:
        backend: Where to look.
        path: What to look for.
        follow: Whether to follow a symlink at its very end; those on the way always are.

    Raises:
        WrongTypeError: Something on the way is no directory.
        SymlinkLoopError: More than `MAX_HOPS` symlinks were followed.
        InvalidPathError: A symlink on the way leads above the root.
        FactoryError: A dynamic directory on the way cannot be computed.
    """
    pending = list(reversed(paths.parts(path)))
    reached = [ROOT_ENTRY]
    hops = 0
    link, after_link = "", 0
    while pending:
        name = pending.pop()
        if reached[-1].entry_type is not EntryType.DIRECTORY:
            raise _no_directory(path, reached)
        entry = _entry(backend, reached, name)
        if entry is None:
            leads_here = link if len(pending) >= after_link else ""
            return Place(path, tuple(reached), name, None, tuple(reversed(pending)), leads_here)
        if entry.entry_type is not EntryType.SYMLINK or not (pending or follow):
            reached.append(entry)
            continue
        hops += 1
        if hops > MAX_HOPS:
            raise _loop(path)
        place = Place(path, tuple(reached), name, entry)
        target = read_target(backend, entry)
        link, after_link = f"{place.path} -> {target}", len(pending)
        pending.extend(reversed(paths.parts(_destination(place, target))))
        reached = [ROOT_ENTRY]
    if len(reached) == 1:
        return Place(path, (), "", ROOT_ENTRY)
    return Place(path, tuple(reached[:-1]), reached[-1].name, reached[-1])


def find(backend: Backend, path: str, *, follow: bool = True) -> tuple[Place, Entry]:
    """Look up a canonical path that must exist.

    Raises:
        NotFoundError: Nothing is there, or a symlink leads to nothing.
        WrongTypeError: Something on the way is no directory.
        SymlinkLoopError: Its symlinks lead in a circle.
    """
    place = locate(backend, path, follow=follow)
    if place.entry is None:
        raise not_found(backend, place)
    return place, place.entry


def check_vacant(place: Place, *, parents: bool = False) -> None:
    """Refuse to make something where something is, or where no directory is.

    Raises:
        ExistsError: The place is not vacant.
        NotFoundError: The directory is not there (and `parents` may not be made), or a symlink
            leads to the vacant place.
    """
    if place.entry is not None:
        message = f"{place.asked} exists: it is {NOUNS[place.entry.entry_type]}"
        raise ExistsError(message, path=place.asked, hint="remove it first, or use another path")
    if place.link:
        message = f"{place.asked} cannot be made: {place.link}, and {place.path} does not exist"
        raise NotFoundError(message, path=place.asked, hint="remove or redirect the symlink")
    if place.beyond and not parents:
        message = f"{place.asked} cannot be made: there is no directory {place.path}"
        raise NotFoundError(message, path=place.asked, hint="make it first: mkdir, parents=True")


def check_outside(place: Place, entry: Entry) -> None:
    """Refuse a place inside the directory that is to go there.

    Raises:
        InvalidPathError: It lies inside.
    """
    if entry.entry_type is EntryType.DIRECTORY and place.is_within(entry.node_id):
        message = f"{place.asked} lies inside the directory that is to go there"
        raise InvalidPathError(message, path=place.asked, hint="name a path outside of it")


def make(
    backend: Backend, directory: NodeId, name: str, entry_type: EntryType, *, factory: str = ""
) -> NodeId:
    """Make an empty node with a name in a directory; with a factory, a recipe is to follow."""
    node_id = new_node_id(parent=directory, entry_type=entry_type)
    backend.link(directory, Entry(name, node_id, entry_type, factory))
    return node_id


def read_target(backend: Backend, link: Entry) -> str:
    """Return the text of a symlink."""
    content = b"".join(
        content
        for piece in backend.node(link.node_id).pieces
        if isinstance(content := backend.read(piece), bytes)
    )
    return content.decode()


def not_found(backend: Backend, place: Place) -> NotFoundError:
    """Return the error for a vacant place: what is missing, and which names are close to it."""
    if place.link:
        message = f"{place.asked} leads nowhere: {place.link}, and {place.path} does not exist"
        return NotFoundError(
            message, path=place.asked, hint="remove the symlink, or make what it leads to"
        )
    message = f"{place.asked} does not exist"
    if place.beyond or place.path != place.asked:
        message += f": there is no {place.path}"
    return NotFoundError(message, path=place.asked, hint=did_you_mean(_near_paths(backend, place)))


def wrong_type(path: str, entry: Entry, *, wanted: EntryType, hint: str) -> PathError:
    """Return the error for an entry that is not of the type a call needs."""
    message = f"{path} is {NOUNS[entry.entry_type]}, not {NOUNS[wanted]}"
    return WrongTypeError(message, path=path, hint=hint)


def _near_paths(backend: Backend, place: Place) -> list[str]:
    """Return the paths that were perhaps meant, as far along the way as something is close."""
    found = [(paths.parent(place.path), place.directory)]
    near: list[str] = []
    for name in (place.name, *place.beyond):
        steps = [
            (paths.join(path, entry.name), entry)
            for path, directory in found
            for entry in _near_entries(backend, directory, name)
        ][:_MOST_SUGGESTIONS]
        if not steps:
            break
        near = [path for path, _ in steps]
        found = [(p, e.node_id) for p, e in steps if e.entry_type is EntryType.DIRECTORY]
    return near


def _near_entries(backend: Backend, directory: NodeId, name: str) -> list[Entry]:
    """Return the entry of a name, or else those that are close to it; none if nobody knows."""
    with suppress(PondError, UncomputedError):
        exact = backend.entry(directory, name)
        if exact is not None:
            return [exact]
        entries = {entry.name: entry for entry in backend.entries(directory)}
        close = near_misses(name, list(entries), most=_MOST_SUGGESTIONS)
        return [entries[each] for each in close]
    return []


def _destination(link: Place, target: str) -> str:
    """Return the canonical path that a symlink leads to: relative to its own real directory."""
    try:
        return paths.resolve(target, paths.parent(link.path))
    except InvalidPathError as error:
        message = f"{link.path} leads nowhere: its target {error}"
        raise InvalidPathError(message, path=link.asked, hint="remove the symlink") from error


def _entry(backend: Backend, reached: Sequence[Entry], name: str) -> Entry | None:
    directory = reached[-1]
    if not directory.factory:
        return backend.entry(directory.node_id, name)
    with reading(_path_of(reached)):
        return backend.entry(directory.node_id, name)


def _path_of(reached: Sequence[Entry]) -> str:
    return paths.join("/", *(entry.name for entry in reached[1:]))


def _no_directory(path: str, reached: Sequence[Entry]) -> PathError:
    blocking = _path_of(reached)
    message = f"{path} cannot exist: {blocking} is {NOUNS[reached[-1].entry_type]}, no directory"
    return WrongTypeError(message, path=path, hint=f"use another path, or remove {blocking}")


def _loop(path: str) -> SymlinkLoopError:
    message = f"{path} follows more than {MAX_HOPS} symlinks: they lead in a circle"
    return SymlinkLoopError(message, path=path, hint="remove or redirect one of them")
