"""pandas, polars, pyarrow and DuckDB on pond paths."""

import subprocess
import sys
from collections.abc import Callable

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pond_core import ALWAYS, Pond, PondFileSystem, WrongTypeError
from tests.core.mount.conftest import readings

BASIN = "pond:///combined/harbor/Basin"


@pytest.fixture
def filled(pond: Pond) -> Pond:
    with pond.transaction() as tx:
        tx.mkdir("/combined/harbor", parents=True)
        tx.write_window("/combined/harbor/Basin", readings(48), ALWAYS)
        tx.write_window("/combined/harbor/Dock", readings(24), ALWAYS)
        tx.write_data("/stations.csv", b"name,depth\nBasin,3\nDock,5\n")
    return pond


@pytest.fixture
def options(filled: Pond) -> dict[str, object]:
    return {"path": str(filled.path), "durability": "process"}


def test_pandas_reads_series_tables_and_files(options: dict[str, object]) -> None:
    basin = pd.read_parquet(BASIN, storage_options=options, columns=["Depth.m"])
    assert basin["Depth.m"].sum() == sum(range(48))
    both = pd.read_parquet("pond:///combined/harbor", storage_options=options)
    assert len(both) == 72
    stations = pd.read_csv("pond:///stations.csv", storage_options=options)
    assert stations["depth"].tolist() == [3, 5]


def test_pandas_writes_files(options: dict[str, object], mounted: PondFileSystem) -> None:
    frame = pd.DataFrame({"site": ["a", "b"], "value": [1, 2]})
    frame.to_parquet("pond:///out/plain.parquet", storage_options=options)
    frame.to_csv("pond:///out/rows.csv.gz", storage_options=options, index=False)
    frame.to_parquet("pond:///out/sites", storage_options=options, partition_cols=["site"])
    for path in ("out/plain.parquet", "out/sites"):
        found = pd.read_parquet(f"pond:///{path}", storage_options=options)
        assert found["value"].tolist() == [1, 2]
    rows = pd.read_csv("pond:///out/rows.csv.gz", storage_options=options)
    assert rows["site"].tolist() == ["a", "b"]
    assert mounted.isdir("/out/sites/site=a")


def test_pandas_does_not_write_onto_a_series(options: dict[str, object]) -> None:
    with pytest.raises(WrongTypeError, match="not written as bytes"):
        pd.DataFrame({"value": [1]}).to_parquet(BASIN, storage_options=options)
    assert len(pd.read_parquet(BASIN, storage_options=options)) == 48


@pytest.mark.usefixtures("filled")
def test_polars_reads_and_writes_open_files(mounted: PondFileSystem) -> None:
    with mounted.open(BASIN) as file:
        assert pl.read_parquet(file, columns=["Depth.m"]).shape == (48, 1)
    with mounted.open(BASIN) as file:
        late = pl.scan_parquet(file).filter(pl.col("Depth.m") >= 40)
        assert late.select(pl.len()).collect().item() == 8
    with mounted.open("/out/frame.parquet", "wb") as file:
        pl.DataFrame({"value": [1, 2]}).write_parquet(file)
    with mounted.open("/out/frame.parquet") as file:
        assert pl.read_parquet(file)["value"].to_list() == [1, 2]


def test_polars_reads_urls_with_the_help_of_pyarrow(options: dict[str, object]) -> None:
    frame = pl.read_parquet(BASIN, use_pyarrow=True, storage_options=options)
    assert frame.shape == (48, 2)


@pytest.mark.usefixtures("filled")
def test_pyarrow_reads_and_writes(mounted: PondFileSystem) -> None:
    assert pq.read_table("/combined/harbor/Basin", filesystem=mounted).equals(readings(48))
    dataset = ds.dataset("/combined/harbor", filesystem=mounted, format="parquet")
    assert dataset.count_rows(filter=ds.field("Depth.m") >= 20) == 28 + 4
    pq.write_table(pa.table({"value": [1]}), "/out/table.parquet", filesystem=mounted)
    assert pq.read_metadata("/out/table.parquet", filesystem=mounted).num_rows == 1


@pytest.mark.usefixtures("filled")
def test_duckdb_reads_and_writes(mounted: PondFileSystem) -> None:
    with duckdb.connect() as connection:
        connection.register_filesystem(mounted)
        over = "SELECT count(*), max(\"Depth.m\") FROM read_parquet('pond:///{}')"
        one = connection.sql(over.format("combined/harbor/Basin")).fetchall()
        all_of_them = connection.sql(over.format("combined/harbor/*")).fetchall()
        assert [*one, *all_of_them] == [(48, 47.0), (72, 47.0)]
        assert connection.sql("FROM 'pond:///stations.csv'").fetchall() == [
            ("Basin", 3),
            ("Dock", 5),
        ]
        connection.sql("COPY (SELECT 1 AS value) TO 'pond:///out/one.csv'")
    assert mounted.cat("/out/one.csv") == b"value\n1\n"


def test_duckdb_sees_what_was_written_since(filled: Pond, mounted: PondFileSystem) -> None:
    with duckdb.connect() as connection:
        connection.register_filesystem(mounted)
        count = "SELECT count(*) FROM read_parquet('pond:///combined/harbor/Basin')"
        assert connection.sql(count).fetchall() == [(48,)]
        with filled.transaction() as tx:
            tx.write_window("/combined/harbor/Basin", readings(30), ALWAYS)
        assert connection.sql(count).fetchall() == [(30,)]


@pytest.mark.usefixtures("filled")
def test_an_open_filesystem_of_the_past_stays_there(
    filled: Pond, at: Callable[..., PondFileSystem]
) -> None:
    with filled.transaction() as tx:
        tx.remove("/combined/harbor/Basin")
    assert pq.read_table(BASIN.removeprefix("pond://"), filesystem=at(as_of=1)).num_rows == 48


_MANY_THREADS = """
import os, sys
import pyarrow as pa, pyarrow.dataset as ds
from pond_core import PondFileSystem

mounted = PondFileSystem(sys.argv[1], durability="process")
table = pa.table({"value": list(range(40)), "site": [str(each) for each in range(40)]})
for folder in ("/alone", "/together"):
    if folder == "/together":
        mounted.start_transaction()
    ds.write_dataset(table, folder, filesystem=mounted, format="parquet", partitioning=["site"])
mounted.end_transaction()
for folder in ("/alone", "/together"):
    print(ds.dataset(folder, filesystem=mounted, format="parquet").to_table().num_rows, flush=True)
# pyarrow's threads sometimes abort Python at its end, over any fsspec filesystem.
os._exit(0)
"""


def test_a_dataset_is_written_and_read_by_all_of_pyarrow_s_threads(filled: Pond) -> None:
    # In a process of its own: a pond that waits for pyarrow's threads, which wait for the pond,
    # would wait for ever.
    done = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-c", _MANY_THREADS, str(filled.path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["40", "40"]
