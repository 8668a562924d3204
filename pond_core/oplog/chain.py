"""Transactions as they lie in log files, and what proves them: the chain of their headers.

A header has the hash of its transaction's rows and that of the header before. Who knows the newest
header can so tell of every row whether it is the one that was committed.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import CorruptionError, Finding
from pond_core.oplog.operation import (
    Header,
    Operation,
    OpKind,
    Provenance,
    decode,
    parse_facts,
    rows_hash,
)
from pond_core.oplog.parquet import LogFile, checked, log_file, open_parquet, read_table
from pond_core.oplog.schema import CONDENSED_SEQ, HEADERS, ROW_COLUMNS, STORED
from pond_core.oplog.translate import parquet_errors

_BATCH_ROWS = 100_000
"""Rows that are held at a time; more only where one transaction has more."""

KEYS = ("txn", "seq", "ts", "op", "parent_id", "name", "node_id", "window_start", "window_end")
"""The columns by which rows are told apart and judged."""

MADE_ANEW = Provenance(author="pond repair", message="the header was lost and is made anew")
"""What headers say that `repair` had to make."""

Placed = tuple[LogFile, Operation]
"""A row, and the file in which it lies."""


def transactions(
    table: Path, files: Sequence[LogFile], *, after: int = 0, upto: int | None = None
) -> Iterator[tuple[int, list[Placed]]]:
    """Iterate over transactions and their rows, from all files, without contents.

    Args:
        table: The table's directory.
        files: Files that can be read.
        after: The txn before the first one that is wanted.
        upto: The last one; None is the last there is.

    Yields:
        A txn, and its rows by `seq`, header and condensed ones included; one that lies in two
        files is given twice.

    Raises:
        CorruptionError: A file cannot be read.
    """
    counts: Counter[int] = Counter()
    for file in files:
        for pair in pc.value_counts(read_table(table, file, ("txn",))["txn"]).to_pylist():
            counts[pair["values"]] += pair["counts"]
    wanted = sorted(txn for txn in counts if txn > after and (upto is None or txn <= upto))
    for first, last in _batches(wanted, counts):
        rows = [
            (file, row)
            for file in files
            if file.max_txn >= first and file.min_txn <= last
            for row in _rows(table, file, first, last)
        ]
        rows.sort(key=lambda placed: (placed[1].txn, placed[1].seq))
        for txn, group in groupby(rows, key=lambda placed: placed[1].txn):
            yield txn, list(group)


def measured(table: Path, path: str) -> LogFile:
    """Return what a log file holds, from its own bytes and not from what Delta says of it.

    Raises:
        CorruptionError: It is missing, or cannot be read.
    """
    part = int(path.split("/")[1].removeprefix("part="))
    named = LogFile(path, part, 0, 0, 0, 0)
    rows = read_table(table, named, ("txn", "op", "until", "parent_id", "node_id"))
    unknown = set(pc.unique(rows["op"]).to_pylist()) - set(OpKind)
    if unknown:
        msg = f"{table / path} has rows of unknown kinds: {', '.join(sorted(unknown))}"
        raise CorruptionError(msg)
    return log_file(path, part, (table / path).stat().st_size, rows)


def is_counted(row: Operation) -> bool:
    """Say whether a row is one of those that its transaction's header counts."""
    return row.part != HEADERS and row.seq < CONDENSED_SEQ


def read_header(row: Operation) -> tuple[Header | None, list[Finding]]:
    """Return the header that a row is, if it can be read, and what is wrong with it."""
    where = f"txn {row.txn}"
    try:
        header = Header.from_operation(row)
    except CorruptionError as exc:
        return None, [Finding("header unreadable", where, str(exc))]
    if row.sha256 not in (None, header.hash) or row.op is not OpKind.HEADER or row.seq != 0:
        detail = "it does not have the hash that it has beside it, or is in the wrong place"
        return header, [Finding("header altered", where, detail)]
    return header, []


def check_rows(header: Header, rows: Sequence[Operation]) -> Iterator[Finding]:
    """Compare a transaction's rows with its header.

    Args:
        header: The header.
        rows: All its operations, by `seq`, each once.
    """
    where = f"txn {header.txn}"
    missing = set(range(1, header.operations + 1)) - {row.seq for row in rows}
    if missing and len(rows) < header.operations:
        detail = f"{len(missing)} of {header.operations} are not there: {_listed(missing)}"
        yield Finding("rows missing", where, detail)
    elif header.rows_hash != rows_hash(rows):
        yield Finding("rows altered", where, "they do not have the hash in the header")
    elif any(row.ts_us != header.ts_us for row in rows):
        yield Finding("time altered", where, "a row has another time than the header")


def ancestors(table: Path, files: Sequence[LogFile]) -> set[str]:
    """Return the UUIDs of the ponds that a pond was restored from, as its headers tell them.

    Raises:
        CorruptionError: A file cannot be read.
    """
    parents = set()
    for file in (file for file in files if file.part == HEADERS):
        texts = read_table(table, file, ("attributes",))["attributes"]
        told = texts.filter(pc.match_substring(texts, '"parent":'))
        parents |= {str(parse_facts(text).get("parent", "")) for text in told.to_pylist()}
    return parents - {""}


class Links:
    """The chain so far, checked header by header.

    Args:
        pond_id: The pond's UUID.
        ancestors: Those of the ponds that it was restored from.

    Attributes:
        head: The newest txn so far.
    """

    def __init__(self, *, pond_id: str, ancestors: Collection[str] = ()) -> None:
        self.head = 0
        self._pond_id = pond_id
        self._ancestors = ancestors
        self._pond = ""
        self._hash = ""
        self._ts_us: int | None = None

    def add(self, txn: int, row: Operation | None) -> tuple[Header | None, list[Finding]]:
        """Take the next transaction's header; None if it has none."""
        where = f"txn {txn}"
        findings = [*self.missing(upto=txn - 1)]
        is_next = not findings
        self.head = txn
        if row is None:
            self._hash = ""
            return None, [*findings, Finding("header missing", where, "row 0 is not there")]
        header, wrong = read_header(row)
        findings.extend(wrong)
        is_known = bool(self._hash) or txn == 1
        if header is not None and is_next and is_known and self._hash != header.previous:
            detail = "it does not name the header before"
            findings.append(Finding("chain broken", where, detail))
        if self._ts_us is not None and row.ts_us <= self._ts_us:
            findings.append(Finding("time altered", where, "it is not after the one before"))
        if header is not None:
            findings.extend(self._check_pond(header))
            self._pond = header.pond
        self._hash, self._ts_us = header.hash if header else row.sha256 or "", row.ts_us
        return header, findings

    def _check_pond(self, header: Header) -> Iterator[Finding]:
        where = f"txn {header.txn}"
        if header.pond not in {self._pond_id, *self._ancestors}:
            detail = f"its header names {header.pond!r}, the table {self._pond_id!r}"
            yield Finding("another pond's", where, detail)
        elif self._pond not in ("", header.pond, header.parent):
            detail = f"it follows one of {self._pond!r}, and does not say that it was restored"
            yield Finding("another pond's", where, detail)

    def missing(self, *, upto: int) -> Iterator[Finding]:
        """Report the transactions after the newest so far."""
        for txn in range(self.head + 1, upto + 1):
            yield Finding("transaction missing", f"txn {txn}", "numbers have no holes")


def _rows(table: Path, file: LogFile, first: int, last: int) -> list[Operation]:
    rows = read_table(table, file, ROW_COLUMNS)
    txns = rows["txn"]
    if file.min_txn < first or file.max_txn > last:
        rows = rows.filter(pc.and_(pc.greater_equal(txns, first), pc.less_equal(txns, last)))
    return decode(rows, part=file.part)


def _batches(txns: Sequence[int], counts: Counter[int]) -> Iterator[tuple[int, int]]:
    """Iterate over ranges of txns with few enough rows to be held at a time."""
    batch: list[int] = []
    held = 0
    for txn in txns:
        if batch and held + counts[txn] > _BATCH_ROWS:
            yield batch[0], batch[-1]
            batch, held = [], 0
        batch.append(txn)
        held += counts[txn]
    if batch:
        yield batch[0], batch[-1]


def _listed(numbers: set[int]) -> str:
    shown = [f"row {n}" for n in sorted(numbers)[:3]]
    return ", ".join(shown) + (" ..." if len(numbers) > len(shown) else "")


def keyed(table: Path, files: Sequence[LogFile], columns: Sequence[str]) -> pa.Table:
    """Return columns of files, and the place of each row: `file`, its place in `files`, and `at`.

    Raises:
        CorruptionError: A file cannot be read.
    """
    tables = []
    for number, file in enumerate(files):
        rows = read_table(table, file, columns)
        rows = rows.append_column("file", pa.repeat(pa.scalar(number, pa.int32()), rows.num_rows))
        tables.append(rows.append_column("at", pa.array(range(rows.num_rows), pa.int64())))
    return pa.concat_tables(tables)


def with_contents(table: Path, file: LogFile) -> Iterator[Operation]:
    """Iterate over the rows of a file that have content, inline or not; few are held at a time.

    Raises:
        CorruptionError: The file cannot be read.
    """
    path = table / file.path
    with parquet_errors(path), open_parquet(path) as parquet:
        for group in range(parquet.num_row_groups):
            rows = parquet.read_row_group(group, columns=STORED.names, use_threads=False)
            rows = checked(rows, STORED.names, path=path)
            has_content = pc.or_(pc.is_valid(rows["sha256"]), pc.is_valid(rows["content"]))
            yield from decode(rows.filter(has_content), part=file.part)
