"""The operation log: what was done, in which order, as rows of one Delta table.

A commit is: Parquet files under their digests, synced; one Delta commit that names them and
carries the transaction's number; that commit synced and read back. All of it under the pond's
lock. delta-rs never retries for us: a refused commit comes back here and is checked again.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from random import SystemRandom

import pyarrow as pa

from pond_core.errors import (
    ConflictError,
    CorruptionError,
    NotFoundError,
    PondError,
    ReplicaError,
    StoreError,
)
from pond_core.oplog import delta_log
from pond_core.oplog.commits import commits_of
from pond_core.oplog.identity import Identity
from pond_core.oplog.maintenance import Maintenance
from pond_core.oplog.operation import (
    Header,
    Operation,
    OpKind,
    Provenance,
    encode,
    number,
    rows_hash,
)
from pond_core.oplog.parquet import LogFile, add_action, file_of
from pond_core.oplog.part import PartState
from pond_core.oplog.place import check_not_lost, check_path, no_pond
from pond_core.oplog.reader import Reader
from pond_core.oplog.schema import HEADERS, HOT
from pond_core.oplog.shown import Shown
from pond_core.oplog.table import LogTable
from pond_core.storage import Durability, check_room, exclusive

_LOGGER = logging.getLogger(__name__)

Prepare = Callable[[int, Sequence[Operation]], Sequence[Operation]]
"""Given the head txn and what others committed since the base, return the rows to write.

Raises `ConflictError` when they do not go together.
"""

_JITTER_S = 0.002
"""How long one waits at most after a refused commit. Somebody always gets through; whoever waits
longer is only beaten again, by those who wait less."""

_LONGEST_S = 0.1

_CHANCE = SystemRandom()
"""No draw of ours shifts those of a program that has seeded Python's."""

_LETS_GO_FIRST = 0.25
"""How often a machine waits a moment that could commit at once. Whoever has just committed is ahead
of those that were refused by it, and would stay so: without this one of two machines made its 48
commits before the other one made 4."""


class OpLog:
    """The log of one pond, in `<pond>/oplog`, with its lock in `<pond>/lock`.

    Attributes:
        pond: The pond's directory.
        label: How messages name the pond: its directory or URL.
        durability: Whether writes wait for the disk.
        table: The Delta table.
        upkeep: What keeps its cost flat.
        condenser: Returns rows that condense the windows of some nodes of a part.
    """

    def __init__(self, pond: Path, *, durability: Durability) -> None:
        self.pond = pond
        self.durability = durability
        self.label = durability.label(pond)
        commits = commits_of(pond / "oplog" / "_delta_log", durability=durability)
        commits.open()
        if not delta_log.is_there(pond / "oplog" / "_delta_log"):
            check_not_lost(pond, durability)
            raise no_pond(pond, self.label)
        self.table = LogTable(pond / "oplog", durability=durability, commits=commits)
        self.upkeep = Maintenance(self.table, durability=durability, tmp=pond / "tmp")
        self._guard = threading.RLock()
        self._reader = Reader(self.table, self._guard)
        self._last: Header | None = None
        self._took_s = 0.0
        self.condenser: Callable[[int, Collection[str]], Sequence[Operation]] = _nothing
        self.upkeep.condense = self._condense

    @classmethod
    def create(
        cls, pond: Path, *, durability: Durability, identity: Identity | None = None
    ) -> "OpLog":
        """Make an empty log; the one that another process made meanwhile is opened instead.

        Without an identity it has one that no other pond has.

        Raises:
            StorageError: deltalake cannot have a table at that place, or the disk refuses.
        """
        check_path(pond)
        durability.make_directory(pond)
        commits_of(pond / "oplog" / "_delta_log", durability=durability).open()
        with exclusive(pond / "lock"):
            for name in ("oplog", "objects", "tmp", "oplog/tier=hot", "oplog/tier=cold"):
                durability.make_directory(pond / name)
            if not delta_log.is_there(pond / "oplog" / "_delta_log"):
                check_not_lost(pond, durability)
                LogTable.create(
                    pond / "oplog", identity=identity or Identity.new(), durability=durability
                )
        return cls(pond, durability=durability)

    @staticmethod
    def exists(pond: Path, *, durability: Durability | None = None) -> bool:
        """Say whether a log was made there; what a crash left of making one is none."""
        log = pond / "oplog" / "_delta_log"
        return commits_of(log, durability=durability or Durability()).is_there()

    @property
    def pond_id(self) -> str:
        """The pond's UUID."""
        return self.table.identity.pond

    @property
    def is_replica(self) -> bool:
        """Whether it only shows what is committed elsewhere, as of the newest look."""
        return self.table.identity.is_replica

    @property
    def shown(self) -> Shown:
        """Which txns can still be shown, as of the newest look."""
        return self.table.shown

    def head(self) -> int:
        """Return the newest txn, having looked."""
        with self._guard:
            self.table.refresh()
            return self.table.head

    def begin(self) -> int:
        """Return the txn that a change starts from: the newest, having looked.

        Raises:
            ReplicaError: Nothing can be changed here.
        """
        head = self.head()
        self._check_own()
        return head

    def state(self, part: int, *, txn: int) -> PartState:
        """Return what a part amounts to as of a txn, at the cost of what is new since last time.

        Raises:
            SnapshotForgottenError: What the pond held then was dropped.
        """
        with self._guard:
            return self._reader.state(part, txn=txn)

    def state_anew(self, part: int, *, txn: int) -> PartState:
        """Return what `state` does, of rows that are in the log now, whatever is in memory."""
        with self._guard:
            self._reader.forget(part)
            self.table.refresh()
            return self._reader.state(part, txn=txn)

    def headers(self, *, after: int = 0, upto: int | None = None) -> list[Header]:
        """Return the headers of the txns in `(after, upto]`, oldest first, each once."""
        last = self.head() if upto is None else upto
        with self._guard:
            rows = self._reader.rows([HEADERS], after=after, upto=last)
        headers = {row.txn: Header.from_operation(row) for row in rows}
        return [headers[txn] for txn in sorted(headers)]

    def header(self, txn: int) -> Header | None:
        """Return the header of a txn; None if there is none, as of txn 0."""
        return next(iter(self.headers(after=txn - 1, upto=txn)), None) if txn else None

    def operations(
        self,
        *,
        after: int,
        upto: int,
        about: Collection[str] | None = None,
        condensed: bool = False,
    ) -> list[Operation]:
        """Return the rows of the txns in `(after, upto]` in order, each once, without headers.

        Rows that are about nodes, not names, may be left out where they are about others than
        `about`. With `condensed` also those that stand for others: before the horizon they may be
        all that is left of these.
        """
        if after >= upto:
            return []
        with self._guard:
            found = self._reader.rows(range(HEADERS), after=after, upto=upto, about=about)
        rows = {(r.txn, r.seq): r for r in found if condensed or r.op is not OpKind.CONDENSED}
        return [rows[key] for key in sorted(rows)]

    def transcript(self, *, after: int, upto: int) -> pa.Table:
        """Return all rows of the txns in `(after, upto]`, headers and contents included.

        Its columns are `TRANSCRIPT`; each row is there once, by `txn` and `seq`.
        """
        with self._guard:
            return self._reader.transcript(after=after, upto=upto)

    def files(self) -> list[LogFile]:
        """Return the log files as of the newest look."""
        with self._guard:
            return list(self.table.files)

    def places(self, part: int, txn: int) -> set[int]:
        """Return the places that rows of a txn have in a part, whatever tier they are in."""
        with self._guard:
            return {row.seq for row in self._reader.rows([part], after=txn - 1, upto=txn)}

    def temporaries(self) -> list[Path]:
        """Return the files in the making, and those that a crash left."""
        made = [*(self.pond / "tmp").rglob("*"), *delta_log.strangers(self.table.log)]
        return [path for path in made if path.is_file() and path != self.upkeep.marker]

    def forget_before(self, txn: int, *, keep: Collection[int] = ()) -> None:
        """Record which snapshots before a txn are wanted; upkeep drops what only others can show.

        Raises:
            NotFoundError: There is no such txn.
        """
        with self.exclusive():
            if not 0 <= txn <= self.head():
                msg = f"there is no txn {txn}; the newest is {self.table.head}"
                raise NotFoundError(msg, path=self.label, hint="`pond log` lists them")
            self.let_go(txn, keep=keep)

    def let_go(self, txn: int, *, keep: Collection[int]) -> None:
        """Do what `forget_before` does; the caller holds the lock, and there is such a txn."""
        while (shown := self.shown.without(txn, keep=keep)) != self.shown:
            self.table.set(shown.properties)  # again if somebody else came first

    def content(self, row: Operation) -> bytes | None:
        """Return the inline content of a row; None if it has none: it is an object."""
        with self._guard:
            return self._reader.content(row)

    def append(
        self,
        prepare: Prepare,
        *,
        base: int,
        about: Collection[str] | None = None,
        provenance: Provenance,
        size_bytes: int = 0,
    ) -> Header:
        """Commit one transaction.

        Args:
            prepare: Checks it against what others did and returns its rows.
            base: The txn that it started from.
            about: Nodes that `prepare` has to know all rows about; None is all nodes.
            provenance: Who and why.
            size_bytes: About how much it writes.

        Returns:
            The header, once it is durable and was read back.

        Raises:
            ConflictError: From `prepare`.
            ReplicaError: Nothing can be changed here.
            StorageError: No room, or the disk refuses; nothing changed.
        """
        txn_uuid = secrets.token_hex(16)
        check_room(self.pond, size_bytes)
        with self.exclusive():
            if self.durability.has_copies and _CHANCE.random() < _LETS_GO_FIRST:
                time.sleep(_CHANCE.uniform(0, min(2 * self._took_s, _LONGEST_S)))
            began_s = time.monotonic()
            self.head()
            for _ in range(self.durability.attempts):
                head = self.table.head
                self._check_own()
                # What others have written, headers as well, on one way there and back.
                self.table.fetch([file for file in self.table.files if file.min_txn > base])
                horizon = self.shown.horizon
                if base < horizon:
                    msg = f"history up to txn {horizon} was dropped since this one began"
                    raise ConflictError(msg, base=base, other=head)
                rows = prepare(head, self.operations(after=base, upto=head, about=about))
                header, operations = self._numbered(head, rows, txn_uuid, provenance)
                if self._commit(header, operations):
                    self._took_s = time.monotonic() - began_s
                    self._last = header
                    self._reader.remember(header.txn, operations)
                    self.follow_up()
                    return header
                time.sleep(_CHANCE.uniform(0, _JITTER_S))
                began_s = time.monotonic()
        msg = f"{self.label}: {self.durability.attempts} commits in a row were refused"
        raise StoreError(msg, hint="is a program writing to the log that does not take the lock?")

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the pond's lock: no other thread or process writes meanwhile."""
        with exclusive(self.pond / "lock"), self._guard:
            yield

    def _check_own(self) -> None:
        if self.is_replica:
            msg = f"{self.label} is a replica of pond {self.pond_id}, and only follows it"
            hint = "change that pond; or let this one go its own way: `pond backup promote`"
            raise ReplicaError(msg, hint=hint)

    def follow_up(self) -> None:
        """Do the upkeep that is due after a commit, which stands whether or not that succeeds.

        The caller holds the pond's lock.
        """
        try:
            self.upkeep.after_commit()
        except (PondError, pa.ArrowException, OSError) as exc:
            _LOGGER.warning("upkeep of %s failed and will be tried again: %s", self.label, exc)

    def _condense(self, part: int, nodes: Collection[str]) -> Sequence[Operation]:
        rows = self.condenser(part, nodes)
        if rows:
            # Read anew when it is wanted: the windows one by one need not stay in memory.
            self._reader.forget(part)
        return rows

    def _numbered(
        self, head: int, rows: Sequence[Operation], txn_uuid: str, provenance: Provenance
    ) -> tuple[Header, list[Operation]]:
        last = self._newest_header(head)
        now_us = time.time_ns() // 1000
        ts_us = now_us if last is None else max(now_us, last.ts_us + 1)
        operations = number(rows, txn=head + 1, ts_us=ts_us)
        header = Header(
            txn=head + 1,
            ts_us=ts_us,
            txn_uuid=txn_uuid,
            pond=self.pond_id,
            provenance=provenance,
            operations=len(operations),
            rows=sum(o.rows or 0 for o in operations),
            bytes=sum(o.size or 0 for o in operations),
            rows_hash=rows_hash(operations),
            previous="" if last is None else last.hash,
            parent="" if last is None or last.pond == self.pond_id else last.pond,
        )
        return header, operations

    def _newest_header(self, head: int) -> Header | None:
        if head == 0:
            return None
        if self._last is None or self._last.txn != head:
            self._last = self.header(head)
            if self._last is None:
                msg = f"{self.label}: txn {head} has no header"
                raise CorruptionError(msg, hint="run `pond verify`")
        return self._last

    def _commit(self, header: Header, operations: Sequence[Operation]) -> bool:
        by_part: dict[int, list[Operation]] = {HEADERS: [header.to_operation()]}
        for operation in operations:
            by_part.setdefault(operation.part, []).append(operation)
        files = {
            self.table.path / file.path: (file, data)
            for file, data in (
                file_of(encode(rows), part=part, tier=HOT) for part, rows in by_part.items()
            )
        }
        self.durability.publish_all(
            {path: data for path, (_, data) in files.items()}, temporary=self.pond / "tmp"
        )
        actions = [add_action(file, data_change=True) for file, _ in files.values()]
        landed = self.table.commit(actions, txn=header.txn, txn_uuid=header.txn_uuid)
        if landed and self.table.head < header.txn:
            msg = f"txn {header.txn} was acknowledged but cannot be read back"
            raise CorruptionError(msg, hint="run `pond verify`")
        return landed


def _nothing(_part: int, _nodes: Collection[str]) -> Sequence[Operation]:
    return ()
