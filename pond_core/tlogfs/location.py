"""Where nodes are. The log names nodes by id; people name them by path.

Nothing leads from a node to its directory, so names are looked for in all of the log: in bulk, and
once for whatever is asked about one moment. Rows say how names changed after that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import Operation, OpKind, OpLog
from pond_core.tinyfs import ROOT, EntryType, NodeId
from pond_core.tinyfs import path as paths
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.scan import scan


@dataclass(frozen=True, slots=True)
class Link:
    """The name by which a node is reached.

    Attributes:
        parent: The directory that holds the name.
        name: The name in it.
        entry_type: What the node is.
    """

    parent: NodeId
    name: str
    entry_type: EntryType


class Tree:
    """The names of nodes in one snapshot."""

    def __init__(self, log: OpLog, view: OpLogBackend) -> None:
        self._log = log
        self._view = view
        self._links: dict[NodeId, Link | None] = {ROOT: Link(ROOT, "", EntryType.DIRECTORY)}
        self._rows: pa.Table | None = None

    def link(self, node_id: NodeId) -> Link | None:
        """Return the name of a node, whether or not it can be reached; None if it has none."""
        if node_id not in self._links:
            self.find([node_id])
        return self._links[node_id]

    def visit(self, path: str) -> None:
        """Look up what leads to a path: what is found so need not be looked for."""
        directory = ROOT
        for name in paths.parts(path):
            entry = self._view.entry(directory, name)
            if entry is None:
                return
            self._links[entry.node_id] = Link(directory, entry.name, entry.entry_type)
            directory = entry.node_id

    def find(self, node_ids: Iterable[NodeId]) -> None:
        """Find the names of nodes, and of the directories that lead to them."""
        wanted = {node_id for node_id in node_ids if node_id not in self._links}
        while wanted:
            if self._rows is None:
                names = (OpKind.LINK, OpKind.UNLINK)
                self._rows = scan(self._log, upto=self._view.txn, only=names)
            rows = self._rows.filter(pc.is_in(self._rows["node_id"], pa.array(sorted(wanted))))
            self._links.update(dict.fromkeys(wanted))
            for row in rows.sort_by([("txn", "ascending"), ("seq", "ascending")]).to_pylist():
                node_id = NodeId(row["node_id"])
                link = Link(NodeId(row["parent_id"]), row["name"], EntryType(row["entry_type"]))
                if row["op"] == OpKind.LINK:
                    self._links[node_id] = link
                elif self._links[node_id] == link:
                    self._links[node_id] = None  # a rename gives the new name first
            found = (self._links[node_id] for node_id in wanted)
            wanted = {link.parent for link in found if link} - self._links.keys()


class Locations:
    """The names of nodes at one moment: those of a snapshot, changed by what came after."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._changed: dict[NodeId, Link | None] = {}

    def link(self, node_id: NodeId) -> Link | None:
        """Return the name of a node, whether or not it can be reached; None if it has none."""
        if node_id in self._changed:
            return self._changed[node_id]
        return self._tree.link(node_id)

    def path(self, node_id: NodeId) -> str | None:
        """Return the path of a node; None if it cannot be reached from the root."""
        names: list[str] = []
        seen = set()
        while node_id != ROOT:
            link = self.link(node_id)
            if link is None or node_id in seen:
                return None
            seen.add(node_id)
            names.append(link.name)
            node_id = link.parent
        return paths.join("/", *reversed(names))

    def apply(self, row: Operation) -> None:
        """Go on to the moment after a row."""
        if (named := _named(row)) is None:
            return
        node_id, link = named
        if row.op is OpKind.LINK:
            self._changed[node_id] = link
        elif self._changed.get(node_id, link) == link:
            self._changed[node_id] = None  # a rename gives the new name first

    def undo(self, row: Operation) -> None:
        """Go back to the moment before a row; rows are undone last to first.

        A node that did not exist before a row keeps its name: no earlier row is about it.
        """
        if row.op is OpKind.UNLINK and (named := _named(row)) is not None:
            node_id, link = named
            self._changed[node_id] = link


def _named(row: Operation) -> tuple[NodeId, Link] | None:
    """Return the node and the name that a link or an unlink is about; None for other rows."""
    if row.op not in (OpKind.LINK, OpKind.UNLINK) or row.node_id is None:
        return None
    link = Link(NodeId(row.parent_id or ""), row.name or "", EntryType(row.entry_type or ""))
    return NodeId(row.node_id), link
