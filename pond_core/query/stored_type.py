"""Types as Parquet has them, so that rows look the same wherever they are kept.

A table may lie in a Parquet object or inside the log as Arrow, which knows more types: a
dictionary, a duration, text with large offsets. Engines read objects by themselves, so Parquet's
types are the ones that a query sees.
"""

import io
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with Parquet's types, every column nullable, without metadata."""
    return pa.schema([pa.field(field.name, _stored(field.type)) for field in schema])


def stored_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table as it would read back from Parquet.

    Args:
        table: The rows.
        schema: What `stored_schema` makes of the table's schema.
    """
    types = [field.type for field in table.schema]
    if types == schema.types:
        # Only flags and metadata differ.
        return table.cast(schema)
    sink = io.BytesIO()
    pq.write_table(table, sink, store_schema=False)
    return pq.read_table(io.BytesIO(sink.getvalue())).cast(schema)


@lru_cache(maxsize=256)
def _stored(kind: pa.DataType) -> pa.DataType:
    sink = io.BytesIO()
    try:
        pq.write_table(pa.schema([("x", kind)]).empty_table(), sink, store_schema=False)
    except pa.ArrowNotImplementedError:
        return kind  # no object has it, then
    return pq.read_schema(io.BytesIO(sink.getvalue())).field("x").type
