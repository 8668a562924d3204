"""The content hash: one name for what a table says, however its bytes are laid out.

Two tables have the same hash if and only if `difference` finds none between them, their ignored
columns aside. Field metadata, column order, chunks and columns that are null throughout do not
count; names, types, the order of the rows and every bit of a value do (NaN is one value).

The hash is the SHA-256 of a JSON text `[rows, [[name, type, validity, values, lengths], ...]]`,
columns sorted by name, without blanks between the tokens and in ASCII. The last three are SHA-256
digests in hexadecimal: of one byte per row (1 where there is a value); of the values, little
endian, 8 bytes each (1 for bool, UTF-8 for string), zeros for nulls; and of the strings' lengths
in bytes, int32 each (of nothing for the other types).
"""

import hashlib
import json
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.series.column import TYPE_NAMES, canonical, comparable
from pond_core.series.schema import check_names
from pond_core.series.table import compact

_ZEROS = {pa.int64(): 0, pa.bool_(): False, pa.string(): ""}
"""What stands for a null among the values; validity tells them apart."""


def content_hash(table: pa.Table, *, ignore: Collection[str] = ()) -> str:
    """Return the SHA-256 of a table's content in hexadecimal.

    Args:
        table: Any table of the types that `check` accepts; it needs no `timestamp`.
        ignore: Columns that do not count.

    Raises:
        SchemaError: A column has no name of its own, or a type that a series does not store.
    """
    check_names(table.column_names)
    table = compact(table)
    columns = []
    for name in sorted(set(table.column_names) - set(ignore)):
        column = canonical(table[name], name=name)
        if column.null_count < len(column):
            columns.append([name, TYPE_NAMES[column.type], *_digests(column)])
    text = json.dumps([len(table), columns], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digests(column: pa.ChunkedArray) -> list[str]:
    """Return the digests of validity, values and lengths of a canonical column."""
    validity, values, lengths = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for chunk in comparable(column).chunks:
        if not len(chunk):
            continue  # it may have no buffers at all
        filled = pc.fill_null(chunk, _ZEROS[chunk.type])
        validity.update(_fixed(chunk.is_valid()))
        if pa.types.is_string(chunk.type):
            values.update(_text(filled))
            lengths.update(_fixed(pc.binary_length(filled)))
        else:
            values.update(_fixed(filled))
    return [digest.hexdigest() for digest in (validity, values, lengths)]


def _fixed(array: pa.Array) -> pa.Buffer:
    """Return the values of an array of one width, without what its buffer holds around them."""
    bytewise = array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array
    width = bytewise.type.byte_width
    return bytewise.buffers()[1].slice(bytewise.offset * width, len(bytewise) * width)


def _text(array: pa.Array) -> bytes | pa.Buffer:
    """Return the UTF-8 bytes of a string array without nulls, end to end."""
    _, offsets, data = array.buffers()
    bounds = memoryview(offsets).cast("i")
    start, end = bounds[array.offset], bounds[array.offset + len(array)]
    return data.slice(start, end - start) if end > start else b""
