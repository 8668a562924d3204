"""Schemas of one series over time: they may gain columns, never change a type.

Field metadata (`parameter`, `unit`, `scope`, `aggregate`, bytes to bytes) says what a column
means, so it goes wherever the column goes. Metadata of a schema as a whole is not kept.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from pond_core.errors import SchemaError
from pond_core.series.column import INSTANT, TIMESTAMP

TIME_ONLY = pa.schema([pa.field(TIMESTAMP, INSTANT, nullable=False)])
"""The schema of a series of which no column is known yet."""


def check_names(names: Sequence[str]) -> None:
    """Make sure that every column has a name, and one of its own.

    Raises:
        SchemaError: One has none, or the name of another.
    """
    for name in names:
        if not name:
            msg = "a column has no name"
            raise SchemaError(msg, hint="name every column")
        if names.count(name) > 1:
            msg = f"column {name!r} is there {names.count(name)} times"
            raise SchemaError(msg, hint="rename all but one")


def unify(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Return the schema that holds every column of all schemas, oldest schema first.

    Columns come in the order in which they were first seen; a column's metadata is that of the
    last schema that has it. Without any schema there is `timestamp` alone.

    Raises:
        SchemaError: A column has two types.
    """
    fields: dict[str, pa.Field] = {}
    for schema in schemas:
        for field in schema:
            known = fields.get(field.name, field)
            if known.type != field.type:
                msg = f"column {field.name!r} changes its type from {known.type} to {field.type}"
                raise SchemaError(msg, hint="convert it, or write it as a column of another name")
            fields[field.name] = field
    return pa.schema(fields.values()) if fields else TIME_ONLY


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with exactly a schema's columns, in its order; new ones are null.

    Columns that are there already are not copied.

    Raises:
        SchemaError: The table has a column that the schema lacks, or has in another type.
    """
    if table.schema.equals(schema, check_metadata=True):
        return table
    known = set(table.column_names)
    if extra := known - set(schema.names):
        msg = f"column {min(extra)!r} is not in the schema"
        raise SchemaError(msg, hint="unify the schemas first")
    unify([table.schema, schema])
    arrays = [
        table[field.name] if field.name in known else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
