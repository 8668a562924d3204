"""`sql`: what a query over pond paths gives, as a table or a series."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pond_core.factories.settings import Settings
from pond_core.query import run_sql
from pond_core.query.statement import parse
from pond_core.tinyfs import EntryType, FactoryCall, Recipe
from pond_core.window import Window


def check_sql(recipe: Recipe) -> None:
    """Refuse settings other than `query`, one SELECT; what it reads need not be there yet."""
    parse(_query(recipe.config))


def sql(call: FactoryCall) -> pa.Table:
    """Run the query; of a series, only for the instants and columns that are wanted."""
    query = _query(call.config)
    if call.entry_type is EntryType.SERIES:
        # On a line of its own, the bracket is in no comment.
        rest = f"{_where(call.window)} ORDER BY timestamp"
        query = f"SELECT {_columns(call)} FROM (\n{query}\n){rest}"  # noqa: S608  # read-only
    return run_sql(query, fs=call.fs)


def _query(config: Mapping[str, Any]) -> str:
    settings = Settings(config)
    query = settings.text("query")
    settings.end()
    return query.rstrip().rstrip(";")


def _columns(call: FactoryCall) -> str:
    """Return the columns that are wanted, of those that the query gives."""
    if call.columns is None:
        return "*"
    texts = ", ".join("'" + name.replace("'", "''") + "'" for name in call.columns)
    return f"COLUMNS(lambda name: name IN ({texts}))"


def _where(window: Window) -> str:
    bounds = []
    if window.start_us is not None:
        bounds.append(f"timestamp >= make_timestamptz({window.start_us})")
    if window.end_us is not None:
        bounds.append(f"timestamp < make_timestamptz({window.end_us})")
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""
