"""From operations to what they leave: a pure replay, part by part.

`advance(state, operations)` gives a new state and leaves the old one as it was, so that snapshots
share states and a newer one costs only what happened since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pond_core.oplog.operation import Operation, OpKind
from pond_core.window import ALWAYS, Window


@dataclass(frozen=True, slots=True)
class NodeState:
    """What is left of the operations on one node.

    Attributes:
        version: How often its content was written.
        attributes: The row that set its attributes, if any.
        pieces: In order of time, never overlapping: the range in which a row's content counts,
            and the row. One with the range `ALWAYS` for a node that is no series.
        marks: The row that marked a range, by that range.
    """

    version: int = 0
    attributes: Operation | None = None
    pieces: tuple[tuple[Window, Operation], ...] = ()
    marks: Mapping[Window, Operation] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PartState:
    """What one part of the log amounts to, as of one transaction.

    Attributes:
        txn: The last transaction that is counted in.
        entries: By directory, then by name: the row that linked it.
        nodes: By node id.
    """

    txn: int = 0
    entries: Mapping[str, Mapping[str, Operation]] = field(default_factory=dict)
    nodes: Mapping[str, NodeState] = field(default_factory=dict)


EMPTY_NODE = NodeState()


def advance(state: PartState, operations: Iterable[Operation], *, txn: int) -> PartState:
    """Return the state after more operations.

    Args:
        state: The state so far; not changed.
        operations: Rows of this part with a txn in `(state.txn, txn]`, in any order. A row given
            twice, as two merges at once could leave it, counts once.
        txn: The last transaction that they cover.
    """
    rows = {(o.txn, o.seq): o for o in operations}
    if not rows:
        return replace(state, txn=txn)
    entries = dict(state.entries)
    nodes = dict(state.nodes)
    fresh: dict[str, dict[str, Operation]] = {}
    for _, row in sorted(rows.items()):
        if row.op in (OpKind.LINK, OpKind.UNLINK):
            parent = row.parent_id or ""
            if parent not in fresh:
                fresh[parent] = entries[parent] = dict(entries.get(parent, {}))
            _apply_entry(fresh[parent], row)
        elif row.node_id is not None:
            nodes[row.node_id] = apply(nodes.get(row.node_id, EMPTY_NODE), row)
    return PartState(txn, entries, nodes)


def apply(node: NodeState, row: Operation) -> NodeState:
    """Return what a node is after one more operation on it."""
    match row.op:
        case OpKind.WRITE:
            return replace(node, version=row.version or node.version + 1, pieces=((ALWAYS, row),))
        case OpKind.WINDOW:
            pieces = [*cut(node.pieces, row.window), (row.window, row)]
            version = row.version or node.version + 1
            return replace(node, version=version, pieces=tuple(sorted(pieces, key=_start)))
        case OpKind.ATTRIBUTES:
            return replace(node, attributes=row)
        case OpKind.MARK:
            return replace(node, marks=MappingProxyType({**node.marks, row.window: row}))
        case OpKind.LINK | OpKind.UNLINK | OpKind.HEADER:
            return node


def cut(pieces: Iterable[tuple[Window, Operation]], hole: Window) -> list[tuple[Window, Operation]]:
    """Return the pieces without what lies in `hole`; one around it becomes two."""
    return [(left, piece) for window, piece in pieces for left in window.cut(hole)]


def _apply_entry(names: dict[str, Operation], row: Operation) -> None:
    if row.op is OpKind.LINK:
        names[row.name or ""] = row
    else:
        names.pop(row.name or "", None)


def _start(piece: tuple[Window, Operation]) -> tuple[bool, int]:
    start = piece[0].start_us
    return (start is not None, start or 0)
