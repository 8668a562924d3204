"""Bringing old content into the pond: what is there already stays, and is compared.

A reading that the pond has is never replaced by one of the old pond: the pond's is as new, or
newer. So a second migration adds what the first could not, and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa

from pond_core import (
    ALWAYS,
    EntryType,
    PathError,
    ReadFS,
    Transaction,
    Window,
    from_us,
    slice_window,
    to_us,
)
from pond_pipeline.errors import MigrationError
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA
from pond_pipeline.migration.dictionary import FLOOR
from pond_pipeline.periods import Period
from pond_pipeline.record import FETCHED_AT

_ELSEWHERE = "give its resource another name there, or migrate into another pond"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a series of the pond says to some readings.

    Attributes:
        rows: How many readings it holds in all.
        first: The earliest; None without any.
        last: The latest.
        equal: How many of the readings it holds as they are.
        other: How many it holds with another value.
        absent: Those that it does not hold; columns of `RAW_SCHEMA`.
    """

    rows: int
    first: datetime | None
    last: datetime | None
    equal: int
    other: int
    absent: pa.Table


def compare(fs: ReadFS, path: str, readings: pa.Table, *, now: datetime) -> Comparison:
    """Compare readings with what the pond holds, month by month.

    Args:
        fs: The pond.
        path: A series, or nothing.
        readings: Columns of `RAW_SCHEMA`, sorted by `RAW_KEY` and unique on it.
        now: The present instant.

    Raises:
        MigrationError: Something else is there.
    """
    if not fs.exists(path):
        return Comparison(0, None, None, 0, 0, readings)
    if fs.entry_type(path) is not EntryType.SERIES:
        raise MigrationError(f"the pond has a {fs.entry_type(path)} at {path}", hint=_ELSEWHERE)
    instants = fs.read_series(path, ALWAYS, ["timestamp"])["timestamp"]
    if not len(instants):
        return Comparison(0, None, None, 0, 0, readings)
    equal, there, absent = 0, 0, [RAW_SCHEMA.empty_table()]
    for window, part in _by_window(readings, now):
        both = _beside(part, fs.read_series(path, window))
        is_there = both["there"].fill_null(value=False)
        there += int(is_there.sum())
        equal += int((is_there & both["value"].eq_missing(both["stored"])).sum())
        absent.append(part.filter((~is_there).to_arrow()))
    return Comparison(
        rows=len(instants),
        first=from_us(instants[0].value),
        last=from_us(instants[-1].value),
        equal=equal,
        other=there - equal,
        absent=pa.concat_tables(absent),
    )


def check_location(fs: ReadFS, path: str, location_id: int) -> None:
    """Refuse to mix the readings of two instruments.

    Raises:
        MigrationError: The pond collected this series from another location.
    """
    marks = fs.node(path).marks.values() if fs.exists(path) else ()
    for facts in marks:
        inputs = facts.get("inputs")
        location = inputs.get("location") if isinstance(inputs, Mapping) else None
        if facts.get("rows") and location is not None and location != str(location_id):
            msg = f"the pond collected {path} from location {location}, not from {location_id}"
            raise MigrationError(msg, hint=_ELSEWHERE)


def add_readings(tx: Transaction, path: str, readings: pa.Table, *, now: datetime) -> int:
    """Store those of some readings that the pond does not have; return how many these are.

    Raises:
        MigrationError: Something else is there.
    """
    absent = compare(tx, path, readings, now=now).absent
    tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
    for window, part in _by_window(absent, now):
        tx.merge_window(path, part, window, key=RAW_KEY, ignore=(FETCHED_AT,))
    return int(absent.num_rows)


def add_file(tx: Transaction, path: str, data: bytes) -> None:
    """Store a file where nothing is.

    Raises:
        PondError: The pond has no place for it.
    """
    if not tx.exists(path):
        tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
        tx.write_data(path, data)


def is_stored(fs: ReadFS, path: str, data: bytes) -> bool | None:
    """Say whether a file of the pond holds these bytes; None where nothing is, or can be."""
    try:
        if not fs.exists(path):
            return None
        return fs.entry_type(path) is EntryType.DATA and fs.read_data(path) == data
    except PathError:
        return None


def _beside(readings: pa.Table, stored: pa.Table) -> pl.DataFrame:
    """Return the readings with the columns `stored`, a value, and `there`; null where none is.

    Raises:
        MigrationError: What is stored is another kind of series.
    """
    if stored.num_rows and not set(RAW_SCHEMA.names) <= set(stored.column_names):
        raise MigrationError("the pond has another series there", hint=_ELSEWHERE)
    ours = pl.DataFrame(readings.select([*RAW_KEY, "value"]))
    if not stored.num_rows:
        return ours.with_columns(stored=pl.lit(None, pl.Float64), there=pl.lit(None, pl.Boolean))
    theirs = pl.DataFrame(stored.select([*RAW_KEY, "value"])).rename({"value": "stored"})
    return ours.join(theirs.with_columns(there=True), on=RAW_KEY, how="left", maintain_order="left")


def _by_window(table: pa.Table, now: datetime) -> Iterator[tuple[Window, pa.Table]]:
    """Cut readings into months, in order; what a wrong clock stamped is a window at either end."""
    start_us, end_us = to_us(FLOOR), to_us(Period.of(now).next().start)
    while table.num_rows:
        first_us = table["timestamp"][0].value
        if first_us < start_us:
            window = Window(None, start_us)
        elif first_us >= end_us:
            window = Window(end_us, None)
        else:
            window = Period.of(from_us(first_us)).window
        part = slice_window(table, window)
        yield window, part
        table = table.slice(part.num_rows)
