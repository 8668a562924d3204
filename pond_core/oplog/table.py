"""The Delta table around the log: opened, refreshed, listed, committed to.

Only this room, `maintenance` and `translate` know deltalake.
"""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from pond_core.errors import CorruptionError, FormatTooNewError
from pond_core.oplog.durable import Durability
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.schema import APP_ID, FORMAT, PARTITION_COLUMNS, TABLE
from pond_core.oplog.translate import delta_errors

_COMMITS = "[0-9]*.json"
_CHECKPOINTS = "[0-9]*.checkpoint.parquet"

_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)

_RETENTION_HOURS = 24
"""How long a file that a merge replaced stays on disk: no reader holds a listing for a day."""


class LogTable:
    """A handle on the Delta table; it belongs to one process."""

    def __init__(self, path: Path, *, durability: Durability) -> None:
        self.path = path
        self._durability = durability
        with delta_errors(path):
            self._delta = DeltaTable(str(path))
        self._files: tuple[int, list[LogFile]] | None = None
        self._check_format("pond.min_reader", "reads")

    @classmethod
    def create(cls, path: Path, *, durability: Durability) -> "LogTable":
        """Make an empty table with a new pond id. The caller holds the pond's lock."""
        with delta_errors(path):
            DeltaTable.create(
                str(path),
                schema=TABLE,
                partition_by=list(PARTITION_COLUMNS),
                configuration={
                    "pond.id": str(uuid.uuid4()),
                    "pond.format": str(FORMAT),
                    "pond.min_reader": str(FORMAT),
                    "pond.min_writer": str(FORMAT),
                    "delta.appendOnly": "true",
                    # Checkpoints are made by maintenance, never by a commit in passing.
                    "delta.checkpointInterval": "1000000",
                    "delta.dataSkippingStatsColumns": "txn",
                },
                raise_if_key_not_exists=False,
            )
        durability.sync_file(path / "_delta_log" / f"{0:020}.json")
        for directory in (path / "_delta_log", path, path.parent):
            durability.sync_file(directory)
        return cls(path, durability=durability)

    @staticmethod
    def exists(path: Path) -> bool:
        """Say whether a table was made there; a directory that a crash left empty is none."""
        return any((path / "_delta_log").glob(_COMMITS)) or any(
            (path / "_delta_log").glob(_CHECKPOINTS)
        )

    @property
    def pond_id(self) -> str:
        """The pond's UUID."""
        return self._setting("pond.id")

    @property
    def version(self) -> int:
        """The Delta version that this handle has seen."""
        return int(self._delta.version())

    @property
    def head(self) -> int:
        """The newest txn that this handle has seen; 0 in an empty pond."""
        return int(self._delta.transaction_version(APP_ID) or 0)

    def refresh(self) -> None:
        """See what others have committed.

        Raises:
            FormatTooNewError: A newer DuckPond has raised the format meanwhile.
        """
        with delta_errors(self.path):
            self._delta.update_incremental()
        self._check_format("pond.min_reader", "reads")

    def files(self) -> list[LogFile]:
        """Return the files that the table consists of now."""
        if self._files is None or self._files[0] != self.version:
            with delta_errors(self.path):
                actions = pa.table(self._delta.get_add_actions(flatten=True))
            columns = ("path", "partition.part", "size_bytes", "min.txn", "max.txn")
            values = zip(*(actions.column(name).to_pylist() for name in columns), strict=True)
            self._files = (self.version, [LogFile(*row) for row in values])
        return self._files[1]

    def commit(
        self,
        actions: Sequence[AddAction | RemoveAction],
        *,
        txn: int | None = None,
        metadata: dict[str, str] | None = None,
    ) -> bool:
        """Make files visible in one step, and wait until that step is on disk.

        Args:
            actions: What is added and removed.
            txn: The transaction's number; None for a merge, which is no transaction.
            metadata: Kept in the commit's own record.

        Returns:
            False if somebody else committed first: refresh, check, and try again.

        Raises:
            FormatTooNewError: This version can read the pond, but must not write to it.
        """
        self._check_format("pond.min_writer", "writes")
        app = [Transaction(APP_ID, txn)] if txn is not None else None
        properties = CommitProperties(
            custom_metadata=metadata, max_commit_retries=0, app_transactions=app
        )
        with delta_errors(self.path):
            try:
                self._delta.create_write_transaction(
                    list(actions),
                    mode="append",
                    schema=self._delta.schema(),
                    partition_by=list(PARTITION_COLUMNS),
                    commit_properties=properties,
                    post_commithook_properties=_NO_HOOKS,
                )
            except CommitFailedError:
                return False
        self.refresh()
        self._sync_commit(self.version)
        return True

    def committed(self, uuid_text: str, *, since_version: int) -> bool:
        """Say whether a commit with this `txn_uuid` landed after a version; if so, sync it."""
        for version in range(since_version + 1, self.version + 1):
            record = self._commit_file(version)
            if record.exists() and uuid_text in record.read_text(encoding="utf-8"):
                self._sync_commit(version)
                return True
        return False

    @property
    def versions_since_checkpoint(self) -> int:
        """How many commits an opening reads one by one."""
        try:
            pointer = json.loads((self.path / "_delta_log" / "_last_checkpoint").read_bytes())
            return self.version - int(pointer["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return self.version  # none yet, or a torn pointer, which the next one replaces

    def checkpoint(self) -> None:
        """Write a checkpoint, so that opening reads few files."""
        with delta_errors(self.path):
            self._delta.create_checkpoint()
        log = self.path / "_delta_log"
        newest = log / f"{self.version:020}.checkpoint.parquet"
        for written in (newest, log / "_last_checkpoint", log):
            if written.exists():
                self._durability.sync_file(written)

    def vacuum(self) -> None:
        """Delete the files that merges replaced more than a day ago."""
        with delta_errors(self.path):
            self._delta.vacuum(
                retention_hours=_RETENTION_HOURS, dry_run=False, enforce_retention_duration=False
            )
        self.refresh()

    def _sync_commit(self, version: int) -> None:
        self._durability.sync_file(self._commit_file(version))
        self._durability.sync_file(self.path / "_delta_log")

    def _commit_file(self, version: int) -> Path:
        return self.path / "_delta_log" / f"{version:020}.json"

    def _setting(self, name: str) -> str:
        value = self._delta.metadata().configuration.get(name)
        if not value:
            msg = f"{self.path} is a Delta table, but no pond: it lacks {name}"
            raise CorruptionError(msg)
        return value

    def _check_format(self, setting: str, does: str) -> None:
        needed = self._setting(setting)
        if int(needed) > FORMAT:
            msg = f"{self.path.parent} has format {needed}, this DuckPond {does} up to {FORMAT}"
            raise FormatTooNewError(msg, hint="install a newer duckpond")
