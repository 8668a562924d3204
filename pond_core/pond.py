"""The pond's face: open one, look at it as of a transaction, change it in one step.

Five lines are enough in a notebook:

    from pond_core import Pond
    pond = Pond.open(".pond")
    snapshot = pond.snapshot()
    print(snapshot.glob("/combined/**"))
    table = snapshot.read_series("/combined/noyo/BDock")
"""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import polars as pl
import pyarrow as pa

from pond_core.backup import Backups, Inspection, Pushed
from pond_core.errors import (
    ClosedError,
    ConflictError,
    DataError,
    ExistsError,
    FormatTooNewError,
    FormatTooOldError,
    StoreError,
)
from pond_core.oplog import Header, OpLog, Provenance, Repaired, is_pond, repair
from pond_core.query import run_sql, scan
from pond_core.storage import Durability
from pond_core.tinyfs import ReadFS
from pond_core.tlogfs import (
    AsOf,
    Condenser,
    Difference,
    History,
    LogFilter,
    LoggedTransaction,
    ObjectStore,
    OpLogBackend,
    ReadSet,
    Report,
    Upkeep,
    maintain,
    verify,
)
from pond_core.transaction import Transaction
from pond_core.turn import await_turn, hold_turn
from pond_core.window import ALWAYS, Window

__all__ = ["Pond", "Snapshot", "Transaction"]

T = TypeVar("T")

_ATTEMPTS = 8
"""How often a function that conflicts is run; the tries are spread over about a second."""

_FREE_ATTEMPTS = 3
"""After so many it takes the turn: others who are about to begin let it go first."""


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


class Pond:
    """A store on a local disk.

    Attributes:
        path: Its directory.
    """

    def __init__(self, path: Path, log: OpLog, *, durability: Durability) -> None:
        self.path = path
        self._log = log
        self._objects = ObjectStore(path, durability=durability)
        log.condenser = Condenser(log, self._objects)
        self._pid = os.getpid()

    @classmethod
    def init(cls, path: str | Path, *, exist_ok: bool = False, durability: str = "full") -> "Pond":
        """Make a pond.

        Args:
            path: Its directory; made if it is not there.
            exist_ok: Open the pond that is there already instead of refusing.
            durability: `full` waits for the disk (survives a power loss), `process` does not.

        Raises:
            ExistsError: A pond is there already.
            StorageError: The disk refuses.
        """
        path = Path(path)
        if OpLog.exists(path) and not exist_ok:
            msg = f"there is a pond at {path} already"
            raise ExistsError(msg, path=str(path), hint="open it, or choose another place")
        if not (path / "oplog").exists() and any((path / "objects").glob("*/*")):
            msg = f"there are objects of a pond at {path}, and no log that names them"
            raise ExistsError(msg, path=str(path), hint="copy `oplog/` back, or use another place")
        sync = Durability.named(durability)
        return cls(path, OpLog.create(path.absolute(), durability=sync), durability=sync)

    @classmethod
    def open(cls, path: str | Path, *, durability: str = "full") -> "Pond":
        """Open a pond.

        Raises:
            NotAPondError: There is none.
            FormatTooNewError: It was written by a newer DuckPond.
            FormatTooOldError: It was written by DuckPond 0.1.
        """
        path = Path(path)
        sync = Durability.named(durability)
        return cls(path, OpLog(path.absolute(), durability=sync), durability=sync)

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Say whether a pond was made at a place."""
        return OpLog.exists(Path(path))

    @property
    def id(self) -> str:
        """The pond's UUID."""
        return self._live_log.pond_id

    def snapshot(self, as_of: AsOf | None = None) -> Snapshot:
        """Return the pond as of a moment: a txn, an aware instant, or a run; now without one.

        Args:
            as_of: A txn, 0 is the empty pond before the first; an instant: what was committed
                until then; the id of a Dagster run: what its last transaction left.

        Raises:
            NotFoundError: There is no such txn, or no transaction of that run.
            SnapshotForgottenError: What was there then was dropped.
        """
        return Snapshot(self._backend(self._history.txn(as_of)))

    @contextmanager
    def transaction(
        self, provenance: Provenance | None = None, *, read: Sequence[str] = ()
    ) -> Iterator[Transaction]:
        """Collect changes and commit them when the block ends without an error.

        Args:
            provenance: Who and why.
            read: Paths and patterns that must not have changed meanwhile, though they are not
                written: whether something is there, what it holds, which names match.

        Raises:
            ConflictError: Somebody else changed the same things meanwhile; nothing was written.
        """
        backend = self._backend(self._live_log.head())
        reads = ReadSet(self._log, self._objects, txn=backend.txn, paths=read)
        transaction = Transaction(backend, reads)
        try:
            yield transaction
            transaction.commit(provenance or Provenance())
        finally:
            transaction.close()

    def transact(
        self,
        change: Callable[[Transaction], T],
        provenance: Provenance | None = None,
        *,
        read: Sequence[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[T, Header | None]:
        """Run `change` in a transaction; again from a fresh snapshot whenever it conflicts.

        Args:
            change: What to do; it may run several times.
            provenance: Who and why.
            read: What `change` reads and relies on, as in `transaction`.
            sleep: How to wait before it runs again.

        Returns:
            What `change` returned, and the header; None when it changed nothing.

        Raises:
            ConflictError: It conflicted eight times in a row.
        """
        door = self.path / "oplog"
        turn = ExitStack()
        attempt = 0
        try:
            while True:
                attempt += 1
                if attempt <= _FREE_ATTEMPTS:
                    await_turn(door)
                elif attempt == _FREE_ATTEMPTS + 1:
                    turn.enter_context(hold_turn(door))
                try:
                    with self.transaction(provenance, read=read) as transaction:
                        result = change(transaction)
                except ConflictError:
                    if attempt == _ATTEMPTS:
                        raise
                    sleep(random.uniform(0, 0.025 * attempt))  # noqa: S311 -- jitter, no secret
                else:
                    return result, transaction.header
        finally:
            turn.close()

    def log(
        self,
        *,
        limit: int | None = None,
        as_of: AsOf | None = None,
        wanted: LogFilter | None = None,
    ) -> list[Header]:
        """Return the headers of the transactions, newest first.

        Args:
            limit: How many at most.
            as_of: The newest that is given, as in `snapshot`.
            wanted: Which ones; None is all.

        Raises:
            NotFoundError: There is no such moment, or no such path.
        """
        upto = self._history.txn(as_of)
        return self._history.headers(upto=upto, limit=limit, wanted=wanted)

    def show(self, as_of: AsOf | None = None) -> LoggedTransaction:
        """Return what one transaction did; of a run or until an instant, the last one.

        Raises:
            NotFoundError: There is no such transaction.
            SnapshotForgottenError: Some of what it did was dropped.
        """
        return self._history.show(self._history.txn(as_of))

    def changes_of(
        self, path: str, *, limit: int | None = None, as_of: AsOf | None = None
    ) -> list[LoggedTransaction]:
        """Return what was done to the node at a path, newest first, whatever its name was then.

        Args:
            path: The node; a symlink is not followed. Of a directory, the names that came into it
                and went are told as well.
            limit: How many transactions at most.
            as_of: When the node is at that path, and the newest transaction that is given.

        Raises:
            NotFoundError: Nothing is there.
        """
        return self._history.of_path(path, upto=self._history.txn(as_of), limit=limit)

    def diff(self, before: AsOf, after: AsOf | None = None) -> Difference:
        """Return what differs between two moments, the later of which is now if left out.

        Raises:
            PondError: `before` is the later one.
            NotFoundError: There is no such moment.
        """
        return self._history.difference(self._history.txn(before), self._history.txn(after))

    def maintain(
        self,
        *,
        dry_run: bool = False,
        forget_before: AsOf | None = None,
        keep: Iterable[AsOf] = (),
    ) -> Upkeep:
        """Merge log files, put superseded rows aside, delete left-overs; others go on meanwhile.

        What keeps commits cheap is done by the writers themselves. This does the rest, and is
        good to run once a day.

        Args:
            dry_run: Only say what would be done.
            forget_before: The first moment that must stay readable: what only earlier snapshots
                can show is dropped for good. If it was dropped itself, only what was kept before
                it can go.
            keep: Moments before that which stay readable as well, such as `month_ends` gives.

        Raises:
            DataError: There is something to be kept, and nothing to be forgotten.
            NotFoundError: There is no such moment.
            SnapshotForgottenError: What was there at a moment to be kept was dropped before.
            StorageError: The disk refuses; the pond is as before.
        """
        first = None if forget_before is None else self._history.any_txn(forget_before)
        kept = [self._history.txn(moment) for moment in keep]
        if kept and first is None:
            msg = f"txn {kept[0]} is to be kept, and nothing is forgotten"
            raise DataError(msg, hint="say with `forget_before` what is dropped but for these")
        return maintain(
            self._live_log, self._objects, dry_run=dry_run, forget_before=first, keep=kept
        )

    def month_ends(self, before: AsOf) -> list[int]:
        """Return the last txn of each month (UTC) before a moment, as far as it can be shown.

        A month without transactions has none: the pond was as the one before had left it.

        Raises:
            NotFoundError: There is no such moment.
        """
        return self._history.month_ends(self._history.any_txn(before))

    def push(
        self, to: str | Path | Backups, *, told: Callable[[int, int], None] | None = None
    ) -> Pushed:
        """Bring a backup of this pond up to date: what is there already is not sent again.

        Others read and write meanwhile. A push that was interrupted does no harm.

        Args:
            to: A folder, or `s3://bucket/prefix`; several ponds may share one.
            told: Is told how many objects and bytes were sent so far.

        Raises:
            PondDivergedError: The backup holds another history of this pond.
            CorruptionError: The pond is damaged; nothing of that became a point of the backup.
            StorageError: A disk or the server refuses.
        """
        return Backups.at(to).push(self._live_log, self._objects, told=told)

    def heal(self, backups: str | Path | Backups) -> Inspection:
        """Send again what a backup lacks or has damaged, and return what is there afterwards.

        Every byte is looked at. What the pond has not any more cannot be healed.

        Raises:
            PondDivergedError: The backup holds another history of this pond.
            CorruptionError: The pond is damaged itself.
            StorageError: A disk or the server refuses.
        """
        return Backups.at(backups).heal(self._live_log, self._objects)

    @staticmethod
    def verify_at(path: str | Path) -> Report:
        """Check a pond as `verify` does, also one that is too damaged to be opened.

        Raises:
            NotAPondError: There is none.
            FormatTooNewError: It was written by a newer DuckPond.
            FormatTooOldError: It was written by DuckPond 0.1.
        """
        try:
            return Pond.open(path).verify()
        except (FormatTooNewError, FormatTooOldError):
            raise
        except StoreError:
            if not is_pond(Path(path)):
                raise
            return verify(Path(path).absolute(), durability=Durability())

    @staticmethod
    def repair(path: str | Path, *, dry_run: bool = False, durability: str = "full") -> Repaired:
        """Make a new Delta log from the log files of a pond, where the old one is lost or damaged.

        Nothing is deleted: what is replaced or damaged goes to `set-aside/`. `verify` then says
        what is still wrong.

        Args:
            path: The pond's directory; it need not be one that can be opened.
            dry_run: Only say what would be made.
            durability: As in `init`.

        Raises:
            NotAPondError: There is nothing of a pond.
            FormatTooNewError: It was written by a newer DuckPond.
            FormatTooOldError: It was written by DuckPond 0.1.
            StorageError: The disk refuses; the pond is as before.
        """
        sync = Durability.named(durability)
        return repair(Path(path).absolute(), durability=sync, dry_run=dry_run)

    def verify(self) -> Report:
        """Check every byte, every transaction and every reference."""
        return verify(self._live_log.pond, durability=self._live_log.durability)

    @property
    def _live_log(self) -> OpLog:
        if os.getpid() != self._pid:
            msg = "this Pond was opened in another process; deltalake does not survive a fork"
            raise ClosedError(msg, hint="open the pond in each process, or start them by spawn")
        return self._log

    @property
    def _history(self) -> History:
        return History(self._live_log, self._objects)

    def _backend(self, txn: int) -> OpLogBackend:
        return OpLogBackend(self._live_log, self._objects, txn=txn)
