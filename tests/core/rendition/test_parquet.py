"""The same rows are the same bytes, in whatever parts they come."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core import ParquetFile
from pond_core.rendition import parquet as parquet_module

ROWS = 1000


def written(table: pa.Table, cuts: Sequence[int]) -> bytes:
    sink = io.BytesIO()
    with ParquetFile(sink, table.schema) as file:
        for start, end in zip([0, *cuts], [*cuts, ROWS], strict=True):
            file.write(table.slice(start, end - start))
    return sink.getvalue()


def test_parts_of_any_length_make_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "_ROW_GROUP_ROWS", 128)
    table = pa.table({"n": list(range(ROWS))}).replace_schema_metadata({"unit": "C"})
    whole = written(table, [])
    assert written(table, [1, 2, 500]) == whole
    assert written(table, list(range(1, ROWS, 7))) == whole
    file = pq.ParquetFile(io.BytesIO(whole))
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [128] * 7 + [104]
    assert file.read().equals(table, check_metadata=True)


def test_no_rows_are_a_file_as_well() -> None:
    sink = io.BytesIO()
    with ParquetFile(sink, pa.schema([("n", pa.int64())])):
        pass
    assert pq.read_table(io.BytesIO(sink.getvalue())).schema.names == ["n"]
