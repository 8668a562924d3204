"""Which transactions touched what is at some paths, found by going back through the log."""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import OpKind
from pond_core.tinyfs import Backend, Entry, EntryType, NodeId
from pond_core.tinyfs.place import locate, not_found
from pond_core.tinyfs.walk import walk


class Trail:
    """What is at paths or below them, and what was: nodes, whatever their names were before."""

    def __init__(
        self, backend: Backend, paths: Sequence[str], *, as_of: Callable[[int], Backend]
    ) -> None:
        self._as_of = as_of
        self._names: set[tuple[str, str]] = set()
        self._last: dict[str, float] = {}
        for path in paths:
            place = locate(backend, path, follow=False)
            if place.entry is None and place.beyond:
                raise not_found(backend, place)
            self._names.add((place.directory, place.name))
            if place.entry is not None:
                self._follow(backend, place.entry, last=inf)

    def touched(self, rows: pa.Table) -> set[int]:
        """Return the txns of rows that touched it; `scan` gives them, the newest txns first."""
        names = pa.array([f"{parent}/{name}" for parent, name in self._names], pa.string())
        parents = rows["parent_id"].cast(pa.string())
        joined = pc.binary_join_element_wise(parents, rows["name"].cast(pa.string()), "/")
        at_name = pc.is_in(joined, names)
        txns: set[int] = set()
        fresh = set(self._last)
        while True:
            nodes = pa.array(sorted(fresh), pa.string())
            at_node = pc.or_(pc.is_in(rows["node_id"], nodes), pc.is_in(rows["parent_id"], nodes))
            found = rows.filter(pc.or_(at_node, pc.fill_null(at_name, fill_value=False)))
            known = set(self._last)
            for row in found.sort_by([("txn", "descending")]).to_pylist():
                if self._is_on(row):
                    txns.add(row["txn"])
                    self._follow_gone(row)
            fresh = self._last.keys() - known
            if not fresh:
                return txns

    def _is_on(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row is about what is, or was at that time, at the path or below it."""
        last = max(self._last.get(row[each] or "", 0) for each in ("node_id", "parent_id"))
        return row["txn"] <= last or (row["parent_id"], row["name"]) in self._names

    def _follow_gone(self, row: Mapping[str, Any]) -> None:
        """Follow what lost its name there, from then on back."""
        if row["op"] == OpKind.UNLINK and row["node_id"] and row["node_id"] not in self._last:
            entry = Entry(row["name"], NodeId(row["node_id"]), EntryType(row["entry_type"]))
            self._follow(self._as_of(row["txn"] - 1), entry, last=row["txn"])

    def _follow(self, backend: Backend, entry: Entry, *, last: float) -> None:
        """Follow a node and all below it; what was done after `last` is no concern of the path."""
        for _, found in walk(backend, "/", entry):
            self._last.setdefault(found.node_id, last)
