"""Operations, made with as few words as a test needs."""

from pathlib import Path

from pond_core.oplog import Durability, Header, Operation, OpKind, OpLog, Provenance

PART = 7
DIRECTORY = "7" * 32


def link(name: str, node_id: str = "7a", *, txn: int = 0, seq: int = 0) -> Operation:
    return Operation(
        OpKind.LINK,
        PART,
        txn=txn,
        seq=seq,
        parent_id=DIRECTORY,
        name=name,
        node_id=node_id,
        entry_type="data",
    )


def unlink(name: str, *, txn: int = 0, seq: int = 0) -> Operation:
    return Operation(OpKind.UNLINK, PART, txn=txn, seq=seq, parent_id=DIRECTORY, name=name)


def write(
    content: bytes | None = b"", *, node_id: str = "7a", txn: int = 0, seq: int = 0
) -> Operation:
    return Operation(OpKind.WRITE, PART, txn=txn, seq=seq, node_id=node_id, content=content)


def window(
    start_us: int | None, end_us: int | None, *, version: int, txn: int = 0, seq: int = 0
) -> Operation:
    return Operation(
        OpKind.WINDOW,
        PART,
        txn=txn,
        seq=seq,
        node_id="7a",
        version=version,
        window_start_us=start_us,
        window_end_us=end_us,
    )


def mark(attributes: str, start_us: int | None, end_us: int | None) -> Operation:
    return Operation(
        OpKind.MARK,
        PART,
        node_id="7a",
        window_start_us=start_us,
        window_end_us=end_us,
        attributes=attributes,
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
