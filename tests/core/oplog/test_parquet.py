"""Log Parquet files: any Parquet reader reads them, and ours notices every damage."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, Durability, LogFile, Operation, OpLog, read_all, sha256_of
from pond_core.oplog.parquet import read_contents, read_rows, write_rows
from pond_core.oplog.schema import STATISTICS_COLUMNS, STORED
from tests.core.oplog.rows import PART, append, link, write

ROWS = [link("b", txn=2, seq=1), write(b"x" * 50, txn=1, seq=2), link("a", txn=3, seq=1)]


@pytest.fixture
def file(tmp_path: Path) -> LogFile:
    return write_rows(
        tmp_path, ROWS, part=PART, durability=Durability(full=False), tmp=tmp_path / "tmp"
    )


def damage(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x55
    path.write_bytes(data)


def test_a_file_is_named_by_its_part_and_its_digest(tmp_path: Path, file: LogFile) -> None:
    data = (tmp_path / file.path).read_bytes()
    assert file.path == f"tier=hot/part=7/{sha256_of(data)}.parquet"
    assert (file.sha256, file.size) == (sha256_of(data), len(data))
    assert (file.part, file.min_txn, file.max_txn) == (PART, 1, 3)


def test_rows_are_sorted_by_directory_name_and_transaction(tmp_path: Path, file: LogFile) -> None:
    content, a, b = read_all(tmp_path, file)
    assert [content, a, b] == [ROWS[1], ROWS[2], ROWS[0]]


def test_contents_are_read_by_transaction_and_place(tmp_path: Path, file: LogFile) -> None:
    assert {row.content for row in read_rows(tmp_path, file)} == {None}
    assert read_contents(tmp_path, file) == {(1, 2): b"x" * 50}


def test_plain_pyarrow_reads_every_file_of_a_log(log: OpLog) -> None:
    append(log, link("a"), write(b"x"))
    append(log, link("b"))
    for file in log.table.files():
        table = pq.ParquetFile(log.table.path / file.path).read()
        assert table.schema.equals(STORED)
        is_header = [op == "header" for op in table.column("op").to_pylist()]
        assert set(is_header) == {file.part == HEADERS}


def test_statistics_are_kept_for_three_columns_only(tmp_path: Path, file: LogFile) -> None:
    group = pq.ParquetFile(tmp_path / file.path).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    assert {c.path_in_schema for c in columns if c.is_stats_set} == set(STATISTICS_COLUMNS)


def test_a_missing_file_is_damage(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / file.path).unlink()
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        read_rows(tmp_path, file)


def test_a_file_that_is_no_parquet_is_damage(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / file.path).write_bytes(b"")
    with pytest.raises(CorruptionError, match="cannot be read"):
        read_rows(tmp_path, file)


def test_a_file_with_other_columns_is_damage(tmp_path: Path, file: LogFile) -> None:
    table = pq.ParquetFile(tmp_path / file.path).read()
    for changed in (
        table.drop_columns(["name"]),
        table.set_column(0, "txn", table.column("txn").cast(pa.int32())),
    ):
        pq.write_table(changed, tmp_path / file.path)
        with pytest.raises(CorruptionError, match="does not have the columns of the log"):
            read_rows(tmp_path, file)


def test_no_damaged_byte_changes_what_is_read(tmp_path: Path, file: LogFile) -> None:
    """Page checksums cover the data; the footer is checked by what it says."""
    path = tmp_path / file.path
    good = path.read_bytes()
    for position in range(0, len(good), 13):
        damage(path, position)
        for read in (read_rows, read_all):
            try:
                rows = read(tmp_path, file)
            except CorruptionError:
                continue
            assert strip(rows) == strip(read_all_of(good, tmp_path))
        path.write_bytes(good)


def read_all_of(data: bytes, tmp_path: Path) -> list[Operation]:
    (tmp_path / "good.parquet").write_bytes(data)
    return read_all(tmp_path, LogFile("good.parquet", PART, len(data), 1, 3))


def strip(rows: list[Operation]) -> list[tuple[int, int, str | None, str | None]]:
    return [(row.txn, row.seq, row.name, row.node_id) for row in rows]
