"""Changing a pond: a tree to write to, and series that are written only where they differ."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pond_core.oplog import Header, Provenance
from pond_core.series import WIDE_KEY, check, difference, extent, keep_equal, slice_window, upsert
from pond_core.storage import count
from pond_core.tinyfs import FS, Piece
from pond_core.tlogfs import OpLogBackend, ReadSet
from pond_core.window import Window


class Transaction(FS):
    """Changes that become visible at once when the `with` block ends, or never.

    Attributes:
        base: The transaction that it started from.
        header: The committed header; None before, and when nothing was changed.
    """

    def __init__(self, backend: OpLogBackend, reads: ReadSet) -> None:
        super().__init__(backend)
        self._view = backend
        self._reads = reads
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
        self._view.replaces(self.lookup(path).node_id, window)
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
        """Record facts about one range of a node; False when they are recorded already.

        Without facts the mark goes.
        """
        if self.node(path).marks.get(window, {}) == facts:
            return False
        self.mark(path, facts, window)
        return True

    def commit(self, provenance: Provenance) -> Header | None:
        """Commit now; `Pond.transaction` calls it at the end of the `with` block."""
        self._reads.look()
        reads = self._reads
        header = self._view.commit(provenance, also=reads.check, read=reads.nodes)
        self.header = header or self.header
        if header is not None:
            count(transactions=1)
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
