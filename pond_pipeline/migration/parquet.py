"""Parquet files of somebody else's making, which may hold anything."""

import pyarrow as pa
import pyarrow.parquet as pq

from pond_pipeline.errors import MigrationError


def read_parquet(data: bytes) -> pa.Table:
    """Read a Parquet file whole; every value of it can be looked at afterwards.

    Raises:
        MigrationError: It is none, or a damaged one. No value of it is told.
    """
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError):
        # Arrow's own error may quote the file, and the file may hold a secret: it is not chained.
        raise MigrationError("it cannot be read as Parquet") from None
    return table


def read_rows(data: bytes) -> list[dict[str, object]]:
    """Read a small Parquet table as rows, by the names of its columns.

    Raises:
        MigrationError: As `read_parquet`; or two columns have one name.
    """
    table = read_parquet(data)
    if len(set(table.column_names)) < table.num_columns:
        raise MigrationError("two of its columns have one name")
    try:
        rows: list[dict[str, object]] = table.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError):
        raise MigrationError("its values cannot be read") from None
    return rows
