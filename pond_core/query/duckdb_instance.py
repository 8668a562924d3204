"""DuckDB databases in memory that queries run in, kept because opening one takes 12 ms.

None has tables of its own: a query works in a cursor, whose temporary views end with it. They are
sealed before the first query: no file but the pond's objects, no extension, no changed setting.
"""

import os
import re
from functools import lru_cache
from pathlib import Path

import duckdb

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # Else DuckDB fetches code from the network for a function that it does not know.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Else a table that does not exist is looked for among the variables of this program.
    "python_enable_replacements": False,
}

_GLOB = re.compile(r"[*?\[]")


def planner() -> duckdb.DuckDBPyConnection:
    """Return a cursor of a database that parses and plans, and has no data and no files."""
    return _planner(os.getpid()).cursor()


def reader(objects: Path | None) -> duckdb.DuckDBPyConnection:
    """Return a cursor of a database that can read the files in one directory, or none at all."""
    return _reader(os.getpid(), objects).cursor()


def identifier(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Return the path of one file as SQL has it: DuckDB takes every path for a pattern."""
    return literal(_GLOB.sub(r"[\g<0>]", str(path)))


# DuckDB's threads do not survive a fork, so each process has its own.
@lru_cache(maxsize=1)
def _planner(_: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    # Its tables are empty, and what DuckDB concludes from that is not so in the pond.
    connection.execute("SET GLOBAL disabled_optimizers = 'statistics_propagation'")
    return _sealed(connection)


@lru_cache(maxsize=4)
def _reader(_: int, objects: Path | None) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    if objects is not None:
        # A file is allowed by its path as it was asked for, that is, as a pattern.
        allowed = f"{literal(str(objects))}, {file_literal(objects)}"
        connection.execute(f"SET allowed_directories = [{allowed}]")
    return _sealed(connection)


def _sealed(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
