"""Columns told by what they mean: by their field metadata, never by their names."""

from collections.abc import Mapping
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.series.column import TIMESTAMP


def select_meaning(table: pa.Table, meaning: Mapping[str, str]) -> pa.Table:
    """Return the columns whose metadata says all of `meaning`.

    Args:
        table: A wide series table.
        meaning: Values by key, e.g. `{"parameter": "Temperature", "unit": "C"}`.

    Returns:
        `timestamp` and those columns, in their order; the rows that have a value in one of them.
    """
    wanted = {key.encode(): value.encode() for key, value in meaning.items()}
    shown = [
        field.name
        for field in list(table.schema)[1:]
        if wanted.items() <= (field.metadata or {}).items()
    ]
    table = table.select([TIMESTAMP, *shown])
    if not shown:
        return table.slice(0, 0)
    return table.filter(reduce(pc.or_, (pc.is_valid(table[name]) for name in shown)))
