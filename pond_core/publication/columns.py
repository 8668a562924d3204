"""Columns as every engine that knows Delta Lake reads them.

Delta's protocol ("Schema serialization format") has signed integers only, one instant, which is
UTC in microseconds, and no dictionaries. Names stay as they are: `DO.mg/L` is a name like any
other to an engine that quotes it. Two names that differ in case alone are one to Delta Lake.
"""

from collections import defaultdict

import pyarrow as pa

from pond_core.errors import SchemaError
from pond_core.series.column import INSTANT

_PLAIN = frozenset(
    {
        *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64()),
        *(pa.string(), pa.binary(), pa.date32()),
    }
)
"""What is published as it is."""

_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
}
"""What is published as another type that holds all of its values."""


_MAX_DIGITS = 38
"""Of a decimal, in Delta Lake."""


def published_schema(schema: pa.Schema, *, path: str) -> pa.Schema:
    """Return the columns that a table has for others; those that never hold anything are left out.

    Args:
        schema: The columns in the pond.
        path: Where, for errors.

    Raises:
        SchemaError: A column has a type that Delta Lake has not, two names differ in case alone,
            or no column is left.
    """
    fields = [
        pa.field(field.name, _published(field.type, f"{path}, column {field.name!r}"))
        .with_nullable(field.nullable)
        .with_metadata(_readable(field.metadata))
        for field in schema
        if not pa.types.is_null(field.type)
    ]
    if not fields:
        msg = f"{path} has no column that holds anything"
        raise SchemaError(msg, hint="leave it out by a narrower pattern")
    alike = defaultdict(list)
    for field in fields:
        alike[field.name.casefold()].append(repr(field.name))
    for names in alike.values():
        if len(names) > 1:
            msg = f"{path}: the columns {' and '.join(names)} are one to Delta Lake"
            raise SchemaError(msg, hint="rename one of them, or leave the path out")
    return pa.schema(fields)


def published_rows(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with those columns of a published schema that they have, in its order."""
    known = set(rows.column_names)
    fields = pa.schema([field for field in schema if field.name in known])
    return rows.select(fields.names).cast(fields)


def _published(kind: pa.DataType, where: str) -> pa.DataType:
    is_a = pa.types
    if is_a.is_dictionary(kind):
        return _published(kind.value_type, where)
    if is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind):
        return pa.list_(_published(kind.value_type, where))
    if is_a.is_struct(kind):
        return pa.struct([(field.name, _published(field.type, where)) for field in kind.fields])
    plain = kind if kind in _PLAIN else _WIDER.get(kind)
    if is_a.is_timestamp(kind) and kind.tz is not None:
        plain = INSTANT
    if is_a.is_decimal(kind) and kind.precision <= _MAX_DIGITS:
        plain = pa.decimal128(kind.precision, kind.scale)
    if plain is None:
        msg = f"{where}: Delta Lake has no {kind}"
        raise SchemaError(msg, hint="convert it to text, a number or an instant, or leave it out")
    return plain


def _readable(metadata: dict[bytes, bytes] | None) -> dict[bytes, bytes]:
    """Return what is text of a field's metadata: Delta keeps it in JSON."""
    found = (metadata or {}).items()
    return {key: value for key, value in found if _is_text(key) and _is_text(value)}


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
