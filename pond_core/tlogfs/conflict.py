"""Whether a transaction still goes together with what others committed since it began.

A directory removed or moved on either side conflicts with any other change: which nodes lie below
it cannot be told from the rows alone. All that touches different names and different nodes, or
disjoint ranges of one series, commutes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyarrow as pa

from pond_core.errors import ConflictError
from pond_core.oplog import Operation, OpKind
from pond_core.tlogfs.content import read_schema

_DIRECTORY = "directory"


def check(ours: Sequence[Operation], theirs: Sequence[Operation], *, base: int) -> None:
    """Refuse a transaction that would lose somebody's update.

    Args:
        ours: The rows that are about to be written.
        theirs: What others committed since `base`, in order.
        base: The txn that ours started from.

    Raises:
        ConflictError: It names both transactions' common ground and the other txn.
    """
    if not ours or not theirs:
        return
    _check_directories(ours, theirs, base)
    _check_names(ours, theirs, base)
    _check_removals(ours, theirs, base)
    _check_nodes(ours, theirs, base)


def _check_directories(ours: Sequence[Operation], theirs: Sequence[Operation], base: int) -> None:
    removed = next((o for o in theirs if _removes_directory(o)), None)
    if removed is not None:
        msg = f"txn {removed.txn} removed or moved the directory {removed.name!r} meanwhile"
        raise ConflictError(msg, base=base, other=removed.txn)
    mine = next((o for o in ours if _removes_directory(o)), None)
    if mine is not None:
        other = theirs[0].txn
        msg = f"txn {other} changed the pond while the directory {mine.name!r} was being removed"
        raise ConflictError(msg, base=base, other=other)


def _removes_directory(row: Operation) -> bool:
    return row.op is OpKind.UNLINK and row.entry_type == _DIRECTORY


def _check_names(ours: Sequence[Operation], theirs: Sequence[Operation], base: int) -> None:
    mine = {(o.parent_id, o.name) for o in ours if o.name is not None}
    for row in theirs:
        if row.name is not None and (row.parent_id, row.name) in mine:
            msg = f"txn {row.txn} changed the name {row.name!r} in the same directory meanwhile"
            raise ConflictError(msg, base=base, other=row.txn)


def _check_removals(ours: Sequence[Operation], theirs: Sequence[Operation], base: int) -> None:
    """Refuse to write to a node whose name is gone, and to take a name from one just written."""
    gone, mine = _removed(theirs), _by_node(ours)
    going = _removed(ours)
    for row in theirs:
        if row.name is not None and row.node_id in gone and row.node_id in mine:
            msg = f"txn {row.txn} removed {row.name!r} meanwhile, which this one writes to"
            raise ConflictError(msg, base=base, other=row.txn)
        if row.name is None and row.node_id in going:
            name = going[row.node_id]
            msg = f"txn {row.txn} wrote to {name!r} meanwhile, which this one removes"
            raise ConflictError(msg, base=base, other=row.txn)


def _removed(rows: Sequence[Operation]) -> dict[str | None, str | None]:
    """Return the names that nodes lost, by node, unless they got another one."""
    linked = {o.node_id for o in rows if o.op is OpKind.LINK}
    unlinked = (o for o in rows if o.op is OpKind.UNLINK and o.node_id is not None)
    return {o.node_id: o.name for o in unlinked if o.node_id not in linked}


def _check_nodes(ours: Sequence[Operation], theirs: Sequence[Operation], base: int) -> None:
    mine = _by_node(ours)
    for row in theirs:
        for own in mine.get(row.node_id or "", ()):
            if _excludes(own, row):
                msg = f"txn {row.txn} wrote the same node ({row.node_id}) meanwhile"
                raise ConflictError(msg, base=base, other=row.txn)


def _by_node(rows: Iterable[Operation]) -> dict[str, list[Operation]]:
    nodes = defaultdict(list)
    for row in rows:
        if row.node_id is not None and row.name is None:
            nodes[row.node_id].append(row)
    return nodes


def _excludes(own: Operation, other: Operation) -> bool:
    if other.name is not None:
        return False  # a name of the node, judged by `_check_names`
    ranged = {OpKind.WINDOW, OpKind.MARK}
    if own.op not in ranged or other.op not in ranged:
        return True
    return own.window.overlaps(other.window) or not _schemas_merge(own, other)


def _schemas_merge(own: Operation, other: Operation) -> bool:
    schemas = [s for s in (read_schema(own), read_schema(other)) if s is not None]
    try:
        pa.unify_schemas([s.remove_metadata() for s in schemas])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
