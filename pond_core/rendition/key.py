"""Telling whether a file's bytes are others than before, without making them."""

import hashlib

from pond_core.snapshot import Snapshot
from pond_core.tinyfs import NodePath, ReadFS


def content_key(tree: ReadFS, node: NodePath) -> str:
    """Return text that is another when the content is; empty where nothing says so.

    Stored content is named by its digests. What is computed when it is read is told apart by the
    snapshot; in a transaction it may change from one call to the next.
    """
    held = node.node
    if held.recipe is not None and not isinstance(tree, Snapshot):
        return ""
    facts: object = [(piece.sha256, piece.window) for piece in held.pieces if piece.sha256]
    if held.recipe is not None and isinstance(tree, Snapshot):
        facts = (tree.txn, node.node_id)
    return hashlib.sha256(repr((node.entry_type, facts)).encode()).hexdigest()
