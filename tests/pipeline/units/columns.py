"""Wide tables for the tests of units."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

Values = Sequence[float | None]

TIMESTAMP = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)


def column(name: str, **facts: str) -> pa.Field:
    """Return a field that says what it measures."""
    return pa.field(name, pa.float64(), metadata=facts)


def wide(columns: Mapping[pa.Field, Values]) -> pa.Table:
    """Return a table with one row per value, an hour apart."""
    rows = len(next(iter(columns.values())))
    instants = pa.array([row * 3_600_000_000 for row in range(rows)], TIMESTAMP.type)
    arrays = [pa.array(values, pa.float64()) for values in columns.values()]
    return pa.table([instants, *arrays], schema=pa.schema([TIMESTAMP, *columns]))


def facts(table: pa.Table, name: str) -> dict[str, str]:
    """Return what the metadata of a column says."""
    metadata = table.schema.field(name).metadata or {}
    return {key.decode(): value.decode() for key, value in metadata.items()}
