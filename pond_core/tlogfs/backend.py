"""tinyfs's `Backend` over the log: the state as of one txn, with staged rows on top."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from pond_core.errors import ClosedError
from pond_core.oplog import (
    EMPTY_NODE,
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
from pond_core.tinyfs.content import concatenate
from pond_core.tinyfs.node import Content, Entry, EntryType, Node, NodeId, Piece
from pond_core.tlogfs.conflict import check
from pond_core.tlogfs.content import INLINE_BYTES, load_bytes, load_table, read_schema, store
from pond_core.tlogfs.objects import ObjectStore
from pond_core.window import ALWAYS, Window

_MAX_AGE_S = 12 * 3600
"""An older transaction refuses to commit: clean-up may have removed objects that it reuses."""


class OpLogBackend:
    """One transaction's, or one snapshot's, view of the log."""

    def __init__(self, log: OpLog, objects: ObjectStore, *, txn: int) -> None:
        self.txn = txn
        self._log = log
        self._objects = objects
        self._staged: list[Operation] = []
        self._entries: dict[NodeId, dict[str, Operation | None]] = {}
        self._parts: dict[int, PartState] = {}
        self._nodes: dict[NodeId, NodeState] = {}
        self._seen: dict[NodeId, tuple[NodeState, Node]] = {}
        self._rows: dict[tuple[NodeId, int], Operation] = {}
        self._started_s = time.monotonic()
        self._is_over = False

    def entry(self, parent: NodeId, name: str) -> Entry | None:
        """Return the entry of that name, or None."""
        staged = self._entries.get(parent, {})
        row = staged[name] if name in staged else self._committed(parent).get(name)
        return None if row is None else _entry(row)

    def entries(self, parent: NodeId) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by the bytes of their names."""
        rows = {**self._committed(parent), **self._entries.get(parent, {})}
        names = sorted((n for n, row in rows.items() if row is not None), key=str.encode)
        return [_entry(row) for n in names if (row := rows[n]) is not None]

    def node(self, node_id: NodeId) -> Node:
        """Return what is known of a node."""
        state = self._state(node_id)
        known = self._seen.get(node_id)
        if known is not None and known[0] is state:
            return known[1]  # states never change, and parsing a year of marks takes its time
        for _, row in state.pieces:
            self._rows[node_id, row.version or 0] = row
        node = _node(node_id, state)
        self._seen[node_id] = state, node
        return node

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        """Return a piece's content as it was written."""
        row = self._rows[piece.node_id, piece.version]
        inline = self._inline(row)
        if row.arrow_schema is None:
            return load_bytes(row, inline, self._objects)
        return load_table(row, inline, self._objects, columns=columns)

    def object_path(self, piece: Piece) -> Path | None:
        """Return the object that holds a piece's content; None when it is inline, or empty."""
        row = self._rows[piece.node_id, piece.version]
        if row.sha256 is None or self._inline(row) is not None:
            return None
        return self._objects.path(row.sha256)

    def link(self, parent: NodeId, entry: Entry) -> None:
        """Give a node a name in a directory."""
        row = self._stage(
            Operation(
                OpKind.LINK,
                _bucket(parent),
                parent_id=parent,
                name=entry.name,
                node_id=entry.node_id,
                entry_type=entry.entry_type,
            )
        )
        self._entries.setdefault(parent, {})[entry.name] = row

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

    def commit(self, provenance: Provenance) -> Header | None:
        """Make everything staged visible at once; None when there is nothing.

        Raises:
            ConflictError: Others changed the same things since this transaction began.
            ClosedError: It began more than 12 hours ago.
        """
        if not self._staged:
            return None
        if time.monotonic() - self._started_s > _MAX_AGE_S:
            msg = "this transaction began more than 12 hours ago"
            raise ClosedError(msg, hint="begin a new one")
        size = sum(row.size or 0 for row in self._staged)
        header = self._log.append(
            self._prepare, base=self.txn, provenance=provenance, size_bytes=size
        )
        self._staged = []
        self.close()
        return header

    def close(self) -> None:
        """Refuse further changes: nothing would commit them."""
        self._is_over = True

    def _prepare(self, head: int, theirs: Sequence[Operation]) -> Sequence[Operation]:
        """Check the staged rows against the head and give their versions the next numbers."""
        check(self._staged, theirs, base=self.txn)
        written = (OpKind.WRITE, OpKind.WINDOW)
        ahead: dict[str, int] = {}
        for row in theirs:
            if row.op in written and row.node_id is not None:
                ahead[row.node_id] = ahead.get(row.node_id, 0) + 1
        if head == self.txn or not ahead:
            return self._staged
        return [
            replace(row, version=(row.version or 0) + ahead.get(row.node_id or "", 0))
            if row.op in written
            else row
            for row in self._staged
        ]

    def _check_types(self, node_id: NodeId, schema: pa.Schema, window: Window) -> None:
        pieces = self._state(node_id).pieces
        known = {row.arrow_schema: row for live, row in pieces if not window.covers(live)}
        schemas = [s for row in known.values() if (s := read_schema(row)) is not None]
        tables = [s.empty_table() for s in (*schemas, schema)]
        concatenate(tables, path="the series")

    def _stage(self, row: Operation) -> Operation:
        if self._is_over:
            msg = "this transaction is over"
            raise ClosedError(msg, hint="begin a new one")
        row = replace(row, seq=len(self._staged) + 1)
        self._staged.append(row)
        return row

    def _stage_node(self, row: Operation) -> None:
        node_id = NodeId(row.node_id or "")
        self._nodes[node_id] = apply(self._state(node_id), self._stage(row))

    def _state(self, node_id: NodeId) -> NodeState:
        if node_id in self._nodes:
            return self._nodes[node_id]
        return self._part(_bucket(node_id)).nodes.get(node_id, EMPTY_NODE)

    def _inline(self, row: Operation) -> bytes | None:
        if row.content is not None or (row.size or 0) > INLINE_BYTES:
            return row.content
        return self._log.content(row)

    def _committed(self, parent: NodeId) -> Mapping[str, Operation]:
        return self._part(_bucket(parent)).entries.get(parent, {})

    def _part(self, bucket: int) -> PartState:
        # The log keeps only the newest state that was asked for; this view's own never changes.
        if bucket not in self._parts:
            self._parts[bucket] = self._log.state(bucket, txn=self.txn)
        return self._parts[bucket]


def _bucket(node_id: NodeId) -> int:
    return int(node_id[0], 16)


def _node(node_id: NodeId, state: NodeState) -> Node:
    attributes = {} if state.attributes is None else state.attributes.facts
    return Node(
        node_id,
        attributes=MappingProxyType(attributes),
        pieces=tuple(_piece(node_id, window, row) for window, row in state.pieces),
        marks=MappingProxyType({w: MappingProxyType(r.facts) for w, r in state.marks.items()}),
    )


def _entry(row: Operation) -> Entry:
    return Entry(row.name or "", NodeId(row.node_id or ""), EntryType(row.entry_type or ""))


def _piece(node_id: NodeId, window: Window, row: Operation) -> Piece:
    return Piece(
        node_id=node_id,
        version=row.version or 0,
        window=window,
        rows=row.rows,
        size=row.size or 0,
        sha256=row.sha256 or "",
        min_time_us=row.min_time_us,
        max_time_us=row.max_time_us,
        txn=row.txn or None,
    )
