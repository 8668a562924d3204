"""From the rows on one node to what they leave: a pure replay, in order of (txn, seq)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from pond_core.oplog.operation import Operation, OpKind
from pond_core.window import ALWAYS, Window

T = TypeVar("T")


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


EMPTY_NODE = NodeState()


def apply(node: NodeState, row: Operation) -> NodeState:
    """Return what a node is after one more operation on it."""
    return replay((row,), node)


def replay(rows: Iterable[Operation], node: NodeState = EMPTY_NODE) -> NodeState:
    """Return what a node is after more operations on it.

    Args:
        rows: Rows on this node, in any order; one given twice counts once.
        node: What it was before; not changed.
    """
    version, attributes = node.version, node.attributes
    pieces = list(node.pieces)
    marks: dict[Window, Operation] = {}
    for _, row in sorted({(o.txn, o.seq): o for o in rows}.items()):
        match row.op:
            case OpKind.WRITE:
                version, pieces = row.version or version + 1, [(ALWAYS, row)]
            case OpKind.WINDOW:
                version = row.version or version + 1
                place(pieces, row.window, row)
            case OpKind.CONDENSED:
                version = max(version, row.version or 0)  # other windows may have come later
                place(pieces, row.window, row)
            case OpKind.ATTRIBUTES:
                attributes = row
            case OpKind.MARK:
                marks[row.window] = row
            case OpKind.LINK | OpKind.UNLINK | OpKind.HEADER:
                pass
    known = MappingProxyType({**node.marks, **marks}) if marks else node.marks
    return NodeState(version, attributes, tuple(pieces), known)


def place(pieces: list[tuple[Window, T]], window: Window, item: T) -> tuple[list[T], list[T]]:
    """Give a range to an item, in place; what other items had of it is cut away.

    Args:
        pieces: In order of time, never overlapping, none empty.
        window: The range.
        item: What has it from now on.

    Returns:
        The items of the pieces that were cut, and those of the parts that are left of them.
    """
    first = bisect_right(pieces, _low(window), key=lambda piece: _high(piece[0]))
    last = bisect_left(pieces, _high(window), lo=first, key=lambda piece: _low(piece[0]))
    cut = pieces[first:last]
    left = [(part, it) for live, it in cut for part in live.cut(window)]
    before = [piece for piece in left if _high(piece[0]) <= _low(window)]
    pieces[first:last] = [*before, (window, item), *left[len(before) :]]
    return [it for _, it in cut], [it for _, it in left]


def _low(window: Window) -> float:
    return float("-inf") if window.start_us is None else window.start_us


def _high(window: Window) -> float:
    return float("inf") if window.end_us is None else window.end_us
