"""What a caller says that a transaction read: it conflicts when others changed any of it."""

from collections.abc import Sequence

from typing_extensions import override

from pond_core.errors import ConflictError, InvalidPathError, PathError
from pond_core.oplog import Operation, OpLog
from pond_core.tinyfs import Entry, EntryType, Node, NodeId, NodePath, Pattern, ReadFS
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.objects import ObjectStore

_Found = dict[str, tuple[Entry, ...]]
"""By path: what is there, where it leads if it is a symlink, and what lies in a directory."""


class ReadSet:
    """Paths and patterns, and what they stood for when the transaction began.

    Each stands for what it matches, and for that being all. Of a match count the node that the
    path leads to, what that node holds, and for a directory the names in it. A path that leads
    nowhere counts, too, with the directory where it ends: somebody may make something there, or
    take the directory away. Of a dynamic node its recipe counts, not what it is computed from.
    """

    def __init__(self, log: OpLog, objects: ObjectStore, *, txn: int, paths: Sequence[str]) -> None:
        """Take note of what was read.

        Args:
            log: The log.
            objects: Its objects.
            txn: The transaction's base.
            paths: What was read: paths and patterns, as `glob` takes them.

        Raises:
            InvalidPathError: One of them is neither, or they are one text and no list.
        """
        if isinstance(paths, str):
            msg = "what a transaction reads is a list of paths, not one text"
            raise InvalidPathError(msg, path=paths, hint=f"write read=[{paths!r}]")
        self._patterns = [Pattern.parse(path, base="/") for path in paths]
        self._log = log
        self._objects = objects
        self._base = _Witness(log, objects, txn=txn)
        self._found: _Found | None = None

    def look(self) -> None:
        """Find what is there at the base. Done before the lock is taken, nobody waits for it."""
        if self._found is None:
            self._found = self._look_at(self._base)

    @property
    def nodes(self) -> dict[NodeId, str]:
        """The nodes that were read, each with its path."""
        found = self._found or {}
        nodes = {entry.node_id: path for path, there in found.items() for entry in there[:2]}
        return {**self._base.recipes, **nodes}

    def check(self, head: int, theirs: Sequence[Operation]) -> None:
        """Refuse the transaction if others changed what it read.

        Args:
            head: The newest txn.
            theirs: What others committed since the base.

        Raises:
            ConflictError: They did.
        """
        self.look()
        before = self._found or {}
        nodes = self.nodes
        for row in theirs:
            if row.name is None and row.node_id in nodes:
                raise self._conflict(row, nodes[NodeId(row.node_id)])
        # Most names that others change lie elsewhere: then there is nothing to look for.
        named = next((row for row in theirs if self._base.has_seen(row)), None)
        if named is None:
            return
        now = self._look_at(OpLogBackend(self._log, self._objects, txn=head))
        if now != before:
            differs = (path for path in (*before, *now) if before.get(path) != now.get(path))
            raise self._conflict(named, next(differs))

    def _look_at(self, backend: OpLogBackend) -> _Found:
        fs = ReadFS(backend)
        found = {
            node.path: _what_is_at(fs, node)
            for pattern in self._patterns
            for node, _ in fs.glob(pattern)
        }
        for pattern in self._patterns:
            if not pattern.wildcards and pattern.text not in found:
                found[pattern.text] = _way_to(fs, pattern.text)
        return found

    def _conflict(self, row: Operation, path: str) -> ConflictError:
        base = self._base.txn
        msg = f"txn {row.txn} changed {path!r}, which this transaction read as of txn {base}"
        return ConflictError(msg, base=base, other=row.txn)


class _Witness(OpLogBackend):
    """A view that remembers which names were looked up, and which directories were listed.

    Attributes:
        recipes: Dynamic nodes that were passed on the way.
    """

    @override
    def __init__(self, log: OpLog, objects: ObjectStore, *, txn: int) -> None:
        super().__init__(log, objects, txn=txn)
        self._looked_up: set[tuple[str | None, str | None]] = set()
        self._listed: set[str | None] = set()
        self.recipes: dict[NodeId, str] = {}

    @override
    def entry(self, parent: NodeId, name: str) -> Entry | None:
        self._looked_up.add((parent, name))
        return super().entry(parent, name)

    @override
    def entries(self, parent: NodeId) -> Sequence[Entry]:
        self._listed.add(parent)
        return super().entries(parent)

    @override
    def node(self, node_id: NodeId) -> Node:
        node = super().node(node_id)
        if node.recipe is not None:
            self.recipes[node_id] = f"a dynamic node of {node.recipe.factory}"
        return node

    def has_seen(self, row: Operation) -> bool:
        """Say whether a row changes a name that was there to be seen."""
        if row.name is None:
            return False
        return row.parent_id in self._listed or (row.parent_id, row.name) in self._looked_up


def _way_to(fs: ReadFS, path: str) -> tuple[Entry, ...]:
    """Return where a path that leads nowhere ends: what is made there would be made in that."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        if fs.exists(path):
            return (fs.lookup(path).entry,)
    return ()


def _what_is_at(fs: ReadFS, node: NodePath) -> tuple[Entry, ...]:
    found = end = node.entry
    if found.entry_type is EntryType.SYMLINK:
        try:
            end = fs.lookup(node.path).entry
        except PathError:
            return (found, found)  # it leads nowhere
    is_listed = end.entry_type is EntryType.DIRECTORY and not end.factory
    return (found, end, *(fs.backend.entries(end.node_id) if is_listed else ()))
