"""Whether rows that are said to count no more are really done with.

A row may stay in the hot tier for long after another took its place, and leave it later than it
could. But it must not leave earlier, and no `unlink` before what it hides.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pond_core.errors import Finding
from pond_core.oplog.chain import KEYS, keyed
from pond_core.oplog.operation import OpKind
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.supersession import until

_FOR_EVER = float("inf")

_ROOT = "0" * 32


@dataclass(frozen=True, slots=True)
class _Row:
    """A row about a name or a node.

    Attributes:
        subject: The directory of a name, or the node.
        name: The name; empty for a row about a node.
        leads_to: The node that a link leads to; empty for all other rows.
        said: Since when it counts no more, as it says itself.
        found: The same, as all rows together say.
    """

    txn: int
    seq: int
    op: str
    subject: str
    name: str
    leads_to: str
    said: float
    found: float


def check_ends(table: Path, files: Iterable[LogFile], *, horizon: int) -> Iterator[Finding]:
    """Check the `until` of every row.

    Args:
        table: The table's directory.
        files: Files that can be read.
        horizon: Snapshots before it are not shown, and need no row.
    """
    by_part: dict[int, list[LogFile]] = {}
    for file in files:
        by_part.setdefault(file.part, []).append(file)
    early: list[tuple[_Row, str]] = []
    for part in sorted(by_part):
        early.extend(_early(_rows(table, by_part[part]), horizon))
    if not early:
        return
    # Rows about what no path leads to any more may go at any time. Only now is that looked for.
    links = [row for part in by_part.values() for row in _rows(table, part) if row.name]
    reached = _reached_until(links)
    for row, detail in early:
        if reached.get(row.subject, 0) > row.said:
            yield Finding("superseded too early", f"txn {row.txn}, row {row.seq}", detail)


def _rows(table: Path, files: list[LogFile]) -> list[_Row]:
    rows = keyed(table, files, (*KEYS, "until"))
    keys = list(zip(rows["txn"].to_pylist(), rows["seq"].to_pylist(), strict=True))
    first = {key: at for at, key in reversed(list(enumerate(keys)))}
    rows = rows.take(pa.array(sorted(first.values()), pa.int64()))
    columns = (rows[name].to_pylist() for name in ("txn", "seq", "op", "parent_id", "name"))
    nodes, said = rows["node_id"].to_pylist(), rows["until"].to_pylist()
    found = until(rows, complete=True)
    return [
        _Row(
            txn,
            seq,
            op,
            parent or node or "",
            name or "",
            node if op == OpKind.LINK else "",
            _FOR_EVER if end is None else end,
            _FOR_EVER if other is None else other,
        )
        for txn, seq, op, parent, name, node, end, other in zip(
            *columns, nodes, said, found, strict=True
        )
    ]


def _early(rows: list[_Row], horizon: int) -> Iterator[tuple[_Row, str]]:
    names: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        if row.name:
            names.setdefault((row.subject, row.name), []).append(row)
        # A removal is done with as soon as it hides nothing; that is looked at below.
        if row.op != OpKind.UNLINK and horizon < row.said < row.found:
            detail = f"until txn {row.said}, and nothing took its place by then"
            yield row, detail
    for about in names.values():
        if any(row.op == OpKind.UNLINK and row.said < _FOR_EVER for row in about):
            yield from _shown_again(sorted(about, key=lambda row: (row.txn, row.seq)), horizon)


def _shown_again(about: list[_Row], horizon: int) -> Iterator[tuple[_Row, str]]:
    """Find removals of a name that are done with while what they hide still counts."""
    moments = {row.txn for row in about} | {row.said for row in about if row.said < _FOR_EVER}
    counting: list[tuple[int, int, float, str]] = []
    last, at = about[0], 0
    for moment in sorted(moments):
        while at < len(about) and about[at].txn <= moment:
            last = about[at]
            heapq.heappush(counting, (-last.txn, -last.seq, last.said, last.leads_to))
            at += 1
        while counting and counting[0][2] <= moment:
            heapq.heappop(counting)
        shown = counting[0][3] if counting else ""
        if moment >= horizon and last.op == OpKind.UNLINK and shown:
            yield last, f"until txn {last.said}, while txn {-counting[0][0]} still counts"


def _reached_until(links: Iterable[_Row]) -> Mapping[str, float]:
    """Return, for each node, the txn since which no path leads to it; none ever comes back."""
    below: dict[str, list[tuple[float, str]]] = {}
    for link in links:
        if link.leads_to:
            below.setdefault(link.subject, []).append((link.found, link.leads_to))
    reached: dict[str, float] = {}
    pending = [(-_FOR_EVER, _ROOT)]
    while pending:
        end, node = heapq.heappop(pending)
        if node not in reached:
            reached[node] = -end
            for link_end, child in below.get(node, ()):
                heapq.heappush(pending, (max(end, -link_end), child))
    return reached
