"""The pond's face: open one, look at it as of a transaction, change it in one step.

Five lines are enough in a notebook:

    from pond_core import Pond
    pond = Pond.open(".pond")
    snapshot = pond.snapshot()
    print(snapshot.glob("/combined/**"))
    table = snapshot.read_series("/combined/noyo/BDock")
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from pond_core.errors import ClosedError, ConflictError, ExistsError, NotFoundError
from pond_core.oplog import Durability, Header, OpLog, Provenance
from pond_core.query import run_sql
from pond_core.series import WIDE_KEY, check, difference, extent, keep_equal, slice_window, upsert
from pond_core.tinyfs import FS, Piece, ReadFS
from pond_core.tlogfs import ObjectStore, OpLogBackend, Report, verify
from pond_core.window import Window, to_us

T = TypeVar("T")

_ATTEMPTS = 8
"""Reruns of a function after conflicts; the tries are spread over about three seconds."""


class Snapshot(ReadFS):
    """The pond as of one transaction. It never changes, whatever others commit.

    Attributes:
        txn: The transaction that it shows.
    """

    def __init__(self, backend: OpLogBackend) -> None:
        super().__init__(backend)
        self._view = backend
        self.txn = backend.txn

    def sql(self, statement: str) -> pa.Table:
        """Run one read-only SQL statement; see `pond_core.query.run_sql`."""
        return run_sql(statement, fs=self, backend=self._view)


class Transaction(FS):
    """Changes that become visible at once when the `with` block ends, or never.

    Attributes:
        base: The transaction that it started from.
        header: The committed header; None before, and when nothing was changed.
    """

    def __init__(self, backend: OpLogBackend) -> None:
        super().__init__(backend)
        self._view = backend
        self.base = backend.txn
        self.header: Header | None = None

    def replace_window(
        self,
        path: str,
        table: pa.Table,
        window: Window,
        *,
        key: Sequence[str] = WIDE_KEY,
        ignore: Sequence[str] = (),
    ) -> Window | None:
        """Make a range of a series hold exactly these rows, writing only what differs.

        Args:
            path: The series; it is made if nothing is there.
            table: The rows: `timestamp: timestamp[us, UTC]` not null, inside `window`, unique on
                `key`; sorted here if they are not.
            window: The range that they replace.
            key: What rows are unique on; kept as an attribute of a series made here.
            ignore: Columns in which a difference is none: an equal row keeps what is stored.

        Returns:
            The range that was written; None when all of it was stored already.

        Raises:
            SchemaError: A column's type does not fit the series; the column is named.
            DataError: Rows outside the window, or two with one key.
        """
        table = check(table, key=key, window=window)
        if not self.exists(path):
            self.create_series(path, attributes={"key": list(key)})
            self.write_window(path, table if table.num_rows else None, window)
            return window
        stored = self.read_series(path, window)
        if stored.num_rows:
            table = keep_equal(stored, table, key=key, ignore=ignore)
            changed = difference(stored, table)
        else:
            changed = extent(table)
        if changed is None:
            return self._cover(path, window)
        rows = slice_window(table, changed)
        edge = self._edge(path, changed, window)
        self.write_window(path, rows if rows.num_rows else None, edge)
        self._cover(path, window)
        return edge

    def merge_window(
        self,
        path: str,
        table: pa.Table,
        window: Window,
        *,
        key: Sequence[str] = WIDE_KEY,
        ignore: Sequence[str] = (),
    ) -> Window | None:
        """Add rows to a range of a series; a row with a stored row's key replaces it.

        Rows that are stored and not given stay. Otherwise as `replace_window`.
        """
        if self.exists(path):
            table = check(table, key=key, window=window)
            stored = self.read_series(path, window)
            if stored.num_rows:
                table = upsert(stored, table, key=key)
        return self.replace_window(path, table, window, key=key, ignore=ignore)

    def set_mark(self, path: str, facts: Mapping[str, object], window: Window) -> bool:
        """Record facts about one range of a node; False when they are recorded already."""
        if self.node(path).marks.get(window) == facts:
            return False
        self.mark(path, facts, window)
        return True

    def commit(self, provenance: Provenance) -> Header | None:
        """Commit now; `Pond.transaction` calls it at the end of the `with` block."""
        self.header = self._view.commit(provenance) or self.header
        return self.header

    def close(self) -> None:
        """Refuse further changes; `Pond.transaction` calls it when the `with` block is left."""
        self._view.close()

    def _cover(self, path: str, window: Window) -> Window | None:
        """Record that a range was looked at, where no window says so yet."""
        gaps = _gaps(window, self.node(path).pieces)
        for gap in gaps:
            self.write_window(path, None, gap)
        return Window(gaps[0].start_us, gaps[-1].end_us) if gaps else None

    def _edge(self, path: str, changed: Window, window: Window) -> Window:
        """Widen a changed range over the gap before it, and to the window's end or over the gap.

        It reaches the end where no rows follow: readings that come in at the end of a month then
        make one window, not one and a rest. No stored row is written again.
        """
        pieces = self.node(path).pieces
        before = Window(window.start_us, changed.start_us)
        after = Window(changed.end_us, window.end_us)
        start, end = changed.start_us, changed.end_us
        ahead, behind = _gaps(before, pieces), _gaps(after, pieces)
        if ahead and ahead[-1].end_us == start:
            start = ahead[-1].start_us
        if not any(_has_rows(piece, after) for piece in pieces):
            end = window.end_us
        elif behind and behind[0].start_us == end:
            end = behind[0].end_us
        return Window(start, end)


class Pond:
    """A store on a local disk.

    Attributes:
        path: Its directory.
    """

    def __init__(self, path: Path, log: OpLog, *, durability: Durability) -> None:
        self.path = path
        self._log = log
        self._objects = ObjectStore(path, durability=durability)
        self._pid = os.getpid()

    @classmethod
    def init(cls, path: str | Path, *, exist_ok: bool = False, durability: str = "full") -> "Pond":
        """Make a pond.

        Args:
            path: Its directory; made if it is not there.
            exist_ok: Open the pond that is there already instead of refusing.
            durability: `full` waits for the disk (survives a power loss), `process` does not.

        Raises:
            ExistsError: A pond is there already.
            StorageError: The disk refuses.
        """
        path = Path(path)
        if (path / "oplog").is_dir() and not exist_ok:
            msg = f"there is a pond at {path} already"
            raise ExistsError(msg, path=str(path), hint="open it, or choose another place")
        sync = _durability(durability)
        return cls(path, OpLog.create(path.absolute(), durability=sync), durability=sync)

    @classmethod
    def open(cls, path: str | Path, *, durability: str = "full") -> "Pond":
        """Open a pond.

        Raises:
            NotAPondError: There is none.
            FormatTooNewError: It was written by a newer DuckPond.
        """
        path = Path(path)
        sync = _durability(durability)
        return cls(path, OpLog(path.absolute(), durability=sync), durability=sync)

    @property
    def id(self) -> str:
        """The pond's UUID."""
        return self._live_log.pond_id

    def snapshot(self, as_of: int | datetime | None = None) -> Snapshot:
        """Return the pond as of a txn number or an aware instant; without either, as of now.

        Raises:
            NotFoundError: The pond has no such transaction.
        """
        return Snapshot(self._backend(self._resolve(as_of)))

    @contextmanager
    def transaction(self, provenance: Provenance | None = None) -> Iterator[Transaction]:
        """Collect changes and commit them when the block ends without an error.

        Raises:
            ConflictError: Somebody else changed the same things meanwhile; nothing was written.
        """
        transaction = Transaction(self._backend(self._live_log.head()))
        try:
            yield transaction
            transaction.commit(provenance or Provenance())
        finally:
            transaction.close()

    def transact(
        self,
        change: Callable[[Transaction], T],
        provenance: Provenance | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[T, Header | None]:
        """Run `change` in a transaction; again from a fresh snapshot whenever it conflicts.

        Returns:
            What `change` returned, and the header; None when it changed nothing.

        Raises:
            ConflictError: It conflicted eight times in a row.
        """
        attempt = 1
        while True:
            try:
                with self.transaction(provenance) as transaction:
                    result = change(transaction)
            except ConflictError:
                if attempt == _ATTEMPTS:
                    raise
                sleep(random.uniform(0, 0.0125 * 2**attempt))  # noqa: S311 -- jitter, no secret
                attempt += 1
            else:
                return result, transaction.header

    def log(self, *, limit: int | None = None) -> list[Header]:
        """Return the headers of the transactions, newest first."""
        head = self._live_log.head()
        after = 0 if limit is None else max(0, head - limit)
        return self._live_log.headers(after=after, upto=head)[::-1]

    def verify(self) -> Report:
        """Check every byte, every transaction and every reference."""
        return verify(self._live_log, self._objects)

    @property
    def _live_log(self) -> OpLog:
        if os.getpid() != self._pid:
            msg = "this Pond was opened in another process; deltalake does not survive a fork"
            raise ClosedError(msg, hint="open the pond in each process, or start them by spawn")
        return self._log

    def _backend(self, txn: int) -> OpLogBackend:
        return OpLogBackend(self._live_log, self._objects, txn=txn)

    def _resolve(self, as_of: int | datetime | None) -> int:
        head = self._live_log.head()
        if as_of is None:
            return head
        if isinstance(as_of, datetime):
            limit_us = to_us(as_of)
            return max((h.txn for h in self.log() if h.ts_us <= limit_us), default=0)
        if not 0 <= as_of <= head:
            msg = f"there is no txn {as_of}; the newest is {head}"
            raise NotFoundError(msg, path=str(self.path), hint="`pond log` lists them")
        return as_of


def _durability(name: str) -> Durability:
    if name not in {"full", "process"}:
        msg = f"durability is 'full' or 'process', not {name!r}"
        raise ValueError(msg)
    return Durability(full=name == "full")


def _gaps(window: Window, pieces: Sequence[Piece]) -> list[Window]:
    """Return the parts of a window that no piece covers, in order."""
    gaps = [] if window.is_empty else [window]
    for piece in pieces:
        gaps = [left for gap in gaps for left in gap.cut(piece.window)]
    return gaps


def _has_rows(piece: Piece, window: Window) -> bool:
    if piece.min_time_us is None or piece.max_time_us is None:
        return False
    held = piece.window.intersect(Window(piece.min_time_us, piece.max_time_us + 1))
    return held.overlaps(window)
