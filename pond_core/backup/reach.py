"""Which nodes a path leads to, at some moments of a history that is told by its rows."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog import OpKind
from pond_core.tinyfs import ROOT

_LINKS = ("txn", "seq", "op", "parent_id", "name", "node_id")


def reached(rows: pa.Table, txns: Iterable[int]) -> set[str]:
    """Return the nodes that can be reached as of any of some txns.

    Args:
        rows: All rows with names that count at one of them, with `txn`, `seq`, `op`, `parent_id`,
            `name` and `node_id`.
        txns: The moments.
    """
    names = rows.filter(pc.is_in(rows["op"], pa.array([OpKind.LINK, OpKind.UNLINK])))
    names = names.select(_LINKS).sort_by([("txn", "ascending"), ("seq", "ascending")])
    following = zip(*(names[column].to_pylist() for column in _LINKS), strict=True)
    children: dict[str, dict[str, str]] = {}
    found: set[str] = set()
    pending = next(following, None)
    for moment in sorted(txns):
        while pending is not None and pending[0] <= moment:
            _, _, op, parent, name, node = pending
            if op == OpKind.LINK:
                children.setdefault(parent, {})[name] = node
            else:
                children.get(parent, {}).pop(name, None)
            pending = next(following, None)
        found.update(_below(children))
    return found


def _below(children: dict[str, dict[str, str]]) -> Iterator[str]:
    waiting: list[str] = [ROOT]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children.get(node, {}).values())
