"""Which header of each transaction is the one that counts.

An attempt that was refused, or that a crash ended, leaves a header that looks like any other. The
next transaction's header names the one before it by its hash, and so tells which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pond_core.errors import Finding
from pond_core.oplog.chain import check_rows, is_counted, read_header, transactions
from pond_core.oplog.operation import Header
from pond_core.oplog.remains import Remains
from pond_core.oplog.schema import HEADERS


@dataclass(frozen=True, slots=True)
class Lineage:
    """The headers that count.

    Attributes:
        headers: By txn; one is missing where none of those that are there belongs.
        head: The newest of them; 0 without any.
        findings: Which of them nothing proves, and why they count nevertheless.
    """

    headers: Mapping[int, Header]
    head: int
    findings: Sequence[Finding]


def lineage(table: Path, left: Remains) -> Lineage:
    """Follow the chain from its newest header back to the first."""
    return _Search(table, left).lineage()


class _Search:
    def __init__(self, table: Path, left: Remains) -> None:
        self._table = table
        self._left = left
        self._findings: list[Finding] = []
        self._options: dict[int, dict[str, Header]] = {}
        self._merged: set[int] = set()
        files = [file for file in left.files if file.part == HEADERS]
        for txn, placed in transactions(table, files):
            for file, row in placed:
                header, wrong = read_header(row)
                if wrong:
                    self._findings.extend(wrong)
                elif header is not None:
                    self._options.setdefault(txn, {})[header.hash] = header
                    if file.rows > 1:
                        self._merged.add(txn)

    def lineage(self) -> Lineage:
        headers: dict[int, Header] = {}
        head = self._head()
        for txn in range(head, 0, -1):
            header = self._named(txn, headers.get(txn + 1))
            if header is not None:
                headers[txn] = header
        return Lineage(headers, head, self._findings)

    def _named(self, txn: int, following: Header | None) -> Header | None:
        """Return the header that the following one names; without one, the likeliest."""
        options = self._options.get(txn, {})
        if following is not None:
            return options.get(following.previous)
        if not options:
            return None
        header = max(options.values(), key=self._rank)
        if self._left.committed.get(txn) not in ("", header.txn_uuid):
            detail = "no later header and no commit names it: its writer may have been refused"
            self._findings.append(Finding("not proven", f"txn {txn}", detail))
        return header

    def _head(self) -> int:
        """Return the newest txn that is no left-over of an attempt."""
        head = max(self._options, default=0)
        while head and not self._left.damaged:
            options = self._options.get(head, {}).values()
            # A checkpoint tells that the txn was committed, and not by which attempt. So does a
            # file of several headers: attempts leave one, and merges take what was committed.
            if self._left.committed.get(head) == "" or head in self._merged or not options:
                break
            if any(self._is_committed(h) or self._is_whole(h) for h in options):
                break
            head -= 1
        return head

    def _rank(self, header: Header) -> tuple[bool, bool, bool, int]:
        before = self._options.get(header.txn - 1, {})
        is_next = header.previous in before or (header.txn == 1 and not header.previous)
        if len(self._options[header.txn]) == 1:
            return True, True, True, 0
        return self._is_committed(header), is_next, self._is_whole(header), header.ts_us

    def _is_committed(self, header: Header) -> bool:
        return self._left.committed.get(header.txn) == header.txn_uuid

    def _is_whole(self, header: Header) -> bool:
        files = [file for file in self._left.files if file.part != HEADERS]
        found = transactions(self._table, files, after=header.txn - 1, upto=header.txn)
        rows = {
            row.seq: row
            for _, placed in found
            for _, row in placed
            if is_counted(row) and row.ts_us == header.ts_us
        }
        return not any(check_rows(header, [rows[seq] for seq in sorted(rows)]))
