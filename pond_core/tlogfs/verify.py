"""Whether everything that the log says is true, and everything that it needs is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import (
    CONDENSED_SEQ,
    HEADERS,
    MADE_ANEW,
    Audit,
    Header,
    Links,
    Operation,
    ancestors,
    audit,
    check_ends,
    check_rows,
    is_counted,
    transactions,
)
from pond_core.storage import Cache, Durability
from pond_core.tlogfs.invariants import Tree, check_row
from pond_core.tlogfs.objects import ObjectStore
from pond_core.tlogfs.stored import Contents, check_digest
from pond_core.track import Track, untracked


@dataclass(frozen=True, slots=True)
class Report:
    """What verification looked at, and what it found.

    Attributes:
        txns: Transactions whose header, chain and rows were checked.
        log_files: Log Parquet files whose digest was checked.
        objects: Objects whose digest was checked.
        unreferenced: Digests of objects that no transaction names: harmless left-overs.
        left_over: Other files that nothing refers to, and those that were set aside, relative to
            the pond: harmless as well.
        findings: What is wrong; empty when all is well.
    """

    txns: int
    log_files: int
    objects: int
    unreferenced: tuple[str, ...]
    left_over: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings


def verify(pond: Path, *, durability: Durability, track: Track = untracked) -> Report:
    """Check every file, every transaction, every row and every content, as they lie on the disk.

    Rows are held some at a time, so that it takes little memory; what it finds is a finding, and
    never an error. Of a pond in a bucket it is what lies there that is checked, all fetched anew;
    copies that are damaged are deleted. `track` sees the objects go by.
    """
    if not isinstance(durability, Cache):
        return _verify(pond, durability, track)
    durability.mend(durability.copies())
    with durability.apart() as fresh:
        return _verify(fresh.root, fresh, track)


def _verify(pond: Path, durability: Durability, track: Track) -> Report:
    found = audit(pond, durability=durability)
    objects = ObjectStore(pond, durability=durability)
    findings = list(found.findings)
    if not found.is_open:
        stored = list(objects.digests())
        findings.extend(f for digest in stored for f in check_digest(objects, digest))
        return Report(0, found.listed, len(stored), (), (), tuple(findings))
    contents = Contents(objects)
    findings.extend(_checked(found, contents, track))
    unreferenced = tuple(d for d in objects.digests() if d not in contents.named)
    return Report(
        txns=found.head,
        log_files=found.listed,
        objects=len(contents.named),
        unreferenced=unreferenced,
        left_over=tuple(found.left_over),
        findings=tuple(findings),
    )


def _checked(found: Audit, contents: Contents, track: Track) -> Iterator[Finding]:
    try:
        yield from _transactions(found)
        yield from check_ends(found.table, found.files, horizon=found.shown.horizon)
    except CorruptionError as exc:  # a file was damaged while we looked
        yield Finding("log file unreadable", "oplog", str(exc))
    for file in found.files:
        try:
            yield from contents.read(found.table, file)
        except CorruptionError as exc:
            yield Finding("log file unreadable", file.path, str(exc))
    yield from contents.check_objects(track)


def _transactions(found: Audit) -> Iterator[Finding]:
    links = Links(pond_id=found.pond_id, ancestors=ancestors(found.table, found.files))
    tree = Tree(horizon=found.shown.horizon)
    for txn, placed in transactions(found.table, found.files):
        rows: list[Operation] = []
        for row in (row for _, row in placed):
            if rows and rows[-1].seq == row.seq:
                yield Finding("row repeated", f"txn {txn}", f"seq {row.seq}")
            else:
                rows.append(row)
        head = next((row for row in rows if row.part == HEADERS), None)
        header, findings = links.add(txn, head)
        yield from findings
        if header is not None and header.provenance == MADE_ANEW:
            detail = "its header was lost and made anew: nothing proves that its rows are all"
            yield Finding("not proven", f"txn {txn}", detail)
        counted = [row for row in rows if is_counted(row)]
        if header is not None:
            yield from _compared(header, counted, horizon=found.shown.horizon)
        others = [row for row in rows if row.part != HEADERS]
        yield from (finding for row in others for finding in check_row(row))
        yield from _condensed(others, head)
        yield from tree.add(others)
    yield from links.missing(upto=found.head)
    if links.head > found.head:
        detail = f"the Delta log says {found.head}, the headers {links.head}"
        yield Finding("newest txn wrong", f"txn {links.head}", detail)
    yield from tree.names_twice()


def _compared(header: Header, rows: Sequence[Operation], *, horizon: int) -> Iterator[Finding]:
    is_whole = len(rows) == header.operations
    if is_whole or header.txn > horizon:
        yield from check_rows(header, rows)
    elif any(row.ts_us != header.ts_us or row.seq > header.operations for row in rows):
        yield Finding("rows altered", f"txn {header.txn}", "not those that the header counts")


def _condensed(rows: Sequence[Operation], head: Operation | None) -> Iterator[Finding]:
    for row in rows:
        if row.seq >= CONDENSED_SEQ and head is not None and row.ts_us != head.ts_us:
            detail = "a condensed row has another time than its transaction"
            yield Finding("time altered", f"txn {row.txn}", detail)
