"""Log Parquet files: any Parquet reader reads them, and ours notices every damage."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, LogFile, Operation, OpLog, read_all
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import read_table, write_rows
from pond_core.oplog.schema import COLD, HOT, STATISTICS_COLUMNS, STORED
from pond_core.storage import Durability, sha256_of
from tests.core.oplog.rows import PART, append, link, write

ROWS = [link("b", txn=2, seq=1), write(b"x" * 50, txn=1, seq=2), link("a", txn=3, seq=1)]


def written(place: Path, rows: list[Operation], *, tier: str = HOT) -> LogFile:
    return write_rows(
        place,
        encode(rows),
        part=PART,
        tier=tier,
        durability=Durability(full=False),
        tmp=place / "tmp",
    )


@pytest.fixture
def file(tmp_path: Path) -> LogFile:
    return written(tmp_path, ROWS)


def damage(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x55
    path.write_bytes(data)


def test_a_file_is_named_by_its_part_and_its_digest(tmp_path: Path, file: LogFile) -> None:
    data = (tmp_path / file.path).read_bytes()
    assert file.path == f"tier=hot/part=7/{sha256_of(data)}.parquet"
    assert (file.sha256, file.size) == (sha256_of(data), len(data))
    assert (file.part, file.rows, file.min_txn, file.max_txn) == (PART, 3, 1, 3)
    assert (file.tier, file.is_hot, file.max_until) == ("hot", True, 0)


def test_a_cold_file_says_when_the_last_of_its_rows_counted(tmp_path: Path) -> None:
    rows = [replace(ROWS[0], until=5), replace(ROWS[1], until=3)]
    file = written(tmp_path, rows, tier=COLD)
    assert file.path.startswith("tier=cold/part=7/")
    assert (file.tier, file.is_hot, file.max_until) == ("cold", False, 5)
    assert sorted(row.until or 0 for row in read_all(tmp_path, file)) == [3, 5]


def test_rows_about_nodes_come_first_then_those_about_names(tmp_path: Path) -> None:
    rows = [
        link("b", txn=2, seq=1),
        write(node_id="7b", txn=1, seq=2),
        link("a", txn=3, seq=2),
        link("a", txn=3, seq=1),
        link("z", parent="70", txn=1, seq=1),
        write(node_id="7a", txn=2, seq=3),
        write(node_id="7a", txn=1, seq=4),
    ]
    file = written(tmp_path, rows)
    assert read_all(tmp_path, file) == [rows[at] for at in (6, 5, 1, 4, 3, 2, 0)]


def test_some_columns_are_read_in_the_order_asked(tmp_path: Path, file: LogFile) -> None:
    rows = read_table(tmp_path, file, ["seq", "name"])
    assert rows.to_pydict() == {"seq": [2, 1, 1], "name": [None, "a", "b"]}


def test_plain_pyarrow_reads_every_file_of_a_log(log: OpLog) -> None:
    append(log, link("a"), write(b"x"))
    append(log, link("b"))
    for file in log.files():
        table = pq.ParquetFile(log.table.path / file.path).read()
        assert table.schema.equals(STORED)
        is_header = [op == "header" for op in table.column("op").to_pylist()]
        assert set(is_header) == {file.part == HEADERS}


def test_statistics_are_kept_for_what_is_looked_up_only(tmp_path: Path, file: LogFile) -> None:
    group = pq.ParquetFile(tmp_path / file.path).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    assert {c.path_in_schema for c in columns if c.is_stats_set} == set(STATISTICS_COLUMNS)


def test_a_missing_file_is_damage(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / file.path).unlink()
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        read_table(tmp_path, file)


def test_a_file_that_is_no_parquet_is_damage(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / file.path).write_bytes(b"")
    with pytest.raises(CorruptionError, match="cannot be read"):
        read_table(tmp_path, file)


def test_a_file_with_other_columns_is_damage(tmp_path: Path, file: LogFile) -> None:
    table = pq.ParquetFile(tmp_path / file.path).read()
    for changed in (
        table.drop_columns(["name"]),
        table.set_column(0, "txn", table.column("txn").cast(pa.int32())),
    ):
        pq.write_table(changed, tmp_path / file.path)
        with pytest.raises(CorruptionError, match="does not have the columns of the log"):
            read_table(tmp_path, file)


def test_no_damaged_byte_changes_what_is_read(tmp_path: Path, file: LogFile) -> None:
    """Page checksums cover the data; the footer is checked by what it says."""
    path = tmp_path / file.path
    good = path.read_bytes()
    for position in range(0, len(good), 13):
        damage(path, position)
        try:
            rows = read_all(tmp_path, file)
        except CorruptionError:
            continue
        finally:
            path.write_bytes(good)
        assert strip(rows) == strip(read_all(tmp_path, file))


def strip(rows: list[Operation]) -> list[tuple[int, int, str | None, str | None]]:
    return [(row.txn, row.seq, row.name, row.node_id) for row in rows]
