"""The Parquet files of a project: one for each period of a series, one for a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from pond_core import (
    ALWAYS,
    TIME_ONLY,
    DataError,
    EntryType,
    NodePath,
    ParquetFile,
    RowStream,
    SchemaError,
    Snapshot,
    Window,
    from_us,
    slice_window,
    stream_rows,
    to_us,
)
from pond_pipeline.observable.project import PAGES, Facts, Project
from pond_pipeline.observable.selection import Cut
from pond_pipeline.versions import digest_of

FOLDER = "data"
"""Where data files lie, below the root of all pages."""

_FORMAT = "1"
"""Another one has all files made anew."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "1y": ("year",),
    "1mo": ("year", "month"),
    "1d": ("year", "month", "day"),
}
"""Which numbers files are called by, by what they hold."""

_TIMESTAMP = TIME_ONLY.names[0]
_US_PER_S = 1_000_000
_EARLIEST_US, _LATEST_US = (
    to_us(datetime(*each, tzinfo=UTC)) for each in ((1, 1, 2), (9999, 12, 30))
)
"""The clocks of any zone are in the range of `datetime` there."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that pages read.

    Attributes:
        name: Its path below the root of all pages.
        start_us: Where its period begins; None for that of a table.
        end_us: Where it ends; the end is not in it.
    """

    name: str
    start_us: int | None = None
    end_us: int | None = None

    @property
    def told(self) -> Mapping[str, object]:
        """What templates are told of it: its path from that root, seconds since 1970 or nothing."""
        return {
            "file": f"/{self.name}",
            "start_time": None if self.start_us is None else self.start_us // _US_PER_S,
            "end_time": None if self.end_us is None else self.end_us // _US_PER_S,
        }


@dataclass(frozen=True, slots=True)
class Rows:
    """A table or series as it was exported.

    Attributes:
        node: It.
        schema: Its columns, those that were asked for.
        files: What holds its rows, in order of time.
        rows: How many there are.
        first: The first instant; None for a table and without rows.
        last: The last one.
    """

    node: NodePath
    schema: pa.Schema
    files: tuple[DataFile, ...]
    rows: int
    first: datetime | None
    last: datetime | None

    @property
    def told(self) -> dict[str, Any]:
        """What a page is told of it: the arguments of `Page` that tell what was exported."""
        return {
            "schema": self.schema,
            "rows": self.rows,
            "first": self.first,
            "last": self.last,
            "files": [file.told for file in self.files],
        }


def export_data(
    project: Project, snapshot: Snapshot, node: NodePath, cut: Cut, *, folder: str
) -> Rows:
    """Have the files of a table or series; what is stored is read only where it has changed.

    A series has a file for each period in which it has rows.

    Args:
        project: Where.
        snapshot: The pond.
        node: The table or series.
        cut: What is wanted of a series.
        folder: The folder of its files, below the root of the project.

    Raises:
        SchemaError: There is no such column, or Parquet has no such type.
        DataError: An instant is in no calendar.
    """
    is_series = node.entry_type is EntryType.SERIES
    window = cut.window if is_series else ALWAYS
    whole = stream_rows(snapshot, node.path, window, cut.columns)
    # What is computed when it is read is computed once, and not for each period.
    held = None if node.node.recipe is None else pa.concat_tables(whole.tables)
    files: list[DataFile] = []
    known: list[Facts] = []
    for file, period in _files(project, snapshot, node, cut, held, folder=folder):
        key = digest_of([_FORMAT, cut.columns, _version(snapshot, node, period)])
        stored = project.stored(f"{PAGES}/{file.name}", key)
        if stored is not None:
            known.append(stored.facts)
        else:
            rows = _rows(snapshot, node, period, cut, held)
            name = f"{PAGES}/{file.name}"
            known.append(_write(project, name, key, rows, is_series=is_series))
        files.append(file)
    firsts = [each["first_us"] for each in known if each["rows"] and is_series]
    lasts = [each["last_us"] for each in known if each["rows"] and is_series]
    return Rows(
        node=node,
        schema=whole.schema,
        files=tuple(files),
        rows=sum(each["rows"] for each in known),
        first=from_us(min(firsts)) if firsts else None,
        last=from_us(max(lasts)) if lasts else None,
    )


def _files(
    project: Project,
    snapshot: Snapshot,
    node: NodePath,
    cut: Cut,
    held: pa.Table | None,
    *,
    folder: str,
) -> Iterator[tuple[DataFile, Window]]:
    """Yield the files of a table or series, in order, each with what it holds."""
    if node.entry_type is not EntryType.SERIES:
        yield DataFile(f"{FOLDER}/{folder}/rows.parquet"), ALWAYS
        return
    if held is not None:
        starts = set(_starts(held, cut))
    else:
        starts = set(_stored_starts(project, snapshot, node, cut))
    for start_us in sorted(starts):
        end_us = cut.periods.ceil_us(start_us + 1)
        name = f"{FOLDER}/{folder}/{_period(start_us, cut)}.parquet"
        yield DataFile(name, start_us, end_us), Window(start_us, end_us).intersect(cut.window)


def _period(start_us: int, cut: Cut) -> str:
    """Return what a period is called by the clocks of its zone, with a year as ISO 8601 has it.

    Raises:
        DataError: It is in no calendar.
    """
    # As the grid has it: before and after what `datetime` holds, clocks are as at the edge.
    known = from_us(min(max(start_us, _EARLIEST_US), _LATEST_US))
    clocks = known.astimezone(ZoneInfo(cut.periods.grid.zone)).replace(tzinfo=UTC)
    shown_us = start_us + to_us(clocks) - to_us(known)
    shown = pl.Series([shown_us]).cast(pl.Datetime("us")).dt
    year, *others = (getattr(shown, unit)()[0] for unit in _NAMES[cut.periods.text])
    if year is None:
        msg = f"an instant {start_us} us after 1970 is in no calendar"
        raise DataError(msg, hint="leave such readings out with --since and --until")
    sign = "-" if year < 0 else ""
    return "-".join([f"{sign}{abs(year):04}", *(f"{each:02}" for each in others)])


def _stored_starts(project: Project, snapshot: Snapshot, node: NodePath, cut: Cut) -> Iterator[int]:
    """Yield where the periods begin that have rows of a stored series.

    Rows are looked at only where a piece may have none in a period that it reaches over, and of
    each such piece once.
    """
    for piece in node.node.within(cut.window):
        if not piece.rows or piece.min_time_us is None or piece.max_time_us is None:
            continue
        live = piece.window.intersect(cut.window)
        ends = (piece.min_time_us, piece.max_time_us)
        first, last = map(cut.periods.floor_us, ends)
        if all(map(live.contains, ends)) and last in (first, cut.periods.ceil_us(first + 1)):
            yield from (first, last)
        elif live.overlaps(Window(ends[0], ends[1] + 1)):
            grid = [cut.periods.text, cut.periods.grid.zone]
            key = digest_of([_FORMAT, grid, piece.sha256, live.start_us, live.end_us])
            yield from project.recall(key, partial(_starts_within, snapshot, node, live, cut))


def _starts_within(snapshot: Snapshot, node: NodePath, window: Window, cut: Cut) -> list[int]:
    tables = stream_rows(snapshot, node.path, window, [_TIMESTAMP]).tables
    return sorted({start_us for table in tables for start_us in _starts(table, cut)})


def _starts(rows: pa.Table, cut: Cut) -> Iterator[int]:
    """Yield where the periods begin that have any of these rows, which are in order of time."""
    instants = pl.Series(rows[_TIMESTAMP]).cast(pl.Int64)
    row = 0
    while row < len(instants):
        start_us = cut.periods.floor_us(instants[row])
        yield start_us
        end_us = cut.periods.ceil_us(start_us + 1)
        row = instants.search_sorted(end_us - 1, side="right")


def _version(snapshot: Snapshot, node: NodePath, window: Window) -> object:
    """Return what changes with the rows of a period; it is told without reading them."""
    if node.node.recipe is not None:
        return [snapshot.txn, node.node_id, window.start_us, window.end_us]
    pieces = node.node.within(window)
    sides = [(each, each.window.intersect(window)) for each in pieces]
    return [[each.sha256, live.start_us, live.end_us] for each, live in sides]


def _rows(
    snapshot: Snapshot, node: NodePath, period: Window, cut: Cut, held: pa.Table | None
) -> RowStream:
    if held is None:
        return stream_rows(snapshot, node.path, period, cut.columns)
    is_series = node.entry_type is EntryType.SERIES
    return RowStream(held.schema, iter([slice_window(held, period) if is_series else held]))


def _write(project: Project, name: str, key: str, rows: RowStream, *, is_series: bool) -> Facts:
    """Have a file of rows, and return how many there are, and the first and the last instant."""
    with project.file(name, key=key) as (file, facts):
        facts["rows"] = 0
        try:
            with ParquetFile(file, rows.schema) as parquet:
                for table in rows.tables:
                    parquet.write(table)
                    facts["rows"] += table.num_rows
                    if table.num_rows and is_series:
                        ends = [table[_TIMESTAMP][index].value for index in (0, -1)]
                        facts |= {"first_us": facts.get("first_us", ends[0]), "last_us": ends[1]}
        except pa.ArrowException as exc:
            msg = f"{name} cannot be written: {exc}"
            raise SchemaError(msg, hint="leave columns out with --columns") from exc
    return facts
