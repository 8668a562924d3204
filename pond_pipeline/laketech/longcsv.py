"""The long CSV export: one row per value.

The columns are `Timestamp`, `Location`, `Parameter` and `Value`, in any order and case, and
perhaps `Series Name` and `Offset`; others are ignored. Timestamps are local times without a zone.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import polars as pl

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech.clock import parse_wall, required_zone, to_instants
from pond_pipeline.laketech.column import Column, fields, split_unit
from pond_pipeline.laketech.export import Export, tabulate, timestamps
from pond_pipeline.laketech.number import read_numbers

_REQUIRED = ("timestamp", "location", "parameter", "value")
_OPTIONAL = ("series name", "offset")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file: its number, and its cells by lower-case column name."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Series:
    """The lines of one series at one location, in the order of the file."""

    column: Column
    lines: list[_Line] = field(default_factory=list)


def read_long_csv(
    text: str,
    *,
    name: str,
    timezone: str | None = None,
    subtract_offset: Sequence[str] = (),
) -> list[Export]:
    """Return one export per location of the file, in the order in which they occur.

    A column is named after the parameter and the unit in its text, `Temperature (C)`. Where two
    series of one location would give one column, both take their series name as parameter:
    `Surface Temp.C` and `Bottom Temp.C`. Of two values of one series at one instant the later
    counts, unless it is missing.

    Args:
        text: The file.
        name: The name of the file, for errors and for `Export.file`.
        timezone: The zone of the timestamps, as `parse_zone` reads it. Hours that clocks showed
            twice are told apart by the order of lines within each series.
        subtract_offset: Parameters whose values are `Value - Offset`; without an offset on the
            line, `Value` as it is.

    Raises:
        ExportError: It is no such file, `timezone` is missing or unknown, or a line cannot be read.
    """
    lines = _lines(text, name=name)
    zone = required_zone(timezone, file=name)
    series: dict[str, dict[Column, _Series]] = {}
    for line in lines:
        location = series.setdefault(line.cells["location"], {})
        parameter, unit = split_unit(line.cells["parameter"])
        column = Column(parameter, unit, series=line.cells["series name"])
        location.setdefault(column, _Series(column)).lines.append(line)
    return [
        _export(
            location,
            list(columns.values()),
            name=name,
            zone=zone,
            subtract_offset=subtract_offset,
        )
        for location, columns in series.items()
    ]


def _lines(text: str, *, name: str) -> list[_Line]:
    """Return the lines that are not blank; required cells but `Value` are not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        positions = _positions(header, name=name)
        return [
            _line(row, positions, width=len(header), number=reader.line_num, name=name)
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise ExportError(
            f"{name}: line {reader.line_num}: {error}",
            hint="the file is damaged or cut off: export or copy it again",
        ) from error


def _positions(header: Sequence[str], *, name: str) -> dict[str, int]:
    found = {cell.strip().lower(): at for at, cell in enumerate(header)}
    missing = [column.title() for column in _REQUIRED if column not in found]
    if missing:
        raise ExportError(
            f"{name}: line 1: no column {', '.join(missing)}",
            hint="columns: Timestamp, Series Name, Location, Parameter, Value, Offset, by commas; "
            "of a report export, give the .htm file itself",
        )
    return {column: found[column] for column in (*_REQUIRED, *_OPTIONAL) if column in found}


def _line(
    row: Sequence[str], positions: Mapping[str, int], *, width: int, number: int, name: str
) -> _Line:
    cells = dict.fromkeys(_OPTIONAL, "")
    cells |= {column: row[at].strip() for column, at in positions.items() if at < len(row)}
    if "value" not in cells or not all(cells[column] for column in _REQUIRED[:-1]):
        empty = next(column for column in _REQUIRED if not cells.get(column))
        raise ExportError(
            f"{name}: line {number}: no {empty.title()}",
            hint="the file is damaged or cut off: export or copy it again",
        )
    if any(cell.strip() for cell in row[width:]):
        raise ExportError(
            f"{name}: line {number}: {len(row)} cells, the first line has {width}",
            hint="a value with a comma must be quoted; the decimal mark is a point",
        )
    return _Line(number, cells)


def _export(
    location: str,
    series: Sequence[_Series],
    *,
    name: str,
    zone: tzinfo,
    subtract_offset: Sequence[str],
) -> Export:
    columns = _told_apart([one.column for one in series])
    named = fields(columns, file=name)
    frames = [
        pl.DataFrame(
            {
                "timestamp": timestamps(_instants(one, name=name, zone=zone)),
                known.name: _values(one, name=name, subtract_offset=subtract_offset),
            }
        )
        for one, known in zip(series, named, strict=True)
    ]
    return Export(file=name, location=location, readings=tabulate(frames, fields=named))


def _told_apart(columns: Sequence[Column]) -> list[Column]:
    """Return the columns, those that share a label named after their series."""
    labels = Counter(column.label for column in columns)
    return [
        replace(column, parameter=column.series)
        if labels[column.label] > 1 and column.series
        else column
        for column in columns
    ]


def _instants(series: _Series, *, name: str, zone: tzinfo) -> list[int]:
    walls = [
        parse_wall(line.cells["timestamp"], place=f"{name}: line {line.number}")
        for line in series.lines
    ]
    return to_instants(walls, zone=zone)


def _values(series: _Series, *, name: str, subtract_offset: Sequence[str]) -> pl.Series:
    values = _numbers(series, "value", name=name)
    if series.column.parameter not in subtract_offset:
        return values
    return values - _numbers(series, "offset", name=name).fill_null(0.0)


def _numbers(series: _Series, column: str, *, name: str) -> pl.Series:
    def place(at: int) -> str:
        line = series.lines[at]
        return f"{name}: line {line.number} ({line.cells['timestamp']}), {column.title()}"

    return read_numbers([line.cells[column] for line in series.lines], place=place)
