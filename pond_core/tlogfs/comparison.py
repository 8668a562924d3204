"""Two states of one node, compared without reading what is the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import inf
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import NodeState, Operation, OpKind
from pond_core.tinyfs import Backend, EntryType, Node, NodeId, Piece
from pond_core.tinyfs.content import TIMESTAMP, concatenate, rows_within
from pond_core.tinyfs.node import Recipe
from pond_core.tlogfs.change import Change, ChangeKind, WindowChange
from pond_core.window import Window

K = TypeVar("K")


class _State:
    """A node as one of two views has it; looked up when something has to be known of it."""

    def __init__(self, backend: Backend, node_id: NodeId) -> None:
        self._backend = backend
        self._node_id = node_id

    @cached_property
    def node(self) -> Node:
        return self._backend.node(self._node_id)

    def rows(self, window: Window) -> int:
        """Return how many rows of a series lie in a window; timestamps are read where needed."""
        found = self.node.within(window)
        return sum(self._rows(piece, piece.window.intersect(window)) for piece in found)

    def holds(self, window: Window, sha256: str) -> bool:
        """Say whether a window held the same stored content."""
        return any(p.sha256 == sha256 and p.window.covers(window) for p in self.node.within(window))

    def table(self, window: Window) -> pa.Table:
        """Return the rows of a series in a window."""
        pieces = (replace(p, window=p.window.intersect(window)) for p in self.node.within(window))
        tables = [rows_within(self._backend.read(p), p.window) for p in pieces if p.rows]
        return concatenate([t for t in tables if t.num_rows], path="the series")

    def differing(self, window: Window, other: "_State") -> list[Window]:
        """Return the parts of a window that another state has other rows in, or alone knows of."""
        gaps, found = [window], []
        for piece in self.node.within(window):
            live = piece.window.intersect(window)
            gaps = [part for gap in gaps for part in gap.cut(live)]
            if not are_same(self.table(live), other.table(live)):
                found.append(live)
        return sorted([*gaps, *found], key=_start)

    def _rows(self, piece: Piece, window: Window) -> int:
        known = _rows_of(piece, window)
        if known is not None:
            return known
        table = self._backend.read(piece, [TIMESTAMP])
        return rows_within(table, window).num_rows if isinstance(table, pa.Table) else 0


class Comparison:
    """Nodes of two views, compared one by one."""

    def __init__(self, before: Backend, after: Backend) -> None:
        self._before = before
        self._after = after

    def filled(self, change: Change, done: NodeState) -> Change:
        """Return a change with what it has to say about content and facts.

        Args:
            change: It says which node, and whether it was there and is there.
            done: What the operations between the two views amount to by themselves.
        """
        then, now = _State(self._before, change.node_id), _State(self._after, change.node_id)
        match change.kind:
            case ChangeKind.ADDED:
                return _written(change, None, now, done)
            case ChangeKind.REMOVED:
                return _removed(change, then)
            case ChangeKind.RENAMED | ChangeKind.CHANGED:
                return _written(change, then, now, done)


def _removed(change: Change, then: _State) -> Change:
    """Tell all that a removed node held."""
    node = then.node
    change = replace(
        change,
        attributes=tuple(sorted(node.attributes)),
        marks=tuple(sorted(node.marks, key=_start)),
    )
    if not node.pieces and change.entry_type is not EntryType.SERIES:
        return change
    size = sum(piece.size for piece in node.pieces)
    if change.entry_type is not EntryType.SERIES or node.recipe is not None:
        return replace(change, rows_before=node.pieces[0].rows, bytes_before=size)
    ranges = _joined((piece.window, 0) for piece in node.pieces)
    windows = tuple(WindowChange(each, then.rows(each), none) for each, none in ranges)
    rows = sum(each.rows_before for each in windows)
    return replace(change, windows=windows, rows_before=rows, bytes_before=size)


def _written(change: Change, then: _State | None, now: _State, done: NodeState) -> Change:
    """Tell what was written to a node, as far as it is not what was there; None: nothing was."""
    if done.attributes is not None:
        before = {} if then is None else then.node.attributes
        names = _differing(before, done.attributes.facts)
        change = replace(change, attributes=tuple(sorted(names)))
    if done.marks:
        marked = {} if then is None else then.node.marks
        ranges = (w for w, row in done.marks.items() if marked.get(w) != row.facts)
        change = replace(change, marks=tuple(sorted(ranges, key=_start)))
    is_computed = any(row.factory for _, row in done.pieces)
    if change.entry_type is EntryType.SERIES and not is_computed:
        return _with_windows(change, then, now, done)
    return _with_content(change, then, done)


def _with_content(change: Change, then: _State | None, done: NodeState) -> Change:
    """Compare what is replaced whole: by its digest, or its recipe."""
    if not done.pieces:
        return change
    [(_, row)] = done.pieces
    piece = None if then is None else next(iter(then.node.pieces), None)
    if then is not None and piece is not None:
        recipe = then.node.recipe
        if _recipe(row) == recipe and (recipe is not None or piece.sha256 == row.sha256):
            return change
    return replace(
        change,
        rows_before=None if piece is None else piece.rows,
        rows=row.rows,
        bytes_before=None if piece is None else piece.size,
        bytes=row.size or 0,
    )


def _with_windows(change: Change, then: _State | None, now: _State, done: NodeState) -> Change:
    """Compare a series in the ranges that were written: nothing else can change it."""
    written = [
        (window, row) for live, row in done.pieces for window in _written_in(live, row, then, now)
    ]
    if not written and then is not None:
        return change
    counted = ((window, _rows_of(row, window)) for window, row in written)
    ranges = _joined((w, now.rows(w) if rows is None else rows) for w, rows in counted)
    windows = tuple(
        WindowChange(each, rows_before=0 if then is None else then.rows(each), rows=rows)
        for each, rows in ranges
    )
    return replace(
        change,
        windows=windows,
        rows_before=None if then is None else sum(each.rows_before for each in windows),
        rows=sum(each.rows for each in windows),
        bytes=sum({(row.txn, row.seq): row.size or 0 for _, row in written}.values()),
    )


def _written_in(live: Window, row: Operation, then: _State | None, now: _State) -> Sequence[Window]:
    """Return where a row replaced what was there, as far as that was not the same."""
    if then is not None and row.op is OpKind.CONDENSED:
        return then.differing(live, now)  # it stands for windows of before, too
    return [] if then is not None and then.holds(live, row.sha256 or "") else [live]


def are_same(one: pa.Table, other: pa.Table) -> bool:
    """Say whether two tables have the same cells; NaN is NaN, which is not so for Arrow."""
    return one.schema.equals(other.schema) and all(
        column.equals(twin)
        or (pa.types.is_floating(column.type) and _are_same_numbers(column, twin))
        for column, twin in zip(one.columns, other.columns, strict=True)
    )


def _are_same_numbers(column: pa.ChunkedArray, twin: pa.ChunkedArray) -> bool:
    masks = [pc.is_nan(each) for each in (column, twin)]
    zero = pa.scalar(0, column.type)
    numbers = [
        pc.if_else(mask, zero, each) for mask, each in zip(masks, (column, twin), strict=True)
    ]
    return bool(masks[0].equals(masks[1]) and numbers[0].equals(numbers[1]))


def _rows_of(stored: Piece | Operation, window: Window) -> int | None:
    """Return how many stored rows lie in a window; None if only the content can tell."""
    if not stored.rows or stored.min_time_us is None or stored.max_time_us is None:
        return 0
    if window.contains(stored.min_time_us) and window.contains(stored.max_time_us):
        return stored.rows
    return None if window.overlaps(Window(stored.min_time_us, stored.max_time_us + 1)) else 0


def _recipe(row: Operation) -> Recipe | None:
    if row.factory is None:
        return None
    return Recipe(EntryType(row.entry_type or ""), row.factory, row.facts)


def _joined(ranges: Iterable[tuple[Window, int]]) -> Iterator[tuple[Window, int]]:
    """Yield ranges in order of time, neighbors as one with the rows of both."""
    held: tuple[Window, int] | None = None
    for window, rows in ranges:
        if held is not None and held[0].end_us == window.start_us:
            held = Window(held[0].start_us, window.end_us), held[1] + rows
            continue
        if held is not None:
            yield held
        held = window, rows
    if held is not None:
        yield held


def _differing(then: Mapping[K, object], now: Mapping[K, object]) -> set[K]:
    absent = object()
    return {key for key in {**then, **now} if then.get(key, absent) != now.get(key, absent)}


def _start(window: Window) -> tuple[float, float]:
    return (-inf if window.start_us is None else window.start_us, _end(window))


def _end(window: Window) -> float:
    return inf if window.end_us is None else window.end_us
