"""One version of an original series, and all versions made one content.

A version is a wide table: `Timestamp` in epoch seconds, then a nullable number for each parameter.
Here it becomes readings, a row each. Of two readings of one parameter at one instant the one of the
higher version counts, and within a version the later row: that is how the original tool corrected
itself. (Of two columns that hold the same parameter the later column counts.) A null says nothing,
and so takes nothing away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from pond_core import from_us, to_us
from pond_pipeline.errors import MigrationError
from pond_pipeline.hydrovu import RAW_SCHEMA
from pond_pipeline.migration.dictionary import US_PER_S, ColumnIds
from pond_pipeline.migration.parquet import read_parquet

_STAMPS = ("Timestamp", "timestamp")
_LONGEST_S = (2**63 - 1) // US_PER_S
_SAMPLE = 10

_READINGS = {
    "timestamp": pl.Int64,  # microseconds
    "column": pl.Int32,  # the place of its column in the file
    "value": pl.Float64,  # never null
}
"""One row per value that has an instant; in the order of columns, then of rows."""


_CODED = {
    "timestamp": pl.Int64,
    "pair": pl.Int32,  # the place of its ids in a list
    "value": pl.Float64,
    "version": pl.Int32,  # of which version it is
}

_Pair = tuple[str, str]
"""Parameter id and unit id."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a series.

    Attributes:
        where: The path of its file.
        rows: All rows of the file.
        timeless: Those of them without an instant that can be stored.
        empty: Those of them with an instant, and no value.
        instants: The distinct instants of all rows, in microseconds.
        readings: Columns of `_READINGS`.
        columns: What its columns hold, by their places.
        odd: The columns that hold no numbers, and are not among the readings.
    """

    where: str
    rows: int
    timeless: int
    empty: int
    instants: pl.Series
    readings: pl.DataFrame
    columns: Mapping[int, ColumnIds]
    odd: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Say whether the readings tell all that the file holds."""
        return not (self.odd or self.timeless)


@dataclass(frozen=True, slots=True)
class Superseded:
    """A reading that another one replaced.

    Attributes:
        timestamp: When it was taken.
        parameter_id: Of what.
        unit_id: In which unit.
        value: What it said.
        kept: What counts instead.
        where: The file that it is in.
    """

    timestamp: datetime
    parameter_id: str
    unit_id: str
    value: float
    kept: float
    where: str


@dataclass(frozen=True, slots=True)
class Merged:
    """All versions as one content.

    Attributes:
        table: Columns of `RAW_SCHEMA`, sorted by `RAW_KEY` and unique on it.
        instants: How many instants the rows of all versions have, empty ones included.
        repeated: How many readings say what the one that counts says, too.
        superseded: How many say something else.
        superseded_first: The earliest of these; None without any.
        superseded_last: The latest.
        sample: The first few of these.
    """

    table: pa.Table
    instants: int
    repeated: int
    superseded: int
    superseded_first: datetime | None
    superseded_last: datetime | None
    sample: tuple[Superseded, ...]


def read_version(data: bytes, resolve: Callable[[str], ColumnIds], *, where: str) -> Version:
    """Read one version.

    Args:
        data: The bytes of its file.
        resolve: From the name of a column to the ids of its readings.
        where: The path of the file.

    Raises:
        MigrationError: It is no Parquet, or has no column of instants.
    """
    table = read_parquet(data)
    names = table.column_names
    stamps = _stamps(table)
    frame = {"timestamp": pl.Series("timestamp", stamps, pl.Int64)}
    columns, odd = {}, []
    for place, name in enumerate(names):
        if name in _STAMPS:
            continue
        try:
            frame[str(place)] = pl.Series(_values(table.column(place)), dtype=pl.Float64)
            columns[place] = resolve(name)
        except MigrationError:
            odd.append(name)
    wide = pl.DataFrame(frame)
    timed, places = wide.drop_nulls("timestamp"), [*map(str, columns)]
    said = timed.select(pl.any_horizontal(pl.col(places).is_not_null(), False))  # noqa: FBT003 -- for no column
    return Version(
        where=where,
        rows=table.num_rows,
        timeless=len(wide) - len(timed),
        empty=len(timed) - int(said.to_series().sum()),
        instants=timed["timestamp"].unique(),
        readings=_long(timed, places),
        columns=columns,
        odd=tuple(odd),
    )


def merge(versions: Sequence[Version], *, fetched_at: datetime) -> Merged:
    """Make one content of all versions.

    Args:
        versions: The oldest first.
        fetched_at: What is recorded of all readings.
    """
    columns = {column for each in versions for column in each.columns.values()}
    pairs = sorted(set(map(_ids, columns)))
    known = {_ids(column) for column in columns if column.is_known}
    frames = [_coded(each, number, pairs) for number, each in enumerate(versions)]
    empty = pl.DataFrame(schema=_CODED)
    # The sort keeps the order of what is equal: what counts comes last.
    ordered = pl.concat([empty, *frames]).sort("timestamp", "pair", maintain_order=True)
    key = [pl.col("timestamp"), pl.col("pair")]
    ranked = ordered.with_columns(
        counts=pl.any_horizontal(each.ne_missing(each.shift(-1)) for each in key)
    ).with_columns(kept=pl.when("counts").then("value").backward_fill())
    others = ranked.filter(~pl.col("counts"))
    superseded = others.filter(pl.col("value").ne_missing(pl.col("kept")))
    stamps = superseded["timestamp"]
    customs = {pair: pair not in known for pair in pairs}
    return Merged(
        table=_table(ranked.filter("counts"), customs, fetched_at),
        instants=_distinct(each.instants for each in versions),
        repeated=len(others) - len(superseded),
        superseded=len(superseded),
        superseded_first=_instant(stamps.min()),
        superseded_last=_instant(stamps.max()),
        sample=tuple(
            _superseded(row, pairs, versions) for row in superseded.head(_SAMPLE).to_dicts()
        ),
    )


def _ids(column: ColumnIds) -> _Pair:
    return column.parameter_id, column.unit_id


def _coded(version: Version, number: int, pairs: Sequence[_Pair]) -> pl.DataFrame:
    """Return the readings of a version with the place of their ids in `pairs`: columns `_CODED`."""
    places = {pair: place for place, pair in enumerate(pairs)}
    codes = {place: places[_ids(column)] for place, column in version.columns.items()}
    if not codes:
        return pl.DataFrame(schema=_CODED)
    return version.readings.select(
        "timestamp",
        pl.col("column").replace_strict(codes, return_dtype=pl.Int32).alias("pair"),
        "value",
        pl.lit(number, pl.Int32).alias("version"),
    )


def _superseded(
    row: dict[str, object], pairs: Sequence[_Pair], versions: Sequence[Version]
) -> Superseded:
    parameter_id, unit_id = pairs[int(str(row["pair"]))]
    return Superseded(
        timestamp=from_us(int(str(row["timestamp"]))),
        parameter_id=parameter_id,
        unit_id=unit_id,
        value=float(str(row["value"])),
        kept=float(str(row["kept"])),
        where=versions[int(str(row["version"]))].where,
    )


def _distinct(instants: Iterable[pl.Series]) -> int:
    return pl.concat([pl.Series("timestamp", [], pl.Int64), *instants]).n_unique()


def _instant(instant_us: object) -> datetime | None:
    return None if instant_us is None else from_us(int(str(instant_us)))


def _table(readings: pl.DataFrame, customs: Mapping[_Pair, bool], fetched_at: datetime) -> pa.Table:
    """Return coded readings with their ids; `customs` says by pair whether it is made of names."""
    parameters, units = zip(*customs, strict=True) if customs else ((), ())
    place = readings["pair"].to_arrow()
    instant = RAW_SCHEMA.field("timestamp").type
    columns = [
        readings["timestamp"].to_arrow().view(instant),
        pa.array(parameters, pa.string()).take(place),
        pa.array(units, pa.string()).take(place),
        readings["value"].to_arrow(),
        pa.array(customs.values(), pa.bool_()).take(place),
        pa.repeat(pa.scalar(to_us(fetched_at), instant), len(readings)),
    ]
    return pa.Table.from_arrays(columns, schema=RAW_SCHEMA)


def _long(wide: pl.DataFrame, places: Sequence[str]) -> pl.DataFrame:
    """Return a row for each value of a wide table: columns of `_READINGS`."""
    if not places:
        return pl.DataFrame(schema=_READINGS)
    long = wide.unpivot(on=places, index="timestamp", variable_name="column")
    return long.drop_nulls("value").select(pl.col(n).cast(kind) for n, kind in _READINGS.items())


def _stamps(table: pa.Table) -> pa.ChunkedArray:
    """Return the instants in microseconds; null where there is none that can be stored.

    Raises:
        MigrationError: There is no column of them, or not one alone.
    """
    places = [place for place, name in enumerate(table.column_names) if name in _STAMPS]
    if len(places) != 1:
        raise MigrationError(f"it has {len(places)} columns named {_STAMPS[0]}, and should have 1")
    column = table.column(places[0])
    if kinds.is_timestamp(column.type):
        return _cast(column, pa.timestamp("us", tz=column.type.tz)).cast(pa.int64())
    if not kinds.is_integer(column.type):
        raise MigrationError(f"its column {_STAMPS[0]} is {column.type}, not seconds")
    seconds = _cast(column, pa.int64())
    fits = pc.and_(pc.less_equal(seconds, _LONGEST_S), pc.greater_equal(seconds, -_LONGEST_S))
    return pc.multiply(pc.if_else(fits, seconds, pa.scalar(None, pa.int64())), US_PER_S)


def _values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers as float64.

    Raises:
        MigrationError: They are none, or float64 would change them.
    """
    kind = column.type
    if not (kinds.is_floating(kind) or kinds.is_integer(kind) or kinds.is_null(kind)):
        raise MigrationError(f"{kind} are no numbers")
    return _cast(column, pa.float64())


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    try:
        return column.cast(kind)
    except pa.ArrowException:
        raise MigrationError(f"{column.type} do not fit {kind}") from None
