"""What differs between two moments of a pond, by what was done between them.

The operations in between are folded: what was made and removed again does not show. So it costs
what was changed, and what it takes to find the paths of it.
"""

from collections.abc import Iterable

from pond_core.oplog import EMPTY_NODE, NodeState, OpLog, apply
from pond_core.tinyfs import NodeId
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.change import Change, ChangeKind, Difference
from pond_core.tlogfs.comparison import Comparison
from pond_core.tlogfs.location import Link, Locations, Tree


def difference(
    log: OpLog, before: OpLogBackend, after: OpLogBackend, *, likely: Iterable[str] = ()
) -> Difference:
    """Return what differs between two views.

    Args:
        log: The log.
        before: The earlier view.
        after: The later one.
        likely: Paths of what was probably changed: looked up first, which may be all it takes.
    """
    is_thinned = before.txn < log.shown.horizon
    rows = log.operations(after=before.txn, upto=after.txn, condensed=is_thinned)
    tree = Tree(log, before)
    for path in likely:
        tree.visit(path)
    tree.find(NodeId(each) for row in rows for each in (row.node_id, row.parent_id) if each)
    then, now = Locations(tree), Locations(tree)
    done: dict[NodeId, NodeState] = {}
    for row in rows:
        now.apply(row)
        if row.node_id is not None:
            node_id = NodeId(row.node_id)
            done[node_id] = apply(done.get(node_id, EMPTY_NODE), row)
    comparison = Comparison(before, after)
    found = (_change(node_id, then, now, state, comparison) for node_id, state in done.items())
    changes = [change for change in found if change is not None]
    changes.sort(key=lambda c: (c.path.encode(), c.kind is not ChangeKind.REMOVED))
    return Difference(before.txn, after.txn, tuple(changes))


def _change(
    node_id: NodeId, then: Locations, now: Locations, done: NodeState, comparison: Comparison
) -> Change | None:
    was, path_before = _reached(node_id, then)
    link, path = _reached(node_id, now)
    if link is not None and path is not None:
        kind = _kind(was, link)
        bare = Change(kind, path, path_before, link.entry_type, node_id)
    elif was is not None and path_before is not None and now.path(was.parent) is not None:
        kind = ChangeKind.REMOVED
        bare = Change(kind, path_before, path_before, was.entry_type, node_id)
    else:
        return None  # it came and went, or is gone with the directory that held it
    change = comparison.filled(bare, done)
    return None if change == bare and kind is ChangeKind.CHANGED else change


def _reached(node_id: NodeId, locations: Locations) -> tuple[Link | None, str | None]:
    """Return the name and the path of a node; None and None if it cannot be reached."""
    path = locations.path(node_id)
    return (None if path is None else locations.link(node_id)), path


def _kind(was: Link | None, link: Link) -> ChangeKind:
    if was is None:
        return ChangeKind.ADDED
    is_same = (was.parent, was.name) == (link.parent, link.name)
    return ChangeKind.CHANGED if is_same else ChangeKind.RENAMED
