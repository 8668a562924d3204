"""Real readings, served again: a folder of `<location id>.parquet`, one instrument each."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from pond_pipeline.errors import ConfigError
from pond_pipeline.simulator.dictionary import FIRST_MADE_UP_ID, PARAMETERS, UNITS
from pond_pipeline.simulator.world import Location, Names, Readings, SeriesKey, World

_TIMESTAMP = "timestamp"
_NO_UNIT = " "
_LAYOUT = (
    "name files <location id>.parquet; columns timestamp (int64 s), <Parameter>.<unit> (double)"
)


def replay(directory: Path) -> World:
    """Return a world that serves the readings in a folder, bit for bit.

    Each file is `<location id>.parquet`: `timestamp` int64 in epoch seconds (whatever the metadata
    of the file says), not null; all other columns float64, named `<Parameter>.<unit>`. A null, or a
    value that JSON cannot hold (NaN, infinity), is no reading. Names and places of the locations
    are made up.

    Raises:
        ConfigError: There is no such folder or no Parquet file in it, or a file is not like this.
    """
    files = sorted(directory.glob("*.parquet"))
    if not files:
        msg = f"{directory}: no Parquet file to replay"
        raise ConfigError(msg, hint=_LAYOUT)
    return ReplayedWorld({_location_id(file): _read(file) for file in files})


class ReplayedWorld(World):
    """A world of recorded readings."""

    def __init__(self, tables: Mapping[int, pl.DataFrame]) -> None:
        """Take wide frames by location id, as `replay` reads them."""
        columns = {name for table in tables.values() for name in table.columns} - {_TIMESTAMP}
        splits = {column: _split(column) for column in sorted(columns)}
        parameters = _ids((name for name, _ in splits.values()), PARAMETERS)
        units = _ids((unit for _, unit in splits.values()), UNITS)
        self._names = Names(
            parameters={**PARAMETERS, **{i: name for name, i in parameters.items()}},
            units={**UNITS, **{i: name for name, i in units.items()}},
        )
        keys = {
            column: SeriesKey(parameters[name], units[unit])
            for column, (name, unit) in splits.items()
        }
        self._series = {
            location_id: {
                keys[column]: _series(table, column)
                for column in table.columns
                if column != _TIMESTAMP
            }
            for location_id, table in tables.items()
        }
        self._stamps = {location_id: _stamps(found) for location_id, found in self._series.items()}

    @override
    def locations(self) -> Sequence[Location]:
        return [
            Location(
                id=location_id,
                name=f"Instrument {location_id}",
                description="",
                latitude=39.42 + index / 1000,
                longitude=-123.80,
            )
            for index, location_id in enumerate(sorted(self._series))
        ]

    @override
    def names(self) -> Names:
        return self._names

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        last_s = min(end_s, now_s)
        found: dict[SeriesKey, pl.DataFrame] = {}
        for key, frame in self._series.get(location_id, {}).items():
            stamps = frame[_TIMESTAMP]
            first = stamps.search_sorted(start_s)
            length = stamps.search_sorted(last_s + 1) - first
            if length > 0:
                found[key] = frame.slice(first, length)
        return found

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        stamps = self._stamps.get(location_id, pl.Series(dtype=pl.Int64))
        index = stamps.search_sorted(start_s)
        if index == len(stamps) or stamps[index] > now_s:
            return None
        return int(stamps[index])


def _location_id(file: Path) -> int:
    if not (file.stem.isascii() and file.stem.isdecimal()):
        msg = f"{file}: the name is no location id"
        raise ConfigError(msg, hint=_LAYOUT)
    return int(file.stem)


def _read(file: Path) -> pl.DataFrame:
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        msg = f"{file}: no readable Parquet file: {error}"
        raise ConfigError(msg, hint=_LAYOUT) from error
    for field in table.schema:
        wanted = pa.int64() if field.name == _TIMESTAMP else pa.float64()
        if field.type != wanted:
            msg = f"{file}: column {field.name!r} is {field.type}, not {wanted}"
            raise ConfigError(msg, hint=_LAYOUT)
    if _TIMESTAMP not in table.column_names or table[_TIMESTAMP].null_count:
        msg = f"{file}: column 'timestamp' is missing, or has nulls"
        raise ConfigError(msg, hint=_LAYOUT)
    # The metadata of some files would make polars read the seconds as milliseconds.
    plain = table.replace_schema_metadata(None)
    return pl.DataFrame(plain).sort(_TIMESTAMP, maintain_order=True)


def _split(column: str) -> tuple[str, str]:
    """Return parameter and unit: at the last dot after which a known unit comes, else the last.

    >>> _split("Level: Depth to Water.m"), _split("Depth")
    (('Level: Depth to Water', 'm'), ('Depth', ' '))
    """
    parts = column.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        unit = ".".join(parts[cut:])
        if unit in UNITS.values():
            return ".".join(parts[:cut]), unit
    name, dot, unit = column.rpartition(".")
    return (name, unit) if dot else (column, _NO_UNIT)


def _ids(names: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return an id for each name: the known one, or one of our own in the order of names."""
    by_name = {name: i for i, name in known.items()}
    fresh = count(FIRST_MADE_UP_ID)
    return {
        name: by_name[name] if name in by_name else str(next(fresh)) for name in sorted(set(names))
    }


def _series(table: pl.DataFrame, column: str) -> pl.DataFrame:
    return table.select(_TIMESTAMP, pl.col(column).alias("value")).filter(
        pl.col("value").is_finite()
    )


def _stamps(series: Mapping[SeriesKey, pl.DataFrame]) -> pl.Series:
    """Return all instants at which anything was read, in order."""
    columns = [frame[_TIMESTAMP] for frame in series.values()]
    return pl.concat([pl.Series(_TIMESTAMP, [], pl.Int64), *columns]).unique().sort()
