"""Reading the log: rows from the files that are listed, and what they amount to.

A merge beside us may take a listed file away. Then the list is read again, and what was asked for
is read from the files that took its place: they say the same.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import pyarrow as pa

from pond_core.errors import CorruptionError
from pond_core.oplog.operation import Operation
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.part import Part, PartState
from pond_core.oplog.run import Groups, Run
from pond_core.oplog.schema import HEADERS
from pond_core.oplog.table import LogTable
from pond_core.oplog.transcript import transcript

T = TypeVar("T")

_ATTEMPTS = 5
"""Listings in a row from which a merge beside us may take a file away."""

_OPEN_RUNS = 256
"""Log files that stay open in memory, without their contents."""

_CONTENTS = 256
"""Inline contents that stay in memory: who wrote or read a small window often reads it again."""

_REMEMBERED_ROWS = 1000
"""Rows of one transaction that are added to a part in memory; more are looked up in their file."""

_RECENT_ROWS = 20_000
"""Rows that a long-lived process adds to a part before it reads the part anew from merged files."""


class Reader:
    """What one process has read of a log. Whoever calls it holds the guard: threads take turns."""

    def __init__(self, table: LogTable, guard: threading.RLock) -> None:
        self._table = table
        self._guard = guard
        self._replaced = table.replaced
        self._parts: dict[int, Part] = {}
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._groups = Groups()
        self._contents: OrderedDict[str | None, bytes] = OrderedDict()

    def state(self, part: int, *, txn: int) -> PartState:
        """Return what a part amounts to as of a txn, at the cost of what is new since last time.

        Raises:
            SnapshotForgottenError: What the pond held then was dropped.
        """
        return PartState(self._part(part, txn), txn=txn, anew=lambda: self._anew(part, txn))

    def rows(
        self,
        parts: Sequence[int],
        *,
        after: int,
        upto: int,
        about: Collection[str] | None = None,
    ) -> list[Operation]:
        """Return the rows of the txns in `(after, upto]`, of either tier, in no order.

        Rows about nodes may be left out where they are about others than `about`.
        """
        nodes = None if about is None else sorted(about)
        return self._repeated(
            lambda: [
                row
                for file in self._files(parts, after=after, upto=upto)
                for row in self._run(file).rows(after=after, upto=upto, nodes=nodes)
            ],
            parts,
        )

    def transcript(self, *, after: int, upto: int) -> pa.Table:
        """Return all rows of the txns in `(after, upto]`, with contents; see `TRANSCRIPT`."""
        parts = range(HEADERS + 1)
        return self._repeated(
            lambda: transcript(
                self._table.path,
                self._files(parts, after=after, upto=upto),
                after=after,
                upto=upto,
                horizon=self._table.shown.horizon,
            ),
            parts,
        )

    def content(self, row: Operation) -> bytes | None:
        """Return the inline content of a row; None if it has none."""
        known = self._contents.get(row.sha256)
        found = self._repeated(lambda: self._content(row), [row.part]) if known is None else known
        self._keep(row.sha256, found)
        return found

    def remember(self, txn: int, operations: Sequence[Operation]) -> None:
        """Add what was just committed to the parts that are in memory."""
        by_part: dict[int, list[Operation]] = {}
        for row in operations:
            self._keep(row.sha256, row.content)
            row.content = None  # it can be read again, and is not kept for ever
            by_part.setdefault(row.part, []).append(row)
        for home, part in list(self._parts.items()):
            rows = by_part.get(home, ())
            if len(rows) > _REMEMBERED_ROWS:
                del self._parts[home]
            elif part.txn == txn - 1:
                part.add(rows, txn=txn)

    def forget(self, part: int) -> None:
        """Read a part anew when it is wanted again."""
        self._parts.pop(part, None)

    def _keep(self, digest: str | None, content: bytes | None) -> None:
        if digest is None or content is None:
            return
        self._contents[digest] = content
        self._contents.move_to_end(digest)
        while len(self._contents) > _CONTENTS:
            self._contents.popitem(last=False)

    def _part(self, part: int, txn: int) -> Part:
        self._check_shown(txn)
        horizon = self._table.shown.horizon
        if horizon and self._replaced != self._table.replaced:
            self._replaced = self._table.replaced
            self._parts.clear()  # before the horizon merges drop rows that are in memory
        known = self._parts.get(part)
        if known is None or known.recent > _RECENT_ROWS or known.txn < horizon:
            known = self._parts[part] = self._present(part)
        if txn < known.floor:
            return self._past(part, txn)
        if known.txn < txn:
            rows = self.rows([part], after=known.txn, upto=txn)
            for row in rows:
                row.until = None  # an `unlink` may be done with, and yet hide a row of before
            if known.txn < self._table.shown.horizon:
                return self._anew(part, txn)
            known.add(rows, txn=txn)
        self._check_shown(txn)
        return known

    def _check_shown(self, txn: int) -> None:
        self._table.shown.check(txn, pond=self._table.label)

    def _anew(self, part: int, txn: int) -> Part:
        """Read a part again: a file of it was replaced and deleted, or is no good copy."""
        with self._guard:
            self.forget(part)
            self._mend([part])
            self._table.refresh()
            return self._part(part, txn)

    def _mend(self, parts: Sequence[int]) -> bool:
        """Let what is no good copy be fetched again; True if reading again is worth it."""
        mended = self._table.mend(file for file in self._table.files if file.part in parts)
        if mended:
            self._runs.clear()
        return mended

    def _present(self, part: int) -> Part:
        """Read the rows of a part that count now."""
        files = [f for f in self._table.files if f.part == part]
        floor = max((f.max_until for f in files), default=0)
        return self._loaded([f for f in files if f.is_hot], floor=floor)

    def _past(self, part: int, txn: int) -> Part:
        """Read the rows of a part that counted at a txn or later."""
        files = [f for f in self._table.files if f.part == part and f.min_txn <= txn]
        return self._loaded([f for f in files if f.is_hot or f.max_until > txn], floor=txn)

    def _loaded(self, files: Sequence[LogFile], *, floor: int) -> Part:
        self._table.fetch(files)
        runs = [self._run(file) for file in files]
        return Part(runs, floor=floor, txn=self._table.head)

    def _content(self, row: Operation) -> bytes | None:
        for file in self._files([row.part], after=row.txn - 1, upto=row.txn):
            content = self._run(file).content(row)
            if content is not None:
                return content
        return None

    def _files(self, parts: Sequence[int], *, after: int, upto: int) -> list[LogFile]:
        files = self._table.files
        found = [f for f in files if f.part in parts and f.max_txn > after and f.min_txn <= upto]
        self._table.fetch(found)
        return found

    def _run(self, file: LogFile) -> Run:
        if file.path not in self._runs:
            self._runs[file.path] = Run(self._table.path, file, self._groups)
        self._runs.move_to_end(file.path)
        while len(self._runs) > _OPEN_RUNS:
            self._runs.popitem(last=False)
        return self._runs[file.path]

    def _repeated(self, read: Callable[[], T], parts: Sequence[int]) -> T:
        """Read files that are listed; again from a newer list if one is gone or damaged."""
        for _ in range(_ATTEMPTS - 1):
            version = self._table.version
            try:
                return read()
            except CorruptionError:
                self._table.refresh()
                if self._table.version == version and not self._mend(parts):
                    raise
        return read()
