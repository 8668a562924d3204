"""What the tests of queries write and read."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pond_core import Pond, Snapshot, Window, from_us

MANY = 10_000
"""Rows that make an object."""

ENGINES = ("duckdb", "datafusion")


def rows(snapshot: Snapshot, statement: str, engine: str = "duckdb") -> list[tuple[Any, ...]]:
    columns = snapshot.sql(statement, engine=engine).to_pydict().values()
    return list(zip(*columns, strict=True))


def large(start: int, value: float = 1.0, column: str = "value") -> pa.Table:
    """Return a window's table that is kept as an object: its noise cannot be compressed."""
    instants = np.arange(start, start + MANY)
    noise = np.random.default_rng(start).random(MANY)
    return pa.table(
        {
            "timestamp": pa.array(instants).cast(pa.timestamp("us", tz="UTC")),
            column: value + (instants % 7).astype(np.float64),
            "noise": noise,
        }
    )


def objects(pond: Pond) -> list[Path]:
    """Return the Parquet objects of a pond."""
    files = [path for path in (pond.path / "objects").rglob("*") if path.is_file()]
    return [path for path in files if path.read_bytes()[:4] == b"PAR1"]


def written(pond: Pond, path: str, *windows: tuple[Window, pa.Table | None]) -> Snapshot:
    """Write windows of a series, each in a transaction of its own, and return what is there."""
    for window, table in windows:
        with pond.transaction() as tx:
            tx.write_window(path, table, window)
    return pond.snapshot()


def text(us: int) -> str:
    """Return an instant as both engines compare it with a timestamp."""
    return f"'{from_us(us).isoformat()}'"
