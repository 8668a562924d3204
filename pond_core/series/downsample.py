"""Downsampling: what each column did in each bucket of time, at several resolutions at once.

The input is read once, piece by piece, into sums, counts, minima and maxima between the starts of
the finest grids: for each time zone the widest equal steps that divide its resolutions. Every
resolution comes from those of a finer one, never from averages. So a long series needs memory for
its result only, and 1h and 24h always agree.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core.series.column import INSTANT, NUMERIC, TIMESTAMP
from pond_core.series.grid import Grid, finest, last_starts
from pond_core.series.resolution import Resolution, cover_all
from pond_core.series.schema import unify
from pond_core.series.table import check_order, check_wide, ends, slice_window
from pond_core.window import ALWAYS, Window

_SLICE_ROWS = 1 << 20
"""Rows folded at once: of 20 M rows x 6 columns folded as one, polars copied 130 MB more."""

_THREADS = 2
"""Pieces that are read and folded at once: each holds its readings in memory."""

_BUCKET = "bucket"
_ORDINAL = "ordinal"
_VALUE = "value"


class Aggregate(StrEnum):
    """What is said about the values of a bucket; nulls and NaN are no values."""

    AVG = "avg"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    SUM = "sum"
    FIRST = "first"
    LAST = "last"


_FROM_READINGS: Mapping[Aggregate, Callable[[pl.Expr], pl.Expr]] = {
    # Float64 sums of integers are exact to 2**53, and do not wrap around.
    Aggregate.SUM: lambda values: values.cast(pl.Float64).sum(),
    Aggregate.COUNT: lambda values: values.count().cast(pl.Int64),
    Aggregate.MIN: pl.Expr.min,
    Aggregate.MAX: pl.Expr.max,
    Aggregate.FIRST: lambda values: values.first(ignore_nulls=True),
    Aggregate.LAST: lambda values: values.last(ignore_nulls=True),
}
_FROM_PARTS = {**_FROM_READINGS, Aggregate.COUNT: pl.Expr.sum}

STANDARD = (Aggregate.AVG, Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT)
"""The aggregates of a chart: a line, a band, and how much is behind it."""


Piece: TypeAlias = pa.Table | Callable[[], pa.Table]
"""Part of a series: a table, or what returns it; that is called in a thread of ours."""


def downsample(
    table: pa.Table | Iterable[Piece],
    *,
    resolutions: Sequence[Resolution],
    aggregates: Sequence[Aggregate] = STANDARD,
    window: Window = ALWAYS,
) -> dict[Resolution, pa.Table]:
    """Return one table of buckets for each resolution.

    Args:
        table: A wide series table, or its pieces in order of time, each taken when it is needed.
            It holds at least `cover_all(resolutions, window)`. Pieces that are functions are
            read by two threads at once.
        resolutions: The widths, in any order and of any time zones; they need not divide each
            other.
        aggregates: What to say about each column.
        window: Only buckets that overlap it are returned, each computed in whole.

    Returns:
        By resolution, in the order given: one row per bucket with at least one row, sorted by
        `timestamp` (the start of the bucket), unique. For each float64 or int64 column, in order,
        and each aggregate, in order: `<column>.<aggregate>` with the column's metadata and
        `aggregate`. `count` is int64 and never null; `avg` and `sum` are float64, the others have
        the column's type; all of them are null where `count` is 0. Other columns are left out.

        The result is the same to the last bit for the whole series and for a window, and however
        the input is cut, as long as each cut is where a bucket of any resolution begins.

    Raises:
        SchemaError: A column has two types in two pieces.
        DataError: The table has several rows at one instant, or pieces are not in order.
    """
    if not resolutions:
        return {}
    parts = _parts(aggregates)
    grids = {resolution.grid for resolution in resolutions}
    mesh = finest(grids)
    reach = cover_all(resolutions, window)
    pieces = [table] if isinstance(table, pa.Table) else table
    folded = _fold_pieces(pieces, reach, mesh=mesh, parts=parts)
    schema = unify([each.schema for each in folded])
    frames = [frame for each in folded for frame in each.frames]
    buckets = _coarsen(frames, schema.names[1:], grids={*mesh, *grids}, parts=parts)
    return {
        resolution: slice_window(
            _publish(buckets[resolution.grid].to_arrow(), schema, aggregates),
            resolution.cover(window),
        )
        for resolution in resolutions
    }


def _parts(aggregates: Sequence[Aggregate]) -> tuple[Aggregate, ...]:
    """Return what must be kept per bucket so that coarser buckets can be made from it."""
    wanted = {*aggregates, Aggregate.COUNT}
    if Aggregate.AVG in wanted:
        wanted.add(Aggregate.SUM)
    return tuple(part for part in Aggregate if part in wanted and part is not Aggregate.AVG)


@dataclass(frozen=True, slots=True)
class _Folded:
    """What is left of a piece.

    Attributes:
        schema: Its time and its numeric columns.
        ends_us: Its first and its last instant.
        frames: The parts of its columns in its buckets.
    """

    schema: pa.Schema
    ends_us: tuple[int, int] | None
    frames: Sequence[pl.DataFrame]


def _fold_pieces(
    pieces: Iterable[Piece], window: Window, *, mesh: Sequence[Grid], parts: Sequence[Aggregate]
) -> list[_Folded]:
    """Fold what lies in a window, in threads, while this one takes the next pieces."""

    def fold(piece: Piece) -> _Folded:
        given = piece if isinstance(piece, pa.Table) else piece()
        numeric = [field.name for field in given.schema if field.type in NUMERIC]
        readings = slice_window(given.select([TIMESTAMP, *numeric]), window)
        check_wide(readings, label="the input of a downsample")
        cuts = _cuts(readings, mesh=mesh)
        frames = [_fold_readings(cut, mesh=mesh, parts=parts) for cut in cuts]
        return _Folded(readings.schema, ends(given), frames)

    folded: list[Future[_Folded]] = []
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="downsample") as folders:
        for piece in pieces:
            folded.append(folders.submit(fold, piece))
            # So many pieces are in memory at once.
            if len(folded) > _THREADS:
                folded[-1 - _THREADS].result()
    results = [each.result() for each in folded]
    check_order(each.ends_us for each in results)
    return results


def _cuts(readings: pa.Table, *, mesh: Sequence[Grid]) -> Iterator[pa.Table]:
    """Cut readings to tables of a bearable size that share no bucket."""
    while len(readings) > _SLICE_ROWS:
        last_us = readings[TIMESTAMP][_SLICE_ROWS - 1].value
        end_us = min(grid.ceil_us(last_us + 1) for grid in mesh)
        yield slice_window(readings, Window(None, end_us))
        readings = slice_window(readings, Window(end_us, None))
    yield readings


def _fold_readings(
    table: pa.Table, *, mesh: Sequence[Grid], parts: Sequence[Aggregate]
) -> pl.DataFrame:
    """Return the parts of every column in every bucket of readings."""
    names = table.column_names[1:]
    # Names of ours throughout: polars would read some column names as patterns.
    columns = [pl.Series(f"{name}.{_VALUE}", table[name]) for name in names]
    readings = pl.DataFrame([pl.Series(_BUCKET, table[TIMESTAMP].cast(pa.int64())), *columns])
    values = {name: pl.col(f"{name}.{_VALUE}") for name in names}
    if Aggregate.SUM in parts:
        # A sum tells whether there was a NaN; almost never is there one to make a null of.
        folded = _fold(readings, _aggregates(values, parts), mesh)
        if not any(folded[f"{name}.{Aggregate.SUM}"].is_nan().any() for name in names):
            return folded
    numbers = {name: value.fill_nan(None) for name, value in values.items()}
    return _fold(readings, _aggregates(numbers, parts), mesh)


def _aggregates(values: Mapping[str, pl.Expr], parts: Sequence[Aggregate]) -> list[pl.Expr]:
    """Return the parts of columns, given by name as what their values are."""
    return [
        _FROM_READINGS[part](value).alias(f"{name}.{part}")
        for name, value in values.items()
        for part in parts
    ]


def _coarsen(
    folded: Sequence[pl.DataFrame],
    names: Sequence[str],
    *,
    grids: Collection[Grid],
    parts: Sequence[Aggregate],
) -> dict[Grid, pl.DataFrame]:
    """Return the parts by grid, each from the coarsest finer grid that divides it."""
    none = pl.DataFrame(schema={_BUCKET: pl.Int64})
    finest_parts = pl.concat([none, *folded], how="diagonal", rechunk=True)
    aggregates = [_FROM_PARTS[part](pl.col(f"{name}.{part}")) for name in names for part in parts]
    buckets: dict[Grid, pl.DataFrame] = {}
    for grid in sorted(grids, key=lambda each: each.rule.width_us):
        bases = [base for finer, base in buckets.items() if finer.divides(grid)]
        buckets[grid] = _fold(bases[-1] if bases else finest_parts, aggregates, [grid])
    return buckets


def _fold(
    frame: pl.DataFrame, aggregates: Sequence[pl.Expr], grids: Sequence[Grid]
) -> pl.DataFrame:
    """Group rows that are in order of time by the last start of a bucket of any grid.

    The in-memory engine adds the values of a bucket up in a way that depends on them alone. The
    streaming engine is faster for few rows per bucket, but the last bit of its sums is another.
    """
    every_us = grids[0].every_us if len(grids) == 1 else None
    if every_us is not None:
        buckets = frame.lazy().group_by_dynamic(pl.col(_BUCKET).set_sorted(), every=f"{every_us}i")
        return buckets.agg(aggregates).collect(engine="in-memory").rechunk()
    # Numbered and not named by their starts, buckets are one apart: grouped as above, to the bit.
    starts = last_starts(grids, frame[_BUCKET])
    rows = frame.lazy().with_columns(
        starts.alias(_BUCKET), starts.rle_id().cast(pl.Int64).alias(_ORDINAL)
    )
    buckets = rows.group_by_dynamic(pl.col(_ORDINAL).set_sorted(), every="1i")
    return (
        buckets.agg(pl.col(_BUCKET).first(), *aggregates)
        .drop(_ORDINAL)
        .collect(engine="in-memory")
        .rechunk()
    )


def _publish(buckets: pa.Table, schema: pa.Schema, aggregates: Sequence[Aggregate]) -> pa.Table:
    """Return the aggregates of all columns of a schema, with their meaning."""
    fields = [schema.field(TIMESTAMP)]
    arrays = [buckets[_BUCKET].cast(INSTANT)]
    for field in list(schema)[1:]:
        for aggregate in aggregates:
            values = _aggregate(buckets, field.name, aggregate)
            meaning = {**(field.metadata or {}), b"aggregate": aggregate.encode()}
            fields.append(pa.field(f"{field.name}.{aggregate}", values.type, metadata=meaning))
            arrays.append(values)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _aggregate(buckets: pa.Table, name: str, aggregate: Aggregate) -> pa.ChunkedArray:
    """Return an aggregate of one column, from its parts."""
    if aggregate not in {Aggregate.AVG, Aggregate.SUM}:
        return buckets[f"{name}.{aggregate}"]
    count, total = buckets[f"{name}.{Aggregate.COUNT}"], buckets[f"{name}.{Aggregate.SUM}"]
    # Arrow divides: polars gave 83 / 3 in two ways, depending on the other rows of the column.
    value = total if aggregate is Aggregate.SUM else pc.divide(total, count.cast(pa.float64()))
    return pc.if_else(pc.greater(count, 0), value, None)
