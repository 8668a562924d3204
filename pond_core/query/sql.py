"""SQL over pond paths: every quoted path in the query is a table.

DuckDB plans and runs it. A series is a view over its Parquet objects, read by DuckDB itself with
push-down of columns and time ranges, and over its inline windows. The query can read nothing else:
one SELECT, no host files, no extensions, no settings.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pond_core.errors import QueryError, WrongTypeError
from pond_core.tinyfs import EntryType, NodePath, Piece, ReadFS
from pond_core.tinyfs.content import concatenate, rows_within
from pond_core.tlogfs import OpLogBackend
from pond_core.window import Window

_NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Else DuckDB fetches code from the network for a function that it does not know."""

_TABLES = """
    SELECT parsed ->> '$..table_name', parsed ->> '$..cte_map.map[*].key'
    FROM (SELECT json_serialize_sql($1) AS parsed)
"""
"""The tables of a SELECT, and which of them it defines itself."""

_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\s+(?P<explained>.*)", re.IGNORECASE | re.DOTALL)


def run_sql(statement: str, *, fs: ReadFS, backend: OpLogBackend) -> pa.Table:
    """Run one read-only statement and return its result.

    Args:
        statement: One SELECT (or WITH, FROM, EXPLAIN, DESCRIBE, SUMMARIZE); tables are pond paths
            in double quotes, such as `"/combined/noyo/BDock"`.
        fs: The snapshot that paths are looked up in.
        backend: The same snapshot's backend, which knows where objects lie.

    Returns:
        The result; instants are `timestamp[us, UTC]`.

    Raises:
        QueryError: The SQL is wrong, or no read-only statement.
        NotFoundError: A path in it leads nowhere.
        WrongTypeError: A path in it leads to a directory or to bytes.
    """
    connection = duckdb.connect(":memory:", config=_NO_EXTENSIONS)
    with connection, _query_errors():
        paths = _paths(connection, _select(connection, statement))
        files: list[str] = []
        for number, path in enumerate(paths):
            source = _Source(connection, f"inline_{number}", fs.lookup(path), backend, files)
            connection.execute(f"CREATE VIEW {_identifier(path)} AS {source.sql()}")
        connection.execute(f"SET allowed_paths = {_list(files)}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection.sql(statement).to_arrow_table()


def _select(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    """Return the one SELECT that a statement is, or explains."""
    # EXPLAIN ANALYZE runs what it explains, and that may be a COPY over one of our objects.
    explain = _EXPLAIN.fullmatch(statement)
    select = explain["explained"] if explain else statement
    statements = connection.extract_statements(select)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        msg = "a query is one SELECT statement; nothing else is run"
        raise QueryError(msg, hint="""e.g. SELECT count(*) FROM "/combined/noyo/BDock\"""")
    return select


def _paths(connection: duckdb.DuckDBPyConnection, select: str) -> list[str]:
    """Return the pond paths that a SELECT reads, without running or binding it."""
    # DuckDB's own `get_table_names` binds columns to dummies, and so refuses JOIN ... USING.
    [(tables, defined)] = connection.execute(_TABLES, [select]).fetchall()
    return sorted(name for name in set(tables) - set(defined) if name.startswith("/"))


@contextlib.contextmanager
def _query_errors() -> Iterator[None]:
    """Turn what DuckDB raises into `QueryError`."""
    try:
        yield
    except duckdb.CatalogException as exc:
        hint = 'write pond paths in double quotes: FROM "/combined/noyo/BDock"'
        raise QueryError(str(exc).strip(), hint=hint) from exc
    except duckdb.Error as exc:
        raise QueryError(str(exc).strip()) from exc


class _Source:
    """One pond path as a SELECT over objects and inline tables."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        alias: str,
        node: NodePath,
        backend: OpLogBackend,
        files: list[str],
    ) -> None:
        self._connection = connection
        self._alias = alias
        self._node = node
        self._backend = backend
        self._files = files

    def sql(self) -> str:
        if self._node.entry_type not in (EntryType.SERIES, EntryType.TABLE):
            msg = f"{self._node.path} is a {self._node.entry_type}; SQL reads tables and series"
            raise WrongTypeError(msg, path=self._node.path, hint="`pond ls` shows what is what")
        pieces = [p for p in self._node.node.pieces if p.rows]
        located = [(piece, self._backend.object_path(piece)) for piece in pieces]
        selects = self._over_objects([(p, path) for p, path in located if path is not None])
        if not selects or any(path is None for _, path in located):
            selects.append(self._over_inline([p for p, path in located if path is None]))
        return " UNION ALL BY NAME ".join(selects)

    def _over_objects(self, located: Sequence[tuple[Piece, Path]]) -> list[str]:
        whole = [str(path) for piece, path in located if piece.is_whole]
        cut = [(piece.window, str(path)) for piece, path in located if not piece.is_whole]
        self._files.extend(str(path) for _, path in located)
        selects = (
            [f"SELECT * FROM read_parquet({_list(whole)}, union_by_name = true)"] if whole else []
        )
        selects.extend(
            f"SELECT * FROM read_parquet({_list([path])}){_where(window)}" for window, path in cut
        )
        return selects

    def _over_inline(self, pieces: Sequence[Piece]) -> str:
        if self._node.entry_type is EntryType.TABLE:
            table = self._node.read_table()
        else:
            tables = [rows_within(self._backend.read(piece), piece.window) for piece in pieces]
            table = concatenate(tables, path=self._node.path)
        self._connection.register(self._alias, table)
        return f"SELECT * FROM {_identifier(self._alias)}"


def _where(window: Window) -> str:
    bounds = []
    if window.start_us is not None:
        bounds.append(f"timestamp >= make_timestamptz({window.start_us})")
    if window.end_us is not None:
        bounds.append(f"timestamp < make_timestamptz({window.end_us})")
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
