"""Readings that were flagged: charts mark them, whether or not they count in averages."""

import polars as pl
import pyarrow as pa

from pond_pipeline.quality import Flag, roll_ups
from pond_pipeline.website.column import reading_columns
from pond_pipeline.website.tile import Flagged

_TOLD = (Flag.SUSPECT, Flag.FAIL)


def flagged_readings(readings: pa.Table) -> Flagged:
    """Return the suspect and failed readings of a series, in order of time."""
    columns = {each.name: each.id for each in reading_columns(readings.schema)}
    found = {}
    for name, flag in roll_ups(readings.schema).items():
        if name in columns:
            told = _told(readings, name, flag)
            if told:
                found[columns[name]] = told
    return found


def _told(readings: pa.Table, name: str, flag: str) -> list[list[float | None]]:
    frame = pl.DataFrame(readings.select(["timestamp", name, flag]))
    value = pl.col(name)
    return [
        [*row]
        for row in frame.filter(pl.col(flag).is_in(_TOLD))
        .select(
            pl.col("timestamp").dt.epoch("s"),
            pl.when(value.is_finite()).then(value),
            pl.col(flag),
        )
        .iter_rows()
    ]
