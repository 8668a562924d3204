"""B5, B6: SQL over a long series, against DuckDB on the very files that the pond keeps.

B5 asks for the count and the average, minimum and maximum of six columns over all readings. The
series is as maintenance leaves it at worst: some months cut where a day was replaced, some small
windows at the end that live in the log. DuckDB reads the same objects with `read_parquet`, and
one Parquet file with the readings that live in the log; it also reads the few rows that were
replaced, and filters nothing.

B6 asks the same of one month; DuckDB runs the same statement on the one object that holds it. The
objects read are counted by taking all others away: the query must find as many rows in a copy of
the pond that has only those left, the schema among them.

Snapshots are open, files are in the page cache, and DuckDB is at work already on both sides: the
pond keeps an instance for its queries, so the baseline has an open connection. What the baseline
takes with a fresh one is told too.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.inputs import Inputs
from benchmarks.measure import (
    Result,
    duration,
    faster,
    in_turns,
    medians,
    seconds_of,
    within,
)
from benchmarks.readings import COLUMNS, SERIES, asked_month, bounds
from benchmarks.stored import files, object_path, objects
from pond_core import Pond, PondError, Snapshot, Window, concat, from_us

_ROUNDS = 3
"""Runs of a kind for each round of the scale: these are short."""

_MOST_OBJECTS = 2

_AGGREGATES = "count(*), " + ", ".join(
    f'avg("{name}"), min("{name}"), max("{name}")' for name in COLUMNS
)


def measure(inputs: Inputs) -> list[Result]:
    """Return B5 and B6."""
    path = inputs.series()
    snapshot = Pond.open(path).snapshot()
    with inputs.scratch() as scratch:
        small = scratch / "small.parquet"
        pq.write_table(_small_windows(path, snapshot), small, compression="zstd")
        whole = _against_duckdb(
            snapshot, "", [*objects(path, snapshot, SERIES), small], rounds=inputs.scale.rounds
        )
    month = asked_month(inputs.scale)
    held = objects(path, snapshot, SERIES, month)
    one = _against_duckdb(snapshot, _where(month), held, rounds=inputs.scale.rounds)
    rows = f"{inputs.scale.rows:,} rows in {inputs.scale.months} windows"
    return [
        _result("B5", f"SQL aggregate over {rows}", whole, limit=0.9),
        _result("B6", "SQL aggregate over one month of them", one, limit=0.8),
        _objects_read(inputs, path, month, held),
    ]


def _against_duckdb(
    snapshot: Snapshot, where: str, parquet: Sequence[Path], *, rounds: int
) -> dict[str, float]:
    """Return the median times of a query on the pond, and of DuckDB alone on files."""
    ours = _query(where)
    listed = [str(file) for file in parquet]
    theirs = f"SELECT {_AGGREGATES} FROM read_parquet({listed}){where}"  # noqa: S608 -- our own names

    def fresh() -> None:
        with duckdb.connect() as connection:
            connection.sql(theirs).to_arrow_table()

    with duckdb.connect() as connection:
        runs: dict[str, Callable[[], object]] = {
            "ours": lambda: snapshot.sql(ours),
            "fresh": fresh,
            "open": lambda: connection.sql(theirs).to_arrow_table(),
        }
        for run in runs.values():
            run()  # files come into the page cache
        timed = {name: lambda run=run: seconds_of(run) for name, run in runs.items()}
        return medians(in_turns(timed, rounds=rounds * _ROUNDS))


def _result(id_: str, what: str, times: dict[str, float], *, limit: float) -> Result:
    result = faster(id_, what, times["ours"], times["open"], limit=limit)
    told = f"{result.baseline} ({duration(times['fresh'])} with a fresh connection)"
    return replace(result, baseline=told)


def _objects_read(inputs: Inputs, path: Path, month: Window, held: Sequence[Path]) -> Result:
    """Say whether the month can be read where only what it needs is left."""
    everything = list(files(path / "objects"))
    contents = objects(path, Pond.open(path).snapshot(), SERIES)
    needed = [*held, *(each for each in everything if each not in contents)]
    query = _query(_where(month))
    with inputs.scratch() as scratch:
        copy = scratch / "pond"
        shutil.copytree(path, copy, ignore=shutil.ignore_patterns("objects"))
        for each in needed:
            target = copy / each.relative_to(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(each, target)
        is_enough = _rows_found(copy, query) == _rows_found(path, query)
    count = len(needed if is_enough else everything)
    result = within("B6 objects", "objects read for that month", count, limit=_MOST_OBJECTS)
    return replace(result, baseline=f"{len(everything)} in all")


def _rows_found(pond: Path, query: str) -> int | None:
    """Return the count that a query begins with; None where an object that it opens is missing."""
    try:
        return int(Pond.open(pond).snapshot().sql(query)[0][0].as_py())
    except PondError:
        return None


def _query(where: str) -> str:
    return f'SELECT {_AGGREGATES} FROM "{SERIES}"{where}'  # noqa: S608 -- our own names


def _where(month: Window) -> str:
    start, end = (f"TIMESTAMPTZ '{from_us(edge_us)}'" for edge_us in bounds(month))
    return f" WHERE timestamp >= {start} AND timestamp < {end}"


def _small_windows(path: Path, snapshot: Snapshot) -> pa.Table:
    """Return the readings that live in the log: those of small windows."""
    pieces = snapshot.node(SERIES).pieces
    small = [each for each in pieces if not object_path(path, each.sha256).is_file()]
    return concat(snapshot.read_series(SERIES, each.window) for each in small)
