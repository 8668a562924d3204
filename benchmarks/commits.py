"""B1, B2: one small operation in a transaction of its own, durable on return.

The operation overwrites one of ten small files; what is timed is the whole transaction, from
seeing what others committed to having waited for the disk, upkeep included. Commits to a pond of
some age and to one with 10,000 transactions, and appends of one row to a bare Delta table of the
same columns, partitions included, are made in turns, one by one. Young ponds and bare tables are
replaced by fresh ones every round, bare tables every 16 appends: they would slow down by
themselves. delta-rs does not wait for the disk; we do.

The mean with upkeep and the slowest hundredth are those of all commits that made the old pond.
"""

import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from benchmarks.inputs import Inputs, commit_small
from benchmarks.measure import Result, duration, in_turns, medians, seconds_of, slower
from pond_core import Pond

_APPENDS_TO_A_TABLE = 16


def measure(inputs: Inputs) -> list[Result]:
    """Return B1 and B2."""
    scale = inputs.scale
    making = inputs.old_seconds()
    figures: dict[str, list[float]] = {"early": [], "old": [], "bare": []}
    with inputs.scratch() as scratch:
        old = _copy(inputs.old(), scratch / "old")
        for number in range(scale.rounds):
            runs = {
                "early": _commits(_copy(inputs.early(), scratch / f"early{number}")),
                "old": _commits(old),
                "bare": _appends(scratch / f"bare{number}", like=old),
            }
            for name, seconds in in_turns(runs, rounds=scale.commits_a_round).items():
                figures[name].extend(seconds)
    took = medians(figures)
    median, mean = statistics.median(making), statistics.fmean(making)
    slow = statistics.quantiles(making, n=100)[-1]
    upkeep = slower("B1 mean", "mean commit with upkeep, to the median", mean, median, limit=3)
    return [
        slower(
            "B1",
            f"one small commit after {scale.commits:,}, to one after {scale.early_commits}",
            took["old"],
            took["early"],
            limit=1.5,
        ),
        Result(
            upkeep.id,
            upkeep.what,
            f"{upkeep.ours} (99 of 100 within {duration(slow)})",
            upkeep.baseline,
            upkeep.ratio,
            upkeep.budget,
            upkeep.ok,
        ),
        slower(
            "B2",
            f"one small commit after {scale.commits:,}, to a bare append",
            took["old"],
            took["bare"],
            limit=2,
        ),
    ]


def _copy(path: Path, target: Path) -> Path:
    shutil.copytree(path, target)
    return target


def _commits(path: Path) -> Callable[[], float]:
    """Return what commits once and tells the time."""
    pond = Pond.open(path)
    number = 0

    def run() -> float:
        nonlocal number
        number += 1
        return seconds_of(lambda: commit_small(pond, number))

    return run


def _appends(folder: Path, *, like: Path) -> Callable[[], float]:
    """Return what appends one row to a fresh Delta table and tells the time."""
    model = DeltaTable(str(like / "oplog"))
    partitions = model.metadata().partition_columns
    row = _row(pa.schema(model.schema().to_arrow()))
    number = 0

    def run() -> float:
        nonlocal number
        table = str(folder / str(number // _APPENDS_TO_A_TABLE))
        if number % _APPENDS_TO_A_TABLE == 0:
            DeltaTable.create(table, schema=model.schema(), partition_by=partitions)
        number += 1
        return seconds_of(lambda: write_deltalake(table, row, mode="append"))

    return run


def _row(schema: pa.Schema) -> pa.Table:
    """Return one row with a value of a usual length in every column."""
    values = {
        pa.string(): "0" * 32,
        pa.binary(): b"reading 000000001",
        pa.int32(): 1,
        pa.int64(): 1,
        pa.timestamp("us", tz="UTC"): 1,
    }
    return pa.Table.from_pylist([{f.name: values[f.type] for f in schema}], schema=schema)
