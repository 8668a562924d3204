"""Files of rows, written some rows at a time: Parquet, CSV, Arrow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from pond_core import ParquetFile, RowStream, SchemaError
from pond_pipeline.cli.rows import csv_chunks

WriteRows = Callable[[pa.Table], None]
"""Adds rows to a file."""


class FileFormat(StrEnum):
    """What files of rows are; the name is also how theirs end."""

    PARQUET = "parquet"
    CSV = "csv"
    ARROW = "arrow"


@contextmanager
def row_file(file: BinaryIO, schema: pa.Schema, form: FileFormat) -> Iterator[WriteRows]:
    """Begin a file of rows; it is complete when the block ends.

    Args:
        file: Where it is written to; it stays open.
        schema: The columns of all rows.
        form: What it is. Arrow is an IPC file without compression, which every reader understands.

    Raises:
        SchemaError: The format has no such type.
    """
    try:
        match form:
            case FileFormat.PARQUET:
                with ParquetFile(file, schema) as parquet:
                    yield parquet.write
            case FileFormat.ARROW:
                with pa.ipc.new_file(file, schema) as arrow:
                    yield arrow.write_table
            case FileFormat.CSV:
                header, *_ = csv_chunks(schema.empty_table())
                file.write(header)
                yield lambda table: file.writelines(islice(csv_chunks(table), 1, None))
    except pa.ArrowException as exc:
        msg = f"these rows cannot be written as {form}: {exc}"
        raise SchemaError(msg, hint="leave columns out, or use another format") from exc


def write_rows(file: BinaryIO, rows: RowStream, form: FileFormat) -> int:
    """Write all rows, and return how many there were.

    Raises:
        SchemaError: The format has no such type.
    """
    count = 0
    with row_file(file, rows.schema, form) as write:
        for table in rows.tables:
            write(table)
            count += table.num_rows
    return count
