"""A sorted run: the rows of one log file, read as far as a lookup needs.

The footer says which ids and names a row group can hold. A lookup reads the groups that may hold
what it looks for, and finds it there by bisection.
"""

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core.oplog.operation import Operation, decode, decode_row, plain_columns
from pond_core.oplog.parquet import LogFile, any_within, checked, open_parquet
from pond_core.oplog.schema import ROW_COLUMNS, STORED
from pond_core.oplog.translate import parquet_errors

_ROW_BY_ROW = 16
"""Rows that are decoded one by one; more are faster column by column."""

_KEPT_BYTES = 64 * 1024**2
"""Row groups that stay in memory: 300,000 rows without contents, of 211 bytes each."""

_SUBJECT = ("parent_id", "name")
"""What a lookup of a name compares: read in a quarter of the time that all columns take."""

Key = tuple[str, int, str]
"""A file, a row group in it, and which of its columns."""

_ANY = ("", "\U0010ffff" * 64)
"""Bounds of a group whose footer says none; no name, of at most 255 bytes, comes after them."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a row group can hold: the lowest and highest of its columns, as the footer says."""

    parents: tuple[str, str]
    names: tuple[str, str]
    nodes: tuple[str, str]
    txns: tuple[int, int]
    has_names: bool
    has_nodes: bool

    def have(self, nodes: Sequence[str]) -> bool:
        """Say whether any of some nodes, given in order, may be there."""
        return any_within(nodes, self.nodes)


class _Group:
    """Columns of a row group in memory."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    @cached_property
    def columns(self) -> dict[str, pa.Array]:
        """The columns by the attributes of `Operation`, in one chunk each."""
        return {name: column.chunk(0) for name, column in plain_columns(self.rows).items()}


class Groups:
    """Row groups of several files in memory: those that were used last. Threads may share them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Group] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()

    def get(self, key: Key, read: Callable[[], pa.Table]) -> _Group:
        """Return columns of a row group, read if they are not there any more."""
        with self._guard:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        fresh = _Group(read())
        with self._guard:
            known = self._kept.setdefault(key, fresh)
            if known is fresh:
                self._bytes += fresh.rows.nbytes
                while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                    _, dropped = self._kept.popitem(last=False)
                    self._bytes -= dropped.rows.nbytes
            return known


class Run:
    """The rows of one log file, in the order of the file.

    Attributes:
        file: The file.
    """

    def __init__(self, table: Path, file: LogFile, groups: Groups) -> None:
        self.file = file
        self._groups = groups
        self._path = table / file.path

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        # Read when it is first wanted: who looks a name up begins with the newest files.
        with parquet_errors(self._path):
            return pq.read_metadata(self._path)

    @cached_property
    def _bounds(self) -> list[_Bounds]:
        with parquet_errors(self._path):
            groups = range(self._metadata.num_row_groups)
            return [_bounds(self._metadata.row_group(g)) for g in groups]

    def names(self, parent: str, name: str | None = None) -> list[Operation]:
        """Return the rows about the names in a directory, or about one of them, in order."""
        return [row for span in self._named(parent, name) for row in self._decoded(*span)]

    def nodes(self, node_id: str) -> list[Operation]:
        """Return the rows about a node, in order."""
        return [row for span in self._spans(node_id) for row in self._decoded(*span)]

    def rows(self, *, after: int, upto: int, nodes: Sequence[str] | None = None) -> list[Operation]:
        """Return the rows of the txns in `(after, upto]`, in the order of the file.

        Row groups that have no names, and none of some nodes, given in order, are left out.
        """
        found: list[Operation] = []
        if nodes is not None and self.file.parents is None and not self.file.may_have(nodes):
            return found
        for g, bounds in enumerate(self._bounds):
            low, high = bounds.txns
            if high <= after or low > upto:
                continue
            if nodes is not None and not (bounds.has_names or bounds.have(nodes)):
                continue
            group = self._group(g).rows
            if low > after and high <= upto:
                found.extend(self._decoded(g, 0, group.num_rows))
                continue
            txns = group["txn"]
            group = group.filter(pc.and_(pc.greater(txns, after), pc.less_equal(txns, upto)))
            found.extend(decode(group, part=self.file.part))
        return found

    def content(self, row: Operation) -> bytes | None:
        """Return the inline content of a row of this file; None if it is not here, or has none."""
        for g, first, last in self._spans(row.node_id or ""):
            group = self._group(g).rows
            low, high = _range(group["txn"], row.txn, first, last)
            at, end = _range(group["seq"], row.seq, low, high)
            if at < end:
                content: bytes | None = self._contents(g)[at].as_py()
                return content
        return None

    def _named(self, parent: str, name: str | None) -> Iterator[tuple[int, int, int]]:
        """Iterate over row groups with rows about a name, and where in them these are."""
        if not self.file.may_name(parent):
            return
        for g, bounds in enumerate(self._bounds):
            if not bounds.has_names or not _within(parent, bounds.parents):
                continue
            if name is not None and not _within(name, bounds.names):
                continue
            about = self._subject(g)
            low, high = _range(about["parent_id"], parent, 0, about.num_rows)
            if name is not None:
                low, high = _range(about["name"], name, low, high)
            if low < high:
                yield g, low, high

    def _spans(self, node_id: str) -> Iterator[tuple[int, int, int]]:
        """Iterate over row groups with rows about a node, and where in them these are."""
        if not self.file.may_have([node_id]):
            return
        for g, bounds in enumerate(self._bounds):
            if bounds.has_nodes and _within(node_id, bounds.nodes):
                group = self._group(g).rows  # most likely it is there: see `new_node_id`
                about_nodes = int(group["parent_id"].null_count)
                low, high = _range(group["node_id"], node_id, 0, about_nodes)
                if low < high:
                    yield g, low, high

    def _decoded(self, g: int, low: int, high: int) -> list[Operation]:
        group, part = self._group(g), self.file.part
        if high - low > _ROW_BY_ROW:
            return decode(group.rows.slice(low, high - low), part=part)
        return [decode_row(group.columns, at, part=part) for at in range(low, high)]

    def _subject(self, g: int) -> pa.Table:
        """Return which names the rows of a group are about: most lookups find nothing in it."""
        if self._metadata.row_group(g).num_rows <= _ROW_BY_ROW:
            return self._group(g).rows  # as fast as some columns of it
        key = (self.file.path, g, "subject")
        return self._groups.get(key, lambda: self._read(g, _SUBJECT)).rows

    def _group(self, g: int) -> _Group:
        return self._groups.get((self.file.path, g, ""), lambda: self._read(g, ROW_COLUMNS))

    def _contents(self, g: int) -> pa.ChunkedArray:
        # The windows of a series lie side by side: the group that was read last is read next.
        key = (self.file.path, g, "content")
        return self._groups.get(key, lambda: self._read(g, ("content",))).rows["content"]

    def _read(self, g: int, columns: tuple[str, ...]) -> pa.Table:
        with (
            parquet_errors(self._path),
            open_parquet(self._path, self._metadata) as parquet,
        ):
            rows = parquet.read_row_group(g, columns=list(columns), use_threads=False)
        return checked(rows, columns, path=self._path).combine_chunks()


def _bounds(group: Any) -> _Bounds:  # noqa: ANN401 -- pyarrow has no types
    parents, nulls = _statistics(group, "parent_id")
    return _Bounds(
        parents=parents or _ANY,
        names=_statistics(group, "name")[0] or _ANY,
        nodes=_statistics(group, "node_id")[0] or _ANY,
        txns=_statistics(group, "txn")[0] or (0, 2**63),
        has_names=nulls != group.num_rows,
        has_nodes=nulls != 0,
    )


def _statistics(group: Any, name: str) -> tuple[Any, int | None]:  # noqa: ANN401 -- as above
    """Return a column's lowest and highest value in a row group, and how many are null."""
    found = group.column(STORED.get_field_index(name)).statistics
    if found is None:
        return None, None
    bounds = (found.min, found.max) if found.has_min_max else None
    return bounds, found.null_count if found.has_null_count else None


def _within(value: str, bounds: tuple[str, str]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _range(column: pa.ChunkedArray, value: str | int, low: int, high: int) -> tuple[int, int]:
    """Return where a column that is sorted between two rows has a value there; nulls come first."""
    values = column.chunk(0) if column.num_chunks else column
    least = type(value)()

    def at(i: int) -> str | int:
        found: str | int | None = values[i].as_py()
        return least if found is None else found

    span = range(high)
    first = bisect_left(span, value, lo=low, key=at)
    return first, bisect_right(span, value, lo=first, key=at)
