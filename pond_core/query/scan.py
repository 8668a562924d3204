"""A pond path as a lazy frame of polars, over the same objects and Arrow tables as SQL."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import polars as pl
import pyarrow as pa

from pond_core.errors import SchemaError
from pond_core.query.catalog import Catalog
from pond_core.query.source import PATH, Part, Relation
from pond_core.tinyfs import ReadFS
from pond_core.tinyfs.content import INSTANT, TIMESTAMP
from pond_core.window import ALWAYS, Window


def scan(name: str, *, fs: ReadFS, window: Window = ALWAYS) -> pl.LazyFrame:
    """Return the rows of a table or series as a lazy frame.

    Objects are read when it is collected, and then only those columns and row groups that the
    query needs. What lies in the log, is dynamic, or has types that Parquet has not, is read at
    once.

    Args:
        name: A path, a pattern or a table of the log, as in `run_sql`.
        fs: The tree that the name is looked up in.
        window: Which readings. Objects outside are not even opened; a filter on the frame opens
            each one to look at its statistics.

    Returns:
        The columns in order of first appearance, null where a window has none; of a pattern,
        `_path` last. Rows are in order of time; of a pattern, file by file, in path order.

    Raises:
        NotFoundError: Nothing is there, or nothing matches.
        WrongTypeError: It is a directory or bytes.
        SchemaError: The columns of what a pattern matches do not go together; a window was given
            and there is no column of instants.
    """
    relation = Catalog(fs).relation(name)
    if window == ALWAYS:
        return _frame(relation)
    if TIMESTAMP not in relation.schema.names or relation.schema.field(TIMESTAMP).type != INSTANT:
        msg = f"{name} has no window: it has no column {TIMESTAMP!r} of type {INSTANT}"
        raise SchemaError(msg, hint="scan all of it and filter the frame")
    return _inside(_frame(relation.within(window)), window)


def _frame(relation: Relation) -> pl.LazyFrame:
    schema = _polars(relation.schema)
    frames = [
        _fitted(frame, schema, source.path if relation.is_pattern else None)
        for source in relation.sources
        for frame in _runs(source.parts)
    ]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=schema)


def _runs(parts: Sequence[Part]) -> Iterator[pl.LazyFrame]:
    """Yield frames of neighbors that are read alike, in order."""
    for _, group in groupby(parts, key=_kind):
        run = list(group)
        files = [part.file for part in run if part.file is not None]
        if not (files and run[0].is_plain):
            tables = [part.read() for part in run]
            yield pl.LazyFrame(pa.concat_tables(tables, promote_options="default"))
        else:
            frame = _parquet(files, run[0].schema)
            cut = run[0].cut
            yield frame if cut is None else _inside(frame, cut)


def _kind(part: Part) -> tuple[bool, Window | None, pa.Schema | None]:
    is_file = part.file is not None and part.is_plain
    return is_file, part.cut, part.schema if is_file else None


def _parquet(files: Sequence[Path], schema: pa.Schema) -> pl.LazyFrame:
    # A column that never holds anything has no type in Parquet.
    typed = pa.schema([field for field in schema if not pa.types.is_null(field.type)])
    return pl.scan_parquet(
        list(files),
        schema=_polars(typed),
        extra_columns="ignore",
        glob=False,
        hive_partitioning=False,
    )


def _fitted(frame: pl.LazyFrame, schema: pl.Schema, path: str | None) -> pl.LazyFrame:
    """Return a frame with exactly these columns."""
    if path is not None:
        frame = frame.with_columns(pl.lit(path).alias(PATH))
    found = frame.collect_schema()
    if found == schema:
        return frame
    return frame.select(
        (pl.col(name) if name in found else pl.lit(None).alias(name)).cast(kind)
        for name, kind in schema.items()
    )


def _inside(frame: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    instant = pl.col(TIMESTAMP)
    if window.start_us is not None:
        frame = frame.filter(instant >= _literal(window.start_us))
    if window.end_us is not None:
        frame = frame.filter(instant < _literal(window.end_us))
    return frame


def _literal(instant_us: int) -> pl.Expr:
    # An instant may lie beyond the years that Python's datetime knows.
    return pl.lit(instant_us).cast(pl.Datetime("us", "UTC"))


def _polars(schema: pa.Schema) -> pl.Schema:
    return pl.DataFrame(schema.empty_table()).schema
