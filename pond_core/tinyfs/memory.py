"""Nodes in dictionaries: the filesystem's specification by example, and a pond for tests.

Nothing is durable and nothing is undone: there are no transactions here, and `txn` stays None.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pyarrow as pa

from pond_core.errors import CorruptionError
from pond_core.tinyfs.content import time_range
from pond_core.tinyfs.node import Content, Entry, Node, NodeId, Piece, Recipe
from pond_core.window import ALWAYS, Window


class MemoryBackend:
    """A `Backend` that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._directories: dict[NodeId, dict[str, Entry]] = {}
        self._nodes: dict[NodeId, Node] = {}
        self._contents: dict[tuple[NodeId, int], Content] = {}
        self._versions: dict[NodeId, int] = {}

    def entry(self, parent: NodeId, name: str) -> Entry | None:
        """Return the entry of that name, or None."""
        return self._directories.get(parent, {}).get(name)

    def entries(self, parent: NodeId) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by the bytes of their names."""
        return sorted(self._directories.get(parent, {}).values(), key=lambda e: e.name.encode())

    def node(self, node_id: NodeId) -> Node:
        """Return what is known of a node."""
        return self._nodes.get(node_id, Node(node_id))

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        """Return a piece's content as it was written."""
        content = self._contents.get((piece.node_id, piece.version))
        if content is None:
            msg = f"version {piece.version} of node {piece.node_id} has no content"
            raise CorruptionError(msg, hint="read pieces of this backend, and no empty windows")
        if columns is None or not isinstance(content, pa.Table):
            return content
        return content.select([name for name in columns if name in content.column_names])

    def link(self, parent: NodeId, entry: Entry) -> None:
        """Give a node a name in a directory, replacing whatever had that name."""
        self._directories.setdefault(parent, {})[entry.name] = entry

    def unlink(self, parent: NodeId, name: str) -> None:
        """Take a name out of a directory."""
        self._directories.get(parent, {}).pop(name, None)

    def write(self, node_id: NodeId, content: Content | None, window: Window | None = None) -> None:
        """Store a new version of a node's content, and cut older ones."""
        version = self._versions[node_id] = self._versions.get(node_id, 0) + 1
        if content is not None:
            self._contents[node_id, version] = content
        live = ALWAYS if window is None else window
        node = self.node(node_id)
        pieces = [
            replace(piece, window=part) for piece in node.pieces for part in piece.window.cut(live)
        ]
        pieces.append(_piece(node_id, version, content, window))
        recipe = content if isinstance(content, Recipe) else None
        ordered = tuple(sorted(pieces, key=_start))
        self._nodes[node_id] = replace(node, pieces=ordered, recipe=recipe)

    def mark(
        self, node_id: NodeId, attributes: Mapping[str, object], window: Window | None = None
    ) -> None:
        """Replace the attributes of a node, or of one exact time range of it."""
        node, facts = self.node(node_id), MappingProxyType(dict(attributes))
        if window is None:
            self._nodes[node_id] = replace(node, attributes=facts)
        else:
            marks = {**node.marks, window: facts}
            told = MappingProxyType({each: known for each, known in marks.items() if known})
            self._nodes[node_id] = replace(node, marks=told)


def _piece(node_id: NodeId, version: int, content: Content | None, window: Window | None) -> Piece:
    live = ALWAYS if window is None else window
    if content is None:
        return Piece(node_id, version, live, rows=0)
    if isinstance(content, Recipe):
        return Piece(node_id, version, live)
    stored = content if isinstance(content, bytes) else _ipc_stream(content)
    piece = Piece(
        node_id, version, live, size=len(stored), sha256=hashlib.sha256(stored).hexdigest()
    )
    if isinstance(content, bytes):
        return piece
    first, last = (None if window is None else time_range(content)) or (None, None)
    return replace(piece, rows=content.num_rows, min_time_us=first, max_time_us=last)


def _start(piece: Piece) -> tuple[bool, int]:
    start = piece.window.start_us
    return start is not None, start or 0


def _ipc_stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())
