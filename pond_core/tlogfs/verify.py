"""Whether everything that the log says is true, and everything that it needs is there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import (
    HEADERS,
    Header,
    LogFile,
    Operation,
    OpLog,
    read_all,
    rows_hash,
    sha256_of,
)
from pond_core.tlogfs.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Report:
    """What verification looked at, and what it found.

    Attributes:
        txns: Transactions whose header, chain and rows were checked.
        log_files: Log Parquet files whose digest was checked.
        objects: Objects whose digest was checked.
        unreferenced: Digests of objects that no transaction names: harmless left-overs.
        findings: What is wrong; empty when all is well.
    """

    txns: int
    log_files: int
    objects: int
    unreferenced: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings


def verify(log: OpLog, objects: ObjectStore) -> Report:
    """Check every log file, every transaction and every object."""
    head = log.head()
    files = log.table.files()
    findings: list[Finding] = []
    rows: dict[tuple[int, int], Operation] = {}
    for file in files:
        for row in _checked_rows(log, file, findings):
            if (row.txn, row.seq) in rows:
                findings.append(Finding("row repeated", f"txn {row.txn}", f"seq {row.seq}"))
            rows[row.txn, row.seq] = row
    findings.extend(_check_chain([rows[key] for key in sorted(rows)], head))
    referenced = {r.sha256 for r in rows.values() if _names_object(r)}
    findings.extend(_check_inline(rows.values()))
    findings.extend(_check_objects(sorted(d for d in referenced if d), objects))
    unreferenced = tuple(d for d in objects.digests() if d not in referenced)
    return Report(head, len(files), len(referenced), unreferenced, tuple(findings))


def _checked_rows(log: OpLog, file: LogFile, findings: list[Finding]) -> list[Operation]:
    path = log.table.path / file.path
    try:
        data = path.read_bytes()
    except OSError as exc:
        findings.append(Finding("log file missing", file.path, str(exc.strerror)))
        return []
    if sha256_of(data) != file.sha256:
        findings.append(Finding("log file damaged", file.path, "its bytes do not have its name"))
    try:
        return read_all(log.table.path, file)
    except CorruptionError as exc:
        findings.append(Finding("log file unreadable", file.path, str(exc)))
        return []


def _check_chain(rows: Sequence[Operation], head: int) -> Iterator[Finding]:
    previous = ""
    expected = 1
    for txn, group in groupby(rows, key=lambda row: row.txn):
        where = f"txn {txn}"
        for missing in range(expected, txn):
            yield Finding("transaction missing", f"txn {missing}", "numbers have no holes")
        expected = txn + 1
        operations = list(group)
        if operations[0].part != HEADERS:
            yield Finding("header missing", where, "row 0 is not there")
            continue
        try:
            header = Header.from_operation(operations[0])
        except CorruptionError as exc:
            yield Finding("header unreadable", where, str(exc))
            previous = operations[0].sha256 or ""
            continue
        if header.hash != operations[0].sha256:
            yield Finding("header altered", where, "it does not have its hash")
        if header.previous != previous:
            yield Finding("chain broken", where, "it does not name the header before")
        if header.rows_hash != rows_hash(operations[1:]):
            yield Finding("rows altered", where, "they do not have the hash in the header")
        previous = header.hash
    for missing in range(expected, head + 1):
        yield Finding("transaction missing", f"txn {missing}", f"the newest is {head}")


def _check_inline(rows: Iterable[Operation]) -> Iterator[Finding]:
    for row in rows:
        if row.content is not None and sha256_of(row.content) != row.sha256:
            yield Finding("content altered", f"txn {row.txn}", f"row {row.seq}")


def _check_objects(digests: Sequence[str], objects: ObjectStore) -> Iterator[Finding]:
    for digest in digests:
        try:
            objects.get(digest)
        except CorruptionError as exc:
            yield Finding("object missing or damaged", f"objects/{digest[:2]}/{digest}", str(exc))


def _names_object(row: Operation) -> bool:
    return row.part != HEADERS and row.sha256 is not None and row.content is None
