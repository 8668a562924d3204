"""DuckDB runs a query: every name in it is a view over Parquet objects and Arrow tables.

DuckDB reads the objects itself, with its own push-down of columns and ranges. It would open every
object of a series to find out which ones hold a time range, though; so the views leave out what
the statement cannot ask for: it says so outright, or is planned first over empty tables.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pond_core.errors import NotFoundError, PondError, QueryError
from pond_core.query.asked import SIGNS, all_of, any_of, compared, with_clock
from pond_core.query.catalog import Catalog, is_pond_name
from pond_core.query.duckdb_instance import file_literal, identifier, literal, planner, reader
from pond_core.query.source import PATH, Relation, Source
from pond_core.query.statement import Statement, json_objects, parse
from pond_core.tinyfs.content import INSTANT, TIMESTAMP
from pond_core.window import ALWAYS, Window

_TYPES = {
    INSTANT: "TIMESTAMPTZ",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
}
"""The types that readings have; telling them to DuckDB is faster than showing it a table."""


_INTERRUPTED = "Query interrupted"
"""What DuckDB 2.0 says, as an error of no kind of its own, where a signal ended a query."""


_NO_TABLE = "Catalog Error: Table with name "
"""How DuckDB 2.0 begins to say that there is no table of a name."""

_NO_QUOTES = "Referenced table "
"""What it says where a column is written `Sonde.Temperature.C`: it takes all but the end for a
table's name."""


def run(text: str, catalog: Catalog) -> pa.Table:
    """Run one SELECT, or explain one.

    Raises:
        QueryError: The SQL is wrong, or no read-only statement.
        PathError: A name in it stands for nothing that can be read.
        CorruptionError: An object that it needs is missing.
    """
    with query_errors():
        statement = parse(text)
        relations = _relations(statement, catalog)
        windows = _windows(statement, relations)
        with reader(catalog.objects) as connection:
            for number, (name, relation) in enumerate(relations.items()):
                narrowed = relation.within(windows.get(name, ALWAYS))
                narrowed.check_files()
                _View(connection, number, name, narrowed).create()
            return connection.sql(statement.text).to_arrow_table()


@contextlib.contextmanager
def query_errors() -> Iterator[None]:
    """Turn what DuckDB raises into `QueryError`, and what it makes of Ctrl-C back into that."""
    try:
        yield
    except duckdb.CatalogException as exc:
        hint = 'write pond paths in double quotes: FROM "/combined/noyo/BDock"'
        what = str(exc).strip()
        if what.startswith(_NO_TABLE):
            what = what.partition("\n")[0]  # the names below are of DuckDB's own tables
        raise QueryError(what, hint=hint) from exc
    except duckdb.BinderException as exc:
        what = str(exc).strip()
        hint = 'write a column in double quotes: "Sonde.Temperature.C"'
        raise QueryError(what, hint=hint if _NO_QUOTES in what else "") from exc
    except duckdb.Error as exc:
        raise QueryError(str(exc).strip()) from exc
    except RuntimeError as exc:
        if str(exc) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise


def _relations(statement: Statement, catalog: Catalog) -> dict[str, Relation]:
    """Return what the statement's tables are, by their names in it."""
    relations = {}
    common = {each.casefold() for each in statement.defined}
    for name, written in statement.tables.items():
        if not is_pond_name(written) and written.casefold() not in common:
            _check_begun(written, catalog)
        if is_pond_name(written):
            try:
                relations[name] = catalog.relation(written)
            except NotFoundError:
                if written not in statement.defined:
                    raise
                continue
            if not relations[name].schema.names:
                msg = f"{written} has no columns"
                raise QueryError(msg, hint="read it with read_table")
            times = [each for each in relations[name].schema.names if each.lower() == TIMESTAMP]
            if len(times) > 1:
                msg = f"{written} has the columns {' and '.join(times)}, which DuckDB takes for one"
                raise QueryError(msg, hint="use DataFusion: --engine datafusion")
    return relations


def _check_begun(written: str, catalog: Catalog) -> None:
    """Refuse a pond path that lacks the `/` it begins with, or has a `pond:` before it."""
    path = f"/{written.removeprefix('pond:').lstrip('/')}"
    try:
        catalog.relation(path)
    except PondError:
        return  # a table of DuckDB's own, or of nobody
    raise QueryError(f"{written!r} is no pond path", hint=f'did you mean "{path}"?')


def _windows(statement: Statement, relations: Mapping[str, Relation]) -> dict[str, Window]:
    """Return which time range of each table can matter, where that can be told."""
    narrow = {name: relation for name, relation in relations.items() if relation.can_be_narrowed}
    if not narrow or TIMESTAMP not in statement.select.lower():
        return {}
    if statement.stated is not None:
        return dict.fromkeys(narrow, statement.stated)  # of its only table
    with planner() as connection:
        for number, (name, relation) in enumerate(relations.items()):
            columns = _columns_only(connection, number, relation.schema)
            connection.execute(f"CREATE TEMP TABLE {identifier(name)} AS FROM {columns}")
        sql = "SELECT json_serialize_plan($1, optimize := true)"
        try:
            [(text,)] = connection.execute(sql, [statement.select]).fetchall()
            scans = list(_scans(json.loads(text)))
        except (duckdb.Error, RecursionError):
            return {}  # a wrong statement is refused when it is run; a strange one reads it all
    return {
        name: with_clock(any_of(w for table, w in scans if table == name), statement.select)
        for name in narrow
    }


def _scans(plan: object) -> Iterator[tuple[str, Window]]:
    """Visit the tables that a plan reads, with the range of `timestamp` that it takes of each."""
    for node in json_objects(plan):
        match node:
            case {"type": "LOGICAL_GET", "function_data": {"table": str(table)}}:
                yield table, _taken(node)
            case _:
                pass


def _taken(scan: Mapping[str, Any]) -> Window:
    windows = []
    for each in scan["table_filters"]["filters"]:
        # A filter names its column by the column's place among those that are read.
        column = scan["column_indexes"][each["key"]]["index"]
        if scan["table_filters_by_projection"] and scan["names"][column] == TIMESTAMP:
            windows.append(_passed(each["value"]))
    return all_of(windows)


def _passed(condition: Mapping[str, Any]) -> Window:
    """Return the instants that a condition lets through; all of them if it is a strange one."""
    match condition:
        case {"filter_type": "LEGACY_CONJUNCTION_AND", "child_filters": list(parts)}:
            return all_of(_passed(part) for part in parts)
        case {"filter_type": "LEGACY_CONJUNCTION_OR", "child_filters": list(parts)}:
            return any_of(_passed(part) for part in parts)
        case {"filter_type": "LEGACY_OPTIONAL_FILTER", "child_filter": dict(part)}:
            return _passed(part)  # it need not be applied, because what comes after implies it
        case {
            "filter_type": "LEGACY_CONSTANT_COMPARISON",
            "comparison_type": str(sign),
            "constant": {
                "type": {"id": "TIMESTAMP WITH TIME ZONE"},
                "is_null": False,
                "value": int(instant_us),
            },
        }:
            return compared(SIGNS.get(sign, ""), instant_us)
        case _:
            return ALWAYS


class _View:
    """A name in a query as a temporary view."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, number: int, name: str, relation: Relation
    ) -> None:
        self._connection = connection
        self._number = number
        self._name = name
        self._relation = relation

    def create(self) -> None:
        selects: list[str] = []
        for place, source in enumerate(self._relation.sources):
            selects.extend(self._over(source, inline=f"inline {self._number} {place}"))
        if len(selects) != 1 or not self._is_plain:
            # This one says which columns there are, and of which types, whatever is left out.
            columns = _columns_only(self._connection, self._number, self._relation.schema)
            selects.insert(0, _select("*", columns))
        view = " UNION ALL BY NAME ".join(selects)
        self._connection.execute(f"CREATE TEMP VIEW {identifier(self._name)} AS {view}")

    @property
    def _is_plain(self) -> bool:
        """True where every part has all columns, in types that every engine reads alike."""
        schema = self._relation.schema
        parts = [part for source in self._relation.sources for part in source.parts]
        return _is_known(schema) and all(part.schema == schema for part in parts)

    def _over(self, source: Source, *, inline: str) -> Iterator[str]:
        path = f", {literal(source.path)} AS {PATH}" if self._relation.is_pattern else ""
        for schema, files in source.whole_files():
            yield _select(_columns(schema) + path, _parquet(files))
        for schema, file, windows in source.cut_files():
            yield _select(_columns(schema) + path, _parquet([file]) + _where(windows))
        table = source.inline()
        if table is not None:
            self._connection.register(inline, table)
            yield _select("*" + path, identifier(inline))


def _columns_only(connection: duckdb.DuckDBPyConnection, number: int, schema: pa.Schema) -> str:
    """Return a table without rows as SQL has it."""
    if _is_known(schema):
        columns = (f"NULL::{_TYPES[field.type]} AS {identifier(field.name)}" for field in schema)
        return f"(SELECT {', '.join(columns)} WHERE false)"
    name = f"columns {number}"  # no pond path is called so
    connection.register(name, schema.empty_table())
    return identifier(name)


def _is_known(schema: pa.Schema) -> bool:
    return all(field.type in _TYPES for field in schema)


def _select(columns: str, table: str) -> str:
    return f"SELECT {columns} FROM {table}"  # noqa: S608 -- names and texts in it are quoted


def _columns(schema: pa.Schema) -> str:
    """Return all columns; one that never holds anything has a made-up type in Parquet."""
    untyped = [identifier(field.name) for field in schema if pa.types.is_null(field.type)]
    return f"* REPLACE ({', '.join(f'NULL AS {name}' for name in untyped)})" if untyped else "*"


def _parquet(files: Sequence[Path]) -> str:
    # A directory above the pond may be called `year=2024`.
    return f"read_parquet([{', '.join(map(file_literal, files))}], hive_partitioning = false)"


def _where(windows: Sequence[Window]) -> str:
    return f" WHERE {' OR '.join(map(_inside, windows))}"


def _inside(window: Window) -> str:
    bounds = []
    if window.start_us is not None:
        bounds.append(f"{TIMESTAMP} >= make_timestamptz({window.start_us})")
    if window.end_us is not None:
        bounds.append(f"{TIMESTAMP} < make_timestamptz({window.end_us})")
    return f"({' AND '.join(bounds)})"
