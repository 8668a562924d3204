"""Joining instruments into a site: a full outer join on the instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import DataError, SchemaError
from pond_core.series.column import INSTANT, TIMESTAMP
from pond_core.series.schema import TIME_ONLY
from pond_core.series.table import check_wide, instant_text, slice_window
from pond_core.window import ALWAYS, Window

_ROW = "row"


@dataclass(frozen=True, slots=True)
class JoinInput:
    """One instrument's part in a join.

    Attributes:
        table: A wide series table.
        label: What errors call it, e.g. its path.
        scope: Put before each column's name, with a dot, and into its metadata; None for neither.
        window: When the instrument counts; rows outside are left out.
        rename: New names by column name, both without scope; names that are not there are passed
            over, since a column may begin later.
        priority: Which input wins where two give a value; the higher one.
    """

    table: pa.Table
    label: str
    scope: str | None = None
    window: Window = ALWAYS
    rename: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """One input's values of one column of the result, at every instant of the result."""

    source: JoinInput
    field: pa.Field
    values: pa.ChunkedArray


def join(inputs: Sequence[JoinInput]) -> pa.Table:
    """Return what all inputs together say at each instant.

    Args:
        inputs: Any number of them; a column may come from several.

    Returns:
        One row per instant of any input within that input's window, sorted by `timestamp`, unique.
        The columns in the order in which the inputs have them, each null where no input gives a
        value; metadata of the first input that has the column.

    Raises:
        SchemaError: Two inputs give a column in two types or two units, or renaming gives one
            input two columns of one name.
        DataError: An input has several rows at one instant, or two inputs give one column a value
            at one instant and not both have a priority, or both the same.
    """
    tables = [_prepare(source) for source in inputs]
    instants = _union(tables)
    columns: dict[str, list[_Given]] = {}
    for source, table in zip(inputs, tables, strict=True):
        aligned = _align(table, instants)
        for column in list(table.schema)[1:]:
            given = _Given(source, column, aligned[column.name])
            columns.setdefault(column.name, []).append(given)
    fields = [*TIME_ONLY, *(given[0].field for given in columns.values())]
    arrays = [instants, *(_resolve(given, instants) for given in columns.values())]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _prepare(source: JoinInput) -> pa.Table:
    """Cut an input to its window and give its columns the names and scope of the result."""
    table = slice_window(source.table, source.window)
    check_wide(table, label=source.label)
    fields = [table.schema.field(TIMESTAMP)]
    for column in list(table.schema)[1:]:
        name = source.rename.get(column.name, column.name)
        metadata = dict(column.metadata or {})
        if source.scope is not None:
            name = f"{source.scope}.{name}"
            metadata[b"scope"] = source.scope.encode()
        if any(name == known.name for known in fields):
            msg = f"{source.label}: two columns are called {name!r}"
            raise SchemaError(msg, hint="rename them to different names")
        fields.append(column.with_name(name).with_metadata(metadata))
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def _union(tables: Sequence[pa.Table]) -> pa.Array:
    """Return the instants of all tables, each once, in order."""
    none = pl.Series(TIMESTAMP, [], dtype=pl.Datetime("us", "UTC"))
    instants = [pl.Series(TIMESTAMP, table[TIMESTAMP]) for table in tables]
    return pl.concat([none, *instants]).unique().sort().to_arrow().cast(INSTANT)


def _align(table: pa.Table, instants: pa.Array) -> pa.Table:
    """Return a table's row at each instant; nulls where it has none."""
    if len(table) == len(instants):
        return table  # all instants are its own
    rows = pl.DataFrame({TIMESTAMP: pl.Series(table[TIMESTAMP])}).with_row_index(_ROW)
    wanted = pl.DataFrame({TIMESTAMP: pl.Series(instants)})
    found = wanted.join(rows, on=TIMESTAMP, how="left", maintain_order="left")
    return table.take(found[_ROW].to_arrow())


def _resolve(given: Sequence[_Given], instants: pa.Array) -> pa.ChunkedArray:
    """Return one column from all inputs that give it, having made sure that they agree."""
    for one, other in combinations(given, 2):
        _check_alike(one, other)
        priorities = {one.source.priority, other.source.priority}
        if None in priorities or len(priorities) == 1:
            _check_apart(one, other, instants)
    if len(given) == 1:
        return given[0].values
    # Inputs without a priority clash with no other, so their place does not matter.
    ranked = sorted(given, key=lambda g: g.source.priority or 0, reverse=True)
    return pc.coalesce(*(g.values for g in ranked))


def _check_alike(one: _Given, other: _Given) -> None:
    name = one.field.name
    labels = f"{one.source.label} and {other.source.label}"
    if one.field.type != other.field.type:
        msg = f"column {name!r}: {labels} give {one.field.type} and {other.field.type}"
        raise SchemaError(msg, hint="rename one of them")
    units = {(given.field.metadata or {}).get(b"unit", b"").decode() for given in (one, other)}
    if len(units - {""}) > 1:
        msg = f"column {name!r}: {labels} give it in {' and '.join(map(repr, sorted(units)))}"
        raise SchemaError(msg, hint="convert one of them, or rename it")


def _check_apart(one: _Given, other: _Given, instants: pa.Array) -> None:
    clash = pc.index(pc.and_(one.values.is_valid(), other.values.is_valid()), value=True).as_py()
    if clash >= 0:
        msg = (
            f"column {one.field.name!r}: both {one.source.label} and {other.source.label}"
            f" give a value at {instant_text(instants[clash].value)}"
        )
        raise DataError(msg, hint="set `priority` on both, or ranges that do not overlap")
