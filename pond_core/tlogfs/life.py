"""What was done to some nodes, told backward from a moment at which they are there."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import Operation, OpKind, OpLog
from pond_core.tinyfs import Backend, NodeId
from pond_core.tlogfs.location import Locations
from pond_core.tlogfs.logged import LoggedOperation, LoggedTransaction, logged
from pond_core.tlogfs.scan import scan


class Life:
    """The transactions that did something to nodes, or to names in those that are directories.

    Attributes:
        is_over: True once the transactions that made the nodes were told.
    """

    def __init__(
        self,
        log: OpLog,
        node_ids: Collection[NodeId],
        locations: Locations,
        *,
        as_of: Callable[[int], Backend],
    ) -> None:
        self.is_over = False
        self._log = log
        self._node_ids = frozenset(node_ids)
        self._unborn = set(node_ids)
        self._locations = locations
        self._as_of = as_of

    def told(self, *, after: int, upto: int, limit: int | None) -> Iterator[LoggedTransaction]:
        """Yield them, the newest first; later stretches of txns are told before earlier ones."""
        rows = scan(self._log, after=after, upto=upto)
        ids = pa.array(sorted(self._node_ids), pa.string())
        mine = rows.filter(pc.or_(pc.is_in(rows["node_id"], ids), pc.is_in(rows["parent_id"], ids)))
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
        self._look_for_births(mine)
        self.is_over = not self._unborn

    def _done(self, rows: Sequence[Operation]) -> dict[int, tuple[LoggedOperation, ...]]:
        """Return what rows did to it by txn, and take the locations back to before them."""
        done: dict[int, tuple[LoggedOperation, ...]] = {}
        for row in reversed(rows):
            if not self._node_ids.isdisjoint((row.node_id, row.parent_id)):
                done[row.txn] = (logged(row, self._locations), *done.get(row.txn, ()))
            self._locations.undo(row)
        return done

    def _look_for_births(self, rows: pa.Table) -> None:
        """Note which nodes were made by rows of an earlier stretch than was told before."""
        unborn = pc.is_in(rows["node_id"], pa.array(sorted(self._unborn), pa.string()))
        names = defaultdict(list)
        for name in _names(rows.filter(pc.and_(unborn, pc.is_valid(rows["name"])))):
            names[NodeId(name.node_id or "")].append(name)
        self._unborn -= {each for each, own in names.items() if self._is_made_by(each, own)}

    def _is_made_by(self, node_id: NodeId, names: Sequence[Operation]) -> bool:
        """Say whether the first of the names that it got, or lost, is the first it ever had."""
        if any(o.op is OpKind.UNLINK and o.txn == names[0].txn for o in names):
            return False  # it was renamed at first
        # A name may be given once more to what has it already: a recipe replaces content so.
        before = self._as_of(names[0].txn - 1)
        entry = before.entry(NodeId(names[0].parent_id or ""), names[0].name or "")
        return entry is None or entry.node_id != node_id


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
