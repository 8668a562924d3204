"""Whether a transaction still goes together with what others committed since it began.

What touches different names and different nodes, or disjoint windows of one series, commutes. So
does moving a directory with whatever happens below it: nodes keep their ids. All is answered from
rows and from what the transaction knows already: it is asked under the lock, while others wait.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import pyarrow as pa

from pond_core.errors import ConflictError
from pond_core.oplog import Operation, OpKind
from pond_core.tinyfs import ROOT
from pond_core.tinyfs import path as paths
from pond_core.window import Window

_DIRECTORY = "directory"

Clash = tuple[int, str]
"""The txn that a transaction does not go together with, and what both did, as a sentence."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a transaction knows that its rows do not say.

    Attributes:
        homes: The directory and the name of each node that it looked up or made. Nothing is
            changed that was not looked up before.
        gone: Nodes that it takes out of reach, each with the node whose name it removes: that
            node itself, and all below it.
        replaced: Series, each with a range that was read in order to replace it.
        schema_of: Returns the Arrow schema of a row's content, which the row only names.
    """

    homes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    replaced: Sequence[tuple[str, Window]] = ()
    schema_of: Callable[[Operation], pa.Schema | None] = lambda _row: None

    def path(self, node_id: str | None) -> str:
        """Return the path of a node, for a person; its id where the path is not known."""
        names: list[str] = []
        while node_id is not None and node_id != ROOT:
            home = self.homes.get(node_id)
            if home is None:
                return "/".join([f"(node {node_id})", *reversed(names)])
            node_id, name = home
            names.append(name)
        return paths.join("/", *reversed(names))


def check(
    ours: Sequence[Operation],
    theirs: Sequence[Operation],
    *,
    base: int,
    grounds: Grounds,
) -> None:
    """Refuse a transaction that would lose somebody's update.

    Args:
        ours: The rows that are about to be written.
        theirs: What others committed since `base`, in order.
        base: The txn that ours started from.
        grounds: What else ours rests on.

    Raises:
        ConflictError: It names both transactions and what they have in common.
    """
    if not ours or not theirs:
        return
    rules = (_one_name, _two_moves, _out_of_reach, _taken_away, _one_node, _one_range)
    for rule in rules:
        clash = rule(ours, theirs, grounds)
        if clash is not None:
            other, what = clash
            msg = f"txn {other} {what} (this transaction began at txn {base})"
            raise ConflictError(msg, base=base, other=other)


def concerns(ours: Sequence[Operation], read: Collection[str]) -> set[str] | None:
    """Return the nodes of which `check` has to know what others wrote; None is all nodes.

    It has to know of all names, whatever they are.

    Args:
        ours: The rows that are about to be written.
        read: Nodes that count besides those that the rows are about.
    """
    if any(row.op is OpKind.UNLINK and row.entry_type == _DIRECTORY for row in ours):
        return None  # all that lies in it, too
    nodes = {*read, *(row.parent_id for row in ours), *(row.node_id for row in ours)}
    return {node for node in nodes if node is not None}


def removals(rows: Iterable[Operation]) -> list[Operation]:
    """Return the rows that took the last name of a node that had one before."""
    return [row for node_id, row in _Names(rows).taken() if node_id is not None]


class _Names:
    """What rows amount to for names: which nodes lost the one they had, which got one.

    Attributes:
        given: For each node the names that it got and kept, oldest first.
        lost: For each node that lost the name it had before, the newest row that took one.
    """

    def __init__(self, rows: Iterable[Operation]) -> None:
        self.given: dict[str | None, dict[tuple[str | None, str | None], Operation]] = {}
        self.lost: dict[str | None, Operation] = {}
        for row in rows:
            name = (row.parent_id, row.name)
            if row.op is OpKind.LINK:
                self.given.setdefault(row.node_id, {})[name] = row
            elif row.op is OpKind.UNLINK:
                was_given = self.given.get(row.node_id, {}).pop(name, None) is not None
                if not was_given or row.node_id in self.lost:
                    self.lost[row.node_id] = row

    def taken(self) -> list[tuple[str | None, Operation]]:
        """Return the nodes that have no name any more."""
        return [(node, row) for node, row in self.lost.items() if not self.given.get(node)]

    def moved_directory(self) -> Operation | None:
        """Return the row of a directory that has another name now, or another directory."""
        moved = (row for node, row in self.lost.items() if self.given.get(node))
        return next((row for row in moved if row.entry_type == _DIRECTORY), None)


def _one_name(
    ours: Sequence[Operation], theirs: Sequence[Operation], grounds: Grounds
) -> Clash | None:
    """Both changed one name in one directory."""
    mine = {(o.parent_id, o.name) for o in ours if o.name is not None}
    for row in theirs:
        if row.name is not None and (row.parent_id, row.name) in mine:
            path = paths.join(grounds.path(row.parent_id), row.name)
            return row.txn, f"changed the name {path!r} too"
    return None


def _two_moves(
    ours: Sequence[Operation], theirs: Sequence[Operation], _grounds: Grounds
) -> Clash | None:
    """Both moved a directory: together they could make a circle."""
    mine, other = _Names(ours).moved_directory(), _Names(theirs).moved_directory()
    if mine is None or other is None:
        return None
    return other.txn, f"moved the directory {other.name!r} while this one moves {mine.name!r}"


def _out_of_reach(
    ours: Sequence[Operation], theirs: Sequence[Operation], grounds: Grounds
) -> Clash | None:
    """They removed what ours changes, or a directory that it lies in."""
    names = _Names(theirs)
    taken = dict(names.taken())
    if not taken:
        return None
    reach = _Reach(names, taken, grounds)
    for node_id in dict.fromkeys(_touched(row) for row in ours):
        row = reach.taker(node_id)
        if row is not None:
            path = grounds.path(node_id)
            return row.txn, f"removed {row.name!r}, and with it {path!r}, which this one changes"
    return None


class _Reach:
    """Which of ours' nodes are out of reach after theirs, told by going up from each."""

    def __init__(
        self, names: _Names, taken: Mapping[str | None, Operation], grounds: Grounds
    ) -> None:
        self._names = names
        self._taken = taken
        self._homes = grounds.homes
        self._known: dict[str | None, Operation | None] = {ROOT: None}

    def taker(self, node_id: str | None) -> Operation | None:
        """Return the row that took a node out of reach; None if it is still there."""
        below: list[str | None] = []
        while node_id not in self._known:
            below.append(node_id)
            if node_id in self._taken:
                self._known[node_id] = self._taken[node_id]
            else:
                node_id = self._directory(node_id)
        self._known.update(dict.fromkeys(below, self._known[node_id]))
        return self._known[node_id]

    def _directory(self, node_id: str | None) -> str | None:
        given = self._names.given.get(node_id)
        if given and node_id in self._names.lost:
            return next(reversed(given))[0]
        if node_id is not None and node_id in self._homes:
            return self._homes[node_id][0]
        # They moved something to where ours never looked, and removed a directory. Whether the
        # one lies in the other only a walk would tell.
        directory = (row for row in self._taken.values() if row.entry_type == _DIRECTORY)
        self._known[None] = next(directory, None)
        return None


def _taken_away(
    ours: Sequence[Operation], theirs: Sequence[Operation], grounds: Grounds
) -> Clash | None:
    """Ours removes what they changed, or a directory that it lies in."""
    for row in theirs:
        removed = grounds.gone.get(_touched(row) or "")
        if removed is not None:
            name = next(o.name for o in reversed(ours) if o.name and o.node_id == removed)
            return row.txn, f"changed {name!r}, or what lies in it, which this one removes"
    return None


def _one_node(
    ours: Sequence[Operation], theirs: Sequence[Operation], grounds: Grounds
) -> Clash | None:
    """Both changed one node, other than in disjoint windows with types that fit."""
    rows = defaultdict(list)
    for own in ours:
        if own.name is None:
            rows[own.node_id].append(own)
    mine = {node_id: _Changes(own) for node_id, own in rows.items()}
    listed = {own.parent_id for own in ours if own.name is not None}
    for row in theirs:
        node_id = _touched(row)
        if row.name is not None:
            # Names in a directory are judged one by one, unless a recipe took the place of all.
            clashes = node_id in mine and mine[node_id].is_whole
        elif row.op is OpKind.WRITE and node_id in listed:
            clashes = True
        else:
            clashes = node_id in mine and mine[node_id].exclude(row, grounds)
        if clashes:
            return row.txn, f"changed {grounds.path(node_id)!r} too"
    return None


def _one_range(
    _ours: Sequence[Operation], theirs: Sequence[Operation], grounds: Grounds
) -> Clash | None:
    """They wrote into a range that ours read in order to replace it."""
    windows = defaultdict(list)
    for node_id, window in grounds.replaced:
        windows[node_id].append(window)
    replaced = {node_id: _Ranges(known) for node_id, known in windows.items()}
    for row in theirs:
        known = replaced.get(row.node_id or "") if row.op in _CONTENT else None
        if known is not None and known.overlap(row.window):
            return row.txn, f"wrote to {grounds.path(row.node_id)!r} in the same range"
    return None


def _touched(row: Operation) -> str | None:
    """Return the node that a row changes: for a name, the directory that holds it."""
    return row.node_id if row.name is None else row.parent_id


_CONTENT = frozenset({OpKind.WRITE, OpKind.WINDOW})
_RANGED = frozenset({OpKind.WINDOW, OpKind.MARK})


class _Changes:
    """What ours does to one node; a thousand windows against a thousand others take no time.

    Attributes:
        is_whole: Whether the node's content is replaced whole.
    """

    def __init__(self, rows: Sequence[Operation]) -> None:
        self.is_whole = any(row.op is OpKind.WRITE for row in rows)
        self._is_ranged = all(row.op in _RANGED for row in rows)
        written = [row for row in rows if row.op is OpKind.WINDOW]
        self._windows = _Ranges(row.window for row in written)
        self._marks = {row.window for row in rows if row.op is OpKind.MARK}
        self._marked = _Ranges(self._marks)
        self._schemas = {row.arrow_schema: row for row in written}
        self._fits: dict[str | None, bool] = {None: True}

    def exclude(self, other: Operation, grounds: Grounds) -> bool:
        """Say whether another row on the node cannot stand beside these."""
        if not self._is_ranged or other.op not in _RANGED:
            return True
        if self._windows.overlap(other.window):
            return True
        if other.op is OpKind.MARK:
            return other.window in self._marks
        return self._marked.overlap(other.window) or not self._fit(other, grounds)

    def _fit(self, other: Operation, grounds: Grounds) -> bool:
        key = other.arrow_schema
        if key not in self._fits:
            rows = (row for name, row in self._schemas.items() if name not in (None, key))
            self._fits[key] = all(_schemas_merge(row, other, grounds) for row in rows)
        return self._fits[key]


class _Ranges:
    """Windows put together, in order of time."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        for start, end in sorted(map(_bounds, windows)):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def overlap(self, window: Window) -> bool:
        """Say whether any instant lies both in one of them and in a window."""
        start, end = _bounds(window)
        first = bisect_right(self._ends, start)
        return first < len(self._starts) and self._starts[first] < end


def _bounds(window: Window) -> tuple[float, float]:
    """Return start and end so that they can be compared; integers stay exact."""
    start = -inf if window.start_us is None else window.start_us
    return start, inf if window.end_us is None else window.end_us


def _schemas_merge(own: Operation, other: Operation, grounds: Grounds) -> bool:
    schemas = [s for s in (grounds.schema_of(own), grounds.schema_of(other)) if s is not None]
    try:
        pa.unify_schemas([s.remove_metadata() for s in schemas])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
