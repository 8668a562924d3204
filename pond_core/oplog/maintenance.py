"""Upkeep by the writer, under the pond's lock: checkpoints, and small files merged into one.

Merging changes no row: it is no transaction, and every snapshot reads the same before and after.
delta-rs's own `optimize` is never called: run by two at once it triples rows.
"""

import time
from pathlib import Path

from deltalake.transaction import RemoveAction

from pond_core.oplog.durable import Durability
from pond_core.oplog.parquet import LogFile, add_action, read_all, write_rows
from pond_core.oplog.schema import HOT
from pond_core.oplog.table import LogTable

_CHECKPOINT_EVERY = 16
"""Delta versions between checkpoints."""

_MERGE_FILES = 64
"""Small files of one part that are merged: a fold opens at most as many."""

_SEALED_BYTES = 8 * 1024**2
"""Larger files are left alone: merging everything rewrote 802 MB per 64 commits."""


def maintain(table: LogTable, *, durability: Durability, tmp: Path) -> None:
    """Do what is due after a commit; mostly nothing."""
    small: dict[int, list[LogFile]] = {}
    for file in table.files():
        if file.size < _SEALED_BYTES:
            small.setdefault(file.part, []).append(file)
    many = [files for files in small.values() if len(files) >= _MERGE_FILES]
    for files in many:
        _merge(table, files, durability=durability, tmp=tmp)
    if many:
        table.vacuum()
    if table.versions_since_checkpoint >= _CHECKPOINT_EVERY:
        table.checkpoint()


def _merge(table: LogTable, files: list[LogFile], *, durability: Durability, tmp: Path) -> None:
    """Rewrite files of one part as one; dropped if anyone committed meanwhile."""
    part = files[0].part
    rows = {(r.txn, r.seq): r for file in files for r in read_all(table.path, file)}
    merged = write_rows(table.path, list(rows.values()), part=part, durability=durability, tmp=tmp)
    now_ms = int(time.time() * 1000)
    removals = [
        RemoveAction(
            file.path,
            False,  # noqa: FBT003 -- data_change: the rows stay the same
            now_ms,
            size=file.size,
            partition_values={"tier": HOT, "part": str(part)},
        )
        for file in files
        if file.path != merged.path
    ]
    table.commit([add_action(merged, rows=len(rows), data_change=False), *removals])
