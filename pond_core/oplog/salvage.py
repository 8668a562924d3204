"""The rows that belong to the chain, taken out of whatever log files are there, each once."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import Finding
from pond_core.oplog.chain import (
    KEYS,
    MADE_ANEW,
    Placed,
    check_rows,
    is_counted,
    keyed,
    transactions,
)
from pond_core.oplog.lineage import lineage
from pond_core.oplog.maintenance import SEALED_BYTES
from pond_core.oplog.operation import Header, Operation, encode, rows_hash
from pond_core.oplog.parquet import LogFile, read_table, write_rows
from pond_core.oplog.remains import Remains
from pond_core.oplog.schema import COLD, CONDENSED_SEQ, HEADERS, HOT, STORED
from pond_core.oplog.supersession import until
from pond_core.storage import Durability

_HEADERS_AT_ONCE = 50_000

_MIXTURES = 256
"""Ways to put a transaction together that are tried, where two attempts left rows of one time."""


class Salvage:
    """What belongs to the chain, found out by looking; `written` then writes it.

    Attributes:
        head: The newest txn.
        headers: By txn: those that were found, and those that had to be made.
        proven: How many transactions are whole: header, chain and rows.
        shown: Which txns can be shown.
        doubtful: Paths of files with rows that belong to no transaction of the chain.
        findings: What is lost, or could not be proven.
    """

    def __init__(self, pond: Path, left: Remains, *, durability: Durability) -> None:
        self._pond = pond
        self._table = pond / "oplog"
        self._left = left
        self._durability = durability
        found = lineage(self._table, left)
        self.headers: dict[int, Header] = dict(found.headers)
        self.head = found.head
        self.proven = 0
        self.doubtful: set[str] = set()
        self.findings: list[Finding] = list(found.findings)
        self._refused: set[tuple[str, int]] = set()
        self._whole_upto = 0
        self._look()
        self.shown = left.shown.upto(self.head)

    def written(self) -> Iterator[LogFile]:
        """Write all rows anew, part by part, and iterate over the files."""
        rows = [self.headers[txn].to_operation() for txn in sorted(self.headers)]
        for start in range(0, len(rows), _HEADERS_AT_ONCE):
            yield self._write(encode(rows[start : start + _HEADERS_AT_ONCE]), HEADERS, HOT)
        for part in range(HEADERS):
            yield from self._part(part)

    def _look(self) -> None:
        seen: set[int] = set()
        for txn, placed in transactions(self._table, self._left.files):
            header = self.headers.get(txn)
            rows = [each for each in placed if is_counted(each[1])]
            if header is None:
                header = self._made(txn, rows)
            if header is None:
                self.doubtful.update(file.path for file, row in placed if file.part != HEADERS)
                continue
            seen.add(txn)
            mine = [each for each in rows if each[1].ts_us == header.ts_us]
            self.doubtful.update(file.path for file, row in rows if row.ts_us != header.ts_us)
            wrong = self._check(header, mine)
            self.findings.extend(wrong)
            if self._has_displaced(header, placed):
                detail = "a commit names another one than the chain has; its rows are set aside"
                self.findings.append(Finding("transaction displaced", f"txn {txn}", detail))
            elif not wrong and not self._is_made(header):
                self.proven += 1
                self._whole_upto = txn if self._whole_upto == txn - 1 else self._whole_upto
        lost = sorted(set(range(1, self.head + 1)) - seen)
        self.findings.extend(
            Finding("transaction missing", f"txn {txn}", "neither header nor rows") for txn in lost
        )

    def _has_displaced(self, header: Header, placed: Sequence[Placed]) -> bool:
        """Say whether another transaction of that number was committed, too, and is there."""
        told = self._left.committed.get(header.txn, "")
        is_another = told not in ("", header.txn_uuid)
        return is_another and any(row.ts_us != header.ts_us for _, row in placed)

    def _check(self, header: Header, rows: Sequence[Placed]) -> list[Finding]:
        """Find the rows of a transaction among those of its time; return what is wrong."""
        wrong = list(check_rows(header, _once(rows)))
        if not wrong or len({row.seq for _, row in rows}) == len(rows):
            return wrong
        # Two attempts may have the same time, where the clock was behind. They differ by file.
        by_part: dict[int, set[str]] = {}
        for file, row in rows:
            by_part.setdefault(row.part, set()).add(file.path)
        choices = [[*([path] for path in sorted(paths)), []] for paths in by_part.values()]
        for mixture in islice(product(*choices), _MIXTURES):
            taken = {path for paths in mixture for path in paths}
            kept = [each for each in rows if each[0].path in taken]
            if not any(check_rows(header, _once(kept))):
                others = {file.path for file, _ in rows} - taken
                self._refused.update((path, header.txn) for path in others)
                self.doubtful.update(others)
                return []
        return wrong

    def _made(self, txn: int, rows: Sequence[Placed]) -> Header | None:
        """Make a header for rows whose own is lost; None for left-overs of an attempt."""
        is_named = any(file.path in self._left.listed for file, _ in rows)
        known = is_named or txn in self._left.committed or self._left.damaged
        if not rows or not (txn <= self.head or known):
            return None
        named = [each for each in rows if each[0].path in self._left.listed] or rows
        ts_us = max(row.ts_us for _, row in named)
        operations = _once([each for each in rows if each[1].ts_us == ts_us])
        before = self.headers.get(txn - 1)
        header = Header(
            txn=txn,
            ts_us=ts_us,
            txn_uuid=self._left.committed.get(txn) or secrets.token_hex(16),
            pond=before.pond if before else self._left.identity.pond,
            provenance=MADE_ANEW,
            operations=len(operations),
            rows=sum(row.rows or 0 for row in operations),
            bytes=sum(row.size or 0 for row in operations),
            rows_hash=rows_hash(operations),
            previous=before.hash if before else "",
        )
        detail = f"made anew for {len(operations)} rows; nothing proves that these are all"
        self.findings.append(Finding("header lost", f"txn {txn}", detail))
        self.headers[txn] = header
        self.head = max(self.head, txn)
        return header

    @staticmethod
    def _is_made(header: Header) -> bool:
        return header.provenance == MADE_ANEW

    def _part(self, part: int) -> Iterator[LogFile]:
        files = [file for file in self._left.files if file.part == part]
        if not files:
            return
        rows = keyed(self._table, files, KEYS)
        rows = rows.take(pa.array(self._belonging(rows, files), pa.int64()))
        rows = rows.append_column("until", pa.array(until(rows, complete=True), pa.int64()))
        held: dict[str, list[pa.Table]] = {HOT: [], COLD: []}
        for number, file in enumerate(files):
            mine = rows.filter(pc.equal(rows["file"], number))
            if not mine.num_rows:
                continue
            whole = read_table(self._table, file).take(mine["at"])
            place = STORED.get_field_index("until")
            whole = whole.set_column(place, STORED.field("until"), mine["until"])
            held[HOT].append(whole.filter(pc.is_null(whole["until"])))
            held[COLD].append(whole.filter(pc.is_valid(whole["until"])))
            for tier, tables in held.items():
                if sum(table.nbytes for table in tables) > SEALED_BYTES:
                    yield self._write(pa.concat_tables(tables), part, tier)
                    held[tier] = []
        for tier, tables in held.items():
            if sum(table.num_rows for table in tables):
                yield self._write(pa.concat_tables(tables), part, tier)

    def _belonging(self, rows: pa.Table, files: Sequence[LogFile]) -> list[int]:
        """Return the places of the rows that belong to the chain, each row once."""
        ts_us = rows["ts"].cast(pa.int64()).to_pylist()
        columns = (rows[name].to_pylist() for name in ("txn", "seq", "file"))
        seen: set[tuple[int, int]] = set()
        places = []
        for at, (txn, seq, file) in enumerate(zip(*columns, strict=True)):
            header = self.headers.get(txn)
            belongs = (
                header is not None
                and header.ts_us == ts_us[at]
                and (txn, seq) not in seen
                and (files[file].path, txn) not in self._refused
                # What it stands for is all there; where it is not, it may be all that is left.
                and (seq < CONDENSED_SEQ or txn > self._whole_upto)
            )
            if belongs:
                seen.add((txn, seq))
                places.append(at)
        return places

    def _write(self, rows: pa.Table, part: int, tier: str) -> LogFile:
        return write_rows(
            self._table,
            rows,
            part=part,
            tier=tier,
            durability=self._durability,
            tmp=self._pond / "tmp",
        )


def _once(rows: Sequence[Placed]) -> list[Operation]:
    """Return rows by `seq`, each once."""
    by_seq: Mapping[int, Operation] = {row.seq: row for _, row in reversed(rows)}
    return [by_seq[seq] for seq in sorted(by_seq)]
