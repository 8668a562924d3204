"""The rules of a copy out of another tree, over any two backends: 6.8 in `docs/semantics.md`."""

from collections.abc import Callable
from typing import Protocol

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from pond_core.errors import (
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    PondError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, EntryType, ReadFS, Recipe
from pond_core.window import ALWAYS, Window
from tests.conformance.filesystem import readings
from tests.conformance.filesystem_machine import PATHS, ROWS, WINDOWS
from tests.golden.make import told

LARGE = bytes(range(256)) * 400
"""More than fits into a log."""


class Side(Protocol):
    """One of the two filesystems; see `filesystem.Contract`."""

    def make(self) -> FS:
        """Return an empty, writable filesystem."""
        ...

    def reopen(self, fs: FS) -> FS:
        """Return a writable filesystem with what `fs` holds, through what is stored for good."""
        ...


Sides = tuple[Side, Side]
"""Where a copy comes from, and where it goes."""


def below(fs: ReadFS, path: str) -> dict[str, str]:
    """Return a digest of all that is known of a node and of each below it, by relative path."""
    stem = path.rstrip("/")
    return {
        each.removeprefix(stem): node.digest
        for each, node in told(fs).items()
        if each in (path, stem) or each.startswith(f"{stem}/")
    }


def windows(fs: ReadFS, path: str) -> list[Window]:
    return [piece.window for piece in fs.node(path).pieces]


def write_tree(fs: FS) -> None:
    """Write one of each below `/a`."""
    fs.mkdir("/a/b/empty", parents=True)
    fs.mark("/a", {"of": ["the", "directory"]})
    fs.write_data("/a/small", b"")
    fs.write_data("/a/b/large", LARGE)
    schema = pa.schema([pa.field("x", pa.int32(), metadata={"unit": "m"})], metadata={"by": "us"})
    fs.write_table("/a/table", pa.table({"x": [1, None]}, schema=schema))
    fs.write_table("/a/no rows", schema.empty_table())
    fs.create_series("/a/new", attributes={"key": ["timestamp"]})
    fs.write_window("/a/series", readings(dict.fromkeys(range(9_000), 1.5)), Window(0, 9_000))
    fs.write_window("/a/series", readings({5: 2.0}, "other"), Window(3, 10))
    fs.write_window("/a/series", None, Window(20, 30))
    fs.write_window("/a/series", None, Window(9_000, None))
    fs.mark("/a/series", {"state": "asked"}, Window(0, 10))
    fs.mark("/a/series", {"state": "late"}, Window(5, None))
    fs.mark("/a/series", {"unit": "m"})
    fs.symlink("/a/link", "small")
    fs.symlink("/a/nowhere", "/no/such")
    fs.symlink("/start", "/a")
    recipe = Recipe(EntryType.SERIES, "sql", {"query": 'SELECT * FROM "/a/series"'})
    fs.write_recipe("/a/computed", recipe)
    fs.mark("/a/computed", {"kept": True})
    made_up = {"start": "2026-01-01T00:00Z", "end": "2026-01-02T00:00Z", "series": ["one", "two"]}
    fs.write_recipe("/a/shown", Recipe(EntryType.DIRECTORY, "scribble", made_up))


class CopyContract:
    """Subclass it, and give a fixture `sides`."""

    @pytest.fixture
    def source(self, sides: Sides) -> FS:
        fs = sides[0].make()
        write_tree(fs)
        return sides[0].reopen(fs)

    @pytest.fixture
    def target(self, sides: Sides) -> FS:
        return sides[1].make()

    @pytest.mark.parametrize("is_stored", [False, True], ids=["at once", "after reopening"])
    def test_6_8_all_below_a_path_is_as_it_was(
        self, sides: Sides, source: FS, target: FS, *, is_stored: bool
    ) -> None:
        target.copy_from(source, "/a", "/z")
        # What a recipe names is in the other tree.
        target.copy_from(source, "/a", "/a")
        if is_stored:
            target = sides[1].reopen(target)
        expected = below(source, "/a")
        assert len(expected) == 15
        assert below(target, "/z") == expected
        assert windows(target, "/z/series") == windows(source, "/a/series")
        assert sum(piece.rows or 0 for piece in target.node("/z/series").pieces) == 8_984
        assert target.read_series("/a/computed") == source.read_series("/a/series")

    @pytest.mark.parametrize(
        "path",
        [
            "/a/b/large",
            "/a/table",
            "/a/new",
            "/a/series",
            "/a/link",
            "/a/computed",
            "/a/shown",
            "/a/shown/one",
        ],
    )
    def test_6_8_one_file_is_copied(self, source: FS, target: FS, path: str) -> None:
        target.copy_from(source, path, "/z")
        assert below(target, "/z") == below(source, path)

    def test_6_8_the_root_can_be_copied_below_a_directory(self, source: FS, target: FS) -> None:
        target.copy_from(source, "/", "/old")
        expected = below(source, "/")
        assert below(target, "/old") == {path.rstrip("/"): each for path, each in expected.items()}

    def test_6_8_a_symlink_at_the_start_is_copied_itself(self, source: FS, target: FS) -> None:
        target.copy_from(source, "/start", "/z")
        assert target.readlink("/z") == "/a"
        target.copy_from(source, "/start/b", "/b")
        assert target.read_data("/b/large") == LARGE

    def test_6_8_the_copy_is_independent(self, sides: Sides, source: FS, target: FS) -> None:
        target.copy_from(source, "/a", "/a")
        target = sides[1].reopen(target)
        before = below(source, "/a")
        target.write_data("/a/small", b"new")
        target.write_window("/a/series", None, ALWAYS)
        assert below(source, "/a") == before

    def test_6_8_paths_count_from_the_working_directories(self, source: FS, target: FS) -> None:
        target.mkdir("/d")
        target.cd("/d").copy_from(source.cd("/a"), "b/large", "f")
        assert target.read_data("/d/f") == LARGE

    def test_6_8_what_cannot_be_copied_changes_nothing(self, source: FS, target: FS) -> None:
        target.write_data("/f", b"x")
        target.mkdir("/d")
        target.symlink("/nowhere", "no/such")
        before = below(target, "/")
        refused: list[tuple[str, str, type[PathError]]] = [
            ("/a", "/f", ExistsError),
            ("/a", "/d", ExistsError),
            ("/a", "/", ExistsError),
            ("/a", "/nowhere", ExistsError),
            ("/a", "/f/below", WrongTypeError),
            ("/a", "/missing/below", NotFoundError),
            ("/a", "/nowhere/below", NotFoundError),
            ("/missing", "/z", NotFoundError),
            ("/a/small/below", "/z", WrongTypeError),
            ("/a", "/../z", InvalidPathError),
        ]
        for path, to, error in refused:
            with pytest.raises(error):
                target.copy_from(source, path, to)
        with pytest.raises(PondError, match="read-only"):
            FS(target.backend, writable=False).copy_from(source, "/a", "/z")
        assert below(target, "/") == before

    def test_6_8_a_tree_is_not_copied_below_itself(self, source: FS) -> None:
        with pytest.raises(InvalidPathError, match="lies inside"):
            source.copy_from(ReadFS(source.backend), "/a", "/a/b/z")
        source.copy_from(source, "/a", "/z")
        assert below(source, "/z") == below(source, "/a")


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("mkdir"), PATHS),
        st.tuples(st.just("write_data"), PATHS, st.binary(max_size=3)),
        st.tuples(st.just("write_window"), PATHS, ROWS, WINDOWS),
        st.tuples(st.just("mark"), PATHS, st.none() | WINDOWS),
        st.tuples(st.just("symlink"), PATHS, PATHS),
        st.tuples(st.just("remove"), PATHS),
        st.tuples(st.just("rename"), PATHS, PATHS),
    ),
    max_size=25,
)
"""What may be done to a tree, some of which it refuses."""


def apply_changes(fs: FS, changes: list[tuple[object, ...]]) -> None:
    """Change a tree; what it refuses changes nothing."""
    for change in changes:
        try:
            _apply(fs, str(change[0]), str(change[1]), change[2:])
        except PathError:
            continue


def _apply(fs: FS, name: str, path: str, rest: tuple[object, ...]) -> None:
    match name, rest:
        case "write_window", (dict() as rows, Window() as window):
            inside = {us: value for us, value in rows.items() if window.contains(us)}
            fs.write_window(path, readings(inside), window)
        case "mark", (window,):
            fs.mark(path, {"about": str(window)}, window)  # type: ignore[arg-type]  # a window or None
        case "mkdir", ():
            fs.mkdir(path, parents=True)
        case "remove", ():
            fs.remove(path, recursive=True)
        case _:
            getattr(fs, name)(path, *rest)


def any_subtree_equals(sides: Sides) -> Callable[[], None]:
    """Return a property: a copy of any node of any tree equals it."""

    @given(changes=CHANGES, more=CHANGES, data=st.data())
    def check(
        changes: list[tuple[object, ...]], more: list[tuple[object, ...]], data: st.DataObject
    ) -> None:
        source, target = sides[0].make(), sides[1].make()
        apply_changes(source, changes)
        source = sides[0].reopen(source)
        apply_changes(source, more)
        path = data.draw(st.sampled_from([each.path for each in source.walk("/")]))
        target.copy_from(source, path, "/z")
        expected = {each.rstrip("/"): node for each, node in below(source, path).items()}
        assert below(sides[1].reopen(target), "/z") == expected

    return check
