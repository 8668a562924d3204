"""Writing a tree: the same rules over every backend, checked here once.

Each method checks before it writes, so that a refused call changes nothing.
"""

import json
from collections.abc import Mapping

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
from pond_core.tinyfs.node import ROOT, Entry, EntryType, NodeId
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
        return WD(self.backend, path=self._directory(path), writable=self.writable)

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
            directory = make(self.backend, directory, name, EntryType.DIRECTORY)

    def write_data(self, path: str, data: bytes) -> None:
        """Make a data file, or replace the bytes of one.

        Raises:
            DataError: `data` is not bytes.
        """
        check_data(data, path=self._resolve(path))
        self.backend.write(self._open(path, EntryType.DATA), data)

    def write_table(self, path: str, table: pa.Table) -> None:
        """Make a table, or replace one whole.

        Raises:
            DataError: It is no `pyarrow.Table`.
            SchemaError: Two columns have one name.
        """
        check_table(table, path=self._resolve(path))
        self.backend.write(self._open(path, EntryType.TABLE), table)

    def create_series(self, path: str, *, attributes: Mapping[str, object] | None = None) -> None:
        """Make a series without windows.

        Raises:
            DataError: The attributes are not JSON.
        """
        facts = _json_object(attributes or {}, path=path)
        place = self._vacant(path)
        node_id = make(self.backend, place.directory, place.name, EntryType.SERIES)
        if facts:
            self.backend.mark(node_id, facts)

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
        if window.is_empty:
            raise _no_instant(asked, window)
        if table is not None:
            check_window(table, window, path=asked)
        node_id = self._open(path, EntryType.SERIES)
        self.backend.write(node_id, table if table is not None and table.num_rows else None, window)

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
        facts = _json_object(attributes, path=path)
        self._check_writable()
        if window is None:
            entry = self.lookup(path).entry
        elif window.is_empty:
            raise _no_instant(self._resolve(path), window)
        else:
            entry = self._typed(path, EntryType.SERIES)
        self.backend.mark(entry.node_id, facts, window)

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
        node_id = make(self.backend, place.directory, place.name, EntryType.SYMLINK)
        self.backend.write(node_id, target.encode())

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
        self.backend.link(new.directory, Entry(new.name, entry.node_id, entry.entry_type))
        self.backend.unlink(old.directory, old.name)

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
        is_directory = entry.entry_type is EntryType.DIRECTORY
        if is_directory and not recursive and self.backend.entries(entry.node_id):
            message = f"{place.asked} is not empty"
            raise ExistsError(message, path=place.asked, hint="remove it with recursive=True")
        self.backend.unlink(place.directory, place.name)

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
        place = self._locate(dst, follow=False)
        check_vacant(place)
        check_outside(place, entry)
        copy_tree(self.backend, entry, place)

    def _locate(self, path: str, *, follow: bool = True) -> Place:
        self._check_writable()
        return locate(self.backend, self._resolve(path), follow=follow)

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
            raise not_found(self.backend, place)
        if place.entry.node_id == ROOT:
            raise InvalidPathError("the root can be neither renamed nor removed", path=place.asked)
        return place, place.entry

    def _open(self, path: str, wanted: EntryType) -> NodeId:
        """Return the file of that type at a path, made if the path is vacant."""
        place = self._locate(path)
        if place.entry is None:
            check_vacant(place)
            return make(self.backend, place.directory, place.name, wanted)
        if place.entry.entry_type is not wanted:
            hint = "remove it first, or write to another path"
            raise wrong_type(place.asked, place.entry, wanted=wanted, hint=hint)
        return place.entry.node_id


class FS(WD):
    """A tree that can be read and written, seen from its root."""

    def __init__(self, backend: Backend, *, writable: bool = True) -> None:
        super().__init__(backend, writable=writable)


def _no_instant(path: str, window: Window) -> DataError:
    return DataError(f"{path} has no window {span(window)}: its end is not after its start")


def _json_object(attributes: Mapping[str, object], *, path: str) -> dict[str, object]:
    """Return attributes as they read back: JSON values, shared with nobody."""
    try:
        facts: dict[str, object] = json.loads(json.dumps(dict(attributes), allow_nan=False))
    except (TypeError, ValueError) as error:
        msg = f"the attributes of {path} are not JSON: {error}"
        raise DataError(
            msg, hint="use text, finite numbers, booleans, None, lists, dicts"
        ) from error
    return facts
