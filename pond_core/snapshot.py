"""Looking at a pond as of one transaction."""

import polars as pl
import pyarrow as pa

from pond_core.query import run_sql, scan
from pond_core.tinyfs import ReadFS
from pond_core.tlogfs import OpLogBackend
from pond_core.window import ALWAYS, Window


class Snapshot(ReadFS):
    """The pond as of one transaction. It never changes, whatever others commit.

    Attributes:
        txn: The transaction that it shows.
    """

    def __init__(self, backend: OpLogBackend) -> None:
        super().__init__(backend)
        self.txn = backend.txn

    def sql(self, statement: str, *, engine: str = "duckdb") -> pa.Table:
        """Run one read-only SQL statement, with `duckdb` or `datafusion`; see `query.run_sql`."""
        return run_sql(statement, fs=self, engine=engine)

    def scan(self, name: str, *, window: Window = ALWAYS) -> pl.LazyFrame:
        """Return a path, or all that a pattern matches, as a lazy frame; see `query.scan`."""
        return scan(name, fs=self, window=window)
