"""B15 and B16: a website of 50 instruments with ten years of hourly readings, built and brought on.

Each instrument has five parameters. B15 builds the website from scratch: pages, tiles, days of the
instruments, CSV and Parquet. Its baseline is polars reading the sites' series from the pond and
writing them as CSV and Parquet by year, and nothing else. B16 builds again when one more day has
come to every instrument; that the day is recorded and downsampled is not part of it. Nothing
written is synced.
"""

import statistics
from pathlib import Path

import polars as pl

from benchmarks.inputs import Inputs
from benchmarks.measure import Result, seconds_of, slower, within
from benchmarks.wells import Wells
from pond_pipeline.website import build

_SCRATCH_S = 60.0
_DAY_S = 3.0
_TIMES_POLARS = 20.0
_PARAMETERS = {"Temperature": "C", "Salinity": "psu", "DO": "mg/L", "pH": "pH", "Depth": "m"}


def measure(inputs: Inputs) -> list[Result]:
    """Return B15 and B16."""
    years, count = inputs.scale.years, inputs.scale.instruments
    with inputs.scratch() as scratch:
        wells = Wells(scratch, count=count, years=years, parameters=_PARAMETERS)
        bare = seconds_of(lambda: _bare(wells, scratch / "bare"))
        whole = seconds_of(lambda: build(wells.website, wells.pond.snapshot()))
        days = []
        for _ in range(inputs.scale.rounds):
            wells.go_on()
            days.append(seconds_of(lambda: build(wells.website, wells.pond.snapshot())))
    what = f"a website of {count} instruments x {years} years"
    return [
        within("B15", f"{what}, from scratch", whole, limit=_SCRATCH_S, unit="s"),
        slower(
            "B15 bare",
            "the same, to polars writing its downloads alone",
            whole,
            bare,
            limit=_TIMES_POLARS,
        ),
        within("B16", f"{what}, one day later", statistics.median(days), limit=_DAY_S, unit="s"),
    ]


def _bare(wells: Wells, folder: Path) -> None:
    """Write the downloads alone."""
    folder.mkdir()
    snapshot = wells.pond.snapshot()
    for place in wells.website.places:
        frame = pl.DataFrame(snapshot.read_series(place.series))
        for (year,), part in frame.group_by(pl.col("timestamp").dt.year(), maintain_order=True):
            part.write_csv(folder / f"{place.title}-{year}.csv")
            part.write_parquet(folder / f"{place.title}-{year}.parquet")
