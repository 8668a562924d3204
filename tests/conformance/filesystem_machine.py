"""A filesystem and a dictionary of paths, driven with the same calls, must stay the same."""

import itertools
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pond_core.errors import (
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, EntryType, NodePath
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.place import MAX_HOPS
from pond_core.window import Window
from tests.conformance.filesystem import readings, values

Series = dict[int, float | None]
Held = bytes | str | Series | None
"""What a path of the model holds: data, the target of a symlink, a series, or a directory."""

PATHS = st.lists(st.sampled_from(["a", "b", "é"]), max_size=3).map(
    lambda names: paths.join("/", *names)
)
ROWS = st.dictionaries(st.integers(0, 9), st.none() | st.sampled_from([0.0, 1.0]))
WINDOWS = st.builds(Window, st.none() | st.integers(0, 4), st.none() | st.integers(5, 10))


class Model:
    """The rules of `docs/semantics.md`, told as plainly as a dictionary allows."""

    def __init__(self) -> None:
        self.tree: dict[str, Held] = {"/": None}

    def real(
        self, path: str, *, follow: bool = True, hops: "itertools.count[int] | None" = None
    ) -> str:
        """Return the path without symlinks, whether or not something is there."""
        hops = hops or itertools.count(1)
        if path == "/":
            return path
        directory = self.real(paths.parent(path), hops=hops)
        if directory not in self.tree:
            raise NotFoundError("", path=path)
        if self.tree[directory] is not None:
            raise WrongTypeError("", path=path)
        real = paths.join(directory, paths.name(path))
        target = self.tree.get(real)
        if not isinstance(target, str) or not follow:
            return real
        if next(hops) > MAX_HOPS:
            raise SymlinkLoopError("", path=path)
        end = self.real(paths.resolve(target, directory), hops=hops)
        if end not in self.tree:
            raise NotFoundError("", path=path)
        return end

    def existing(self, path: str, *, follow: bool = True) -> str:
        real = self.real(path, follow=follow)
        if real not in self.tree:
            raise NotFoundError("", path=path)
        return real

    def vacant(self, path: str) -> str:
        real = self.real(path, follow=False)
        if real in self.tree:
            raise ExistsError("", path=path)
        return real

    def open(self, path: str, wanted: type) -> str:
        """Return the real path of a file of that type, there or vacant."""
        real = self.real(path)
        if real in self.tree and not isinstance(self.tree[real], wanted):
            raise WrongTypeError("", path=path)
        return real

    def below(self, path: str) -> list[str]:
        return [other for other in self.tree if other == path or is_below(other, path)]

    def mkdir(self, path: str, *, parents: bool) -> None:
        names = paths.parts(path)
        for depth in range(1, len(names) if parents else 0):
            self.tree.setdefault(self.real(paths.join("/", *names[:depth])), None)
        real = self.real(path)
        if real in self.tree:
            raise ExistsError("", path=path)
        self.tree[real] = None

    def write_data(self, path: str, data: bytes) -> None:
        self.tree[self.open(path, bytes)] = data

    def write_window(self, path: str, rows: Series, window: Window) -> None:
        real = self.open(path, dict)
        held = self.tree.get(real)
        kept = held if isinstance(held, dict) else {}
        self.tree[real] = {us: v for us, v in kept.items() if not window.contains(us)} | rows

    def symlink(self, path: str, target: str) -> None:
        self.tree[self.vacant(path)] = target

    def rename(self, src: str, dst: str) -> None:
        old = self.existing(src, follow=False)
        if old == "/":
            raise InvalidPathError("", path=src)
        if self.real(dst, follow=False) == old:
            return
        new = self.vacant(dst)
        if is_below(new, old):
            raise InvalidPathError("", path=dst)
        for path in self.below(old):
            self.tree[new + path[len(old) :]] = self.tree.pop(path)

    def remove(self, path: str, *, recursive: bool) -> None:
        real = self.existing(path, follow=False)
        if real == "/":
            raise InvalidPathError("", path=path)
        if len(self.below(real)) > 1 and not recursive:
            raise ExistsError("", path=path)
        for gone in self.below(real):
            del self.tree[gone]

    def copy(self, src: str, dst: str, *, recursive: bool) -> None:
        old = self.existing(src)
        if self.tree[old] is None and not recursive:
            raise WrongTypeError("", path=src)
        new = self.vacant(dst)
        if is_below(new, old):
            raise InvalidPathError("", path=dst)
        for path in self.below(old):
            # From the root, "/" + "/a" must not become "//a".
            self.tree[new + path[len(old.rstrip("/")) :]] = self.tree[path]


class FileSystemMachine(RuleBasedStateMachine):
    """Subclass it as `FileSystemContract`, and collect its `TestCase`."""

    def make(self) -> FS:
        """Return an empty, writable filesystem."""
        raise NotImplementedError

    def reopen(self, fs: FS) -> FS:
        """Return a writable filesystem with what `fs` holds, through what is stored for good."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.fs = self.make()
        self.model = Model()

    @rule(path=PATHS, parents=st.booleans())
    def mkdir(self, path: str, parents: bool) -> None:  # noqa: FBT001  # Hypothesis passes by name
        self._both(lambda tree: tree.mkdir(path, parents=parents))

    @rule(path=PATHS, data=st.binary(max_size=3))
    def write_data(self, path: str, data: bytes) -> None:
        self._both(lambda tree: tree.write_data(path, data))

    @rule(path=PATHS, window=WINDOWS, rows=ROWS)
    def write_window(self, path: str, window: Window, rows: Series) -> None:
        inside = {us: value for us, value in rows.items() if window.contains(us)}
        self._alike(
            lambda: self.model.write_window(path, inside, window),
            lambda: self.fs.write_window(path, readings(inside), window),
        )

    @rule(path=PATHS, leads_to=PATHS, relative=st.booleans())
    def symlink(self, path: str, leads_to: str, relative: bool) -> None:  # noqa: FBT001  # as above
        target = (leads_to[1:] or ".") if relative else leads_to
        self._both(lambda tree: tree.symlink(path, target))

    @rule(src=PATHS, dst=PATHS)
    def rename(self, src: str, dst: str) -> None:
        self._both(lambda tree: tree.rename(src, dst))

    @rule(path=PATHS, recursive=st.booleans())
    def remove(self, path: str, recursive: bool) -> None:  # noqa: FBT001  # as above
        self._both(lambda tree: tree.remove(path, recursive=recursive))

    @rule(src=PATHS, dst=PATHS, recursive=st.booleans())
    def copy(self, src: str, dst: str, recursive: bool) -> None:  # noqa: FBT001  # as above
        self._both(lambda tree: tree.copy(src, dst, recursive=recursive))

    @rule(path=PATHS)
    def look_up(self, path: str) -> None:
        self._alike(
            lambda: self.model.existing(path),
            lambda: self.fs.lookup(path),
        )

    @rule(window=WINDOWS)
    def read_windows(self, window: Window) -> None:
        for path, held in self.model.tree.items():
            if isinstance(held, dict):
                expected = {us: v for us, v in held.items() if window.contains(us)}
                read = self.fs.read_series(path, window)
                assert expected == (values(read) if read.num_rows else {})

    @rule()
    def reopen_it(self) -> None:
        self.fs = self.reopen(self.fs)

    @invariant()
    def they_hold_the_same(self) -> None:
        assert {node.path: self._held(node) for node in self.fs.walk("/")} == self.model.tree

    @staticmethod
    def _held(node: NodePath) -> Held:
        match node.entry_type:
            case EntryType.DIRECTORY:
                return None
            case EntryType.SYMLINK:
                return node.readlink()
            case EntryType.DATA:
                return node.read_bytes()
            case EntryType.SERIES:
                read = node.read_series()
                return values(read) if read.num_rows else {}
            case EntryType.TABLE:
                raise AssertionError(node)

    def _both(self, act: "Callable[[Model | FS], object]") -> None:
        self._alike(lambda: act(self.model), lambda: act(self.fs))

    @staticmethod
    def _alike(expected: Callable[[], object], actual: Callable[[], object]) -> None:
        """Do one thing to the model and to the filesystem; both succeed, or fail alike."""
        try:
            expected()
        except PathError as error:
            with pytest.raises(type(error)):
                actual()
        else:
            actual()


def is_below(path: str, directory: str) -> bool:
    """Say whether a canonical path lies inside a canonical directory."""
    return path != directory and path.startswith(directory.rstrip("/") + "/")
