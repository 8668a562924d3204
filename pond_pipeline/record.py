"""Persisting what an asset computed: content where it differs, facts per period.

Knows the pond and no Dagster; the IO manager is a thin shell around it. Facts about a period are a
mark on its exact window: the data version (a hash of the content), rows, and the versions of the
inputs that it was made from, which `pond_pipeline.versions` tells of what is there now.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import (
    ALWAYS,
    Node,
    Pond,
    Provenance,
    ReadFS,
    Transaction,
    Window,
    concat,
    content_hash,
    from_us,
    slice_window,
)
from pond_pipeline.periods import Period
from pond_pipeline.profiles import PROFILE, profile_facts
from pond_pipeline.quality import profile

FETCHED_AT = "fetched_at"
"""The column of raw readings that says when we asked; it never makes a difference."""


_VERSION = 32
"""Hexadecimal digits of a data version. Every mark keeps one for ever, and no compression helps."""

SHORT = 16
"""Hexadecimal digits of a digest that only tells a change."""

EDGE = 96
"""Of how many instants at each end of a period a mark has a digest: a day of quarter hours."""
Origins = Callable[[ReadFS, pa.Schema, Period], Mapping[str, Sequence[tuple[str, str]]]]
"""From the pond, the columns of a period and the period to the columns that each comes from: of
each the asset's path, and its name there."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one period of a series shall hold.

    Attributes:
        period: The partition.
        table: Rows inside `span`.
        span: The range that they replace: the period, or more where buckets or a clock's zone
            reach over its edge, or less where only its end was asked for.
        reach: The ranges whose content belongs to the period: the period itself, and more at the
            ends of raw, which has no time that belongs to nobody.
        inputs: By path, the version of what it was made from; for a source, what was asked for.
        merge: True keeps stored rows that `table` lacks (a pull); False replaces (a computation).
    """

    period: Period
    table: pa.Table
    span: Window
    reach: tuple[Window, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the pond knows of one period of a series.

    Attributes:
        period: The partition.
        data_version: Hash of the content, without `fetched_at`: 32 hexadecimal digits.
        rows: Rows in it.
        first: The earliest reading; None without rows.
        last: The latest.
        columns: How many columns beside `timestamp`.
        bytes: Stored bytes of the pieces that it lies in.
        txn: The transaction that wrote it now; None where nothing changed.
    """

    period: Period
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
        batches: Each is committed as one transaction. May be lazy: a source yields a period as
            soon as it has it, so that a run that is killed keeps what it collected.
        key: What rows are unique on.
        fingerprint: The step's version. A change puts every period of a derived series behind; a
            pull goes by what its periods were asked for.
        beside: Series that are persisted in the same transactions, by path: a table's quarantine,
            the other resolutions of a downsample. The n-th batches of all are one transaction.
        apart: Paths of series that hold what was kept apart from this one.
        origins: Which columns of other series each column comes from; None: nobody knows.
        is_judged: Whether the profile by which checks judge is kept with each period.
        recorded: By period, what the pond holds now; filled in as periods are persisted.
        told: By period, what the UI shall say; filled in by whoever persists them.
    """

    batches: Iterable[Sequence[Slice]]
    key: tuple[str, ...] = ("timestamp",)
    fingerprint: str = ""
    beside: "Mapping[str, SeriesUpdate]" = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    origins: Origins | None = None
    is_judged: bool = False
    recorded: dict[Period, Recorded] = field(default_factory=dict)
    told: dict[Period, Mapping[str, Any]] = field(default_factory=dict)


def record(
    pond: Pond, path: str, update: SeriesUpdate, *, provenance: Provenance
) -> Iterator[Recorded]:
    """Persist an update batch by batch, and yield what each period holds now.

    A batch whose periods all hold what they shall is no transaction. Periods that were persisted
    beside another series come first.
    """
    yield from tuple(update.recorded.values())
    updates = {path: update, **update.beside}
    for batches in zip_longest(*(each.batches for each in updates.values()), fillvalue=()):
        parts = dict(zip(updates, batches, strict=True))
        who = Provenance(
            author=provenance.author,
            message=provenance.message,
            run_id=provenance.run_id,
            asset=path,
            partitions=tuple(dict.fromkeys(s.period.key for part in batches for s in part)),
        )
        written, header = pond.transact(
            lambda tx, parts=parts: {  # type: ignore[misc]  # a default binds the loop's batches
                each: _write(tx, each, batch, updates[each])
                for each, batch in parts.items()
                if batch
            },
            who,
        )
        snapshot = pond.snapshot()
        for each, by_period in written.items():
            for period, is_written in by_period.items():
                txn = header.txn if header is not None and is_written else None
                recorded = describe(snapshot, each, period, txn=txn)
                if recorded is not None:
                    updates[each].recorded[period] = recorded
                    if each == path:
                        yield recorded
    for each in updates.values():
        each.batches = ()


def describe(fs: ReadFS, path: str, period: Period, *, txn: int | None = None) -> Recorded | None:
    """Return what is recorded of a period of a series; None when nothing is."""
    if not fs.exists(path):
        return None
    node = fs.node(path)
    facts = node.marks.get(period.window)
    if facts is None:
        return None
    pieces = node.within(period.window)
    return Recorded(
        period=period,
        data_version=str(facts["data_version"]),
        rows=int(str(facts["rows"])),
        first=_instant(facts.get("first_us")),
        last=_instant(facts.get("last_us")),
        columns=int(str(facts["columns"])),
        bytes=sum(p.size for p in pieces),
        txn=txn,
    )


def _write(
    tx: Transaction, path: str, batch: Sequence[Slice], update: SeriesUpdate
) -> dict[Period, bool]:
    """Write a batch and its marks; say which of its periods, and which neighbors, that changed."""
    changed: list[Window] = []
    tx.mkdir(path.rpartition("/")[0] or "/", parents=True, exist_ok=True)
    for part in batch:
        write = tx.merge_window if part.merge else tx.replace_window
        span = write(path, part.table, part.span, key=update.key, ignore=(FETCHED_AT,))
        changed.extend([] if span is None else [span])
    written: dict[Period, bool] = {}
    for part in {part.period: part for part in batch}.values():
        facts = _content_facts(tx, path, part.period, part.reach, is_judged=update.is_judged)
        made = {"inputs": dict(part.inputs), "fingerprint": update.fingerprint}
        written[part.period] = tx.set_mark(path, {**facts, **made}, part.period.window)
    for window, known in list(tx.node(path).marks.items()):
        neighbor = Period.parse(str(known["partition"]))
        if _is_outdated(neighbor, written):
            tx.set_mark(path, {}, window)
            continue
        if neighbor in written or not any(window.overlaps(span) for span in changed):
            continue
        facts = _content_facts(tx, path, neighbor, (window,), is_judged=update.is_judged)
        if tx.set_mark(path, {**known, **facts}, window):
            written[neighbor] = True
    return written


def _is_outdated(known: Period, made: Collection[Period]) -> bool:
    """Say whether a period of another cadence lies where some were made.

    Its source's cadence was changed, and partitions never overlap.
    """
    others = [each for each in made if each.cadence is not known.cadence]
    return any(known.window.overlaps(each.window) for each in others)


def _content_facts(
    fs: ReadFS, path: str, period: Period, reach: Sequence[Window], *, is_judged: bool
) -> dict[str, object]:
    table = concat(fs.read_series(path, window) for window in reach)
    stamps = table.column("timestamp").cast(pa.int64())
    times, instants = pc.min_max(stamps).as_py(), pc.unique(stamps)
    more = len(instants) > EDGE
    facts: dict[str, object] = {PROFILE: profile_facts(profile(table))} if is_judged else {}
    return {
        **facts,
        "partition": period.key,
        "data_version": content_hash(table, ignore=(FETCHED_AT,))[:_VERSION],
        "rows": table.num_rows,
        "columns": table.num_columns - 1,
        "first_us": times["min"],
        "last_us": times["max"],
        "instants": len(instants),
        "head": _edge(table, Window(None, instants[EDGE].as_py()) if more else ALWAYS),
        "tail": _edge(table, Window(instants[-EDGE].as_py(), None) if more else ALWAYS),
    }


def _edge(table: pa.Table, window: Window) -> str:
    return content_hash(slice_window(table, window), ignore=(FETCHED_AT,))[:SHORT]


@dataclass(frozen=True, slots=True)
class Totals:
    """What the marks of all periods of a series come to.

    Attributes:
        rows: Rows in them.
        first: The earliest reading; None without rows.
        last: The latest.
    """

    rows: int
    first: datetime | None
    last: datetime | None

    @classmethod
    def of(cls, node: Node) -> "Totals":
        """Return them; nothing is read."""
        marks = node.marks.values()
        firsts = [first for facts in marks if (first := _instant(facts["first_us"]))]
        lasts = [last for facts in marks if (last := _instant(facts["last_us"]))]
        rows = sum(int(str(facts["rows"])) for facts in marks)
        return cls(rows, min(firsts, default=None), max(lasts, default=None))


def _instant(instant_us: object) -> datetime | None:
    return from_us(int(str(instant_us))) if instant_us is not None else None
