"""The Parquet files of a project: one for each period of a series, one for a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pond_core import (
    ALWAYS,
    TIME_ONLY,
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
)
from pond_pipeline.observable.project import PAGES, Facts, Project
from pond_pipeline.observable.selection import Cut
from pond_pipeline.versions import digest_of

FOLDER = "data"
"""Where data files lie, below the root of all pages."""

_FORMAT = "1"
"""Another one has all files made anew."""

_NAMES: Mapping[str, str] = {"1y": "%Y", "1mo": "%Y-%m", "1d": "%Y-%m-%d"}
"""What files are called, by what they hold."""

_TIMESTAMP = TIME_ONLY.names[0]
_US_PER_S = 1_000_000


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

    Args:
        project: Where.
        snapshot: The pond.
        node: The table or series.
        cut: What is wanted of a series.
        folder: The folder of its files, below the root of the project.

    Raises:
        SchemaError: There is no such column, or Parquet has no such type.
    """
    is_series = node.entry_type is EntryType.SERIES
    window = cut.window if is_series else ALWAYS
    whole = stream_rows(snapshot, node.path, window, cut.columns)
    # What is computed when it is read is computed once, and not for each period.
    held = None if node.node.recipe is None else pa.concat_tables(whole.tables)
    files: list[DataFile] = []
    known: list[Facts] = []
    for file, period in _files(node, cut, held, folder):
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
    node: NodePath, cut: Cut, held: pa.Table | None, folder: str
) -> Iterator[tuple[DataFile, Window]]:
    """Yield the files of a table or series, in order, each with what it holds."""
    if node.entry_type is not EntryType.SERIES:
        yield DataFile(f"{FOLDER}/{folder}/rows.parquet"), ALWAYS
        return
    zone = ZoneInfo(cut.periods.grid.zone)
    starts = sorted(
        {start for extent in _extents(node, cut, held) for start in _starts(extent, cut)}
    )
    for start_us in starts:
        end_us = cut.periods.ceil_us(start_us + 1)
        period = from_us(start_us).astimezone(zone).strftime(_NAMES[cut.periods.text])
        file = DataFile(f"{FOLDER}/{folder}/{period}.parquet", start_us, end_us)
        yield file, Window(start_us, end_us).intersect(cut.window)


def _extents(node: NodePath, cut: Cut, held: pa.Table | None) -> Iterator[Window]:
    """Yield ranges of time that together hold all readings."""
    if held is not None:
        if held.num_rows:
            ends = (held[_TIMESTAMP][index].value for index in (0, -1))
            yield Window(next(ends), next(ends) + 1)
        return
    for piece in node.node.within(cut.window):
        if piece.rows and piece.min_time_us is not None and piece.max_time_us is not None:
            written = Window(piece.min_time_us, piece.max_time_us + 1)
            live = written.intersect(piece.window).intersect(cut.window)
            if not live.is_empty:
                yield live


def _starts(extent: Window, cut: Cut) -> Iterator[int]:
    """Yield where the periods begin that a range touches; it has both sides."""
    at_us, end_us = extent.start_us or 0, extent.end_us or 0
    while at_us < end_us:
        yield cut.periods.floor_us(at_us)
        at_us = cut.periods.ceil_us(at_us + 1)


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
