"""Reading a tree: everything that needs no right to write. A snapshot is one of these."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from pond_core.errors import (
    CorruptionError,
    NotFoundError,
    PathError,
    SchemaError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.near_miss import did_you_mean, near_misses
from pond_core.tinyfs import path as paths
from pond_core.tinyfs import walk
from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.content import INSTANT, TIMESTAMP, concatenate, rows_within
from pond_core.tinyfs.glob import Captures, Pattern
from pond_core.tinyfs.node import Content, Entry, EntryType, Node, NodeId, Piece
from pond_core.tinyfs.place import find, locate, read_target, wrong_type
from pond_core.tinyfs.tree import Tree, reading
from pond_core.window import ALWAYS, Window

_READ_WITH = {
    EntryType.DIRECTORY: "list it with ls",
    EntryType.SYMLINK: "read it with readlink",
    EntryType.DATA: "read it with read_data",
    EntryType.TABLE: "read it with read_table",
    EntryType.SERIES: "read it with read_series",
}


_FEW_PIECES = 8
"""Tables of more pieces are copied one by one: what Parquet decodes to holds more memory than it
needs, for 20 million rows of six columns 2.1 GiB at the peak and 1.4 with the copies."""

_SMALL_BYTES = 64 * 1024
"""Stored bytes of tables that are never copied for that."""


class ReadFS:
    """A tree that can be read, seen from a working directory.

    Paths are absolute, or relative to `path`. Symlinks are followed unless a method says
    otherwise. Every method that takes a path raises `InvalidPathError` if the text is none, and
    all but `exists` and `glob` raise `NotFoundError` if nothing is there, `WrongTypeError` if
    what is there is of another type than the method needs, and `SymlinkLoopError`. `FactoryError`
    is raised where a dynamic node cannot be computed that the path leads to or through; around
    it, listings, walks and globs go on.

    Attributes:
        backend: What keeps the nodes.
        tree: The same nodes, and what dynamic ones hold.
        path: The canonical path of the working directory; `/` unless `cd` gave this view.
    """

    def __init__(self, backend: Backend, *, path: str = "/") -> None:
        self.tree = backend if isinstance(backend, Tree) else Tree(backend, ReadFS)
        self.backend = self.tree.store
        self.path = path

    def __truediv__(self, path: str) -> "NodePath":
        return self.lookup(path)

    def cd(self, path: str) -> "ReadFS":
        """Return the same tree seen from another directory."""
        return ReadFS(self.tree, path=self._directory(path))

    def lookup(self, path: str, *, follow: bool = True) -> "NodePath":
        """Return what a path leads to.

        Args:
            path: The path.
            follow: Whether a symlink at its end is followed; else the symlink itself is returned.
        """
        asked = self._resolve(path)
        return NodePath(self, asked, find(self.tree, asked, follow=follow)[1])

    def exists(self, path: str) -> bool:
        """Say whether a path leads to something; a symlink to nothing does not."""
        try:
            return locate(self.tree, self._resolve(path)).entry is not None
        except (WrongTypeError, SymlinkLoopError):
            return False

    def entry_type(self, path: str) -> EntryType:
        """Return the type of what a path leads to."""
        return self.lookup(path).entry_type

    def node(self, path: str) -> Node:
        """Return the attributes, marks and pieces of what a path leads to."""
        return self.lookup(path).node

    def readlink(self, path: str) -> str:
        """Return the target of a symlink, as it was written."""
        return read_target(self.tree, self._typed(path, EntryType.SYMLINK))

    def read_data(self, path: str) -> bytes:
        """Return the bytes of a data file."""
        content = self._whole(path, EntryType.DATA)
        if isinstance(content, bytes):
            return content
        raise self._damaged(path)

    def read_table(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table as it was written.

        Args:
            path: The path.
            columns: Which columns, in the order wanted; None is all.

        Raises:
            SchemaError: The table has no such column.
        """
        content = self._whole(path, EntryType.TABLE, columns)
        if not isinstance(content, pa.Table):
            raise self._damaged(path)
        if columns is None:
            return content
        for column in columns:
            if column not in content.column_names:
                known = self._whole(path, EntryType.TABLE)
                raise _no_column(self._resolve(path), column, known.column_names)
        return content.select(columns)

    def read_series(
        self, path: str, window: Window = ALWAYS, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the readings of a series in a window. Only pieces that overlap it are read.

        Args:
            path: The path.
            window: Which readings.
            columns: Which columns, in the order wanted; None is all those of the pieces with rows
                in the window.

        Returns:
            One row per reading, sorted by `timestamp: timestamp[us, UTC]`. `timestamp` is always
            there: first, if `columns` does not name it. A column that a piece lacks is null in
            its rows.

        Raises:
            SchemaError: A column has two types, or no piece of the series has it.
        """
        asked = self._resolve(path)
        node = self.tree.node(self._typed(path, EntryType.SERIES).node_id)
        wanted = None if columns is None else _with_timestamp(columns)
        pieces = [
            (piece, live)
            for piece in node.within(window)
            if _may_hold(piece, live := piece.window.intersect(window))
        ]
        read = []
        for piece, live in pieces:
            table = self._piece(replace(piece, window=live), wanted, path=asked)
            if len(pieces) > _FEW_PIECES and piece.size > _SMALL_BYTES:
                table = _exact(table)
            read.append((piece, rows_within(table, live)))
        # One without rows in the window has no say in the columns: where pieces begin and end is
        # a matter of storage, and upkeep changes it.
        tables = [table for piece, table in read if table.num_rows or piece.rows is None]
        if wanted is None:
            return concatenate(tables, path=asked)
        lacking = self._lacking(node, wanted, tables, path=asked)
        return concatenate([*tables, lacking], path=asked).select(wanted)

    def ls(self, path: str = ".") -> list["NodePath"]:
        """Return what a directory holds, by name, bytewise. Symlinks are not followed."""
        entry = self._typed(path, EntryType.DIRECTORY)
        found = walk.children(self.tree, self._resolve(path), entry.node_id)
        return [NodePath(self, *visit) for visit in found]

    def walk(self, path: str = ".") -> Iterator["NodePath"]:
        """Visit what a path leads to and all below it, in path order.

        A directory comes before what it holds. Symlinks below are visited, not followed.
        """
        start = self.lookup(path)
        for visit in walk.walk(self.tree, start.path, start.entry):
            yield NodePath(self, *visit)

    def glob(self, pattern: str | Pattern) -> Iterator[tuple["NodePath", Captures]]:
        """Visit what matches a pattern, in path order, with what its wildcards stood for.

        Only directories that can hold a match are read. A match that is a symlink is given as
        such. On the way to a match, symlinks are followed, but never by `**`: so no directory is
        visited for ever, and `/**` gives each file once.

        Args:
            pattern: A pattern; relative text counts from the working directory.

        Raises:
            InvalidPathError: The text is no pattern.
        """
        if isinstance(pattern, str):
            pattern = Pattern.parse(pattern, base=self.path)
        for visit, captures in walk.glob(self.tree, pattern):
            yield NodePath(self, *visit), captures

    def nearest(self, path: str) -> str:
        """Return a hint for a path or pattern that leads to nothing: what was perhaps meant.

        Empty where nothing is close.
        """
        try:
            find(self.tree, self._resolve(path))
        except NotFoundError as error:
            return error.hint
        except PathError:
            pass
        return ""

    def _resolve(self, path: str) -> str:
        return paths.resolve(path, self.path)

    def _directory(self, path: str) -> str:
        self._typed(path, EntryType.DIRECTORY)
        return self._resolve(path)

    def _typed(self, path: str, wanted: EntryType) -> Entry:
        """Return the entry that a path leads to, if it is of the type wanted."""
        asked = self._resolve(path)
        entry = find(self.tree, asked, follow=wanted is not EntryType.SYMLINK)[1]
        if entry.entry_type is not wanted:
            raise wrong_type(asked, entry, wanted=wanted, hint=_READ_WITH[entry.entry_type])
        return entry

    def _whole(self, path: str, wanted: EntryType, columns: Sequence[str] | None = None) -> Content:
        """Return the content of a file that is written whole."""
        pieces = self.tree.node(self._typed(path, wanted).node_id).pieces
        if len(pieces) != 1:
            raise self._damaged(path)
        with reading(self._resolve(path)):
            return self.tree.read(pieces[0], columns)

    def _piece(self, piece: Piece, columns: Sequence[str] | None, *, path: str) -> pa.Table:
        with reading(path):
            content = self.tree.read(piece, columns)
        if isinstance(content, pa.Table):
            return content
        msg = f"a window of {piece.node_id} holds bytes where a table should be"
        raise CorruptionError(msg, hint="run 'pond verify'")

    def _lacking(
        self, node: Node, columns: Sequence[str], tables: Sequence[pa.Table], *, path: str
    ) -> pa.Table:
        """Return no rows of the columns that no table has, typed as other pieces have them."""
        known = {TIMESTAMP}.union(*(table.column_names for table in tables))
        lacking = [column for column in columns if column not in known]
        others = [piece for piece in node.pieces if piece.rows != 0]
        fields = [pa.field(TIMESTAMP, INSTANT, nullable=False)]
        for piece in reversed(others):
            if not lacking:
                break
            schema = self._piece(piece, lacking, path=path).schema
            fields.extend(schema.field(column) for column in schema.names)
            lacking = [column for column in lacking if column not in schema.names]
        if lacking and others:
            columns = self._piece(others[-1], None, path=path).column_names
            raise _no_column(path, lacking[0], columns)
        return pa.schema(fields + [pa.field(column, pa.null()) for column in lacking]).empty_table()

    def _damaged(self, path: str) -> CorruptionError:
        msg = f"{self._resolve(path)} has an entry, but its content is missing"
        return CorruptionError(msg, hint="run 'pond verify'")


@dataclass(frozen=True, slots=True)
class NodePath:
    """Something in the tree, by the path that led to it.

    Attributes:
        path: The canonical path that was asked for; symlinks may be on the way.
        entry: What is there.
    """

    _fs: ReadFS = field(repr=False, compare=False)
    path: str
    entry: Entry

    @property
    def name(self) -> str:
        """The last name of the path; empty for the root."""
        return paths.name(self.path)

    @property
    def entry_type(self) -> EntryType:
        """What kind of thing it is."""
        return self.entry.entry_type

    @property
    def node_id(self) -> NodeId:
        """Its identity, whatever its name."""
        return self.entry.node_id

    @property
    def node(self) -> Node:
        """Its attributes, marks and pieces, as they are now."""
        return self._fs.tree.node(self.node_id)

    def read_bytes(self) -> bytes:
        """Return the bytes of a data file; see `ReadFS.read_data`."""
        return self._fs.read_data(self.path)

    def read_table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table; see `ReadFS.read_table`."""
        return self._fs.read_table(self.path, columns)

    def read_series(
        self, window: Window = ALWAYS, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return readings; see `ReadFS.read_series`."""
        return self._fs.read_series(self.path, window, columns)

    def readlink(self) -> str:
        """Return the target of a symlink; see `ReadFS.readlink`."""
        return self._fs.readlink(self.path)


def _exact(table: pa.Table) -> pa.Table:
    """Return a table in memory of just its size."""
    # Arrow copies where it joins two, if only one of them has rows.
    return pa.concat_tables([table, table.slice(0, 0)]).combine_chunks()


def _with_timestamp(columns: Sequence[str]) -> list[str]:
    """Return the columns once each, `timestamp` among them."""
    return list(dict.fromkeys(columns if TIMESTAMP in columns else [TIMESTAMP, *columns]))


def _may_hold(piece: Piece, live: Window) -> bool:
    """Say whether a piece can have rows in the part of it that counts."""
    if piece.rows is None:  # a recipe: nobody knows before it is computed
        return not live.is_empty
    if not piece.rows or piece.min_time_us is None or piece.max_time_us is None:
        return False
    return live.overlaps(Window(piece.min_time_us, piece.max_time_us + 1))


def _no_column(path: str, column: str, known: Sequence[str]) -> SchemaError:
    hint = did_you_mean(near_misses(column, known)) or f"its columns are {', '.join(known)}"
    return SchemaError(f"{path} has no column {column!r}", hint=hint)
