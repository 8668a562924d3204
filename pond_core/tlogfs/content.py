"""How content is stored: small inside the log, large as an object.

Bytes are stored as they are. A table up to `INLINE_BYTES` is an Arrow IPC stream, a larger one a
Parquet object, so that engines read columns and time ranges of it without us.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError
from pond_core.oplog import Operation, parquet_errors, sha256_of
from pond_core.tlogfs.objects import ObjectStore

INLINE_BYTES = 64 * 1024
"""Content up to this size lives in the log's own Parquet files; larger content is an object."""

_ROW_GROUP_ROWS = 128 * 1024
"""Rows in a row group of an object: what a reader of a short range decodes at least."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Content as it lies in the store; the fields are those columns of the log."""

    rows: int | None = None
    size: int = 0
    sha256: str | None = None
    min_time_us: int | None = None
    max_time_us: int | None = None
    arrow_schema: bytes | None = None
    content: bytes | None = None


def store(content: bytes | pa.Table | None, objects: ObjectStore) -> Stored:
    """Write content and return what the log has to say of it; None is an empty window."""
    if content is None:
        return Stored(rows=0)
    if isinstance(content, bytes):
        return _placed(content, objects, Stored(size=len(content)))
    table = content.combine_chunks()
    low, high = _time_range(table)
    schema = table.schema.serialize().to_pybytes()
    facts = Stored(table.num_rows, 0, None, low, high, schema)
    stream = _ipc_bytes(table) if table.nbytes <= INLINE_BYTES else None
    if stream is None or len(stream) > INLINE_BYTES:
        data = _parquet_bytes(table)
        return Stored(table.num_rows, len(data), objects.put(data), low, high, schema)
    return _placed(stream, objects, facts)


def load_bytes(row: Operation, inline: bytes | None, objects: ObjectStore) -> bytes:
    """Return the bytes of a data node or symlink."""
    if inline is None:
        return objects.get(row.sha256 or "")
    if sha256_of(inline) != row.sha256:
        msg = f"the content of txn {row.txn}, row {row.seq} does not have its digest"
        raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
    return inline


def load_table(
    row: Operation,
    inline: bytes | None,
    objects: ObjectStore,
    *,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """Return the table of a row, or those of its columns that are asked for.

    A Parquet object is checked page by page as it is read, not against its digest: that would
    read all of it for a column of it. `verify` checks digests.
    """
    if inline is not None:
        with pa.ipc.open_stream(load_bytes(row, inline, objects)) as stream:
            table = stream.read_all()
        return table if columns is None else table.select(_present(columns, table.schema))
    path = objects.path(row.sha256 or "")
    with (
        parquet_errors(path),
        pq.ParquetFile(path, page_checksum_verification=True) as parquet,
    ):
        wanted = None if columns is None else _present(columns, parquet.schema_arrow)
        return parquet.read(columns=wanted, use_threads=False)


def read_schema(row: Operation) -> pa.Schema | None:
    """Return the Arrow schema of a row's content; None for bytes and empty windows."""
    if row.arrow_schema is None:
        return None
    return pa.ipc.read_schema(pa.py_buffer(row.arrow_schema))


def _placed(data: bytes, objects: ObjectStore, facts: Stored) -> Stored:
    inline = len(data) <= INLINE_BYTES
    return Stored(
        rows=facts.rows,
        size=len(data),
        sha256=sha256_of(data) if inline else objects.put(data),
        min_time_us=facts.min_time_us,
        max_time_us=facts.max_time_us,
        arrow_schema=facts.arrow_schema,
        content=data if inline else None,
    )


def _ipc_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        row_group_size=_ROW_GROUP_ROWS,
        write_page_checksum=True,
        store_schema=True,
    )
    return bytes(sink.getvalue())


def _time_range(table: pa.Table) -> tuple[int | None, int | None]:
    if "timestamp" not in table.column_names or table.num_rows == 0:
        return None, None
    times = table.column("timestamp")
    if not pa.types.is_timestamp(times.type):
        return None, None
    bounds = pc.min_max(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).as_py()
    return bounds["min"], bounds["max"]


def _present(columns: Sequence[str], schema: pa.Schema) -> list[str]:
    names = set(schema.names)
    return [name for name in columns if name in names]
