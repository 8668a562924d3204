"""Upkeep under the pond's lock: files merged, superseded rows put aside, left-overs deleted.

Merging changes no snapshot: it is no transaction, and every txn reads the same before and after.
delta-rs's own `optimize` is never called: run by two at once it triples rows. Nor is its `vacuum`:
it knows only what the Delta log remembers, and writes commits of its own.
"""

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.oplog.operation import Operation, OpKind, encode
from pond_core.oplog.parquet import LogFile, add_action, read_table, remove_action, write_rows
from pond_core.oplog.schema import COLD, HEADERS, HOT, STORED
from pond_core.oplog.shown import NEEDED_BY, Shown
from pond_core.oplog.supersession import until
from pond_core.oplog.table import LogTable
from pond_core.storage import Durability, storage_errors

CHECKPOINT_EVERY = 32
"""Delta versions between checkpoints."""

MERGE_FILES = 16
"""Small files of one part and tier that are merged: a lookup opens each of them."""

SEALED_BYTES = 8 * 1024**2
"""Larger files are left alone: merging everything rewrote 802 MB per 64 commits."""

_SMALL_BYTES = 64 * 1024
"""Files up to this size are always merged together, larger ones when the others add up to them:
so each row is rewritten a number of times that grows with the logarithm of their number."""

_REPLACED_S = 3600
"""How long a file that a merge replaced stays on disk, for other programs that read the table.
Our own readers look again when a file is gone."""

_CLEARED_EVERY_S = 600
"""The writer looks for such files that often: listing them takes longer than a commit."""


Condense = Callable[[int, Collection[str]], Sequence[Operation]]
"""Given a part and nodes in it, return rows that stand for many small windows of theirs each."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging did, or would do.

    Attributes:
        replaced: Files that were rewritten.
        written: Files that took their place.
        superseded: Rows that were moved out of the way of readers of the present.
        forgotten: Rows that were dropped for good.
        saved: Bytes by which the files that are read became smaller.
    """

    replaced: int = 0
    written: int = 0
    superseded: int = 0
    forgotten: int = 0
    saved: int = 0

    def __add__(self, other: "Merged") -> "Merged":
        return Merged(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Files of one part and tier that are rewritten as one.

    Attributes:
        files: The files.
        is_complete: Whether they hold all rows of their part that still count.
        judged: Which rows count no more, by txn and seq, where that was found out already.
        condensed: Rows that are added to them; None: those that stand for small windows in them.
    """

    files: Sequence[LogFile]
    is_complete: bool = False
    judged: Mapping[tuple[int, int], int] | None = None
    condensed: Sequence[Operation] | None = ()


class Maintenance:
    """The upkeep of one log. The caller holds the pond's lock.

    Attributes:
        marker: The file whose time says when replaced files were last cleared away.
        condense: What makes one row of many windows.
    """

    def __init__(self, table: LogTable, *, durability: Durability, tmp: Path) -> None:
        self._table = table
        self._durability = durability
        self._tmp = tmp
        self.marker = tmp / "cleared"
        self.condense: Condense = _nothing

    def after_commit(self) -> None:
        """Do what is due after a commit; mostly nothing."""
        try:
            self._merge([plan for plan in self._usual() if len(plan.files) >= MERGE_FILES])
        finally:
            # Also where a file of some part is damaged: an opening must not become ever slower.
            if self._table.versions_since_checkpoint >= CHECKPOINT_EVERY:
                self._table.checkpoint()
                self._clear_sometimes()

    def thorough(self, part: int, *, gone: Collection[str]) -> Merged:
        """Merge all that can be merged of one part, and move or drop all that can go.

        Args:
            part: The part.
            gone: Nodes that no path leads to any more: rows about them are superseded.
        """
        # What the first moves to the cold tier, the second merges with what is there.
        hot = self._merge([*self._hot(part, gone)])
        return hot + self._merge([*self._cold(part, self._table.shown)])

    def foreseen(self, part: int, *, gone: Collection[str], shown: Shown) -> Merged:
        """Say what `thorough` would do if this were shown; condensing is not foreseen."""
        plans = [*self._hot(part, gone, dry_run=True), *self._cold(part, shown)]
        files = [file for plan in plans for file in plan.files]
        judged = [self._superseded(plan) for plan in plans if plan.judged]
        cold = sum(self._forgotten_rows(file, shown) for file in files if not file.is_hot)
        return Merged(
            replaced=len(files),
            superseded=sum(rows.num_rows for rows in judged),
            forgotten=cold + sum(_forgotten_rows(rows, shown) for rows in judged),
        )

    def is_due(self) -> bool:
        """Say whether merging after commits is behind: some part has twice the files of a merge."""
        small = (f for f in self._table.files if f.size < SEALED_BYTES)
        counts = Counter((file.tier, file.part) for file in small)
        return max(counts.values(), default=0) >= 2 * MERGE_FILES

    def replaced(self) -> Iterator[Path]:
        """Iterate over log files that no snapshot needs, old enough to be deleted."""
        # All log files are written under the lock: what is not in the table was replaced, or a
        # crash left it.
        known = {file.path for file in self._table.files}
        limit_s = time.time() - _REPLACED_S
        for tier in (HOT, COLD):
            for part in range(HEADERS + 1):
                place = f"tier={tier}/part={part}"
                for entry in _listed(self._table.path / place):
                    if f"{place}/{entry.name}" not in known and entry.stat().st_mtime <= limit_s:
                        yield Path(entry.path)

    def delete_unlisted(self) -> None:
        """Delete all log files that are not in the table, however new; who reads one looks again.

        The caller has looked.
        """
        known = {self._table.path / file.path for file in self._table.files}
        for path in {*self._table.path.glob("tier=*/part=*/*")} - known:
            with storage_errors(path):
                path.unlink(missing_ok=True)

    def _usual(self) -> Iterator[_Plan]:
        """Iterate over the files, per part and tier, that go together once they are many."""
        by_place: dict[tuple[str, int], list[LogFile]] = {}
        for file in self._table.files:
            by_place.setdefault((file.tier, file.part), []).append(file)
        for (tier, _), files in by_place.items():
            chosen: list[LogFile] = []
            total = 0
            for file in sorted(files, key=lambda f: f.size):
                if file.size > SEALED_BYTES:
                    break
                if file.size > max(total, _SMALL_BYTES, *(2 * f.size for f in chosen[:1])):
                    if len(chosen) >= MERGE_FILES:
                        break
                    chosen, total = [], 0  # too few; perhaps there are enough larger ones
                chosen.append(file)
                total += file.size
            is_complete = tier == HOT and len(chosen) == len(files)
            yield _Plan(chosen, is_complete=is_complete, condensed=None if tier == HOT else ())

    def _hot(self, part: int, gone: Collection[str], *, dry_run: bool = False) -> Iterator[_Plan]:
        files = [f for f in self._table.files if f.is_hot and f.part == part]
        if not files:
            return
        rows = self._read(files, _JUDGED_BY)
        condensed = () if dry_run else self._condensed(rows, part)
        rows = pa.concat_tables([rows, encode(condensed).select(_JUDGED_BY)])
        keys = _keys(rows)
        judged = dict(zip(keys, until(rows, complete=True), strict=True))
        ids = zip(rows["parent_id"].to_pylist(), rows["node_id"].to_pylist(), strict=True)
        for key, (parent, node) in zip(keys, ids, strict=True):
            if judged[key] is None and (parent or node) in gone:
                judged[key] = self._table.head
        dead = {key: txn for key, txn in judged.items() if txn is not None}
        small = [file for file in files if file.size < SEALED_BYTES]
        if condensed and not small:
            small = [min(files, key=lambda file: file.size)]  # condensed rows need a place
        if len(small) > 1 or condensed or any(self._holds(file, dead) for file in small):
            yield _Plan(small, judged=dead, condensed=condensed)
        for file in files:
            if file not in small and self._holds(file, dead):
                yield _Plan([file], judged=dead)

    def _cold(self, part: int, shown: Shown) -> Iterator[_Plan]:
        files = [f for f in self._table.files if not f.is_hot and f.part == part]
        small = [file for file in files if file.size < SEALED_BYTES]
        if len(small) > 1 or any(self._forgotten_rows(file, shown) for file in small):
            yield _Plan(small)
        for file in files:
            if file.size >= SEALED_BYTES and self._forgotten_rows(file, shown):
                yield _Plan([file])

    def _merge(self, plans: Sequence[_Plan]) -> Merged:
        """Rewrite files as planned, in one commit; dropped if anyone committed meanwhile."""
        if not plans:
            return Merged()
        before = [file for plan in plans for file in plan.files]
        rewritten = [self._rewritten(plan) for plan in plans]
        after = [file for files, _ in rewritten for file in files]
        kept, known = {file.path for file in after}, {file.path for file in before}
        gone = [file for file in before if file.path not in kept]
        fresh = [file for file in after if file.path not in known]
        actions = [add_action(file, data_change=False) for file in fresh]
        for file in gone if not self._durability.has_copies else ():
            # The time of change becomes the time at which the file was replaced; that of a file
            # which stays tells nothing. In a bucket it goes on being read for a day in any case.
            with storage_errors(self._table.path / file.path):
                os.utime(self._table.path / file.path)
        actions += [remove_action(file) for file in gone]
        if not self._table.commit(actions, txn_uuid=secrets.token_hex(16)):
            return Merged()
        return Merged(
            replaced=len(gone),
            written=len(fresh),
            superseded=_rows(before, hot=True) - _rows(after, hot=True),
            forgotten=_rows(before) + sum(added for _, added in rewritten) - _rows(after),
            saved=sum(f.size for f in before) - sum(f.size for f in after),
        )

    def _rewritten(self, plan: _Plan) -> tuple[list[LogFile], int]:
        """Write the rows of a plan's files anew; return the files, and how many rows are new."""
        rows = self._read(plan.files, STORED.names)
        condensed = plan.condensed
        if condensed is None:
            condensed = self._condensed(rows, plan.files[0].part)
        if condensed:
            rows = pa.concat_tables([rows, encode(condensed)])
        if plan.files[0].is_hot:
            found = (
                until(rows, complete=plan.is_complete)
                if plan.judged is None
                else [plan.judged.get(key) for key in _keys(rows)]
            )
            rows = _ended(rows, found)
        superseded = rows.filter(pc.is_valid(rows["until"]))
        needed = superseded.filter(self._table.shown.needs(superseded))
        tiers = {HOT: rows.filter(pc.is_null(rows["until"])), COLD: needed}
        part = plan.files[0].part
        written = [self._written(kept, part, tier) for tier, kept in tiers.items() if kept.num_rows]
        return written, len(condensed)

    def _written(self, rows: pa.Table, part: int, tier: str) -> LogFile:
        return write_rows(
            self._table.path,
            rows,
            part=part,
            tier=tier,
            durability=self._durability,
            tmp=self._tmp,
        )

    def _condensed(self, rows: pa.Table, part: int) -> Sequence[Operation]:
        """Return rows that stand for many small windows of the nodes that rows are about."""
        nodes = rows["node_id"].filter(pc.equal(rows["op"], OpKind.WINDOW))
        return self.condense(part, pc.unique(nodes).to_pylist())

    def _read(self, files: Sequence[LogFile], columns: Sequence[str]) -> pa.Table:
        """Read rows, each once: two merges at once could have left some twice."""
        self._table.fetch(files)
        rows = pa.concat_tables([read_table(self._table.path, file, columns) for file in files])
        keys = _keys(rows)
        first = {key: at for at, key in reversed(list(enumerate(keys)))}
        return rows if len(first) == len(keys) else rows.take(pa.array(sorted(first.values())))

    def _holds(self, file: LogFile, dead: Mapping[tuple[int, int], int]) -> bool:
        return any(key in dead for key in _keys(self._read([file], ("txn", "seq"))))

    def _superseded(self, plan: _Plan) -> pa.Table:
        """Return the rows of hot files that were found to count no more, as far as that tells."""
        rows = self._read(plan.files, ("seq", *NEEDED_BY))
        rows = _ended(rows, [(plan.judged or {}).get(key) for key in _keys(rows)])
        return rows.filter(pc.is_valid(rows["until"]))

    def _forgotten_rows(self, file: LogFile, shown: Shown) -> int:
        if shown.horizon == 0:
            return 0
        return _forgotten_rows(self._read([file], ("seq", *NEEDED_BY)), shown)

    def _clear_sometimes(self) -> None:
        marker = self.marker
        if marker.exists() and marker.stat().st_mtime > time.time() - _CLEARED_EVERY_S:
            return
        with storage_errors(marker):
            marker.touch()
            for path in list(self.replaced()):
                path.unlink(missing_ok=True)


def _nothing(_part: int, _nodes: Collection[str]) -> Sequence[Operation]:
    return ()


def _ended(rows: pa.Table, until: Sequence[int | None]) -> pa.Table:
    """Return rows with the `until` that was found for each."""
    column = pa.array(until, pa.int64())
    return rows.set_column(rows.num_columns - 1, STORED.field("until"), column)


def _forgotten_rows(rows: pa.Table, shown: Shown) -> int:
    """Return how many superseded rows nothing that is shown needs."""
    return int(rows.num_rows - rows.filter(shown.needs(rows)).num_rows)


_JUDGED_BY = ("txn", "seq", "op", "parent_id", "name", "node_id", "window_start", "window_end")


def _keys(rows: pa.Table) -> list[tuple[int, int]]:
    return list(zip(rows["txn"].to_pylist(), rows["seq"].to_pylist(), strict=True))


def _rows(files: Sequence[LogFile], *, hot: bool = False) -> int:
    return sum(file.rows for file in files if file.is_hot or not hot)


def _listed(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
