"""What an export says about one location, and how exports of one location become one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from math import inf
from types import MappingProxyType

import polars as pl
import pyarrow as pa

from pond_core import ALWAYS, Window, slice_window, to_us
from pond_pipeline.laketech.column import TIMESTAMP


@dataclass(frozen=True, slots=True)
class Export:
    """The readings of one location in one exported file.

    Attributes:
        file: The name of the file.
        location: The location's name, `FB-Surface-1084669`.
        readings: `timestamp: timestamp[us, UTC]`, not null, ascending, unique; then per column
            of the file, in its order, a nullable float64 named `<Parameter>.<unit>` (see
            `pond_pipeline.laketech.column.Column.field` for the metadata). It may have no row
            and no column but `timestamp`.
        location_id: The vendor's identifier of the location; empty when not given.
        created: When the file was exported, taken as UTC; None when not given.
        serials: Serial numbers of the devices, where the file shows any.
        properties: All properties of the file: section, label, value. A property without a
            label, such as "Time shown in UTC", stands under its vendor key.
    """

    file: str
    location: str
    readings: pa.Table
    location_id: str = ""
    created: datetime | None = None
    serials: tuple[str, ...] = ()
    properties: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def as_of_us(self) -> int | None:
        """The present as the file knew it, in microseconds: when it was made, or its last reading.

        A file that does not say when it was made was made after its last reading. None where it
        has none either.
        """
        if self.created is not None:
            return to_us(self.created)
        stamps = self.readings[TIMESTAMP.name].cast(pa.int64())
        return int(stamps[-1].as_py()) if len(stamps) else None


def location_matches(export: Export, pattern: str) -> bool:
    """Say whether the location's name fits a pattern of `*`, `?` and `[...]`; case counts."""
    return fnmatchcase(export.location, pattern)


def combine_exports(exports: Sequence[Export], window: Window = ALWAYS) -> pa.Table:
    """Return the readings of exports that overlap, each instant once.

    Of the values that several exports give for one cell, that of the newest counts, by what
    `Export.as_of_us` says and then by file name; a missing value never hides a reading. The order
    in which the exports are given does not matter.

    Args:
        exports: Any number of them.
        window: Only readings in it; which export is the newest does not depend on it.

    Returns:
        `timestamp: timestamp[us, UTC]`, not null, ascending, unique; then every column of any
        export, nullable float64, by name, with the metadata that the newest export gives it.
    """
    ordered = sorted(exports, key=_newness)
    newest = {
        column.name: column
        for export in ordered
        for column in export.readings.schema
        if column.name != TIMESTAMP.name
    }
    frames = [pl.DataFrame(slice_window(export.readings, window)) for export in ordered]
    return tabulate(frames, fields=[newest[name] for name in sorted(newest)])


def _newness(export: Export) -> tuple[float, str]:
    as_of_us = export.as_of_us
    return -inf if as_of_us is None else as_of_us, export.file


def timestamps(instants_us: Sequence[int]) -> pl.Series:
    """Return instants, in microseconds since the epoch, as the column `timestamp` of a frame."""
    return pl.Series(instants_us, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def tabulate(frames: Sequence[pl.DataFrame], *, fields: Sequence[pa.Field]) -> pa.Table:
    """Return one table of frames that hold `timestamp` and some of the fields.

    An instant that occurs more than once becomes one row: per cell, the last value that is not
    null counts.
    """
    schema = pa.schema([TIMESTAMP, *fields])
    empty = pl.DataFrame(schema.empty_table())
    merged = (
        pl.concat([empty, *frames], how="diagonal")
        .group_by(TIMESTAMP.name)
        .agg(pl.all().drop_nulls().last())
        .sort(TIMESTAMP.name)
    )
    return merged.select(schema.names).to_arrow().cast(schema)
