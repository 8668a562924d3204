"""tinyfs's `Backend` over the log: the state as of one txn, with staged rows on top."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pond_core.errors import ClosedError, ConflictError, CorruptionError
from pond_core.oplog import (
    Header,
    NodeState,
    Operation,
    OpKind,
    OpLog,
    PartState,
    Provenance,
    apply,
    dump_facts,
)
from pond_core.storage import Since
from pond_core.tinyfs.content import concatenate, rows_within
from pond_core.tinyfs.node import Content, Entry, EntryType, Node, NodeId, Piece, Recipe
from pond_core.tlogfs.conflict import Grounds, check, concerns, removals
from pond_core.tlogfs.content import is_large, load_bytes, load_table, located, read_schema, store
from pond_core.tlogfs.meaning import entry_of, node_of, piece_of, recipe_of
from pond_core.tlogfs.objects import ObjectStore
from pond_core.window import ALWAYS, Window

_MAX_AGE_S = 12 * 3600
"""An older transaction refuses to commit: clean-up may have removed objects that it reuses."""


Check = Callable[[int, Sequence[Operation]], None]
"""Given the head txn and what others committed since the base, raise `ConflictError` or not."""


class _UnlistedError(Exception):
    """What a removed directory holds must be known, and is not; the lock is no place to look."""


class OpLogBackend:
    """One transaction's, or one snapshot's, view of the log."""

    def __init__(self, log: OpLog, objects: ObjectStore, *, txn: int) -> None:
        self.txn = txn
        self._log = log
        self._objects = objects
        self._staged: list[Operation] = []
        self._entries: dict[NodeId, dict[str, Entry | None]] = {}
        self._parts: dict[int, PartState] = {}
        self._nodes: dict[NodeId, NodeState] = {}
        self._seen: dict[NodeId, tuple[NodeState, Node]] = {}
        self._rows: dict[tuple[NodeId, int, str], Operation] = {}
        self._homes: dict[str, tuple[str, str]] = {}
        self._gone: dict[str, str] | None = None
        self._replaced: list[tuple[str, Window]] = []
        self._began = Since()
        self._is_over = False

    def entry(self, parent: NodeId, name: str) -> Entry | None:
        """Return the entry of that name, or None."""
        staged = self._entries.get(parent, {})
        if name in staged:
            return staged[name]
        row = self._part(_bucket(parent)).entry(parent, name)
        if row is None:
            return None
        entry = entry_of(row)
        self._homes[entry.node_id] = (parent, name)
        return entry

    def entries(self, parent: NodeId) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by the bytes of their names."""
        committed = self._part(_bucket(parent)).entries(parent)
        staged = self._entries.get(parent, {})
        kept = (entry_of(row) for name, row in committed.items() if name not in staged)
        made = (entry for entry in staged.values() if entry is not None)
        return sorted((*kept, *made), key=lambda entry: entry.name.encode())

    def node(self, node_id: NodeId) -> Node:
        """Return what is known of a node."""
        state = self._state(node_id)
        known = self._seen.get(node_id)
        if known is not None and known[0] is state:
            return known[1]  # states never change, and parsing a year of marks takes its time
        for _, row in state.pieces:
            self._rows[node_id, row.version or 0, row.sha256 or ""] = row
        node = node_of(node_id, state, known)
        self._seen[node_id] = state, node
        return node

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        """Return a piece's content as it was written."""
        try:
            return self._content(piece, columns)
        except CorruptionError:
            again = self._again(piece)
            if again is None:
                raise
        tables = [rows_within(self._content(p, columns), p.window) for p in again]
        return concatenate(tables, path="the series")

    def _again(self, piece: Piece) -> list[Piece] | None:
        """Return what says the same as a piece; None if nothing else does.

        Upkeep may have condensed it since this view looked, and dropped the row; or `repair` has
        left out what condensed it.
        """
        state = self._log.state_anew(_bucket(piece.node_id), txn=self.txn).node(piece.node_id)
        known = self._row(piece)
        again = []
        for window, row in state.pieces:
            live = window.intersect(piece.window)
            if row.rows and not live.is_empty:
                if (row.txn, row.seq, row.sha256) == (known.txn, known.seq, known.sha256):
                    return None
                self._rows[piece.node_id, row.version or 0, row.sha256 or ""] = row
                again.append(piece_of(piece.node_id, live, row))
        return again or None

    def _content(self, piece: Piece, columns: Sequence[str] | None) -> Content:
        row = self._row(piece)
        if row.factory is not None:
            return recipe_of(row, row.factory)
        inline = self._inline(row)
        if row.arrow_schema is None:
            return load_bytes(row, inline, self._objects)
        return load_table(row, inline, self._objects, columns=columns, window=piece.window)

    def object_path(self, piece: Piece) -> Path | None:
        """Return the object that holds a piece's content; None when it is inline, or empty."""
        return located(self._row(piece), self._inline, self._objects)

    def fetch(self, pieces: Iterable[Piece]) -> None:
        """Have the objects of pieces here, several at a time, that are about to be read."""
        rows = (self._row(piece) for piece in pieces)
        self._objects.fetch(row.sha256 for row in rows if row.sha256 and is_large(row))

    def schema(self, piece: Piece) -> pa.Schema | None:
        """Return the Arrow schema of a piece, without reading it; None for bytes and no rows."""
        return read_schema(self._row(piece), self._objects)

    @property
    def objects_path(self) -> Path:
        """The directory that holds all objects."""
        return self._objects.root

    def headers(self) -> list[Header]:
        """Return the headers of the transactions up to this view's, oldest first."""
        return self._log.headers(upto=self.txn)

    def operations(self) -> list[Operation]:
        """Return the rows of the transactions up to this view's in order, without headers."""
        return self._log.operations(after=0, upto=self.txn)

    def link(self, parent: NodeId, entry: Entry) -> None:
        """Give a node a name in a directory."""
        self._stage(
            Operation(
                OpKind.LINK,
                _bucket(parent),
                parent_id=parent,
                name=entry.name,
                node_id=entry.node_id,
                entry_type=entry.entry_type,
                factory=entry.factory or None,
            )
        )
        self._entries.setdefault(parent, {})[entry.name] = entry
        self._homes[entry.node_id] = (parent, entry.name)

    def unlink(self, parent: NodeId, name: str) -> None:
        """Take a name out of a directory."""
        entry = self.entry(parent, name)
        self._stage(
            Operation(
                OpKind.UNLINK,
                _bucket(parent),
                parent_id=parent,
                name=name,
                node_id=None if entry is None else entry.node_id,
                entry_type=None if entry is None else entry.entry_type,
            )
        )
        self._entries.setdefault(parent, {})[name] = None

    def write(self, node_id: NodeId, content: Content | None, window: Window | None = None) -> None:
        """Store a new version of a node's content; an object is on disk when this returns.

        Raises:
            SchemaError: A column has another type in a window that stays.
        """
        if isinstance(content, Recipe):
            self._write_recipe(node_id, content)
            return
        if window is not None and isinstance(content, pa.Table):
            self._check_types(node_id, content.schema, window)
        stored = store(content, self._objects)
        range_ = window or ALWAYS
        self._stage_node(
            Operation(
                OpKind.WRITE if window is None else OpKind.WINDOW,
                _bucket(node_id),
                node_id=node_id,
                version=self._state(node_id).version + 1,
                window_start_us=range_.start_us,
                window_end_us=range_.end_us,
                min_time_us=stored.min_time_us,
                max_time_us=stored.max_time_us,
                rows=stored.rows,
                size=stored.size,
                sha256=stored.sha256,
                arrow_schema=stored.arrow_schema,
                content=stored.content,
            )
        )

    def mark(
        self, node_id: NodeId, attributes: Mapping[str, object], window: Window | None = None
    ) -> None:
        """Replace the attributes of a node, or of one exact range of it."""
        range_ = window or ALWAYS
        self._stage_node(
            Operation(
                OpKind.ATTRIBUTES if window is None else OpKind.MARK,
                _bucket(node_id),
                node_id=node_id,
                window_start_us=range_.start_us,
                window_end_us=range_.end_us,
                attributes=dump_facts(attributes),
            )
        )

    def replaces(self, node_id: NodeId, window: Window) -> None:
        """Take note that all of a range was compared, whatever little of it is written.

        What others write in it meanwhile is a conflict: the range would hold what nobody meant.
        """
        self._replaced.append((node_id, window))

    def commit(
        self,
        provenance: Provenance,
        *,
        also: Check = lambda _head, _theirs: None,
        read: Collection[str] = (),
    ) -> Header | None:
        """Make everything staged visible at once; None when there is nothing.

        Args:
            provenance: Who and why.
            also: What else must hold, asked under the lock.
            read: Nodes whose rows it is asked about, besides those that this one changes.

        Raises:
            ConflictError: Others changed the same things since this transaction began.
            ClosedError: It began more than 12 hours ago.
        """
        if not self._staged:
            return None
        self._gone = None
        try:
            header = self._append(provenance, also, read)
        except _UnlistedError:
            self._gone = self._taken_away()
            header = self._append(provenance, also, read)
        self._staged = []
        self.close()
        return header

    def close(self) -> None:
        """Refuse further changes: nothing would commit them."""
        self._is_over = True

    def _append(self, provenance: Provenance, also: Check, read: Collection[str]) -> Header:
        def prepare(head: int, theirs: Sequence[Operation]) -> Sequence[Operation]:
            if self._began.seconds > _MAX_AGE_S:  # however long it waited for the lock
                msg = "this transaction began more than 12 hours ago"
                raise ClosedError(msg, hint="begin a new one")
            if theirs:
                also(head, theirs)
            self._check_objects(head)
            return self._prepare(theirs)

        size = sum(row.size or 0 for row in self._staged)
        return self._log.append(
            prepare,
            base=self.txn,
            about=concerns(self._staged, {*read, *(node_id for node_id, _ in self._replaced)}),
            provenance=provenance,
            size_bytes=size,
        )

    def _check_objects(self, head: int) -> None:
        """Refuse to name an object that a clean-up deleted since it was put: that takes a day."""
        for row in self._staged:
            for digest in (row.sha256 if row.content is None else None, row.arrow_schema):
                if digest is not None and not self._objects.has(digest):
                    msg = f"the object {digest} was cleaned up since this transaction put it"
                    raise ConflictError(msg, base=self.txn, other=head)

    def _prepare(self, theirs: Sequence[Operation]) -> Sequence[Operation]:
        """Check the staged rows against others' and give their versions the next numbers."""
        if not theirs:
            return self._staged
        if self._gone is None:
            taken = removals(self._staged)
            if any(row.entry_type == EntryType.DIRECTORY for row in taken):
                raise _UnlistedError
            self._gone = {row.node_id: row.node_id for row in taken if row.node_id is not None}
        grounds = Grounds(
            homes=self._homes,
            gone=self._gone,
            replaced=self._replaced,
            schema_of=lambda row: read_schema(row, self._objects),
        )
        check(self._staged, theirs, base=self.txn, grounds=grounds)
        written = (OpKind.WRITE, OpKind.WINDOW)
        ahead: dict[str, int] = {}
        for row in theirs:
            if row.op in written and row.node_id is not None:
                ahead[row.node_id] = ahead.get(row.node_id, 0) + 1
        return [
            replace(row, version=(row.version or 0) + ahead.get(row.node_id or "", 0))
            if row.op in written
            else row
            for row in self._staged
        ]

    def _write_recipe(self, node_id: NodeId, recipe: Recipe) -> None:
        self._stage_node(
            Operation(
                OpKind.WRITE,
                _bucket(node_id),
                node_id=node_id,
                entry_type=recipe.entry_type,
                version=self._state(node_id).version + 1,
                factory=recipe.factory,
                attributes=dump_facts(recipe.config),
            )
        )

    def _taken_away(self) -> dict[str, str]:
        """Return the nodes that lose their names and all below them, each with the node above."""
        gone: dict[str, str] = {}
        for row in removals(self._staged):
            taken = row.node_id or ""
            pending = [(taken, row.entry_type)]
            while pending:
                node_id, entry_type = pending.pop()
                gone[node_id] = taken
                if entry_type == EntryType.DIRECTORY:
                    below = self.entries(NodeId(node_id))
                    pending.extend((entry.node_id, entry.entry_type) for entry in below)
        return gone

    def _check_types(self, node_id: NodeId, schema: pa.Schema, window: Window) -> None:
        pieces = self._state(node_id).pieces
        known = {row.arrow_schema: row for live, row in pieces if not window.covers(live)}
        schemas = [
            s for row in known.values() if (s := read_schema(row, self._objects)) is not None
        ]
        tables = [s.empty_table() for s in (*schemas, schema)]
        concatenate(tables, path="the series")

    def _stage(self, row: Operation) -> Operation:
        if self._is_over:
            msg = "this transaction is over"
            raise ClosedError(msg, hint="begin a new one")
        self._staged.append(row)  # their order is all: the commit gives them their numbers
        return row

    def _stage_node(self, row: Operation) -> None:
        node_id = NodeId(row.node_id or "")
        self._nodes[node_id] = apply(self._state(node_id), self._stage(row))

    def _state(self, node_id: NodeId) -> NodeState:
        state = self._nodes.get(node_id)
        if state is None:
            state = self._nodes[node_id] = self._part(_bucket(node_id)).node(node_id)
        return state

    def _row(self, piece: Piece) -> Operation:
        return self._rows[piece.node_id, piece.version, piece.sha256]

    def _inline(self, row: Operation) -> bytes | None:
        if row.content is not None or is_large(row):
            return row.content
        return self._log.content(row)

    def _part(self, bucket: int) -> PartState:
        # The log keeps only the newest state that was asked for; this view's own never changes.
        if bucket not in self._parts:
            self._parts[bucket] = self._log.state(bucket, txn=self.txn)
        return self._parts[bucket]


def _bucket(node_id: NodeId) -> int:
    return int(node_id[0], 16)
