"""What was done to one node, told backward from a moment at which it is there."""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import Operation, OpKind, OpLog
from pond_core.tinyfs import Backend, NodeId
from pond_core.tlogfs.location import Locations
from pond_core.tlogfs.logged import LoggedOperation, LoggedTransaction, logged
from pond_core.tlogfs.scan import scan


class Life:
    """The transactions that did something to a node, or to a name in it if it is a directory.

    Attributes:
        is_over: True once the transaction that made the node was told.
    """

    def __init__(
        self,
        log: OpLog,
        node_id: NodeId,
        locations: Locations,
        *,
        as_of: Callable[[int], Backend],
    ) -> None:
        self.is_over = False
        self._log = log
        self._node_id = node_id
        self._locations = locations
        self._as_of = as_of

    def told(self, *, after: int, upto: int, limit: int | None) -> Iterator[LoggedTransaction]:
        """Yield them, the newest first; later stretches of txns are told before earlier ones."""
        rows = scan(self._log, after=after, upto=upto)
        is_it = pc.equal(rows["node_id"], self._node_id)
        is_in_it = pc.equal(rows["parent_id"], self._node_id)
        mine = rows.filter(
            pc.or_(pc.fill_null(is_it, fill_value=False), pc.fill_null(is_in_it, fill_value=False))
        )
        txns = sorted(set(mine["txn"].to_pylist()), reverse=True)[:limit]
        unlinks = _names(rows.filter(pc.equal(rows["op"], OpKind.UNLINK.value)))
        for first, last in _runs(txns):
            while unlinks and unlinks[-1].txn > last:
                self._locations.undo(unlinks.pop())
            done = self._done(self._log.operations(after=first - 1, upto=last))
            for header in reversed(self._log.headers(after=first - 1, upto=last)):
                yield LoggedTransaction(header, done[header.txn])
            while unlinks and unlinks[-1].txn >= first:
                unlinks.pop()
        while unlinks:
            self._locations.undo(unlinks.pop())
        own = pc.and_(pc.equal(mine["node_id"], self._node_id), pc.is_valid(mine["name"]))
        self.is_over = self._is_made_by(_names(mine.filter(own)))

    def _done(self, rows: Sequence[Operation]) -> dict[int, tuple[LoggedOperation, ...]]:
        """Return what rows did to it by txn, and take the locations back to before them."""
        done: dict[int, tuple[LoggedOperation, ...]] = {}
        for row in reversed(rows):
            if self._node_id in (row.node_id, row.parent_id):
                done[row.txn] = (logged(row, self._locations), *done.get(row.txn, ()))
            self._locations.undo(row)
        return done

    def _is_made_by(self, names: Sequence[Operation]) -> bool:
        """Say whether the first of the names that it got, or lost, is the first it ever had."""
        if not names or any(o.op is OpKind.UNLINK and o.txn == names[0].txn for o in names):
            return False  # it was renamed at first
        # A name may be given once more to what has it already: a recipe replaces content so.
        before = self._as_of(names[0].txn - 1)
        entry = before.entry(NodeId(names[0].parent_id or ""), names[0].name or "")
        return entry is None or entry.node_id != self._node_id


def _names(rows: pa.Table) -> list[Operation]:
    """Return what a scan found as rows of the log, in order."""
    ordered = rows.sort_by([("txn", "ascending"), ("seq", "ascending")])
    return [
        Operation(
            OpKind(row["op"]),
            part=0,  # a scan does not say, and nobody asks
            txn=row["txn"],
            seq=row["seq"],
            parent_id=row["parent_id"],
            name=row["name"],
            node_id=row["node_id"],
            entry_type=row["entry_type"],
        )
        for row in ordered.to_pylist()
    ]


def _runs(txns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of txns that follow each other without a gap, newest first."""
    at = 0
    while at < len(txns):
        end = at
        while end + 1 < len(txns) and txns[end + 1] == txns[end] - 1:
            end += 1
        yield txns[end], txns[at]
        at = end + 1
