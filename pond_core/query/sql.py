"""SQL over pond paths: every quoted path in the query is a table."""

from enum import StrEnum

import pyarrow as pa

from pond_core.errors import QueryError
from pond_core.query import duckdb_engine
from pond_core.query.catalog import Catalog
from pond_core.tinyfs import ReadFS


class Engine(StrEnum):
    """What plans and runs a query."""

    DUCKDB = "duckdb"
    DATAFUSION = "datafusion"


def run_sql(statement: str, *, fs: ReadFS, engine: str = Engine.DUCKDB) -> pa.Table:
    """Run one read-only statement and return its result.

    Args:
        statement: One SELECT (or WITH, EXPLAIN, DESCRIBE). Its tables are names in double quotes: a
            pond path such as `"/combined/noyo/BDock"`; a pattern such as `"/combined/noyo/*"`,
            which is all rows of all tables and series that match, with the column `_path` last;
            `"pond.oplog"`, `"pond.transactions"` and `"pond.nodes"`.
        fs: The tree that names are looked up in.
        engine: `duckdb` or `datafusion`.

    Returns:
        The result; instants are `timestamp[us, UTC]`.

    Raises:
        QueryError: The SQL is wrong, or no read-only statement, or there is no such engine.
        NotFoundError: A path in it leads nowhere, or nothing matches a pattern in it.
        WrongTypeError: A path in it leads to a directory or to bytes.
        CorruptionError: An object that the query needs is missing.
        SchemaError: The files that match a pattern have a column of types that do not go together.
    """
    if engine not in tuple(Engine):
        msg = f"there is no engine {engine!r}"
        raise QueryError(msg, hint=f"use {' or '.join(Engine)}")
    if engine == Engine.DATAFUSION:
        # Lazily: few ask it, and it makes as many objects as all that a pond needs besides.
        from pond_core.query import datafusion_engine  # noqa: PLC0415

        return datafusion_engine.run(statement, Catalog(fs))
    return duckdb_engine.run(statement, Catalog(fs))
