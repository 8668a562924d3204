"""Commits that deltalake knows best how to write: the table's making, and its properties.

It writes them where nobody sees them. They become visible as all other commits do: whole, under the
next version or not at all.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from deltalake import DeltaTable

from pond_core.oplog import delta_log
from pond_core.oplog.identity import Identity
from pond_core.oplog.parquet import Action
from pond_core.oplog.schema import DELTA_STATISTICS, FORMAT, PARTITION_COLUMNS, TABLE
from pond_core.oplog.translate import delta_errors


def making(identity: Identity) -> bytes:
    """Return the commit that makes the table of a pond."""

    def make(stage: str) -> None:
        DeltaTable.create(
            stage,
            schema=TABLE,
            partition_by=list(PARTITION_COLUMNS),
            configuration={
                **identity.properties,
                "pond.format": str(FORMAT),
                "pond.min_reader": str(FORMAT),
                "pond.min_writer": str(FORMAT),
                "delta.appendOnly": "true",
                # Checkpoints are made by maintenance, never by a commit in passing.
                "delta.checkpointInterval": "1000000",
                "delta.dataSkippingStatsColumns": ",".join(DELTA_STATISTICS),
            },
            raise_if_key_not_exists=False,
        )

    first, *others = _made(make).splitlines(keepends=True)
    said = json.loads(first)
    said["commitInfo"]["operationParameters"].pop("location", None)  # that is not where it lies
    return b"".join((json.dumps(said, separators=(",", ":")).encode(), b"\n", *others))


def setting(properties: Mapping[str, str], log: Path) -> bytes:
    """Return the commit that sets properties of the table whose newest commits are there."""

    def change(stage: str) -> None:
        table = DeltaTable(stage)
        table.alter.set_table_properties(dict(properties), raise_if_not_exists=False)

    return _made(change, log)


def properties_action(properties: Mapping[str, str], log: Path) -> Action:
    """Return the action of such a commit that sets them, for one that does more than that."""
    actions = map(json.loads, setting(properties, log).splitlines())
    return next(action for action in actions if "metaData" in action)


def _made(change: Callable[[str], None], log: Path | None = None) -> bytes:
    with tempfile.TemporaryDirectory() as stage, delta_errors(Path(stage)):
        copied = Path(stage, "_delta_log")
        if log is not None:
            shutil.copytree(log, copied)
        change(stage)
        return delta_log.commit_path(copied, delta_log.newest(copied)).read_bytes()
