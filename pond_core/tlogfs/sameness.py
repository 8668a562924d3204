"""Whether two trees hold the same, found out with as little reading as can be."""

from collections import deque
from collections.abc import Iterator, Sequence

import pyarrow as pa

from pond_core.tinyfs import Entry, EntryType, Node, Piece
from pond_core.tinyfs.content import concatenate, rows_within
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.comparison import are_same


def hold_same(one: OpLogBackend, entry: Entry, other: OpLogBackend, twin: Entry) -> bool:
    """Say whether two nodes are alike, and all below them: all but their ids and versions.

    What has one digest is not read. Windows of a series that adjoin may be cut otherwise, as upkeep
    does that makes one of many.

    Args:
        one: Where the one is.
        entry: It; its name does not count.
        other: Where the other one is.
        twin: It.
    """
    pending = [(entry, twin)]
    while pending:
        entry, twin = pending.pop()
        if (entry.entry_type, entry.factory) != (twin.entry_type, twin.factory):
            return False
        if not _are_alike(one, one.node(entry.node_id), other, other.node(twin.node_id)):
            return False
        if entry.entry_type is EntryType.DIRECTORY and not entry.factory:
            below, beside = one.entries(entry.node_id), other.entries(twin.node_id)
            if [each.name for each in below] != [each.name for each in beside]:
                return False
            pending.extend(zip(below, beside, strict=True))
    return True


def _are_alike(one: OpLogBackend, node: Node, other: OpLogBackend, twin: Node) -> bool:
    facts, others = ((each.attributes, each.marks, each.recipe) for each in (node, twin))
    if facts != others:
        return False
    if node.recipe is not None:
        return True
    stretches = _stretches(node.pieces, twin.pieces)
    return all(
        bool(pieces and its)
        and (
            _hold_alike(one, pieces[0], other, its[0])
            if len(pieces) == len(its) == 1
            else _hold_same_rows(one, pieces, other, its)
        )
        for pieces, its in stretches
    )


def _stretches(
    pieces: Sequence[Piece], others: Sequence[Piece]
) -> Iterator[tuple[list[Piece], list[Piece]]]:
    """Yield pieces of two series that cover one range without a gap, as few as can be.

    Where one of them covers what the other does not, one of the lists is empty.
    """
    mine, its = deque(pieces), deque(others)
    while mine or its:
        one, other = [mine.popleft()] if mine else [], [its.popleft()] if its else []
        while one and other and one[-1].window.end_us != other[-1].window.end_us:
            group, rest = (one, mine) if _ends_first(one[-1], other[-1]) else (other, its)
            if not rest or rest[0].window.start_us != group[-1].window.end_us:
                yield one, []
                return
            group.append(rest.popleft())
        is_aligned = one and other and one[0].window.start_us == other[0].window.start_us
        yield one, other if is_aligned else []


def _ends_first(piece: Piece, other: Piece) -> bool:
    end_us, others_us = piece.window.end_us, other.window.end_us
    return end_us is not None and (others_us is None or end_us < others_us)


def _hold_same_rows(
    one: OpLogBackend, pieces: Sequence[Piece], other: OpLogBackend, its: Sequence[Piece]
) -> bool:
    tables, others = (
        [rows for piece in each if (rows := _counting(backend, piece)) is not None]
        for backend, each in ((one, pieces), (other, its))
    )
    if not (tables and others):
        return not (tables or others)
    return are_same(concatenate(tables, path="it"), concatenate(others, path="it"))


def _hold_alike(one: OpLogBackend, piece: Piece, other: OpLogBackend, its: Piece) -> bool:
    """Say whether two pieces of one window are alike; what was cut off does not count."""
    # Small content does not say its schema: its digest alone proves nothing.
    schema, its_schema = one.schema(piece), other.schema(its)
    if piece.sha256 == its.sha256:
        return _are_equal(schema, its_schema)
    if piece.rows is None or its.rows is None:
        return False  # bytes
    if schema is not None and its_schema is not None and not _are_equal(schema, its_schema):
        return False
    rows, its_rows = _counting(one, piece), _counting(other, its)
    if rows is None or its_rows is None:
        return rows is its_rows
    return are_same(rows, its_rows)


def _are_equal(schema: pa.Schema | None, other: pa.Schema | None) -> bool:
    if schema is None or other is None:
        return schema is other
    return bool(schema.equals(other, check_metadata=True))


def _counting(backend: OpLogBackend, piece: Piece) -> pa.Table | None:
    """Return the rows of a piece that still count; None if there are none."""
    content = backend.read(piece) if piece.rows else None
    if not isinstance(content, pa.Table):
        return None
    rows = rows_within(content, piece.window)
    return rows if rows.num_rows else None
