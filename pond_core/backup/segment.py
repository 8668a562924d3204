"""Segments: rows of the log as one Parquet file, and the objects that they refer to."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError
from pond_core.oplog import TRANSCRIPT, OpKind, parquet_errors

SEGMENT = TRANSCRIPT.append(
    # The object that the content is; null where it is in the row, or where there is none. So
    # the objects of a segment are known without reading its contents.
    pa.field("object", pa.string())
)
"""The columns of a segment: those of a transcript, and this one."""

_REFERENCES = ("object", "size", "arrow_schema")
"""The columns that tell which objects a segment needs."""

_LEVEL = 3


def encode(rows: pa.Table) -> bytes:
    """Return rows with the columns `SEGMENT` as a file; equal rows give equal bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        write_statistics=False,
        # Our types are plain ones, which Parquet alone gives back.
        store_schema=False,
    )
    return bytes(sink.getvalue())


def with_objects(rows: pa.Table) -> pa.Table:
    """Return a transcript with the columns `SEGMENT`."""
    nothing = pa.scalar(None, pa.string())
    is_header = pc.equal(rows["op"], OpKind.HEADER)  # whose `sha256` is its hash
    is_inside = pc.or_(pc.is_valid(rows["content"]), is_header)
    return rows.append_column("object", pc.if_else(is_inside, nothing, rows["sha256"]))


def decode(name: str, data: bytes) -> pa.Table:
    """Return the rows of a segment, with the columns `SEGMENT`.

    Raises:
        CorruptionError: It cannot be read.
    """
    return _read(name, io.BytesIO(data), SEGMENT.names)


def references(name: str, file: BinaryIO) -> pa.Table:
    """Return those columns of a segment that `objects_in` needs; no others are read.

    Raises:
        CorruptionError: It cannot be read.
    """
    return _read(name, file, _REFERENCES)


def objects_in(rows: pa.Table) -> dict[str, int | None]:
    """Return the objects that rows of a segment need, and their sizes; of schemas none is told."""
    schemas = pc.unique(rows["arrow_schema"]).to_pylist()
    found: dict[str, int | None] = {digest: None for digest in schemas if digest}
    rows = rows.filter(pc.is_valid(rows["object"]))
    return found | dict(zip(rows["object"].to_pylist(), rows["size"].to_pylist(), strict=True))


def newer(rows: pa.Table, txn: int) -> pa.Table:
    """Return the rows of what came after a txn."""
    return rows.filter(pc.greater(rows["txn"], txn))


def file_of(digest: str) -> str:
    """Return where a segment is."""
    return f"segments/{digest[:2]}/{digest}"


def object_file_of(digest: str) -> str:
    """Return where an object is: as in a pond."""
    return f"objects/{digest[:2]}/{digest}"


def _read(name: str, file: BinaryIO, columns: Sequence[str]) -> pa.Table:
    with parquet_errors(Path(name)):
        parquet = pq.ParquetFile(file, pre_buffer=False)
        rows = parquet.read(columns=list(columns), use_threads=False)
    if not rows.schema.equals(pa.schema([SEGMENT.field(column) for column in columns])):
        msg = f"{name} does not have the columns of a segment"
        raise CorruptionError(msg, hint="install a newer duckpond, if there is one")
    return rows
