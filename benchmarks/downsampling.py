"""B7: five resolutions of a long series, against one aggregate by DuckDB, polars or DataFusion.

Ours gives the average, minimum, maximum and count of six columns by 1h, 2h, 4h, 12h and 24h, read
from the pond month by month, as Arrow tables in memory. The others give the same by 1h alone, as
an Arrow table, from the very objects that the pond keeps; the fastest of them counts. Every run is
a fresh Python; its time begins after the imports, with no pond open and no connection made, and
files are in the page cache. Memory is the most that our process has had resident, interpreter,
libraries and all.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
from datafusion import SessionContext

from benchmarks.inputs import Inputs
from benchmarks.measure import (
    Result,
    duration,
    in_child,
    in_turns,
    medians,
    peak_mib,
    seconds_of,
    slower,
    within,
)
from benchmarks.readings import COLUMNS, SERIES, months
from benchmarks.stored import objects
from pond_core import Pond, Resolution, downsample

_RESOLUTIONS = [Resolution.parse(text) for text in ("1h", "2h", "4h", "12h", "24h")]
_MEMORY_MIB = 1536

_AGGREGATES = ", ".join(
    f'avg("{name}"), min("{name}"), max("{name}"), count("{name}")' for name in COLUMNS
)


def measure(inputs: Inputs) -> list[Result]:
    """Return B7."""
    path, scale = inputs.plain(), inputs.scale
    peaks: list[float] = []
    buckets: set[int] = set()
    with inputs.scratch() as folder:
        # Names that tell the order of time, and the suffix that DataFusion insists on.
        for number, each in enumerate(objects(path, Pond.open(path).snapshot(), SERIES)):
            os.link(each, folder / f"{number:04}.parquet")

        def run(engine: str) -> float:
            place = path if engine == "ours" else folder
            answer = in_child("benchmarks.downsampling", engine, place, scale.months)
            buckets.add(answer["buckets"])
            if engine == "ours":
                peaks.append(answer["peak_mib"])
            return float(answer["seconds"])

        runs = {engine: partial(run, engine) for engine in ("ours", *_OTHERS)}
        took = medians(in_turns(runs, rounds=scale.rounds))
    if len(buckets) != 1:
        msg = f"the engines do not agree: {buckets} buckets"
        raise ValueError(msg)
    ours = took.pop("ours")
    what = f"five resolutions of {scale.rows:,} rows, to 1h alone"
    result = slower("B7", what, ours, min(took.values()), limit=1.3)
    told = ", ".join(f"{engine} {duration(seconds)}" for engine, seconds in took.items())
    return [
        replace(result, baseline=told),
        within("B7 memory", "its memory", max(peaks), limit=_MEMORY_MIB, unit="MiB"),
    ]


def _ours(path: Path, count: int) -> int:
    snapshot = Pond.open(path).snapshot()
    pieces = (partial(snapshot.read_series, SERIES, month) for month in months(count))
    return len(downsample(pieces, resolutions=_RESOLUTIONS)[_RESOLUTIONS[0]])


def _duckdb(folder: Path) -> int:
    query = (
        f"SELECT time_bucket(INTERVAL 1 HOUR, timestamp), {_AGGREGATES}"  # noqa: S608 -- our names
        f" FROM read_parquet('{folder}/*') GROUP BY 1 ORDER BY 1"
    )
    with duckdb.connect() as connection:
        return len(connection.sql(query).to_arrow_table())


def _polars(folder: Path) -> int:
    # Of polars' ways the fastest here: its streaming engine, and truncated instants, take longer.
    instants = pl.col("timestamp").set_sorted()
    aggregates = [
        aggregate(pl.col(name)).alias(f"{name}.{said}")
        for name in COLUMNS
        for said, aggregate in _POLARS_AGGREGATES.items()
    ]
    readings = pl.scan_parquet(sorted(folder.iterdir()))
    return len(readings.group_by_dynamic(instants, every="1h").agg(aggregates).collect().to_arrow())


def _datafusion(folder: Path) -> int:
    context = SessionContext()
    context.register_parquet("readings", str(folder))
    query = (
        f"SELECT date_bin(INTERVAL '1 hour', timestamp), {_AGGREGATES}"  # noqa: S608 -- our names
        " FROM readings GROUP BY 1 ORDER BY 1"
    )
    return len(context.sql(query).to_arrow_table())


_POLARS_AGGREGATES = {
    "avg": pl.Expr.mean,
    "min": pl.Expr.min,
    "max": pl.Expr.max,
    "count": pl.Expr.count,
}

_OTHERS: dict[str, Callable[[Path], int]] = {
    "DuckDB": _duckdb,
    "polars": _polars,
    "DataFusion": _datafusion,
}


def _main() -> None:
    engine, place, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    made: list[int] = []

    def run() -> None:
        made.append(_ours(place, count) if engine == "ours" else _OTHERS[engine](place))

    took = seconds_of(run)
    print(json.dumps({"seconds": took, "peak_mib": peak_mib(), "buckets": made[0]}))


if __name__ == "__main__":
    _main()
