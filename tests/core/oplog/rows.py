"""Operations, made with as few words as a test needs, and what they amount to by plain means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis.strategies as st

from pond_core.oplog import Header, Operation, OpKind, OpLog, PartState, Provenance
from pond_core.oplog.fold import NodeState, replay
from pond_core.storage import Durability
from pond_core.window import Window

PART = 7
DIRECTORY = "7" * 32


def link(
    name: str, node_id: str = "7a", *, parent: str = DIRECTORY, txn: int = 0, seq: int = 0
) -> Operation:
    return Operation(
        OpKind.LINK,
        PART,
        txn=txn,
        seq=seq,
        parent_id=parent,
        name=name,
        node_id=node_id,
        entry_type="data",
    )


def unlink(name: str, *, parent: str = DIRECTORY, txn: int = 0, seq: int = 0) -> Operation:
    return Operation(OpKind.UNLINK, PART, txn=txn, seq=seq, parent_id=parent, name=name)


def write(
    content: bytes | None = b"",
    *,
    node_id: str = "7a",
    version: int | None = None,
    txn: int = 0,
    seq: int = 0,
) -> Operation:
    return Operation(
        OpKind.WRITE,
        PART,
        txn=txn,
        seq=seq,
        node_id=node_id,
        version=version,
        content=content,
    )


def window(
    start_us: int | None,
    end_us: int | None,
    *,
    version: int | None = None,
    node_id: str = "7a",
    txn: int = 0,
    seq: int = 0,
) -> Operation:
    return Operation(
        OpKind.WINDOW,
        PART,
        txn=txn,
        seq=seq,
        node_id=node_id,
        version=version,
        window_start_us=start_us,
        window_end_us=end_us,
    )


def mark(
    attributes: str, start_us: int | None, end_us: int | None, *, node_id: str = "7a"
) -> Operation:
    return Operation(
        OpKind.MARK,
        PART,
        node_id=node_id,
        window_start_us=start_us,
        window_end_us=end_us,
        attributes=attributes,
    )


def describe(attributes: str, *, node_id: str = "7a") -> Operation:
    return Operation(OpKind.ATTRIBUTES, PART, node_id=node_id, attributes=attributes)


BOUNDS = st.none() | st.integers(0, 9)
RANGES = st.tuples(BOUNDS, BOUNDS).filter(lambda pair: not Window(*pair).is_empty)
PARENTS = st.sampled_from([DIRECTORY, "7d"])
NAMES = st.sampled_from("abc")
NODES = st.sampled_from(["7a", "7b"])
ROWS = st.one_of(
    st.builds(link, NAMES, NODES, parent=PARENTS),
    st.builds(unlink, NAMES, parent=PARENTS),
    st.builds(write, node_id=NODES),
    st.builds(lambda pair, node: window(*pair, node_id=node), RANGES, NODES),
    st.builds(lambda pair, node: mark("{}", *pair, node_id=node), RANGES, NODES),
    st.builds(describe, st.just("{}"), node_id=NODES),
)
"""Rows of a small world, in which most meet another one."""

TRANSACTIONS = st.lists(st.lists(ROWS, max_size=4), max_size=8)


def placed(transactions: Sequence[Sequence[Operation]]) -> list[Operation]:
    """Return the rows of transactions 1, 2, 3 ... with their numbers, and contents' versions."""
    rows = [
        replace(row, txn=txn, seq=seq)
        for txn, several in enumerate(transactions, start=1)
        for seq, row in enumerate(several, start=1)
    ]
    return versioned(rows, {})


def versioned(rows: Iterable[Operation], written: dict[str, int]) -> list[Operation]:
    """Return rows with the versions of what they write, given and noted by node."""
    found = []
    for row in rows:
        if row.op in (OpKind.WRITE, OpKind.WINDOW):
            version = written[row.node_id or ""] = written.get(row.node_id or "", 0) + 1
            found.append(replace(row, version=version))
        else:
            found.append(row)
    return found


@dataclass(frozen=True)
class Amount:
    """What rows amount to: the row of each name by its directory, and the state of each node."""

    entries: dict[str, dict[str, Operation]]
    nodes: dict[str, NodeState]


def amount(rows: Iterable[Operation], *, upto: int) -> Amount:
    """Replay all rows up to a txn, whatever they say of their end."""
    entries: dict[str, dict[str, Operation]] = {}
    about: dict[str, list[Operation]] = {}
    counted = (bare(row) for row in rows if row.txn <= upto)
    for row in sorted(counted, key=lambda row: (row.txn, row.seq)):
        if row.op is OpKind.LINK:
            entries.setdefault(row.parent_id or "", {})[row.name or ""] = row
        elif row.op is OpKind.UNLINK:
            entries.get(row.parent_id or "", {}).pop(row.name or "", None)
        elif row.op is not OpKind.HEADER:
            about.setdefault(row.node_id or "", []).append(row)
    nodes = {node_id: replay(some) for node_id, some in about.items()}
    return Amount({parent: names for parent, names in entries.items() if names}, nodes)


def amount_of(state: PartState, like: Amount) -> Amount:
    """Return what a state says of the directories and nodes that it is to be compared on."""
    for parent, names in like.entries.items():
        assert {name: bared(state.entry(parent, name)) for name in names} == names
    entries = {
        parent: {name: bare(row) for name, row in state.entries(parent).items()}
        for parent in {*like.entries, DIRECTORY, "7d"}
    }
    nodes = {node_id: bare_state(state.node(node_id)) for node_id in like.nodes}
    return Amount({parent: names for parent, names in entries.items() if names}, nodes)


def bare(row: Operation) -> Operation:
    """Return a row without what another reading of it may lack."""
    return replace(row, content=None, until=None, ts_us=0)


def bared(row: Operation | None) -> Operation | None:
    return None if row is None else bare(row)


def bare_state(state: NodeState) -> NodeState:
    return replace(
        state,
        attributes=bared(state.attributes),
        pieces=tuple((window, bare(row)) for window, row in state.pieces),
        marks={window: bare(row) for window, row in state.marks.items()},
    )


def append(log: OpLog, *rows: Operation, message: str = "") -> Header:
    """Commit rows that go together with anything."""
    return log.append(
        lambda _head, _theirs: rows, base=log.head(), provenance=Provenance(message=message)
    )


def reopened(log: OpLog) -> OpLog:
    """Return another handle on the same log, as another process would have it."""
    return OpLog(log.pond, durability=Durability(full=False))


def delta_log(log: OpLog) -> Path:
    return log.pond / "oplog" / "_delta_log"
