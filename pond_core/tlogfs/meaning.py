"""What rows of the log mean to the filesystem: its nodes, entries and pieces."""

from collections.abc import Mapping
from types import MappingProxyType

from pond_core.oplog import NodeState, Operation, parse_all_facts
from pond_core.tinyfs.node import Entry, EntryType, Node, NodeId, Piece, Recipe
from pond_core.window import Window


def node_of(node_id: NodeId, state: NodeState, known: tuple[NodeState, Node] | None = None) -> Node:
    """Return what the rows on a node leave of it.

    Args:
        node_id: Which node.
        state: The rows that count.
        known: An earlier state, and what it left: a mark that stayed is not parsed again.
    """
    attributes = {} if state.attributes is None else state.attributes.facts
    recipes = [recipe_of(row, row.factory) for _, row in state.pieces if row.factory is not None]
    return Node(
        node_id,
        attributes=MappingProxyType(attributes),
        pieces=tuple(piece_of(node_id, window, row) for window, row in state.pieces),
        marks=MappingProxyType(_marks(state, known)),
        recipe=next(iter(recipes), None),
    )


def _marks(
    state: NodeState, known: tuple[NodeState, Node] | None
) -> dict[Window, Mapping[str, object]]:
    before, parsed = ({}, {}) if known is None else (known[0].marks, known[1].marks)
    fresh = {w: row for w, row in state.marks.items() if before.get(w) is not row}
    facts = parse_all_facts([row.attributes for row in fresh.values()])
    marks = {**parsed, **dict(zip(fresh, map(MappingProxyType, facts), strict=True))}
    # In the order of the state; a mark without facts is none.
    return {window: marks[window] for window in state.marks if marks.get(window)}


def recipe_of(row: Operation, factory: str) -> Recipe:
    """Return the recipe that a row wrote."""
    return Recipe(EntryType(row.entry_type or ""), factory, row.facts)


def entry_of(row: Operation) -> Entry:
    """Return the entry that a row linked."""
    node_id, entry_type = NodeId(row.node_id or ""), EntryType(row.entry_type or "")
    return Entry(row.name or "", node_id, entry_type, row.factory or "")


def piece_of(node_id: NodeId, window: Window, row: Operation) -> Piece:
    """Return the content that a row wrote, in the range in which it counts."""
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
