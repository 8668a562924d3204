"""One part of the log in memory: what it amounts to as of any of its recent transactions.

Files are looked up where they lie; rows that were committed since are kept by name and node. Rows
are only ever added, so that views of several txns share a part.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from pond_core.errors import CorruptionError
from pond_core.oplog.fold import EMPTY_NODE, NodeState, replay
from pond_core.oplog.operation import Operation, OpKind
from pond_core.oplog.run import Run

T = TypeVar("T")

_FOUND = 20_000
"""Names whose rows in log files are kept in memory: what is written often is looked up once."""

Found = tuple[tuple[Operation, ...], int]
"""The rows about a name, and in how many files they were looked for: the newest ones."""

_NOT_LOOKED: Found = ((), 0)


class Part:
    """The rows of one part that count at `floor` or later.

    Attributes:
        floor: The earliest txn whose snapshot these rows give.
        txn: The latest.
        recent: How many rows were added since it was read.
    """

    def __init__(self, runs: Sequence[Run], *, floor: int, txn: int) -> None:
        self.floor = floor
        self.txn = self._read_at = txn
        self.recent = 0
        self._runs = sorted(runs, key=lambda run: run.file.max_txn, reverse=True)
        self._names: dict[str, dict[str, list[Operation]]] = {}
        self._nodes: dict[str, list[Operation]] = {}
        self._found: dict[tuple[str, str], Found] = {}
        self._folded: dict[str, tuple[int, NodeState]] = {}

    def add(self, rows: Iterable[Operation], *, txn: int) -> None:
        """Add the rows of the txns after the latest, up to `txn`."""
        for row in sorted(rows, key=operator.attrgetter("txn", "seq")):
            self.recent += 1
            if row.op in (OpKind.LINK, OpKind.UNLINK):
                names = self._names.setdefault(row.parent_id or "", {})
                names.setdefault(row.name or "", []).append(row)
            elif row.node_id is not None:
                self._nodes.setdefault(row.node_id, []).append(row)
        self.txn = max(self.txn, txn)

    def name(self, parent: str, name: str, *, txn: int) -> Operation | None:
        """Return the row that linked a name, as of a txn."""
        recent = self._names.get(parent, {}).get(name, ())
        return _linked(_newest(recent, txn) or self._read(parent, name, txn))

    def names(self, parent: str, *, txn: int) -> dict[str, Operation]:
        """Return the rows that linked the names in a directory, as of a txn."""
        rows: dict[str, list[Operation]] = {}
        for run in self._runs:
            for row in run.names(parent):
                rows.setdefault(row.name or "", []).append(row)
        for name, recent in list(self._names.get(parent, {}).items()):
            rows.setdefault(name, []).extend(recent)
        linked = {name: _linked(_newest(about, txn)) for name, about in rows.items()}
        return {name: row for name, row in linked.items() if row is not None}

    def node(self, node_id: str, *, txn: int) -> NodeState:
        """Return what a node is as of a txn."""
        recent = self._nodes.get(node_id, [])
        since, state = self._folded.get(node_id, (-1, EMPTY_NODE))
        if since > txn:
            since, state = -1, EMPTY_NODE
        if since < self._read_at:
            rows = [row for run in self._runs for row in run.nodes(node_id)]
            known = [row for row in (*rows, *recent) if row.counts_at(txn)]
            state = replay(known) if known else EMPTY_NODE
        else:
            fresh = [row for row in _after(recent, since) if row.txn <= txn]
            state = replay(fresh, state) if fresh else state
        if state is not EMPTY_NODE and txn >= self._folded.get(node_id, (self._read_at, None))[0]:
            self._folded[node_id] = (txn, state)
        return state

    def _read(self, parent: str, name: str, txn: int) -> Operation | None:
        """Return the newest row about a name in the files that counts at a txn."""
        known = self._found.get((parent, name), _NOT_LOOKED)
        rows, looked = known
        newest = _newest(rows, txn)
        while looked < len(self._runs):
            run = self._runs[looked]
            if newest is not None and newest.txn > run.file.max_txn:
                break  # nor can those that follow have a newer one
            rows, looked = (*rows, *run.names(parent, name)), looked + 1
            newest = _newest(rows, txn)
        if looked != known[1]:
            if len(self._found) >= _FOUND:
                self._found.clear()
            self._found[parent, name] = rows, looked
        return newest


class PartState:
    """What a part amounts to as of one transaction.

    Attributes:
        txn: The last transaction that is counted in.
    """

    def __init__(self, part: Part, *, txn: int, anew: Callable[[], Part]) -> None:
        self._part = part
        self._anew = anew
        self.txn = txn

    def entry(self, parent: str, name: str) -> Operation | None:
        """Return the row that linked a name in a directory; None if nothing has that name."""
        return self._looked(lambda part: part.name(parent, name, txn=self.txn))

    def entries(self, parent: str) -> Mapping[str, Operation]:
        """Return the rows that linked the names in a directory, by name."""
        return self._looked(lambda part: part.names(parent, txn=self.txn))

    def node(self, node_id: str) -> NodeState:
        """Return what is left of the operations on a node."""
        return self._looked(lambda part: part.node(node_id, txn=self.txn))

    def _looked(self, look: Callable[[Part], T]) -> T:
        try:
            return look(self._part)
        except CorruptionError:
            # A merge may have replaced a file since the part was read, and a clean-up deleted it.
            self._part = self._anew()
            return look(self._part)


def _newest(rows: Iterable[Operation], txn: int) -> Operation | None:
    """Return the newest of the rows about a name that count at a txn."""
    counted = (row for row in rows if row.counts_at(txn))
    return max(counted, key=lambda row: (row.txn, row.seq), default=None)


def _linked(newest: Operation | None) -> Operation | None:
    return None if newest is None or newest.op is OpKind.UNLINK else newest


def _after(rows: Sequence[Operation], txn: int) -> Iterable[Operation]:
    """Return the rows after a txn; they are in order, and the newest are wanted most."""
    for at in range(len(rows), 0, -1):
        if rows[at - 1].txn <= txn:
            return rows[at:]
    return rows
