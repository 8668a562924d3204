"""Series in folders by calendar: `year=2024/month=6/part-0.parquet`, as Hive has them.

DuckDB, polars and pyarrow read such folders as one table, and open only those that a query needs.
The instants in the files stay in UTC; the folders are those of a zone's calendar.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from pathlib import Path

import polars as pl
import pyarrow as pa

from pond_core import DataError, ExistsError, RowStream, SchemaError
from pond_pipeline.cli.row_file import FileFormat, WriteRows, row_file

_TIMESTAMP = "timestamp"
_OURS = re.compile(r"(year|month|day|hour)=\d+|part-\d+\.(parquet|csv|arrow)")


class Unit(StrEnum):
    """What folders are made by, in this order."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


Key = tuple[int, ...]
"""The numbers of a folder: `(2024, 6)`."""


class Folders:
    """Folders in the making, below one.

    Attributes:
        files: How many files there are.
        bytes: Their size.
        rows: How many rows they have.
    """

    def __init__(
        self, root: Path, rows: RowStream, *, by: tuple[Unit, ...], zone: str, form: FileFormat
    ) -> None:
        self.files = self.bytes = self.rows = 0
        self._root = root
        self._stream = rows
        self._by = by
        self._zone = zone
        self._form = form
        self._open = ExitStack()

    def write(self) -> None:
        """Write all rows. One file is open at a time, whatever time they span.

        Raises:
            SchemaError: A column has the name of a folder, or the format has no such type.
            DataError: An instant is in no calendar.
        """
        for unit in self._by:
            if unit in self._stream.schema.names:
                msg = f"there is a column {unit.value!r}, which readers of folders make themselves"
                raise SchemaError(msg, hint="leave it out with --columns")
        current: Key | None = None
        write: WriteRows | None = None
        with self._open:
            for table in self._stream.tables:
                for key, rows in self._stretches(table):
                    if write is None or key != current:
                        self._open.close()
                        write, current = self._open.enter_context(self._file(key)), key
                    write(rows)
                    self.rows += rows.num_rows

    def _stretches(self, table: pa.Table) -> Iterator[tuple[Key, pa.Table]]:
        """Yield neighbors that are of one folder, in order."""
        instants = pl.Series(table[_TIMESTAMP]).dt.convert_time_zone(self._zone)
        numbers = pl.DataFrame([getattr(instants.dt, unit)().alias(unit) for unit in self._by])
        if any(column.null_count() for column in numbers):
            msg = f"an instant between {_bounds(table)} is in no calendar"
            raise DataError(msg, hint="leave such readings out with --since and --until")
        runs = numbers.to_struct().rle().struct.unnest()
        start = 0
        for length, value in runs.iter_rows():
            yield tuple(value[unit] for unit in self._by), table.slice(start, length)
            start += length

    @contextmanager
    def _file(self, key: Key) -> Iterator[WriteRows]:
        """Begin the next file of a folder: clocks that are set back can come to one twice."""
        named = (f"{unit}={number}" for unit, number in zip(self._by, key, strict=True))
        folder = self._root.joinpath(*named)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{len(list(folder.iterdir()))}.{self._form}"
        with path.open("xb") as file:
            with row_file(file, self._stream.schema, self._form) as write:
                yield write
            file.flush()
            os.fsync(file.fileno())
        self.files += 1
        self.bytes += path.stat().st_size


@contextmanager
def workshop(directory: Path) -> Iterator[Path]:
    """Yield a folder on the disk of a directory for what is in the making.

    It lies beside the directory where it can: who reads `DIR/**/*.parquet` also sees hidden folders
    in it, and would read all rows twice.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.absolute()
    home = directory.parent
    is_elsewhere = home.stat().st_dev != directory.stat().st_dev
    path = (directory if is_elsewhere else home) / f".{directory.name}.export"
    path.mkdir(exist_ok=True)
    try:
        yield path
    finally:
        with suppress(OSError):  # another export works there
            path.rmdir()


@contextmanager
def whole_folder(target: Path, *, within: Path) -> Iterator[Path]:
    """Yield a folder that takes a name when it is complete, in the place of what had it.

    Args:
        target: Its name.
        within: Where it is made, on the same disk.

    Raises:
        ExistsError: What has that name holds something else than such folders.
    """
    name = hashlib.sha256(os.fsencode(target.absolute())).hexdigest()[:16]
    unfinished, former = within / f"{name}.part", within / f"{name}.old"
    if former.exists() and not target.exists():
        former.rename(target)  # whoever replaced it was killed in between
    _check_replaceable(target)
    for left_over in (unfinished, former):
        shutil.rmtree(left_over, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        if target.exists():
            target.rename(former)
        try:
            unfinished.rename(target)
        except OSError:
            former.rename(target)
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(former, ignore_errors=True)


def _check_replaceable(target: Path) -> None:
    """Refuse to take away what no export has made."""
    if target.exists() and not target.is_dir():
        raise ExistsError(f"{target} is a file", path=str(target), hint="choose another folder")
    for path in target.rglob("*"):
        if not _OURS.fullmatch(path.name):
            msg = f"{target} holds {path.relative_to(target)}, which no export made"
            raise ExistsError(msg, path=str(target), hint="move it away, or choose another folder")


def _bounds(table: pa.Table) -> str:
    first, last = table[_TIMESTAMP][0].value, table[_TIMESTAMP][-1].value
    return f"{first} and {last} us after 1970"
