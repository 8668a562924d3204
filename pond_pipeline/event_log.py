"""Dagster's SQLite event log with its connections kept open.

The stock storage opens and closes a connection for every event, and compiles every statement
anew: a run of 36 assets over 25 months spent 33 s in it, with connections kept 10 s. The files are
the same; the stock storage reads them and writes to them. Dagster's lock around each use is kept,
so that one connection per file is never used twice at once.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool
from typing_extensions import override

from pond_pipeline.home import dagster_home

_OPEN_FILES = 16
"""Each run has a file of its own; a long-lived webserver looks at many."""

_BUSY_TIMEOUT_S = 60
"""How long to wait for another process's write; Dagster's own setting is of this size."""


class EventLog(SqliteEventLogStorage):
    """The event log of `$DAGSTER_HOME`; `dagster.yaml` names this class."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    @override
    def config_type(cls) -> UserConfigSchema:
        """Return the settings: none, so that a home directory can be moved."""
        return {}

    @classmethod
    @override
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> "EventLog":
        """Open the log of `$DAGSTER_HOME`.

        Raises:
            ConfigError: The variable is not set.
        """
        return cls(str(dagster_home() / "history" / "runs"), inst_data)

    @contextmanager
    @override
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    @override
    def has_table(self, table_name: str) -> bool:
        """Say whether the index has a table; one that was there once stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @override
    def wipe(self) -> None:
        """Delete everything; files that are deleted are closed first."""
        with self._db_lock:
            self._close(keep=0)
        super().wipe()

    @override
    def dispose(self) -> None:
        """Close the files and stop watching them."""
        with self._db_lock:
            self._close(keep=0)
        super().dispose()

    @override
    def delete_events(self, run_id: str) -> None:
        """Delete what a run said, and its file; the stock storage leaves an empty one behind."""
        with self._db_lock:
            engine = self._engines.pop(run_id, None)
            if engine is not None:
                engine.dispose()
            self._initialized_dbs.discard(run_id)
            for file in Path(self._base_dir).glob(f"{run_id}.db*"):
                file.unlink(missing_ok=True)
        with self.index_connection() as connection:
            self.delete_events_for_run(connection, run_id)
        self.free_concurrency_slots_for_run(run_id)

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
            )
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        self._close(keep=_OPEN_FILES)
        return engine

    def _close(self, *, keep: int) -> None:
        while len(self._engines) > keep:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
