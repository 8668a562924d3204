"""The Delta table around the log: opened, refreshed, listed, committed to.

deltalake makes and opens the table and writes checkpoints; only this room, `made_by_delta` and
`translate` know it. Commits are read and written as the JSON that they are, synced before they have
their name.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from deltalake import DeltaTable

from pond_core.errors import (
    ClosedError,
    CorruptionError,
    FormatTooNewError,
    FormatTooOldError,
    StorageError,
    StoreError,
)
from pond_core.oplog import delta_log
from pond_core.oplog.commits import Commits, commits_of
from pond_core.oplog.identity import POND, Identity
from pond_core.oplog.made_by_delta import making, properties_action, setting
from pond_core.oplog.operation import dump_facts
from pond_core.oplog.parquet import Action, LogFile
from pond_core.oplog.schema import (
    APP_ID,
    FORMAT,
    OLDEST_FORMAT,
)
from pond_core.oplog.shown import Shown
from pond_core.oplog.translate import delta_errors
from pond_core.storage import Durability

T = TypeVar("T")

_ATTEMPTS = 5
"""Openings in a row that a clean-up beside them may disturb."""


class LogTable:
    """A handle on the Delta table; it belongs to one process.

    Attributes:
        path: The table's directory.
        label: How messages name the pond.
        format: The format that it is written in.
        version: The Delta version that this handle has seen.
        head: The newest txn that it has seen; 0 in an empty pond.
        shown: Which txns can still be shown.
        replaced: How often it has seen that files may have taken the place of others.
    """

    def __init__(
        self, path: Path, *, durability: Durability, commits: Commits | None = None
    ) -> None:
        self.path = path
        self.label = durability.label(path.parent)
        self.log = path / "_delta_log"
        self.version, self.head = -1, 0
        self.shown = Shown()
        self.replaced = 0
        self._synced = -1
        self._place: delta_log.Place | None = None
        self._durability = durability
        self._commits = commits or commits_of(self.log, durability=durability)
        self._files: dict[str, LogFile] = {}
        self._settings: dict[str, str | None] = {}
        if commits is None:  # else they were looked at just now
            self._commits.look()
        self._reload()

    @classmethod
    def create(cls, path: Path, *, identity: Identity, durability: Durability) -> "LogTable":
        """Make an empty table. The caller holds the pond's lock.

        Raises:
            StorageError: deltalake cannot have a table at that place.
        """
        _check_process()
        log = path / "_delta_log"
        durability.make_directory(log)
        commits = commits_of(log, durability=durability)
        commits.look()
        commits.create(0, making(identity))  # or somebody else has made it meanwhile
        for directory in (log, path, path.parent):
            durability.sync_file(directory)
        commits.look()
        return cls(path, durability=durability, commits=commits)

    @property
    def identity(self) -> Identity:
        """Who the pond is."""
        self._setting(POND)
        return Identity.of(self._settings)

    @property
    def files(self) -> Iterable[LogFile]:
        """The files that the table consists of."""
        return self._files.values()

    def fetch(self, files: Iterable[LogFile]) -> None:
        """Have files here that are about to be read; see `Durability.fetch`."""
        self._durability.fetch(self.path / file.path for file in files)

    def mend(self, files: Iterable[LogFile]) -> bool:
        """Delete copies that are no good, after one could not be read; see `Durability.mend`."""
        return self._durability.mend(self.path / file.path for file in files)

    def refresh(self) -> None:
        """See what others have committed.

        Raises:
            FormatTooNewError: A newer DuckPond has raised the format meanwhile.
            CorruptionError: A commit cannot be read.
        """
        self._commits.look()
        self._follow()

    def _follow(self) -> None:
        """Apply the commits that are here."""
        place = delta_log.place(self.log, self.version)
        if place is None or place != self._place:  # repaired: another log has its name now
            self._reload()
        newest = max(delta_log.commits(self.log), default=self.version)
        while self.version < newest:
            commit = self._read(self.version + 1)
            if commit is None or commit.is_metadata:
                # Cleared away since we last looked, or properties, which deltalake knows best.
                self._reload()
                return
            self._apply(commit)
            self._place = delta_log.place(self.log, self.version)

    def commit(
        self,
        actions: Sequence[Action],
        *,
        txn_uuid: str,
        txn: int | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> bool:
        """Make files visible in one step, and wait until that step is on disk.

        Args:
            actions: What is added and removed.
            txn_uuid: Random; kept in the commit's own record, by which a lost reply is made up for.
            txn: The transaction's number; None for a merge, which is no transaction.
            properties: Those of the table that change as well.

        Returns:
            False if somebody else committed first: refresh, check, and try again.

        Raises:
            FormatTooNewError: This version can read the pond, but must not write to it.
            StorageError: The disk refuses; nothing became visible unless the message says so.
        """
        self._check_format("pond.min_writer", "writes")
        base = self.version
        if properties:
            actions = [*actions, properties_action(properties, self.log)]
        info: dict[str, object] = {
            "timestamp": time.time_ns() // 1_000_000,
            "operation": "OPTIMIZE" if txn is None else "WRITE",
            "txn_uuid": txn_uuid,
            # By the count a reader knows a commit that was cut short at the end of a line.
            "actions": len(actions) + (txn is not None),
            # One that was on disk before it had its name was not cut short by a power loss.
            "synced": self._durability.is_synced,
        }
        if properties:
            info["operationParameters"] = {"properties": dump_facts(properties)}
        lines: list[Action] = [{"commitInfo": info}, *actions]
        if txn is not None:
            lines.append({"txn": {"appId": APP_ID, "version": txn}})
        data = "\n".join(dump_facts(line) for line in lines).encode()
        try:
            landed = self._commits.create(base + 1, data)
        except StorageError:
            # A lost reply: the commit may be in the table although its writer was told otherwise.
            if not self._landed(base, txn_uuid):
                raise
            landed = True
        if not landed and not self._landed(base, txn_uuid):  # perhaps one's own reply was lost
            return False
        try:
            self._follow()
            self._sync()
        except StorageError as exc:
            msg = f"{exc}: what was committed is visible, but may not survive a power loss"
            raise StorageError(msg, hint="look before you repeat it: `pond log`") from exc
        return True

    @property
    def versions_since_checkpoint(self) -> int:
        """How many commits an opening reads one by one."""
        return self.version - max(delta_log.checkpoints(self.log), default=0)

    def checkpoint(self) -> None:
        """Write a checkpoint, so that opening reads few files, and clear away older ones."""
        with delta_errors(self.path):
            DeltaTable(str(self.path)).create_checkpoint()
        self._commits.keep_checkpoint()

    def set(self, properties: Mapping[str, str]) -> bool:
        """Set properties of the table; False if somebody else committed first."""
        data = setting(properties, self.log)
        landed = self._commits.create(self.version + 1, data)
        self.refresh()
        self._sync()
        return landed

    def _sync(self) -> None:
        """Wait until the newest commit is on disk, and those before it.

        Who made these may have died before it synced them.
        """
        newer = delta_log.commits(self.log, after=self._synced)
        for path in (delta_log.commit_path(self.log, version) for version in newer):
            self._durability.sync_file(path)
        self._durability.sync_file(self.log)
        self._synced = self.version

    def _landed(self, base: int, txn_uuid: str) -> bool:
        """Say whether a commit with this `txn_uuid` is in the table, having looked."""
        self.refresh()
        for version in range(base + 1, self.version + 1):
            commit = delta_log.read_commit(self.log, version)
            if commit is None and self._commits.bring(version):
                commit = delta_log.read_commit(self.log, version)
            if commit is not None and commit.txn_uuid == txn_uuid:
                return True
        return False

    def _read(self, version: int) -> delta_log.Commit | None:
        try:
            return delta_log.read_commit(self.log, version)
        except CorruptionError:
            if not self._commits.look_again():
                raise
            return delta_log.read_commit(self.log, version)

    def _apply(self, commit: delta_log.Commit) -> None:
        for path in commit.removed:
            self._files.pop(path, None)
        self.replaced += len(commit.removed)
        self._files.update((file.path, file) for file in commit.added)
        self.head = self.head if commit.txn is None else commit.txn
        self.version = commit.version

    def _reload(self) -> None:
        """Open the table anew."""
        directory = delta_log.inode(self.log)
        try:
            opened = _repeated(self._opened, otherwise=self._commits.look_again)
            self._settings = opened.settings
            self._check_format("pond.min_reader", "reads")
            shown = self._told_shown()
            files = self._listed(opened.files)
        except CorruptionError:
            self._check_age()  # another format reads like damage
            raise
        self._files = files
        self.shown = shown
        self.replaced += 1
        self.version, self.head = opened.version, opened.head
        for commit in opened.later:
            self._apply(commit)
        place = delta_log.place(self.log, self.version)
        # Only now: who could not open it has to try again, as where it was replaced meanwhile.
        self._place = place if place and place[0] == directory else None

    def _told_shown(self) -> Shown:
        try:
            return Shown.of(self._settings)
        except ValueError as exc:
            msg = f"{self.log} does not say which txns can be shown: {exc}"
            raise CorruptionError(msg, hint=delta_log.REPAIR) from exc

    def _listed(self, actions: pa.Table) -> dict[str, LogFile]:
        columns = ("path", "partition.part", "size_bytes", "num_records", "min.txn", "max.txn")
        try:
            values = [actions.column(name).to_pylist() for name in columns]
            until = [n or 0 for n in actions.column("max.until").to_pylist()]
            parents, nodes = (_told(actions, name) for name in ("parent_id", "node_id"))
        except KeyError as exc:
            msg = f"{self.log} does not say what the log files hold: {exc}"
            raise CorruptionError(msg, hint=delta_log.REPAIR) from exc
        for row in zip(*values, strict=True):
            if None in row:
                msg = f"{self.log} does not say what {row[0]} holds"
                raise CorruptionError(msg, hint=delta_log.REPAIR)
        rows = zip(*values, until, parents, nodes, strict=True)
        return {row[0]: LogFile(*row) for row in rows}

    def _opened(self) -> "_Opened":
        """Let deltalake open the newest checkpoint, or change of properties, and read what follows.

        deltalake takes five times as long for commits as we do, and passes some damage over.
        """
        _check_process()
        self._synced = max(delta_log.checkpoints(self.log), default=-1)
        later = delta_log.read_commits(self.log, after=self._synced)
        base = max((commit.version for commit in later if commit.is_metadata), default=self._synced)
        with delta_errors(self.path):
            delta = DeltaTable(str(self.path), version=max(base, 0))
            return _Opened(
                version=int(delta.version()),
                head=int(delta.transaction_version(APP_ID) or 0),
                settings=dict(delta.metadata().configuration),
                files=pa.table(delta.get_add_actions(flatten=True)),
                later=[commit for commit in later if commit.version > base],
            )

    def _setting(self, name: str) -> str:
        value = self._settings.get(name)
        if not value:
            msg = f"{self.path} is a Delta table, but no pond: it lacks {name}"
            raise CorruptionError(msg, hint=delta_log.REPAIR)
        return value

    def _number(self, name: str) -> int:
        value = self._setting(name)
        try:
            return int(value)
        except ValueError as exc:
            msg = f"{self.log}: {name} is {value!r}, which is no number"
            raise CorruptionError(msg, hint=delta_log.REPAIR) from exc

    def _check_age(self) -> None:
        with contextlib.suppress(StoreError), delta_errors(self.path):
            self._settings = dict(DeltaTable(str(self.path)).metadata().configuration)
        if self._settings.get("pond.format"):
            self._check_format("pond.min_reader", "reads")

    def _check_format(self, setting: str, does: str) -> None:
        needed = self._number(setting)
        if needed > FORMAT:
            msg = f"{self.label} has format {needed}, this DuckPond {does} up to {FORMAT}"
            raise FormatTooNewError(msg, hint="install a newer duckpond")
        self.format = self._number("pond.format")
        if self.format < OLDEST_FORMAT:
            msg = f"{self.label} has format {self.format}, this DuckPond {does} {OLDEST_FORMAT}"
            raise FormatTooOldError(msg, hint="make a new pond and run the pipeline")


@dataclass(frozen=True, slots=True)
class _Opened:
    """The table as of a version, and the commits since: `files` are deltalake's `add` actions."""

    version: int
    head: int
    settings: dict[str, str | None]
    files: pa.Table
    later: Sequence[delta_log.Commit]


_USED_IN: set[int] = set()
"""Processes that have used deltalake: this one, or the one that it was forked from."""


def _told(actions: pa.Table, name: str) -> list[tuple[str, str] | None]:
    """Return the lowest and highest value of a column by file, where it has any.

    Raises:
        KeyError: Of some file only one of them is told.
    """
    bounds = (actions.column(f"{end}.{name}").to_pylist() for end in ("min", "max"))
    pairs = list(zip(*bounds, strict=True))
    if any((low is None) != (high is None) for low, high in pairs):
        raise KeyError(name)
    return [None if low is None else (low, high) for low, high in pairs]


def _check_process() -> None:
    """Refuse in a forked child: deltalake's threads stayed behind, and it panics without them."""
    if _USED_IN and os.getpid() not in _USED_IN:
        msg = "a pond was used before this process was forked; deltalake does not survive a fork"
        raise ClosedError(msg, hint="start processes by spawn")
    _USED_IN.add(os.getpid())


def _repeated(opening: Callable[[], T], *, otherwise: Callable[[], object]) -> T:
    """Open; again when a clean-up took away a file between listing and reading it."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return opening()
        except StoreError:
            otherwise()
    return opening()
