"""A disk as a trace tells it: what is on it now, and what a power loss may leave of it.

Pessimistic where file systems differ. What was not synced may be lost, each by itself: the bytes
of a file that were written since its last sync, and every name that was made, moved or taken away
since the last sync of its directory. A rename within one directory is one step; a new file may be
there without its bytes, with some of them, or with zeros in their place.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.witness import Event, Kind

Tree = dict[str, bytes | None]
"""What is on a disk: bytes by path; None for a directory."""

Cut = Callable[[bytes, bytes], bytes]
"""Given what a file held when it was synced and what it holds now, return what is left."""


@dataclass(eq=False, slots=True)
class File:
    """A file, whatever its names."""

    data: bytes = b""
    synced: bytes = b""

    @property
    def is_synced(self) -> bool:
        """True when a power loss changes nothing."""
        return self.data == self.synced


@dataclass(eq=False, slots=True)
class Directory:
    """A directory: its names now, when it was synced, and each change since."""

    names: "dict[str, File | Directory]" = field(default_factory=dict)
    synced: "dict[str, File | Directory]" = field(default_factory=dict)
    changes: "list[Mapping[str, File | Directory | None]]" = field(default_factory=list)

    def change(self, names: "Mapping[str, File | Directory | None]") -> None:
        """Give names to other nodes, or to none."""
        self.changes.append(names)
        _apply(self.names, names)

    def sync(self) -> None:
        """Make the names as they are now survive."""
        self.synced = dict(self.names)
        self.changes.clear()

    def left(self, keeps: Callable[[], bool]) -> "dict[str, File | Directory]":
        """Return the names after a power loss that kept some of the changes."""
        names = dict(self.synced)
        for change in self.changes:
            if keeps():
                _apply(names, change)
        return names


class Disk:
    """A disk that events are replayed on; it begins with a tree that is synced whole.

    Args:
        base: The tree.
        inodes: The numbers by which events name its files, by path.
    """

    def __init__(self, base: Path, inodes: Mapping[str, int]) -> None:
        self.root = Directory()
        self._files: dict[int, File] = {}
        for path in sorted(base.rglob("*")):
            below = str(path.relative_to(base))
            parent, name = self._parent(below)
            if path.is_dir():
                parent.names[name] = Directory()
            else:
                data = path.read_bytes()
                parent.names[name] = self._files.setdefault(inodes[below], File(data, data))
        for directory in self._directories():
            directory.sync()

    def play(self, event: Event) -> None:
        """Do what a call did."""
        match event.kind:
            case Kind.WRITE | Kind.TRUNCATE | Kind.SYNC:
                self._play_bytes(self._files[event.inode], event)
            case Kind.SYNC_DIRECTORY:
                self._directory(event.path).sync()
            case Kind.RENAME:
                self._rename(event)
            case Kind.MARK:
                pass
            case _:
                parent, name = self._parent(event.path)
                parent.change({name: self._newly(event)})

    def _play_bytes(self, file: File, event: Event) -> None:
        if event.kind is Kind.SYNC:
            file.synced = file.data
            return
        start = file.data[: event.offset].ljust(event.offset, b"\0")
        rest = file.data[event.offset + len(event.data) :]
        file.data = start + event.data + rest if event.kind is Kind.WRITE else start

    def _newly(self, event: Event) -> File | Directory | None:
        """Return what a name leads to after an event."""
        match event.kind:
            case Kind.CREATE:
                self._files[event.inode] = File()
                return self._files[event.inode]
            case Kind.MAKE_DIRECTORY:
                return Directory()
            case Kind.LINK:
                return self._node(event.source)
            case _:
                return None

    def tree(self) -> Tree:
        """Return what is on the disk now."""
        return dict(_listed(self.root, lambda directory: directory.names, lambda file: file.data))

    def losses(self, random: Random, *, mixes: int) -> Iterator[Tree]:
        """Iterate over what a power loss may leave now, the worst first.

        Args:
            random: Chooses lengths and mixes.
            mixes: How many mixtures of everything.
        """
        unsynced = sum(not file.is_synced for file in set(self._files.values()))
        if not unsynced and not any(d.changes for d in self._directories()):
            yield self.tree()
            return
        yield self._left(lambda: False, _as_synced)
        yield self._left(lambda: True, _as_synced)
        yield self._left(lambda: False, lambda _, now: now)
        for cut in (_half, _all_but_one, _zeros):
            yield self._left(lambda: True, cut)
        for _ in range(mixes):
            yield self._left(lambda: random.random() < 0.5, _any_cut(random))

    def _left(self, keeps: Callable[[], bool], cut: Cut) -> Tree:
        """Return what is left; one file is cut once, whatever its names."""
        cuts: dict[File, bytes] = {}

        def names(directory: Directory) -> "dict[str, File | Directory]":
            return directory.left(keeps)

        def data(file: File) -> bytes:
            if file not in cuts:
                cuts[file] = file.data if file.is_synced else cut(file.synced, file.data)
            return cuts[file]

        return dict(_listed(self.root, names, data))

    def _rename(self, event: Event) -> None:
        node = self._node(event.source)
        (old_parent, old), (parent, name) = self._parent(event.source), self._parent(event.path)
        if old_parent is parent:
            parent.change({old: None, name: node})
        else:
            parent.change({name: node})
            old_parent.change({old: None})

    def _directories(self) -> Iterator[Directory]:
        pending = [self.root]
        while pending:
            directory = pending.pop()
            yield directory
            pending.extend(n for n in directory.names.values() if isinstance(n, Directory))

    def _parent(self, path: str) -> tuple[Directory, str]:
        directory, _, name = path.rpartition("/")
        return self._directory(directory), name

    def _node(self, path: str) -> File | Directory:
        parent, name = self._parent(path)
        return parent.names[name]

    def _directory(self, path: str) -> Directory:
        node: File | Directory = self.root
        for name in path.split("/") if path else ():
            assert isinstance(node, Directory)
            node = node.names[name]
        assert isinstance(node, Directory)
        return node


def write_tree(tree: Tree, place: Path) -> None:
    """Make a tree on a real disk, in a directory that is not there yet."""
    place.mkdir()
    for path, data in tree.items():
        if data is None:
            (place / path).mkdir()
        else:
            (place / path).write_bytes(data)


def read_tree(place: Path) -> Tree:
    """Return what is below a directory of a real disk."""
    paths = sorted(place.rglob("*"))
    return {
        str(path.relative_to(place)): None if path.is_dir() else path.read_bytes() for path in paths
    }


def digest(tree: Tree, *, ignoring: str = "") -> bytes:
    """Return a hash of a tree, without what is below one directory."""
    state = hashlib.sha256()
    for path, data in sorted(tree.items()):
        if not ignoring or not path.startswith(ignoring):
            state.update(repr((path, data and hashlib.sha256(data).digest())).encode())
    return state.digest()


def _apply(
    names: dict[str, File | Directory], change: Mapping[str, File | Directory | None]
) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _listed(
    directory: Directory,
    names: Callable[[Directory], Mapping[str, File | Directory]],
    data: Callable[[File], bytes],
    path: str = "",
) -> Iterable[tuple[str, bytes | None]]:
    for name, node in names(directory).items():
        here = f"{path}{name}"
        if isinstance(node, File):
            yield here, data(node)
        else:
            yield here, None
            yield from _listed(node, names, data, f"{here}/")


def _as_synced(synced: bytes, _now: bytes) -> bytes:
    return synced


def _half(synced: bytes, now: bytes) -> bytes:
    return now[: (len(synced) + len(now)) // 2]


def _all_but_one(_synced: bytes, now: bytes) -> bytes:
    return now[:-1]


def _zeros(synced: bytes, now: bytes) -> bytes:
    return now[: len(synced)].ljust(len(now), b"\0")


def _any_cut(random: Random) -> Cut:
    def cut(synced: bytes, now: bytes) -> bytes:
        how = random.choice((_as_synced, _half, _all_but_one, _zeros, _lines, _whole))
        if how is _half:
            return now[: random.randint(0, len(now))]
        return how(synced, now)

    return cut


def _lines(_synced: bytes, now: bytes) -> bytes:
    """Cut at the end of a line: the rest is still a text that makes sense."""
    return now[: now.rfind(b"\n", 0, max(0, len(now) - 1)) + 1]


def _whole(_synced: bytes, now: bytes) -> bytes:
    return now
