"""What a materialization says in the UI: facts, columns, a glance at the content.

Dagster keeps it with every run, in two databases, so all of it is bounded.
"""

from collections.abc import Sequence
from statistics import fmean

import dagster as dg
import polars as pl
import pyarrow as pa

from pond_core import from_us
from pond_pipeline.lineage import Lineage
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.quality import is_flag
from pond_pipeline.record import Recorded
from pond_pipeline.sparkline import sparkline
from pond_pipeline.website import Built

Metadata = dict[str, dg.MetadataValue]

_DRAWN = 3
"""Of so many columns there is a line and a mean."""

_COLUMNS = 8
_FIRST_ROWS = 2
_LAST_ROWS = 3
"""What a preview shows at most."""

_DIGITS = 12
"""How much of a hash is shown, here and by `pond describe`."""

_LONGEST_SCHEMA = 64
"""Wider tables are told without their columns."""


def event_metadata(recorded: Recorded) -> Metadata:
    """Return the facts about a period."""
    metadata: Metadata = {
        "dagster/partition_row_count": dg.MetadataValue.int(recorded.rows),
        "pond/columns": dg.MetadataValue.int(recorded.columns),
        "pond/bytes": dg.MetadataValue.int(recorded.bytes),
        "pond/data_version": dg.MetadataValue.text(recorded.data_version[:_DIGITS]),
    }
    if recorded.first is not None and recorded.last is not None:
        metadata["pond/first"] = dg.MetadataValue.timestamp(recorded.first)
        metadata["pond/last"] = dg.MetadataValue.timestamp(recorded.last)
    return metadata | txn_metadata(recorded.txn)


def website_metadata(built: Built) -> Metadata:
    """Return what a build of a website did, and what to open."""
    return {
        "pond/website": dg.MetadataValue.path(built.folder / "index.html"),
        "pond/pages": dg.MetadataValue.int(built.pages),
        "pond/files": dg.MetadataValue.int(built.files),
        "pond/bytes": dg.MetadataValue.int(built.bytes),
        "pond/written": dg.MetadataValue.int(built.written),
        "pond/removed": dg.MetadataValue.int(built.removed),
    }


def txn_metadata(txn: int | None) -> Metadata:
    """Return which transaction wrote the content, and the command that shows it."""
    if txn is None:
        return {}
    return {
        "pond/txn": dg.MetadataValue.int(txn),
        "pond/show": dg.MetadataValue.text(f"pond show {txn}"),
    }


def line_metadata(table: pa.Table, period: Period) -> Metadata:
    """Return the course of the first columns over a period, and their means, which the UI plots."""
    metadata: Metadata = {}
    for column in [each for each in table.schema if _is_drawn(each)][:_DRAWN]:
        values = pl.Series(table[column.name])
        finite = values.filter(values.is_finite()).to_list()
        if not finite:
            continue
        line = sparkline(table["timestamp"], table[column.name], period.window)
        text = f"{line}  {min(finite):.4g} to {max(finite):.4g}"
        metadata[column.name] = dg.MetadataValue.text(text)
        metadata[f"mean {column.name}"] = dg.MetadataValue.float(float(f"{fmean(finite):.6g}"))
    return metadata


def preview_metadata(table: pa.Table) -> Metadata:
    """Return the first and last rows of a table; nothing of one without rows."""
    if not table.num_rows:
        return {}
    names = table.column_names[:_COLUMNS]
    shown = table.select(names)
    rows = [_cells(shown, row) for row in _shown_rows(table.num_rows)]
    more = table.num_columns - len(names)
    lines = [_line(names), _line(["---"] * len(names)), *map(_line, rows)]
    lines += [f"\n{table.num_rows:,} rows" + (f", {more} more columns" if more else "")]
    return {"pond/preview": dg.MetadataValue.md("\n".join(lines))}


def schema_metadata(schema: pa.Schema, lineage: Lineage) -> Metadata:
    """Return the columns with what is known of each, and which columns they come from."""
    if len(schema) > _LONGEST_SCHEMA:
        return {}
    columns = [
        dg.TableColumn(each.name, str(each.type), description=_meaning(each)) for each in schema
    ]
    metadata: Metadata = {
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns))
    }
    if lineage:
        deps = {
            name: [dg.TableColumnDep(path_to_key(path), column) for path, column in origins]
            for name, origins in lineage.items()
        }
        told = dg.MetadataValue.column_lineage(dg.TableColumnLineage(deps))
        metadata["dagster/column_lineage"] = told
    return metadata


def _is_drawn(column: pa.Field) -> bool:
    """Say whether a column is one quantity; the values of raw readings are of many."""
    return column.type == pa.float64() and bool(column.metadata) and not is_flag(column)


def _meaning(column: pa.Field) -> str | None:
    """Return what the metadata of a column says, in words."""
    told = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
    if "flag_of" in told:
        return f"{told.get('standard_name', 'flags')} of {told['flag_of']}"
    what = " ".join(told[key] for key in ("scope", "aggregate", "parameter") if told.get(key))
    what += f" in {told['unit']}" if told.get("unit") else ""
    codes = [f"{key.upper()} {told[key]}" for key in ("ucum", "cf") if told.get(key)]
    return "; ".join(part for part in (what.strip(), *codes) if part) or None


def _shown_rows(rows: int) -> Sequence[int]:
    if rows <= _FIRST_ROWS + _LAST_ROWS:
        return range(rows)
    return [*range(_FIRST_ROWS), *range(rows - _LAST_ROWS, rows)]


def _cells(table: pa.Table, row: int) -> list[str]:
    return [_cell(column[row]) for column in table.columns]


def _cell(scalar: pa.Scalar) -> str:
    if not scalar.is_valid:
        return ""
    if pa.types.is_timestamp(scalar.type):
        return f"{from_us(scalar.value):%Y-%m-%d %H:%M:%S}"  # Arrow's years may be beyond Python's
    value = scalar.as_py()
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
