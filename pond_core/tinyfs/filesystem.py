"""Writing a tree: the same rules over every backend, checked here once.

Each method checks before it writes, so that a refused call changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
from typing_extensions import override

from pond_core.errors import (
    DataError,
    ExistsError,
    InvalidPathError,
    PondError,
    WrongTypeError,
)
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.content import check_data, check_table, check_window, span
from pond_core.tinyfs.copying import copy_tree
from pond_core.tinyfs.factory import factory_of
from pond_core.tinyfs.node import ROOT, Entry, EntryType, NodeId, Recipe, json_object
from pond_core.tinyfs.place import (
    Place,
    check_outside,
    check_vacant,
    locate,
    make,
    not_found,
    wrong_type,
)
from pond_core.tinyfs.reading import ReadFS
from pond_core.window import Window


class WD(ReadFS):
    """A tree that can be read and written, seen from a working directory.

    What is written is seen by reads of the same tree at once. Every method raises, besides what
    `ReadFS` says, a `PondError` if the tree is read-only, and `ExistsError` if something that it
    was to make is there.
    """

    def __init__(self, backend: Backend, *, path: str = "/", writable: bool = True) -> None:
        super().__init__(backend, path=path)
        self.writable = writable

    @override
    def cd(self, path: str) -> "WD":
        return WD(self.tree, path=self._directory(path), writable=self.writable)

    def mkdir(self, path: str, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a directory.

        Args:
            path: Where.
            parents: Whether to make the directories that lead there, too.
            exist_ok: Whether it may be there already.
        """
        place = self._locate(path)
        if exist_ok and place.entry is not None and place.entry.entry_type is EntryType.DIRECTORY:
            return
        check_vacant(place, parents=parents)
        directory = place.directory
        for name in (place.name, *place.beyond):
            directory = make(self.tree, directory, name, EntryType.DIRECTORY)

    def write_data(self, path: str, data: bytes) -> None:
        """Make a data file, or replace the bytes of one.

        Raises:
            DataError: `data` is not bytes.
        """
        check_data(data, path=self._resolve(path))
        self.tree.write(self._open(path, EntryType.DATA), data)

    def write_table(self, path: str, table: pa.Table) -> None:
        """Make a table, or replace one whole.

        Raises:
            DataError: It is no `pyarrow.Table`.
            SchemaError: Two columns have one name.
        """
        check_table(table, path=self._resolve(path))
        self.tree.write(self._open(path, EntryType.TABLE), table)

    def create_series(self, path: str, *, attributes: Mapping[str, object] | None = None) -> None:
        """Make a series without windows.

        Raises:
            DataError: The attributes are not JSON.
        """
        facts = json_object(attributes or {}, what=f"the attributes of {path}")
        place = self._vacant(path)
        node_id = make(self.tree, place.directory, place.name, EntryType.SERIES)
        if facts:
            self.tree.mark(node_id, facts)

    def write_recipe(self, path: str, recipe: Recipe) -> None:
        """Make a dynamic node, which is computed whenever it is read, or replace what one holds.

        Args:
            path: Where. What is stored there is replaced whole; attributes and marks stay.
            recipe: How it is computed. A node keeps its entry type.

        Raises:
            DataError: No such factory is registered here, or it refuses the recipe.
            ExistsError: A directory holds something.
        """
        asked = self._resolve(path)
        _check_recipe(recipe, path=asked)
        place = self._locate(path)
        if place.entry is None:
            check_vacant(place)
            wanted, factory = recipe.entry_type, recipe.factory
            node_id = make(self.tree, place.directory, place.name, wanted, factory=factory)
        else:
            self._check_replaceable(place, place.entry, recipe)
            node_id = place.entry.node_id
            self._relink(place, place.entry, factory=recipe.factory)
        self.tree.write(node_id, recipe)

    def write_window(self, path: str, table: pa.Table | None, window: Window) -> None:
        """Replace what a series holds in a window; make the series if it is not there.

        Args:
            path: The series.
            table: All rows of the window, sorted by `timestamp: timestamp[us, UTC]`, no nulls in
                it. None, or no rows: the window is known to be empty.
            window: Which time range this is all of.

        Raises:
            SchemaError: `timestamp` is missing or of another type, or two columns have one name.
            DataError: The window is empty as a range; `timestamp` has nulls, goes backwards, or
                lies outside the window.
        """
        asked = self._resolve(path)
        _check_range(window, path=asked)
        if table is not None:
            check_window(table, window, path=asked)
        node_id = self._open(path, EntryType.SERIES)
        self.tree.write(node_id, table if table is not None and table.num_rows else None, window)

    def mark(
        self, path: str, attributes: Mapping[str, object], window: Window | None = None
    ) -> None:
        """Replace the facts known about a node, or about one exact time range of a series.

        Args:
            path: What they are about.
            attributes: JSON values by name.
            window: The range they are about; None is the node as a whole.

        Raises:
            DataError: The attributes are not JSON.
        """
        facts = json_object(attributes, what=f"the attributes of {path}")
        if window is not None:
            _check_range(window, path=self._resolve(path))
        place = self._locate(path)
        if place.entry is None:
            raise not_found(self.tree, place)
        if window is not None and place.entry.entry_type is not EntryType.SERIES:
            hint = "mark it as a whole, without a window"
            raise wrong_type(place.asked, place.entry, wanted=EntryType.SERIES, hint=hint)
        self.tree.mark(place.entry.node_id, facts, window)

    def symlink(self, path: str, target: str) -> None:
        """Make a symlink.

        Args:
            path: Where.
            target: What it leads to, which need not exist: absolute, or relative to the directory
                that the symlink is in.
        """
        place = self._vacant(path)
        target = paths.legible(target)
        paths.resolve(target, paths.parent(place.path))
        node_id = make(self.tree, place.directory, place.name, EntryType.SYMLINK)
        self.tree.write(node_id, target.encode())

    def rename(self, src: str, dst: str) -> None:
        """Give something another name or another directory. A symlink is renamed itself.

        Args:
            src: What to rename.
            dst: Its new path, which must be vacant; the old one changes nothing.

        Raises:
            InvalidPathError: `src` is the root, or `dst` lies below it.
        """
        old, entry = self._named(src)
        new = self._locate(dst, follow=False)
        if (new.directory, new.name, new.beyond) == (old.directory, old.name, ()):
            return
        check_vacant(new)
        check_outside(new, entry)
        self.tree.link(new.directory, replace(entry, name=new.name))
        self.tree.unlink(old.directory, old.name)

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Take a name away; a directory with all below it. A symlink is removed itself.

        Args:
            path: What to remove.
            recursive: Whether a directory may hold something.

        Raises:
            ExistsError: The directory holds something, and `recursive` was not asked for.
            InvalidPathError: It is the root.
        """
        place, entry = self._named(path)
        is_stored_directory = entry.entry_type is EntryType.DIRECTORY and not entry.factory
        if is_stored_directory and not recursive and self.tree.entries(entry.node_id):
            message = f"{place.asked} is not empty"
            raise ExistsError(message, path=place.asked, hint="remove it with recursive=True")
        self.tree.unlink(place.directory, place.name)

    def copy(self, src: str, dst: str, *, recursive: bool = False) -> None:
        """Copy a file, or a directory with all below it, to a path that is vacant.

        A symlink at `src` is followed; those below it are copied as they stand. Attributes,
        marks and windows are copied with the content.

        Args:
            src: What to copy.
            dst: The path of the copy itself, not of a directory to put it in.
            recursive: Whether a directory may be copied.

        Raises:
            InvalidPathError: `dst` lies below the directory that is to be copied.
        """
        entry = self.lookup(src).entry
        if entry.entry_type is EntryType.DIRECTORY and not recursive:
            message = f"{self._resolve(src)} is a directory"
            raise WrongTypeError(
                message, path=self._resolve(src), hint="copy it with recursive=True"
            )
        self._copy(self, entry, dst)

    def copy_from(self, source: ReadFS, path: str, to: str) -> None:
        """Copy what another tree holds at a path, with all below it, to a path that is vacant.

        The other tree may be of another backend, or an earlier snapshot of this one. What is
        copied stands as it stood: symlinks, also at the path itself, and recipes are not followed
        and not computed. Attributes, marks and windows are copied with the content.

        Args:
            source: The other tree.
            path: What to copy.
            to: The path of the copy itself; the directory that it goes to has to be there.

        Raises:
            InvalidPathError: It is the same tree, and `to` lies below what is to be copied.
        """
        self._copy(source, source.lookup(path, follow=False).entry, to)

    def _copy(self, source: ReadFS, entry: Entry, to: str) -> None:
        place = self._locate(to, follow=False)
        check_vacant(place)
        if source.backend is self.backend:
            check_outside(place, entry)
        copy_tree(source.tree, entry, self.tree, place)

    def _locate(self, path: str, *, follow: bool = True) -> Place:
        """Return a place where something may be changed."""
        self._check_writable()
        place = locate(self.tree, self._resolve(path), follow=follow)
        if self.tree.is_dynamic(place.directory):
            message = f"{place.asked} cannot be changed: its directory is computed"
            hint = f"copy it, or change the recipe of {paths.parent(place.path)}"
            raise WrongTypeError(message, path=place.asked, hint=hint)
        return place

    def _check_writable(self) -> None:
        if not self.writable:
            msg = "this view of the pond is read-only"
            raise PondError(msg, hint="write inside a transaction")

    def _vacant(self, path: str) -> Place:
        place = self._locate(path, follow=False)
        check_vacant(place)
        return place

    def _named(self, path: str) -> tuple[Place, Entry]:
        """Return something whose name can be taken away: all but the root."""
        place = self._locate(path, follow=False)
        if place.entry is None:
            raise not_found(self.tree, place)
        if place.entry.node_id == ROOT:
            raise InvalidPathError("the root can be neither renamed nor removed", path=place.asked)
        return place, place.entry

    def _open(self, path: str, wanted: EntryType) -> NodeId:
        """Return the file of that type at a path, made if the path is vacant.

        What is written to a dynamic one replaces its recipe.
        """
        place = self._locate(path)
        if place.entry is None:
            check_vacant(place)
            return make(self.tree, place.directory, place.name, wanted)
        if place.entry.entry_type is not wanted:
            hint = "remove it first, or write to another path"
            raise wrong_type(place.asked, place.entry, wanted=wanted, hint=hint)
        if place.entry.factory and wanted is EntryType.SERIES:
            message = f"{place.asked} is computed: a window cannot replace a part of it"
            raise WrongTypeError(
                message, path=place.asked, hint="remove it first, or copy its rows"
            )
        self._relink(place, place.entry, factory="")
        return place.entry.node_id

    def _relink(self, place: Place, entry: Entry, *, factory: str) -> None:
        """Let an entry say what computes its node."""
        if entry.factory != factory:
            self.tree.link(place.directory, replace(entry, factory=factory))

    def _check_replaceable(self, place: Place, entry: Entry, recipe: Recipe) -> None:
        """Refuse to let a recipe take the place of what it cannot be."""
        if entry.entry_type is not recipe.entry_type:
            hint = "remove it first, or use another path"
            raise wrong_type(place.asked, entry, wanted=recipe.entry_type, hint=hint)
        if entry.node_id == ROOT:
            raise InvalidPathError("the root cannot be computed", path=place.asked)
        is_directory = entry.entry_type is EntryType.DIRECTORY
        if is_directory and not entry.factory and self.tree.entries(entry.node_id):
            message = f"{place.asked} is not empty"
            raise ExistsError(message, path=place.asked, hint="remove what it holds first")


class FS(WD):
    """A tree that can be read and written, seen from its root."""

    def __init__(self, backend: Backend, *, writable: bool = True) -> None:
        super().__init__(backend, writable=writable)


def _check_recipe(recipe: object, *, path: str) -> None:
    if not isinstance(recipe, Recipe):
        msg = f"{path} cannot be computed from a {type(recipe).__name__}"
        raise DataError(msg, hint="give a Recipe(entry_type, factory, config)")
    try:
        factory_of(recipe)
    except DataError as error:
        msg = f"{path} cannot be computed: {error}"
        raise DataError(msg, hint=error.hint) from error


def _check_range(window: Window, *, path: str) -> None:
    """Refuse what is no range of instants that can be stored."""
    for bound in (window.start_us, window.end_us):
        if bound is not None and (type(bound) is not int or not -(2**63) <= bound < 2**63):
            msg = f"{path} has no window that begins or ends at {bound!r}"
            hint = "give an int that 64 bits hold, in microseconds, or None to leave it open"
            raise DataError(msg, hint=hint)
    if window.is_empty:
        msg = f"{path} has no window {span(window)}: its end is not after its start"
        raise DataError(msg)
