"""Thorough upkeep: every part merged, what nobody can reach put aside, left-overs deleted.

The writer does after its commits what keeps their cost flat. This does the rest, while others
read and write: it takes the pond's lock for one part at a time.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from pond_core.oplog import HEADERS, Merged, OpLog, read_table
from pond_core.storage import Cache, storage_errors
from pond_core.tinyfs.node import ROOT, EntryType, NodeId
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.leaving import Left, leave
from pond_core.tlogfs.objects import ObjectStore

_LEFT_S = 24 * 3600
"""How long a file that nothing refers to stays: a transaction that began before may refer to it.
One that began more than 12 hours ago refuses to commit."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What maintenance did; with `dry_run`, what it would do.

    Attributes:
        merged: Log files that were rewritten as fewer.
        superseded: Rows that were moved out of the way of readers of the present.
        forgotten: Rows of before the horizon that were dropped.
        deleted: Files that nothing refers to and that were deleted.
        waiting: Files that nothing refers to and that are not old enough to be deleted.
        freed: Bytes of the deleted files.
        horizon: The txn from which on all can be shown.
        kept: The txns before it that can be shown, too.
    """

    merged: int = 0
    superseded: int = 0
    forgotten: int = 0
    deleted: int = 0
    waiting: int = 0
    freed: int = 0
    horizon: int = 0
    kept: tuple[int, ...] = ()


def maintain(
    log: OpLog,
    objects: ObjectStore,
    *,
    dry_run: bool = False,
    forget_before: int | None = None,
    keep: Collection[int] = (),
) -> Upkeep:
    """Put a log and its objects in order.

    Args:
        log: The log.
        objects: Its objects.
        dry_run: Only say what would be done.
        forget_before: Drop what only snapshots before this txn can show; None keeps all history.
        keep: Txns before that which stay readable.

    Raises:
        ReplicaError: Something is to be forgotten that the pond which this one follows says.
    """
    gone = _unreachable(log, objects)
    if forget_before is not None and not dry_run:
        log.begin()  # a replica forgets what its pond does
        log.forget_before(forget_before, keep=keep)
    shown = log.shown if forget_before is None else log.shown.without(forget_before, keep=keep)
    merged = Merged()
    for part in range(HEADERS + 1):
        with log.exclusive():
            log.head()
            merged += (
                log.upkeep.foreseen(part, gone=gone, shown=shown)
                if dry_run
                else log.upkeep.thorough(part, gone=gone)
            )
    if merged.written:
        with log.exclusive():
            log.head()
            log.table.checkpoint()
    left = _cleaned(log, objects, dry_run=dry_run)
    return Upkeep(
        merged=merged.replaced,
        superseded=merged.superseded,
        forgotten=merged.forgotten,
        deleted=left.deleted,
        waiting=left.waiting,
        freed=left.freed,
        horizon=shown.horizon,
        kept=shown.kept,
    )


def left_by_crashes(log: OpLog) -> list[Path]:
    """Return the files in the making of which nobody is the maker any more: they are a day old."""
    limit_s = time.time() - _LEFT_S
    return [path for path in log.temporaries() if _changed_s(path) <= limit_s]


def _cleaned(log: OpLog, objects: ObjectStore, *, dry_run: bool) -> Left:
    """Delete what nothing refers to any more."""
    cache = log.durability
    if isinstance(cache, Cache):
        return leave(cache, lambda: map(cache.name, _wanted(log, objects)), dry_run=dry_run)
    stored = [objects.path(digest) for digest in objects.digests()]
    # Whoever commits looks under the lock whether the objects that it names are there.
    with log.exclusive():
        log.head()
        waiting, left = _left_over(log, stored)
        going = [*log.upkeep.replaced(), *left]
        deleted, freed = len(going), sum(_size(path) for path in going)
        for path in going if not dry_run else ():
            with storage_errors(path):
                path.unlink(missing_ok=True)
    return Left(deleted, waiting, freed)


def _unreachable(log: OpLog, objects: ObjectStore) -> set[str]:
    """Return the nodes with rows that no path leads to. None ever comes back."""
    backend = OpLogBackend(log, objects, txn=log.head())
    reached: set[str] = {ROOT}
    pending: list[NodeId] = [ROOT]
    while pending:
        for entry in backend.entries(pending.pop()):
            if entry.entry_type is EntryType.DIRECTORY and entry.node_id not in reached:
                pending.append(entry.node_id)
            reached.add(entry.node_id)
    known: set[str] = set()
    log.table.fetch(log.files())
    for file in log.files():
        if file.is_hot and file.part != HEADERS:
            rows = read_table(log.table.path, file, ("txn", "parent_id", "node_id"))
            # What was made since is not in the tree that was walked.
            rows = rows.filter(pc.less_equal(rows["txn"], backend.txn))
            known.update(pc.unique(pc.coalesce(rows["parent_id"], rows["node_id"])).to_pylist())
    return known - reached


def _left_over(log: OpLog, stored: Sequence[Path]) -> tuple[int, list[Path]]:
    """Return how many files that nothing refers to are too young to go, and those that are not."""
    known = _named(log)
    found = [path for path in stored if path.name not in known]
    found.extend(path for path in log.temporaries())
    limit_s = time.time() - _LEFT_S
    old = [path for path in found if _changed_s(path) <= limit_s]
    return len(found) - len(old), old


def _wanted(log: OpLog, objects: ObjectStore) -> list[Path]:
    """Return the files that a log needs as of now."""
    with log.exclusive():
        log.head()
        files = [log.table.path / file.path for file in log.files()]
        return [*files, *(objects.path(digest) for digest in _named(log))]


def _named(log: OpLog) -> set[str]:
    """Return the digests that rows name: of objects, and of contents that are none."""
    named: set[str] = set()
    log.table.fetch(log.files())
    for file in log.files():
        rows = read_table(log.table.path, file, ("sha256", "arrow_schema"))
        for column in rows.columns:
            named.update(pc.unique(column.drop_null()).to_pylist())
    return named


def _changed_s(path: Path) -> float:
    """Return when a file changed; a writer's temporary may be gone by now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
