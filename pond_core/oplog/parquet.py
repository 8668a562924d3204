"""Log Parquet files: rows of one part, sorted, named by the SHA-256 of their bytes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from pond_core.errors import CorruptionError
from pond_core.oplog.durable import Durability, sha256_of
from pond_core.oplog.operation import Operation, decode, dump_facts, encode
from pond_core.oplog.schema import HOT, ROW_COLUMNS, STATISTICS_COLUMNS, STORED
from pond_core.oplog.translate import parquet_errors

_ROW_GROUP_ROWS = 8192
"""Looking up one of 100,000 names took 4 ms in sorted groups of this size, 19 ms as appended."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A Parquet file that the log names.

    Attributes:
        path: Relative to the table: `tier=hot/part=3/<sha256>.parquet`.
        part: The part whose rows it holds.
        size: Bytes.
        min_txn: The lowest txn of its rows.
        max_txn: The highest.
    """

    path: str
    part: int
    size: int
    min_txn: int
    max_txn: int

    @property
    def sha256(self) -> str:
        """What the file's bytes must hash to."""
        return self.path.rpartition("/")[2].removesuffix(".parquet")


def write_rows(
    table: Path, operations: Sequence[Operation], *, part: int, durability: Durability, tmp: Path
) -> LogFile:
    """Write the rows of one part, sorted by directory, name and txn, and return the file."""
    rows = sorted(operations, key=lambda o: (o.parent_id or "", o.name or "", o.txn, o.seq))
    sink = pa.BufferOutputStream()
    pq.write_table(
        encode(rows),
        sink,
        compression="zstd",
        row_group_size=_ROW_GROUP_ROWS,
        write_page_checksum=True,
        write_statistics=list(STATISTICS_COLUMNS),
    )
    data = sink.getvalue()
    path = f"tier={HOT}/part={part}/{sha256_of(data)}.parquet"
    durability.publish(data, table / path, temporary=tmp)
    txns = [o.txn for o in rows]
    return LogFile(path, part, len(data), min(txns), max(txns))


def add_action(file: LogFile, *, rows: int, data_change: bool) -> AddAction:
    """Return the Delta action that adds a file."""
    statistics = {
        "numRecords": rows,
        "minValues": {"txn": file.min_txn},
        "maxValues": {"txn": file.max_txn},
        "nullCount": {"txn": 0},
    }
    return AddAction(
        path=file.path,
        size=file.size,
        partition_values={"tier": HOT, "part": str(file.part)},
        modification_time=int(time.time() * 1000),
        data_change=data_change,
        stats=dump_facts(statistics),
    )


def read_rows(table: Path, file: LogFile) -> list[Operation]:
    """Return a file's rows without their contents.

    Raises:
        CorruptionError: The file is missing, cannot be read, or lacks a column of the log.
    """
    return decode(_read(table, file, ROW_COLUMNS), part=file.part)


def read_all(table: Path, file: LogFile) -> list[Operation]:
    """Return a file's rows, contents included, for merging and verification."""
    return decode(_read(table, file, STORED.names), part=file.part)


def read_contents(table: Path, file: LogFile) -> dict[tuple[int, int], bytes]:
    """Return the contents of a file's rows by (txn, seq); rows without one are left out."""
    rows = _read(table, file, ("txn", "seq", "content"))
    rows = rows.filter(pc.is_valid(rows["content"])).combine_chunks()
    keys = zip(rows["txn"].to_pylist(), rows["seq"].to_pylist(), strict=True)
    return dict(zip(keys, rows["content"].to_pylist(), strict=True))


def _read(table: Path, file: LogFile, columns: Sequence[str]) -> pa.Table:
    path = table / file.path
    with (
        parquet_errors(path),
        pq.ParquetFile(path, page_checksum_verification=True) as parquet,
    ):
        rows = parquet.read(columns=list(columns), use_threads=False)
    # Page checksums do not cover the footer, where the names and types of columns are.
    if not rows.schema.equals(pa.schema([STORED.field(name) for name in columns])):
        msg = f"{path} does not have the columns of the log"
        raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
    return rows
