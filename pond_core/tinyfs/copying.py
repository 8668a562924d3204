"""Copying: nodes with all they hold, new identities, the same names."""

import pyarrow as pa

from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.content import rows_within
from pond_core.tinyfs.node import Content, Entry, EntryType, NodeId
from pond_core.tinyfs.place import Place, make
from pond_core.window import Window


def copy_tree(backend: Backend, source: Entry, to: Place) -> None:
    """Copy something and all below it to a vacant place; symlinks as they stand."""
    pending = [(source, to.directory, to.name)]
    while pending:
        source, directory, name = pending.pop()
        copied = make(backend, directory, name, source.entry_type, factory=source.factory)
        _copy_node(backend, source, copied)
        if source.entry_type is EntryType.DIRECTORY and not source.factory:
            below = backend.entries(source.node_id)
            pending.extend((child, copied, child.name) for child in below)


def _copy_node(backend: Backend, source: Entry, to: NodeId) -> None:
    """Copy attributes, marks and content; of a cut piece, only what still counts.

    Of a dynamic node its recipe is copied, and nothing computed.
    """
    node = backend.node(source.node_id)
    if node.attributes:
        backend.mark(to, node.attributes)
    for window, facts in node.marks.items():
        backend.mark(to, facts, window)
    if node.recipe is not None:
        backend.write(to, node.recipe)
        return
    for piece in node.pieces:
        content = backend.read(piece) if piece.sha256 else None
        if source.entry_type is EntryType.SERIES:
            backend.write(to, _what_counts(content, piece.window), piece.window)
        else:
            backend.write(to, content)


def _what_counts(content: Content | None, window: Window) -> Content | None:
    """Return the rows of a piece that lie in its window; None if there are none."""
    if not isinstance(content, pa.Table):
        return content
    rows = rows_within(content, window)
    return rows if rows.num_rows else None
