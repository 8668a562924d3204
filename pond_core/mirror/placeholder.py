"""What stands in a mirror for a file whose content is not there: a few lines of JSON about it."""

import json

from pond_core.mirror.subtree import Wanted
from pond_core.rendition import stream_rows
from pond_core.snapshot import Snapshot
from pond_core.tinyfs import EntryType, NodePath
from pond_core.tinyfs.content import TIMESTAMP
from pond_core.window import from_us


def placeholder(snapshot: Snapshot, wanted: Wanted) -> bytes:
    """Return the bytes of a placeholder.

    No content is read, but for the instants of a series of which later writes cut off rows.
    """
    node = snapshot.lookup(wanted.path)
    pieces = node.node.pieces
    rows, first_us, last_us = _extent(snapshot, node)
    digests = [piece.sha256 for piece in pieces if piece.sha256]
    facts = {
        "placeholder": f"for {wanted.path}, whose content is not here",
        "to get it": f"pond mirror DIR --want '{wanted.path}'",
        "path": wanted.path,
        "type": wanted.entry_type,
        "txn": max((piece.txn for piece in pieces if piece.txn is not None), default=None),
        "rows": rows,
        "bytes": None if wanted.is_computed else sum(piece.size for piece in pieces),
        "sha256": digests[0] if len(digests) == 1 else None,
        "first": None if first_us is None else from_us(first_us).isoformat(),
        "last": None if last_us is None else from_us(last_us).isoformat(),
    }
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()


def _extent(snapshot: Snapshot, node: NodePath) -> tuple[int | None, int | None, int | None]:
    """Return how many rows there are, and the first and last instant, as far as that is known."""
    pieces = node.node.pieces
    if node.node.recipe is not None or node.entry_type is EntryType.DATA:
        return None, None, None
    if all(piece.is_whole for piece in pieces):
        times = [us for p in pieces for us in (p.min_time_us, p.max_time_us) if us is not None]
        rows = sum(piece.rows or 0 for piece in pieces)
    else:
        tables = list(stream_rows(snapshot, node.path, columns=[TIMESTAMP]).tables)
        rows = sum(table.num_rows for table in tables)
        times = [each[TIMESTAMP][at].value for each in tables for at in (0, -1)]
    return rows, min(times, default=None), max(times, default=None)
