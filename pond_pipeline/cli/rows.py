"""Arrow tables as people and other programs read them: aligned text, CSV, JSON, Parquet.

Instants are ISO 8601 with `Z` everywhere but in Parquet. What CSV and text have no form for
(lists, structs) is JSON there.
"""

from collections.abc import Iterator
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from pond_core import QueryError
from pond_pipeline.cli.instant import iso
from pond_pipeline.cli.render import json_text, plain, print_rows
from pond_pipeline.cli.terminal import escape, is_terminal, say, write
from pond_pipeline.errors import ConfigError

SHOWN = 20
"""How many rows a person gets to see who does not ask for more."""

_AT_ONCE = 16_384
"""Rows that are turned into text at a time: memory stays bounded."""

_FORMS = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_string,
    pa.types.is_null,
)
"""The types that CSV has a form for, as Arrow writes it."""

# What the C++ calendar under Arrow writes as Python does: years 0001 to 9999.
_FIRST_US, _END_US = -62_135_596_800_000_000, 253_402_300_800_000_000


class RowFormat(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def print_table(table: pa.Table, row_format: RowFormat) -> None:
    """Print a table, all its rows.

    Raises:
        ConfigError: Parquet was asked for on a terminal.
        QueryError: Two columns have one name, and the format tells columns by their names.
    """
    match row_format:
        case RowFormat.TABLE:
            columns = [_values(_legible(column)) for column in table.columns]
            print_rows(table.column_names, list(zip(*columns, strict=True)))
        case RowFormat.CSV:
            for chunk in csv_chunks(table):
                write(_seen(chunk) if is_terminal() else chunk)
        case RowFormat.JSON:
            _print_json(table)
        case RowFormat.PARQUET:
            check_no_terminal("Parquet")
            write(parquet_bytes(table))


def first_rows(table: pa.Table, limit: int | None, row_format: RowFormat) -> pa.Table:
    """Return the rows that are to be printed, and say so when there are more."""
    if limit is None and row_format is RowFormat.TABLE:
        limit = SHOWN
    if limit is None or table.num_rows <= limit:
        return table
    say(f"{limit} of {table.num_rows} rows; --limit says how many")
    return table.slice(0, limit)


def csv_chunks(table: pa.Table) -> Iterator[bytes]:
    """Yield a table as CSV: a header, text in quotes, null as nothing, line ends as LF."""
    options = pcsv.WriteOptions(include_header=False)
    yield _csv(table.slice(0, 0), pcsv.WriteOptions(include_header=True))
    for start in range(0, table.num_rows, _AT_ONCE):
        yield _csv(table.slice(start, _AT_ONCE), options)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as a Parquet file.

    Raises:
        QueryError: Two columns have one name.
    """
    _check_names(table)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def check_no_terminal(what: str) -> None:
    """Refuse to send bytes to a terminal.

    Raises:
        ConfigError: Stdout is one.
    """
    if is_terminal():
        raise ConfigError(f"{what} is not for a terminal", hint="add: > FILE")


def _print_json(table: pa.Table) -> None:
    """Print an array with an object for each row, a line each."""
    _check_names(table)
    separator = "[\n"
    for start in range(0, table.num_rows, _AT_ONCE):
        columns = [_values(column) for column in table.slice(start, _AT_ONCE).columns]
        for row in zip(*columns, strict=True):
            write(separator + json_text(dict(zip(table.column_names, row, strict=True))))
            separator = ",\n"
    write("[]\n" if separator == "[\n" else "\n]\n")


def _check_names(table: pa.Table) -> None:
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            msg = f"two columns are named {name!r}"
            raise QueryError(msg, hint="name one of them otherwise: SELECT ... AS ...")


def _csv(table: pa.Table, options: pcsv.WriteOptions) -> bytes:
    columns = [_legible(column) for column in table.columns]
    sink = pa.BufferOutputStream()
    pcsv.write_csv(pa.table(columns, names=table.column_names), sink, options)
    return bytes(sink.getvalue())


def _seen(chunk: bytes) -> str:
    """Return CSV as a terminal may show it; the line ends are its own."""
    return "\n".join(map(escape, chunk.decode().split("\n")))


def _values(column: pa.ChunkedArray) -> list[object]:
    """Return a column's values as JSON has them."""
    if pa.types.is_timestamp(column.type):
        column = _instants(column)
    return [plain(value) for value in column.to_pylist()]


def _legible(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in a type that CSV has a form for."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _instants(column)
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if any(has_form(kind) for has_form in _FORMS):
        return column
    texts = [
        each if each is None or isinstance(each, str) else json_text(each)
        for each in _values(column)
    ]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return instants as ISO 8601: with `Z` where their zone is known, seconds as needed."""
    zone = "Z" if column.type.tz is not None else ""
    numbers = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    limits = pc.min_max(numbers).as_py()
    if limits["min"] is None:
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    if not _FIRST_US <= limits["min"] <= limits["max"] < _END_US:
        texts = [None if each is None else iso(each) for each in numbers.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    micros = numbers.cast(pa.timestamp("us"))
    seconds = micros.cast(pa.timestamp("s"), safe=False)
    form = f"%Y-%m-%dT%H:%M:%S{zone}"
    is_whole = pc.equal(seconds.cast(pa.timestamp("us")), micros)
    return pc.if_else(is_whole, pc.strftime(seconds, format=form), pc.strftime(micros, format=form))
