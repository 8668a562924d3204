"""Tables and series as Parquet: the same rows give the same bytes, however many windows hold them.

All metadata of schema and fields is in the file.
"""

from types import TracebackType
from typing import IO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.rendition.rows import RowStream

_ROW_GROUP_ROWS = 128 * 1024
"""What a reader of a few rows decodes at least."""


class ParquetFile:
    """A Parquet file in the making: rows come in tables of any length.

    Args:
        file: Where to write; it stays open.
        schema: The columns.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(
            file, schema, compression="zstd", write_page_checksum=True, store_schema=True
        )
        self._rest = schema.empty_table()
        self._has_groups = False

    def write(self, table: pa.Table) -> None:
        """Add rows.

        Raises:
            pa.ArrowException: Parquet has no such type.
        """
        self._rest = pa.concat_tables([self._rest, table])
        whole = self._rest.num_rows - self._rest.num_rows % _ROW_GROUP_ROWS
        for start in range(0, whole, _ROW_GROUP_ROWS):
            self._group(self._rest.slice(start, _ROW_GROUP_ROWS))
        self._rest = self._rest.slice(whole)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and (self._rest.num_rows or not self._has_groups):
            self._group(self._rest)
        self._writer.close()

    def _group(self, rows: pa.Table) -> None:
        # One chunk per row group: pages then do not depend on where windows begin and end.
        self._writer.write_table(rows.combine_chunks(), row_group_size=_ROW_GROUP_ROWS)
        self._has_groups = True


def write_parquet(rows: RowStream, file: IO[bytes]) -> None:
    """Write a stream of rows as a Parquet file.

    Raises:
        pa.ArrowException: Parquet has no such type.
    """
    with ParquetFile(file, rows.schema) as parquet:
        for table in rows.tables:
            parquet.write(table)
