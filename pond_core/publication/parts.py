"""The parts of a node: each becomes one file of its table, named by what it says.

A series has a part for each month with readings; a table is one part. A part that has the digest
of the file that is there already is not written again.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.publication.columns import published_rows, published_schema
from pond_core.publication.delta_table import DataFile
from pond_core.publication.months import month_of, months_of, window_of
from pond_core.series import content_hash, slice_window
from pond_core.series.column import TIMESTAMP
from pond_core.series.schema import unify
from pond_core.series.table import ends
from pond_core.snapshot import Snapshot
from pond_core.storage import sha256_of
from pond_core.tinyfs import EntryType, NodePath, Piece
from pond_core.tlogfs import OpLogBackend
from pond_core.window import ALWAYS, Window

_ALL = "all"
"""The part of a table, which is replaced whole."""

_DIGITS = 32
"""How much of a digest a file's name has: 128 bits."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is not as it was published.

    Attributes:
        file: The file that it becomes; None where it has no rows any more.
        data: The file's bytes.
        replaced: The file that held it.
    """

    file: DataFile | None
    data: bytes
    replaced: DataFile | None


class Parts:
    """The parts of one series or table, as of a snapshot."""

    def __init__(self, snapshot: Snapshot, node: NodePath) -> None:
        self._snapshot = snapshot
        self._node = node
        self._is_series = node.entry_type is EntryType.SERIES

    @cached_property
    def schema(self) -> pa.Schema:
        """All columns that its table has for others, each with its metadata.

        Raises:
            SchemaError: Delta Lake has no such columns.
        """
        stored = self._whole.schema if self._whole is not None else unify(self._stored_schemas())
        return published_schema(stored, path=self._node.path)

    def differing(self, known: Mapping[str, DataFile], *, since: int | None) -> Iterator[Part]:
        """Yield the parts that differ from files, in order; one at a time is in memory.

        Args:
            known: The files, by the part that they hold.
            since: Nothing that was there as of this txn need be looked at; None is all of it.
        """
        for name in self._touched(known, since):
            rows = self._rows(name)
            there = known.get(name)
            if self._is_series and not len(rows):
                if there is not None:
                    yield Part(None, b"", there)
                continue
            rows = published_rows(rows, self.schema)
            data = _encoded(rows)
            # Parquet's bytes may change with its library; what a series says does not.
            digest = (content_hash(rows) if self._is_series else sha256_of(data))[:_DIGITS]
            if there is None or there.digest != digest:
                file = DataFile(
                    f"{name}.{digest}.{self._snapshot.txn}.parquet",
                    size=len(data),
                    rows=len(rows),
                    ends_us=ends(rows) if self._is_series else None,
                )
                yield Part(file, data, there)

    def _touched(self, known: Mapping[str, DataFile], since: int | None) -> list[str]:
        """Return the parts that were written since, in order."""
        written = [
            piece
            for piece in self._node.node.pieces
            if since is None or piece.txn is None or piece.txn > since or self._whole is not None
        ]
        if not self._is_series:
            return [_ALL] if written else []
        windows = [ALWAYS] if since is None else [piece.window for piece in written]
        found = {name for name in known if any(window_of(name).overlaps(w) for w in windows)}
        for piece in written:
            found.update(self._months(piece))
        return sorted(found)

    def _months(self, piece: Piece) -> Iterable[str]:
        """Return the months in which a piece has rows; most have one, and need not be read."""
        if piece.rows == 0:
            return ()
        if piece.min_time_us is not None and piece.max_time_us is not None:
            first, last = month_of(piece.min_time_us), month_of(piece.max_time_us)
            if first == last:
                return (first,)
        return months_of(self._rows_within(piece.window, (TIMESTAMP,)))

    @cached_property
    def _whole(self) -> pa.Table | None:
        """All rows of what is computed at once, whenever it is read; None for what is stored."""
        if self._node.node.recipe is None:
            return None
        return self._node.read_series() if self._is_series else self._node.read_table()

    def _rows(self, part: str) -> pa.Table:
        if self._is_series:
            return self._rows_within(window_of(part), None)
        return self._node.read_table() if self._whole is None else self._whole

    def _rows_within(self, window: Window, columns: Iterable[str] | None) -> pa.Table:
        if self._whole is not None:
            return slice_window(self._whole, window)
        return self._node.read_series(window, None if columns is None else list(columns))

    def _stored_schemas(self) -> Iterator[pa.Schema]:
        store = self._snapshot.backend
        for piece in self._node.node.pieces:
            schema = store.schema(piece) if isinstance(store, OpLogBackend) else None
            if schema is not None:
                yield schema


def _encoded(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    # Arrow's own schema says nothing here that Parquet's does not.
    pq.write_table(rows, sink, compression="zstd", store_schema=False)
    return sink.getvalue()
