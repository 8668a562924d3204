"""Persisting what an asset computed: content where it differs, facts per month.

Knows the pond and no Dagster; the IO manager is a thin shell around it. Facts about a month are a
mark on its exact window: the data version (a hash of the content), rows, and the versions of the
inputs that it was made from. `is_current` compares them with what is there now.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import (
    EntryType,
    Pond,
    Provenance,
    ReadFS,
    Transaction,
    Window,
    concat,
    content_hash,
    from_us,
)
from pond_pipeline.months import Month

FETCHED_AT = "fetched_at"
"""The column of raw readings that says when we asked; it never makes a difference."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one month of a series shall hold.

    Attributes:
        month: The partition.
        table: Rows inside `span`.
        span: The range that they replace: the month, or more where buckets or a clock's zone
            reach over its edge, or less where only its end was asked for.
        reach: The ranges whose content belongs to the month: the month itself, and more at the
            ends of raw, which has no time that belongs to nobody.
        inputs: By path, the version of what it was made from; for a source, what was asked for.
        merge: True keeps stored rows that `table` lacks (a pull); False replaces (a computation).
    """

    month: Month
    table: pa.Table
    span: Window
    reach: tuple[Window, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the pond knows of one month of a series.

    Attributes:
        month: The partition.
        data_version: Hash of the content, without `fetched_at`.
        rows: Rows in it.
        first: The earliest reading; None without rows.
        last: The latest.
        columns: How many columns beside `timestamp`.
        bytes: Stored bytes of the pieces that it lies in.
        txn: The transaction that wrote it now; None where nothing changed.
    """

    month: Month
    data_version: str
    rows: int
    first: datetime | None
    last: datetime | None
    columns: int
    bytes: int
    txn: int | None


@dataclass(slots=True)
class SeriesUpdate:
    """What an op returns for a series; the IO manager persists it.

    Attributes:
        batches: Each is committed as one transaction. May be lazy: a source yields a month as
            soon as it has it, so that a run that is killed keeps what it collected.
        key: What rows are unique on.
        fingerprint: The step's version. A change puts every month of a derived series behind; a
            pull goes by what its months were asked for.
        beside: Series that are persisted first, by path: a table's quarantine.
        recorded: By month, what the pond holds now; filled in as months are persisted.
    """

    batches: Iterable[Sequence[Slice]]
    key: tuple[str, ...] = ("timestamp",)
    fingerprint: str = ""
    beside: "Mapping[str, SeriesUpdate]" = field(default_factory=dict)
    recorded: dict[Month, Recorded] = field(default_factory=dict)


def record(
    pond: Pond, path: str, update: SeriesUpdate, *, provenance: Provenance
) -> Iterator[Recorded]:
    """Persist an update batch by batch, and yield what each month holds now.

    A batch whose months all hold what they shall is no transaction.
    """
    for batch in update.batches:
        who = Provenance(
            author=provenance.author,
            message=provenance.message,
            run_id=provenance.run_id,
            asset=path,
            partitions=tuple(dict.fromkeys(s.month.key for s in batch)),
        )
        written, header = pond.transact(
            lambda tx, batch=batch: _write(tx, path, batch, update),  # type: ignore[misc]  # a default binds the loop's batch
            who,
        )
        snapshot = pond.snapshot()
        for month, is_written in written.items():
            txn = header.txn if header is not None and is_written else None
            recorded = describe(snapshot, path, month, txn=txn)
            if recorded is not None:
                update.recorded[month] = recorded
                yield recorded


def describe(fs: ReadFS, path: str, month: Month, *, txn: int | None = None) -> Recorded | None:
    """Return what is recorded of a month of a series; None when nothing is."""
    if not fs.exists(path):
        return None
    node = fs.node(path)
    facts = node.marks.get(month.window)
    if facts is None:
        return None
    pieces = [p for p in node.pieces if p.window.overlaps(month.window)]
    return Recorded(
        month=month,
        data_version=str(facts["data_version"]),
        rows=int(str(facts["rows"])),
        first=_instant(facts.get("first_us")),
        last=_instant(facts.get("last_us")),
        columns=int(str(facts["columns"])),
        bytes=sum(p.size for p in pieces),
        txn=txn,
    )


def is_current(
    fs: ReadFS, path: str, month: Month, *, inputs: Mapping[str, str], fingerprint: str
) -> bool:
    """Say whether a month was made by this version of the step from these inputs."""
    if not fs.exists(path):
        return False
    facts = fs.node(path).marks.get(month.window)
    return facts is not None and facts["inputs"] == inputs and facts["fingerprint"] == fingerprint


def input_version(fs: ReadFS, path: str, window: Window) -> str:
    """Return the version of an input in a range: equal content has equal versions.

    A series answers from the marks of the months that the range touches, a table or a file from
    its digest, a directory from its files; none of them is read. What is absent is empty.
    """
    if not fs.exists(path):
        return ""
    if fs.entry_type(path) is EntryType.DIRECTORY:
        return _hash([[n.name, [p.sha256 for p in n.node.pieces]] for n in fs.ls(path)])
    node = fs.node(path)
    if fs.entry_type(path) is not EntryType.SERIES:
        return _hash([p.sha256 for p in node.pieces])
    marks = sorted(
        (str(facts["partition"]), str(facts["data_version"]))
        for marked, facts in node.marks.items()
        if marked.overlaps(window)
    )
    return _hash(marks)


def _write(
    tx: Transaction, path: str, batch: Sequence[Slice], update: SeriesUpdate
) -> dict[Month, bool]:
    """Write a batch and its marks; say which of its months, and which neighbors, that changed."""
    changed: list[Window] = []
    tx.mkdir(path.rpartition("/")[0] or "/", parents=True, exist_ok=True)
    for part in batch:
        write = tx.merge_window if part.merge else tx.replace_window
        span = write(path, part.table, part.span, key=update.key, ignore=(FETCHED_AT,))
        changed.extend([] if span is None else [span])
    written: dict[Month, bool] = {}
    for part in {part.month: part for part in batch}.values():
        facts = _content_facts(tx, path, part.month, part.reach)
        made = {"inputs": dict(part.inputs), "fingerprint": update.fingerprint}
        written[part.month] = tx.set_mark(path, {**facts, **made}, part.month.window)
    for window, known in list(tx.node(path).marks.items()):
        neighbor = Month.parse(str(known["partition"]))
        if neighbor in written or not any(window.overlaps(span) for span in changed):
            continue
        if tx.set_mark(path, {**known, **_content_facts(tx, path, neighbor, (window,))}, window):
            written[neighbor] = True
    return written


def _content_facts(
    fs: ReadFS, path: str, month: Month, reach: Sequence[Window]
) -> dict[str, object]:
    table = concat(fs.read_series(path, window) for window in reach)
    times = pc.min_max(table.column("timestamp").cast(pa.int64())).as_py()
    return {
        "partition": month.key,
        "data_version": content_hash(table, ignore=(FETCHED_AT,)),
        "rows": table.num_rows,
        "columns": table.num_columns - 1,
        "first_us": times["min"],
        "last_us": times["max"],
    }


def _instant(instant_us: object) -> datetime | None:
    return from_us(int(str(instant_us))) if instant_us is not None else None


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
