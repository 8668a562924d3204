"""Copying: nodes with all they hold, new identities, the same names; also into another backend."""

import pyarrow as pa

from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.content import rows_within
from pond_core.tinyfs.node import Content, Entry, EntryType, NodeId
from pond_core.tinyfs.place import Place, make
from pond_core.window import Window


def copy_tree(source: Backend, entry: Entry, backend: Backend, to: Place) -> None:
    """Copy something and all below it to a vacant place; symlinks as they stand.

    No more than one piece of content is in memory at a time, but for what a backend keeps.

    Args:
        source: Where it is.
        entry: What is copied.
        backend: Where the copy goes; it may be the source.
        to: The place there; what is copied does not lead to it.
    """
    pending = [(entry, to.directory, to.name)]
    while pending:
        original, directory, name = pending.pop()
        entry_type, factory = original.entry_type, original.factory
        copied = make(backend, directory, name, entry_type, factory=factory)
        _copy_node(source, original, backend, copied)
        if entry_type is EntryType.DIRECTORY and not factory:
            below = source.entries(original.node_id)
            pending.extend((child, copied, child.name) for child in below)


def _copy_node(source: Backend, entry: Entry, backend: Backend, to: NodeId) -> None:
    """Copy attributes, marks and content; of a cut piece, only what still counts.

    Of a dynamic node its recipe is copied, and nothing computed.
    """
    node = source.node(entry.node_id)
    if node.attributes:
        backend.mark(to, node.attributes)
    for window, facts in node.marks.items():
        backend.mark(to, facts, window)
    if node.recipe is not None:
        backend.write(to, node.recipe)
        return
    for piece in node.pieces:
        content = source.read(piece) if piece.sha256 else None
        if entry.entry_type is EntryType.SERIES:
            backend.write(to, _what_counts(content, piece.window), piece.window)
        else:
            backend.write(to, content)


def _what_counts(content: Content | None, window: Window) -> Content | None:
    """Return the rows of a piece that lie in its window; None if there are none."""
    if not isinstance(content, pa.Table):
        return content
    rows = rows_within(content, window)
    return rows if rows.num_rows else None
