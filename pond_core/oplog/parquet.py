"""Log Parquet files: rows of one part and tier, sorted, named by the SHA-256 of their bytes."""

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError
from pond_core.oplog.operation import Operation, decode, dump_facts
from pond_core.oplog.schema import HOT, STATISTICS_COLUMNS, STORED
from pond_core.oplog.translate import parquet_errors
from pond_core.storage import Durability, sha256_of, source_of

_ROW_GROUP_ROWS = 2048
"""What looking up one name reads: of 100,000 it takes 2 ms in sorted groups of this size, 5 ms in
groups four times as large, 19 ms in rows as appended."""

_ROW_GROUP_BYTES = 4 * 1024**2
"""Contents in a row group: what reading one small content decodes at most."""

_FEW_ROWS = 64
"""Up to so many rows, a file is written and read in a third of the time with snappy (but for
contents) and without dictionaries, and is smaller, too. In larger ones, rows about nodes and rows
about names have row groups of their own: an entry leads to a node of any bucket, so that the bounds
of a mixed group exclude nothing."""

_REPEATED = ["op", "parent_id", "entry_type", "arrow_schema", "factory"]
"""Columns with few distinct values; a dictionary of the others would be as large as they are."""

_STEPPING = ["txn", "seq", "version", "min_time", "max_time", "rows", "size", "until"]
"""Numbers that go on by the same from row to row: told as steps they take a fifth of the room."""

Action = Mapping[str, object]
"""One line of a Delta commit."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A Parquet file that the log names.

    Attributes:
        path: Relative to the table: `tier=hot/part=3/<sha256>.parquet`.
        part: The part whose rows it holds.
        size: Bytes.
        rows: How many rows.
        min_txn: The lowest txn of its rows.
        max_txn: The highest.
        max_until: The highest `until` of its rows; 0 in the hot tier.
        parents: The lowest and highest directory of its rows about names; None if it has none.
        nodes: The lowest and highest node in its rows; None if there is none in them.
    """

    path: str
    part: int
    size: int
    rows: int
    min_txn: int
    max_txn: int
    max_until: int = 0
    parents: tuple[str, str] | None = None
    nodes: tuple[str, str] | None = None

    @property
    def tier(self) -> str:
        """`hot` or `cold`."""
        return self.path.partition("/")[0].removeprefix("tier=")

    @property
    def is_hot(self) -> bool:
        """True when readers of the present need it."""
        return self.tier == HOT

    def may_name(self, parent: str) -> bool:
        """Say whether it can have rows about names in a directory."""
        return self.parents is not None and self.parents[0] <= parent <= self.parents[1]

    def may_have(self, nodes: Sequence[str]) -> bool:
        """Say whether it can have rows about any of some nodes, given in order."""
        return self.nodes is not None and any_within(nodes, self.nodes)

    @property
    def sha256(self) -> str:
        """What the file's bytes must hash to."""
        return self.path.rpartition("/")[2].removesuffix(".parquet")


def write_rows(
    table: Path, rows: pa.Table, *, part: int, tier: str, durability: Durability, tmp: Path
) -> LogFile:
    """Write the rows of one part and tier, and return the file; see `file_of`."""
    file, data = file_of(rows, part=part, tier=tier)
    durability.publish(data, table / file.path, temporary=tmp)
    return file


def file_of(rows: pa.Table, *, part: int, tier: str) -> tuple[LogFile, bytes]:
    """Return rows of one part and tier, sorted, as a file that is not written yet.

    Rows about nodes come first, by node; then those about names, by directory and name.
    """
    rows = _sorted(rows)
    are_few = rows.num_rows <= _FEW_ROWS
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        rows.schema,
        compression={**dict.fromkeys(STORED.names, "snappy"), "content": "zstd"}
        if are_few
        else "zstd",
        use_dictionary=False if are_few else _REPEATED,
        column_encoding=None if are_few else dict.fromkeys(_STEPPING, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
        write_statistics=list(STATISTICS_COLUMNS),
        # Our types are plain ones; their Arrow schema would be half of a small file.
        store_schema=False,
    ) as writer:
        for group in _groups(rows):
            writer.write_table(group, row_group_size=max(1, group.num_rows))
    data = sink.getvalue()
    path = f"tier={tier}/part={part}/{sha256_of(data)}.parquet"
    return log_file(path, part, len(data), rows), data


def log_file(path: str, part: int, size: int, rows: pa.Table) -> LogFile:
    """Return what a file of that size with these rows holds; contents are not needed."""
    low, high = _bounds(rows["txn"]) or (0, 0)
    until = pc.max(rows["until"]).as_py() or 0
    parents, nodes = _bounds(rows["parent_id"]), _bounds(rows["node_id"])
    return LogFile(path, part, size, rows.num_rows, low, high, until, parents, nodes)


def any_within(values: Sequence[str], bounds: tuple[str, str]) -> bool:
    """Say whether any of some values, given in order, lies between two, or is one of them."""
    first = bisect_left(values, bounds[0])
    return first < len(values) and values[first] <= bounds[1]


def add_action(file: LogFile, *, data_change: bool) -> Action:
    """Return the Delta action that adds a file."""
    low: dict[str, object] = {"txn": file.min_txn}
    high: dict[str, object] = {"txn": file.max_txn}
    if file.max_until:
        low["until"], high["until"] = file.min_txn, file.max_until  # no row ends before it begins
    # Null where there is none: what is not said at all must not read as "none".
    low["parent_id"], high["parent_id"] = file.parents or (None, None)
    low["node_id"], high["node_id"] = file.nodes or (None, None)
    statistics = {
        "numRecords": file.rows,
        "minValues": low,
        "maxValues": high,
        "nullCount": {"txn": 0, "until": 0 if file.max_until else file.rows},
    }
    return {
        "add": {
            "path": file.path,
            "partitionValues": {"tier": file.tier, "part": str(file.part)},
            "size": file.size,
            "modificationTime": time.time_ns() // 1_000_000,
            "dataChange": data_change,
            "stats": dump_facts(statistics),
        }
    }


def remove_action(file: LogFile) -> Action:
    """Return the Delta action that removes a file whose rows are in others now."""
    return {
        "remove": {
            "path": file.path,
            # Without a time of deletion checkpoints leave it out: upkeep finds such files itself.
            "dataChange": False,
            "extendedFileMetadata": True,
            "partitionValues": {"tier": file.tier, "part": str(file.part)},
            "size": file.size,
        }
    }


def read_table(
    table: Path, file: LogFile, columns: Sequence[str] = tuple(STORED.names)
) -> pa.Table:
    """Return columns of a file's rows as they lie there.

    Raises:
        CorruptionError: The file is missing, cannot be read, or lacks a column of the log.
    """
    path = table / file.path
    with parquet_errors(path), open_parquet(path) as parquet:
        rows = parquet.read(columns=list(columns), use_threads=False)
    return checked(rows, columns, path=path)


def open_parquet(path: Path, metadata: pq.FileMetaData | None = None) -> pq.ParquetFile:
    """Open a Parquet file whose pages are checked as they are read.

    Args:
        path: The file.
        metadata: Its footer, if that was read already.
    """
    # Without pre-buffering: that needs pyarrow's own threads, all of which may be waiting for us
    # when pyarrow writes a dataset into a pond.
    return pq.ParquetFile(
        source_of(path), metadata=metadata, pre_buffer=False, page_checksum_verification=True
    )


def read_all(table: Path, file: LogFile) -> list[Operation]:
    """Return a file's rows, contents included."""
    return decode(read_table(table, file), part=file.part)


def checked(rows: pa.Table, columns: Sequence[str], *, path: Path) -> pa.Table:
    """Return rows that have the log's columns; others are damage.

    Page checksums do not cover the footer, where the names and types of columns are.
    """
    if not rows.schema.equals(pa.schema([STORED.field(name) for name in columns])):
        msg = f"{path} does not have the columns of the log"
        raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
    return rows


def _bounds(column: pa.ChunkedArray) -> tuple[Any, Any] | None:
    """Return the lowest and highest value of a column; None if it has none."""
    found = pc.min_max(column).as_py()
    return None if found["min"] is None else (found["min"], found["max"])


def _sorted(rows: pa.Table) -> pa.Table:
    # A row about a name has its directory; one about a node has none, and goes by the node.
    about_names = pc.is_valid(rows["parent_id"])
    subject = pc.if_else(about_names, pa.scalar(None, pa.string()), rows["node_id"])
    keyed = rows.select(["parent_id", "name", "txn", "seq"]).append_column("subject", subject)
    by = ("parent_id", "name", "subject", "txn", "seq")
    keys = [(name, "ascending", "at_start") for name in by]
    order = pc.sort_indices(keyed, sort_keys=keys)
    return rows.take(order).combine_chunks()


def _groups(rows: pa.Table) -> Iterator[pa.Table]:
    sizes = pc.fill_null(pc.binary_length(rows["content"]), 0).to_pylist()
    about_nodes = rows["parent_id"].null_count if rows.num_rows > _FEW_ROWS else 0
    start = held = 0
    for at, size in enumerate(sizes):
        is_full = at - start >= _ROW_GROUP_ROWS or held + size > _ROW_GROUP_BYTES
        if at > start and (is_full or at == about_nodes):
            yield rows.slice(start, at - start)
            start, held = at, 0
        held += size
    yield rows.slice(start)
