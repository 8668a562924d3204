"""The pond's face: open one, look at it as of a transaction, change it in one step.

Five lines are enough in a notebook:

    from pond_core import Pond
    pond = Pond.open(".pond")
    snapshot = pond.snapshot()
    print(snapshot.glob("/combined/**"))
    table = snapshot.read_series("/combined/noyo/BDock")
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from typing_extensions import override

from pond_core.backup import Backups, Fetched, Inspection, Progress, Pushed, promote
from pond_core.chronicle import Chronicle
from pond_core.errors import (
    ClosedError,
    ConflictError,
    DataError,
    ExistsError,
    FormatTooNewError,
    FormatTooOldError,
    StorageError,
    StoreError,
)
from pond_core.oplog import Header, OpLog, Provenance, Repaired, is_pond, repair
from pond_core.snapshot import Snapshot
from pond_core.storage import Access, Durability, home_of, url_of
from pond_core.tlogfs import (
    AsOf,
    Condenser,
    History,
    ObjectStore,
    OpLogBackend,
    ReadSet,
    Report,
    Upkeep,
    maintain,
    verify,
)
from pond_core.track import Track, untracked
from pond_core.transaction import Transaction
from pond_core.turn import await_turn, hold_turn

T = TypeVar("T")

_ATTEMPTS = 8
"""How often a function that conflicts is run; the tries are spread over about a second."""

_ATTEMPTS_IN_BUCKET = 40
"""The turn is taken on one machine: others know nothing of it."""

_FREE_ATTEMPTS = 3
"""After so many it takes the turn: others who are about to begin let it go first."""


class Pond(Chronicle):
    """A store on a local disk, or in a bucket that machines share.

    Attributes:
        path: Its directory; of one in a bucket, that of its copies on this disk.
        label: What `open` opens it by, and messages name: a path or a URL.
    """

    def __init__(self, path: Path, log: OpLog, *, durability: Durability) -> None:
        self.path = path
        self.label = durability.label(path)
        self._log = log
        self._objects = ObjectStore(path, durability=durability)
        log.condenser = Condenser(log, self._objects)
        self._pid = os.getpid()

    @classmethod
    def init(
        cls,
        path: str | Path,
        *,
        exist_ok: bool = False,
        durability: str = "full",
        access: Access | None = None,
    ) -> "Pond":
        """Make a pond.

        Args:
            path: Its directory, made if it is not there; or `s3://bucket/prefix`.
            exist_ok: Open the pond that is there already instead of refusing.
            durability: `full` waits for the disk (survives a power loss), `process` does not. What
                is in a bucket is always durable.
            access: How the bucket is reached; the environment says it without one.

        Raises:
            ExistsError: A pond is there already.
            StorageError: The disk or the bucket refuses, or the bucket does not refuse what it has
                to.
        """
        home, sync = home_of(path, durability=durability, access=access)
        if OpLog.exists(home, durability=sync):
            if not exist_ok:
                msg = f"there is a pond at {path} already"
                raise ExistsError(msg, path=str(path), hint="open it, or choose another place")
        elif sync.found(home / "ponds"):
            # Its clean-up would take the pond's objects for its own, and delete them.
            msg = f"there is a backup at {path}"
            raise ExistsError(msg, path=str(path), hint="make the pond in a place of its own")
        elif not sync.found(home / "oplog") and sync.found(home / "objects"):
            msg = f"there are objects of a pond at {path}, and no log that names them"
            raise ExistsError(msg, path=str(path), hint="copy `oplog/` back, or use another place")
        return cls(home, OpLog.create(home.absolute(), durability=sync), durability=sync)

    @classmethod
    def open(
        cls, path: str | Path, *, durability: str = "full", access: Access | None = None
    ) -> "Pond":
        """Open a pond; see `init`.

        Raises:
            NotAPondError: There is none.
            FormatTooNewError: It was written by a newer DuckPond.
            FormatTooOldError: It was written by DuckPond 0.1.
        """
        home, sync = home_of(path, durability=durability, access=access)
        return cls(home, OpLog(home.absolute(), durability=sync), durability=sync)

    @staticmethod
    def exists(path: str | Path, *, access: Access | None = None) -> bool:
        """Say whether a pond was made at a place."""
        home, sync = home_of(path, access=access)
        return OpLog.exists(home, durability=sync)

    @property
    def id(self) -> str:
        """The pond's UUID."""
        return self._live_log.pond_id

    @property
    def is_replica(self) -> bool:
        """Whether it only follows another pond, whose UUID it has: see `Backups.pull`."""
        self._live_log.head()
        return self._log.is_replica

    def promote(self) -> None:
        """Let a replica go its own way, as a new pond that knows its parent.

        From then on it takes transactions, and no pull.

        Raises:
            DataError: It is no replica, or one of an empty pond.
            StorageError: The disk refuses; promote it again.
        """
        promote(self._live_log)

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
        backend = self._backend(self._live_log.begin())
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
            ConflictError: It conflicted eight times in a row; in a bucket, forty times.
        """
        door = self.path / "oplog"
        turn = ExitStack()
        attempts = _ATTEMPTS_IN_BUCKET if self._objects.are_copies else _ATTEMPTS
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
                    if attempt == attempts:
                        raise
                    longest_s = 0.025 * min(attempt, _ATTEMPTS)
                    sleep(SystemRandom().uniform(0, longest_s))
                else:
                    return result, transaction.header
        finally:
            turn.close()

    def maintain(
        self,
        *,
        dry_run: bool = False,
        forget_before: AsOf | None = None,
        keep: Iterable[AsOf] = (),
    ) -> Upkeep:
        """Merge log files, put superseded rows aside, delete left-overs: good to do once a day.

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

    def push(
        self, to: str | Path | Backups, *, anew: bool = False, told: Progress | None = None
    ) -> Pushed:
        """Bring a backup of this pond up to date, also after a push that was interrupted.

        Args:
            to: A folder, or `s3://bucket/prefix`; several ponds may share one.
            anew: Whether it is right that nothing of this pond is there, though it was: without
                that, a disk that is not plugged in may have been mistaken for an empty one.
            told: Is told how many objects and bytes were sent so far.

        Raises:
            DataError: The place lies in a pond.
            PondDivergedError: The backup holds another history of this pond.
            CorruptionError: The pond is damaged; nothing of that became a point of the backup.
            StorageError: A disk or the server refuses.
        """
        return Backups.at(to).push(self._live_log, self._objects, anew=anew, told=told)

    def heal(self, backups: str | Path | Backups, *, told: Fetched | None = None) -> Inspection:
        """Send again what a backup lacks or has damaged, and return what is there afterwards.

        `told` is told what is sent, and then what is read, as by `Backups.verify`.

        Raises:
            PondDivergedError: The backup holds another history of this pond.
            CorruptionError: The pond is damaged itself.
            StorageError: A disk or the server refuses.
        """
        return Backups.at(backups).heal(self._live_log, self._objects, told=told)

    @staticmethod
    def verify_at(
        path: str | Path, *, access: Access | None = None, track: Track = untracked
    ) -> Report:
        """Check a pond as `verify` does, also one that is too damaged to be opened.

        Args:
            path: The pond's directory, or its address.
            access: How its bucket is reached.
            track: Sees its objects go by.

        Raises:
            NotAPondError: There is none.
            FormatTooNewError: It was written by a newer DuckPond.
            FormatTooOldError: It was written by DuckPond 0.1.
        """
        try:
            return Pond.open(path, access=access).verify(track=track)
        except (FormatTooNewError, FormatTooOldError):
            raise
        except StoreError:
            home, sync = home_of(path, access=access)
            if not is_pond(home, sync):
                raise
            return verify(home.absolute(), durability=sync, track=track)

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
            StorageError: The disk refuses; the pond is as before. Or the pond is in a bucket.
        """
        if url_of(path) is not None:
            msg = f"{path} is in a bucket, where nothing can be moved out of the way"
            raise StorageError(msg, hint="docs/s3.md says how it is repaired on a disk")
        sync = Durability.named(durability)
        return repair(Path(path).absolute(), durability=sync, dry_run=dry_run)

    def verify(self, *, track: Track = untracked) -> Report:
        """Check every byte, every transaction and every reference; objects are seen to go by."""
        log = self._live_log
        return verify(log.pond, durability=log.durability, track=track)

    @property
    def _live_log(self) -> OpLog:
        if os.getpid() != self._pid:
            msg = "this Pond was opened in another process; deltalake does not survive a fork"
            raise ClosedError(msg, hint="open the pond in each process, or start them by spawn")
        return self._log

    @property
    @override
    def _history(self) -> History:
        return History(self._live_log, self._objects)

    def _backend(self, txn: int) -> OpLogBackend:
        return OpLogBackend(self._live_log, self._objects, txn=txn)
