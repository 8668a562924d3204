"""How content is stored: small inside the log, large as an object.

Bytes are stored as they are. A table is an Arrow IPC record batch if that, as it is or compressed,
is no larger than `INLINE_BYTES`; else a Parquet object, so that engines read columns and time
ranges of it without us. Neither says its Arrow schema: that is an object of its own, which the row
names. So a wide series has its schema once, not once per window.

A batch that is small as it is is left to the compression of the log file, which sees what it has in
common with the rows around it: a bucket that each hour completes a little more costs little more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError, SchemaError
from pond_core.oplog import Operation, open_parquet, parquet_errors
from pond_core.storage import sha256_of
from pond_core.tlogfs.objects import ObjectStore
from pond_core.window import ALWAYS, Window

INLINE_BYTES = 64 * 1024
"""Content up to this size lives in the log's own Parquet files; larger content is an object."""

_TRIED_BYTES = 16 * INLINE_BYTES
"""A larger table is an object without trying how small it would be."""

_FRAME = b"\x28\xb5\x2f\xfd"
"""What a zstd frame begins with (RFC 8878, 3.1.1), and no Arrow IPC message."""

_LEVEL = 3
"""Of zstd: a sixth smaller than level 1, and read in less time."""

_ROW_GROUP_ROWS = 32 * 1024
"""Rows in a row group of an object: what a reader of a short range decodes at least."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Content as it lies in the store; the fields are those columns of the log."""

    rows: int | None = None
    size: int = 0
    sha256: str | None = None
    min_time_us: int | None = None
    max_time_us: int | None = None
    arrow_schema: str | None = None
    content: bytes | None = None


def store(content: bytes | pa.Table | None, objects: ObjectStore) -> Stored:
    """Write content and return what the log has to say of it; None is an empty window."""
    if content is None:
        return Stored(rows=0)
    if isinstance(content, bytes):
        return _placed(content, objects, Stored(size=len(content)))
    low, high = _time_range(content)
    schema = objects.put_schema(content.schema)
    facts = Stored(content.num_rows, 0, None, low, high, schema)
    batch = _batch_bytes(content) if _may_be_inline(content) else None
    if batch is None or len(batch) > INLINE_BYTES:
        try:
            data = _parquet_bytes(content)
        except pa.ArrowException as exc:
            msg = f"a table cannot be stored: {exc}"
            raise SchemaError(msg, hint="cast the column to a type that Parquet keeps") from exc
        return replace(facts, size=len(data), sha256=objects.put(data))
    return _placed(batch, objects, facts)


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
    window: Window = ALWAYS,
) -> pa.Table:
    """Return the table of a row, or those of its columns that are asked for.

    Row groups of an object without a `timestamp` in the window are left out; other rows outside
    of it are not.

    A Parquet object is checked page by page as it is read, not against its digest: that would
    read all of it for a column of it. `verify` checks digests.
    """
    schema = objects.schema(row.arrow_schema or "")
    names = schema.names if columns is None else _present(columns, schema)
    if inline is not None:
        return _read_batch(load_bytes(row, inline, objects), schema).select(names)
    if not names:  # Parquet keeps no rows without columns; the log does
        nulls = pa.schema([("", pa.null())], metadata=schema.metadata)
        return pa.table([pa.nulls(row.rows or 0)], schema=nulls).select([])
    path = objects.path(row.sha256 or "")
    try:
        table = _read_object(row.sha256 or "", objects, names, window)
    except CorruptionError:
        if not objects.mend(row.sha256 or ""):
            raise
        table = _read_object(row.sha256 or "", objects, names, window)
    # The name of a nested column may be that of another one.
    table = table.select(names)
    fields = pa.schema([schema.field(name) for name in names], metadata=schema.metadata)
    if table.schema.types != fields.types and table.schema.types != _kept_as(fields):
        msg = f"{path} does not have the columns that its schema says"
        raise CorruptionError(msg, hint="`pond verify` says what else is damaged")
    return table.cast(fields)


def is_large(row: Operation) -> bool:
    """Say whether the content of a row is an object for its size."""
    return (row.size or 0) > INLINE_BYTES


def located(
    row: Operation, inline: Callable[[Operation], bytes | None], objects: ObjectStore
) -> Path | None:
    """Return the object that holds the content of a row; None if it is inline, or empty.

    Small content is in the log, but for tables that are small as Parquet alone. To look for the
    file is cheaper than for the content, but where the file may have to be fetched.
    """
    if row.sha256 is None:
        return None
    if not is_large(row) and not objects.path(row.sha256).is_file():
        is_object = objects.are_copies and inline(row) is None
        if not is_object:
            return None
    objects.fetch([row.sha256])
    return objects.path(row.sha256)


def _read_object(
    digest: str, objects: ObjectStore, columns: Sequence[str], window: Window
) -> pa.Table:
    path = objects.path(digest)
    objects.fetch([digest])
    with parquet_errors(path), open_parquet(path) as parquet:
        groups = _groups(parquet.metadata, window)
        return parquet.read_row_groups(groups, columns=columns, use_threads=False)


def _present(columns: Sequence[str], schema: pa.Schema) -> list[str]:
    known = set(schema.names)
    return [name for name in columns if name in known]


def _groups(metadata: pq.FileMetaData, window: Window) -> list[int]:
    """Return the row groups of an object that may hold rows of a window."""
    leaves = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
    if window == ALWAYS or "timestamp" not in leaves:
        return list(range(metadata.num_row_groups))
    column = leaves.index("timestamp")
    bounds = [
        metadata.row_group(group).column(column).statistics
        for group in range(metadata.num_row_groups)
    ]
    return [group for group, known in enumerate(bounds) if _may_overlap(known, window)]


def _may_overlap(bounds: pq.Statistics | None, window: Window) -> bool:
    if bounds is None or not bounds.has_min_max:
        return True
    return window.overlaps(Window(bounds.min_raw, bounds.max_raw + 1))


def read_schema(row: Operation, objects: ObjectStore) -> pa.Schema | None:
    """Return the Arrow schema of a row's content; None for bytes and empty windows."""
    return None if row.arrow_schema is None else objects.schema(row.arrow_schema)


def _placed(data: bytes, objects: ObjectStore, facts: Stored) -> Stored:
    is_inline = len(data) <= INLINE_BYTES
    return Stored(
        rows=facts.rows,
        size=len(data),
        sha256=sha256_of(data) if is_inline else objects.put(data),
        min_time_us=facts.min_time_us,
        max_time_us=facts.max_time_us,
        arrow_schema=facts.arrow_schema,
        content=data if is_inline else None,
    )


def _may_be_inline(table: pa.Table) -> bool:
    # A batch alone has no place for the values of a dictionary.
    dictionaries = any(_is_encoded(field.type) for field in table.schema)
    return not dictionaries and table.num_columns > 0 and table.nbytes <= _TRIED_BYTES


def _is_encoded(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) or any(
        _is_encoded(kind.field(i).type) for i in range(kind.num_fields)
    )


def _batch_bytes(table: pa.Table) -> bytes:
    columns = [column.combine_chunks() for column in table.columns]
    batch = pa.RecordBatch.from_arrays(columns, schema=table.schema)
    message = batch.serialize()
    if len(message) <= INLINE_BYTES:
        return bytes(message)
    return bytes(pa.compress(message, codec="zstd", asbytes=True))


def _read_batch(data: bytes, schema: pa.Schema) -> pa.Table:
    message: pa.Buffer = pa.py_buffer(data)
    if data.startswith(_FRAME):
        with pa.CompressedInputStream(message, "zstd") as stream:
            message = stream.read_buffer()
    batch = pa.ipc.read_record_batch(message, schema)
    return pa.Table.from_batches([batch], schema=schema)


def _kept_as(schema: pa.Schema) -> list[pa.DataType]:
    """Return the types that Parquet gives back, some of them wider than those it was given."""
    data = pa.py_buffer(_parquet_bytes(schema.empty_table()))
    types: list[pa.DataType] = pq.read_schema(pa.BufferReader(data)).types
    return types


def _parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    times = [name for name in table.column_names if name == "timestamp"]
    texts = [f.name for f in table.schema if _is_text(f.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        row_group_size=_ROW_GROUP_ROWS,
        write_page_checksum=True,
        # A column's statistics and its dictionary outweigh the values of a short wide window; of
        # real readings a dictionary makes long ones a quarter larger, too.
        write_statistics=times or True,
        use_dictionary=texts or False,
        # Regular instants shrink to their step: a tenth less over all columns of real readings.
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
        store_schema=not all(_is_plain(field.type) for field in table.schema),
    )
    return bytes(sink.getvalue())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """Say whether Parquet alone gives a type back as it was."""
    return (
        _is_text(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_float32(kind)
        or pa.types.is_float64(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date32(kind)
        or kind == pa.timestamp("us", tz="UTC")
    )


def _time_range(table: pa.Table) -> tuple[int | None, int | None]:
    if "timestamp" not in table.column_names or table.num_rows == 0:
        return None, None
    times = table.column("timestamp")
    if times.type != pa.timestamp("us", tz="UTC"):
        return None, None
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    return bounds["min"], bounds["max"]
