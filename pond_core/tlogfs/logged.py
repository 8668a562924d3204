"""Transactions as the log tells them, with paths in the place of ids."""

from collections.abc import Mapping
from dataclasses import dataclass

from pond_core.oplog import Header, Operation, OpKind
from pond_core.tinyfs import EntryType, NodeId
from pond_core.tinyfs import path as paths
from pond_core.tlogfs.location import Locations
from pond_core.window import Window


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """What one operation did, and to what.

    Attributes:
        seq: Its place in the transaction: 1, 2, 3 ...
        op: What it did: link, unlink, write, window, attributes or mark.
        path: What it did that to, by the path of that moment; None if no directory is known to
            hold it, as in a damaged log.
        entry_type: What is there; None as above.
        node_id: Its identity.
        version: Which write of the node's content this is; None where none was written.
        window: The range that it is about; None where it is about all of the node.
        min_time_us: The earliest `timestamp` of what was written, in microseconds; None without.
        max_time_us: The latest.
        rows: Rows that were written; 0 for an empty window; None for bytes, and without content.
        bytes: Stored bytes that were written; None without content.
        factory: What computes the node from now on; empty if it is stored.
        attributes: The facts that were recorded, or what the factory is told; None where none
            were.
    """

    seq: int
    op: OpKind
    path: str | None
    entry_type: EntryType | None
    node_id: NodeId
    version: int | None
    window: Window | None
    min_time_us: int | None
    max_time_us: int | None
    rows: int | None
    bytes: int | None
    factory: str
    attributes: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class LoggedTransaction:
    """A transaction, and what it did.

    Attributes:
        header: Who, when and why.
        operations: In order; all of them, or those that were asked for.
    """

    header: Header
    operations: tuple[LoggedOperation, ...]


def logged(row: Operation, locations: Locations) -> LoggedOperation:
    """Return a row of the log as people read it.

    Args:
        row: No header.
        locations: Where nodes are at the moment of the row: just before it, or just after it.
    """
    node_id = NodeId(row.node_id or "")
    if row.op in (OpKind.LINK, OpKind.UNLINK):
        directory = locations.path(NodeId(row.parent_id or ""))
        path = None if directory is None else paths.join(directory, row.name or "")
        entry_type = None if row.entry_type is None else EntryType(row.entry_type)
    else:
        link = locations.link(node_id)
        path = locations.path(node_id)
        entry_type = None if link is None else link.entry_type
    wrote = row.op in (OpKind.WRITE, OpKind.WINDOW)
    return LoggedOperation(
        seq=row.seq,
        op=row.op,
        path=path,
        entry_type=entry_type,
        node_id=node_id,
        version=row.version,
        window=row.window if row.op in (OpKind.WINDOW, OpKind.MARK) else None,
        min_time_us=row.min_time_us,
        max_time_us=row.max_time_us,
        rows=row.rows,
        bytes=(row.size or 0) if wrote else None,
        factory=row.factory or "",
        attributes=None if row.attributes is None else row.facts,
    )
