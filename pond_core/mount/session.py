"""Which tree a call sees, and where its changes go."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pond_core.errors import ClosedError, PondError
from pond_core.mount.content import Contents
from pond_core.mount.refusal import ReadOnlyError
from pond_core.oplog import Provenance
from pond_core.pond import Pond
from pond_core.snapshot import Snapshot
from pond_core.tinyfs import ReadFS
from pond_core.tlogfs import AsOf
from pond_core.transaction import Transaction
from pond_core.window import from_us

T = TypeVar("T")

_OPENERS: dict[str, int] = {}
"""The process that first opened a pond through fsspec, under `pid`; a fork inherits it."""


class Session:
    """One file system's way to its pond, in the process that opened it.

    A read sees the first of these that there is: the tree of the call that it is a part of, the
    open transaction, the snapshot asked for by `as_of`, the newest. A change goes into the open
    transaction, or else is one by itself, which is run again when it conflicts.

    Attributes:
        pond: The pond.
        contents: The bytes of its files.
    """

    def __init__(self, place: Path, *, as_of: AsOf | None, durability: str) -> None:
        _check_process()
        self.pond = Pond.open(place, durability=durability)
        self.contents = Contents()
        self._pinned = None if as_of is None else self.pond.snapshot(as_of)
        self._newest: Snapshot | None = None
        self._transaction: Transaction | None = None
        self._ending: AbstractContextManager[Transaction] | None = None
        self._guard = threading.RLock()
        self._call = _Call()
        self._times_us: dict[int, int] = {}

    @property
    def in_transaction(self) -> bool:
        """Whether `begin` was called, and `end` was not."""
        return self._transaction is not None

    def checked(self) -> "Session":
        """Return this session, if it may be used here.

        Raises:
            ClosedError: This process was forked from the one that opened it.
        """
        _check_process()
        return self

    def read(self, look: Callable[[ReadFS], T]) -> T:
        """Return what `look` finds in the tree."""
        tree = self._tree()
        if tree is self._transaction:
            with self._guard:
                return look(tree)
        return look(tree)

    def change(self, act: Callable[[Transaction], T], *, what: str) -> T:
        """Run `act` in the open transaction, or in one by itself.

        Raises:
            ReadOnlyError: The file system shows an earlier state.
            ConflictError: It conflicted eight times in a row.
        """
        self.check_writable()
        if self._call.transaction is not None:
            return act(self._call.transaction)
        if self._transaction is not None:
            with self._guard:
                return act(self._transaction)
        return self.pond.transact(act, Provenance(message=f"fsspec: {what}"))[0]

    def change_together(self, act: Callable[[], T], *, what: str) -> T:
        """Run `act` so that all its reads and changes are one transaction."""

        def within(transaction: Transaction) -> T:
            with self._seeing(transaction):
                return act()

        return self.change(within, what=what)

    def read_together(self, look: Callable[[], T]) -> T:
        """Run `look` so that all its reads see one tree."""
        tree = self._tree()
        if tree is self._transaction:
            with self._guard:
                return look()
        with self._seeing(tree):
            return look()

    def begin(self) -> None:
        """Begin a transaction, which all threads share.

        Raises:
            ReadOnlyError: The file system shows an earlier state.
            PondError: One is open already.
        """
        self.check_writable()
        with self._guard:
            if self._transaction is not None:
                msg = f"a transaction of this file system of {self.pond.label} is open already"
                raise PondError(msg, hint="end it first; transactions do not nest")
            self._ending = self.pond.transaction(Provenance(message="fsspec: transaction"))
            self._transaction = self._ending.__enter__()

    def end(self, *, commit: bool) -> None:
        """Commit what changed since `begin`, or forget it.

        Raises:
            ConflictError: Somebody else changed the same things meanwhile; nothing was written.
            ClosedError: None was begun in this process.
        """
        with self._guard:
            ending, self._ending, self._transaction = self._ending, None, None
            if ending is None:
                msg = "no transaction was begun in this process"
                raise ClosedError(msg, hint="begin and end one in the same process")
            if commit:
                ending.__exit__(None, None, None)
            else:
                ending.__exit__(_Forgotten, _Forgotten(), None)

    def check_writable(self) -> None:
        """Refuse changes to an earlier state.

        Raises:
            ReadOnlyError: It is one.
        """
        if self._pinned is not None:
            msg = f"this file system shows {self.pond.label} as of txn {self._pinned.txn}"
            raise ReadOnlyError(msg, hint="write without `as_of`")

    def time_of(self, txn: int) -> datetime:
        """Return when a transaction was committed."""
        if txn not in self._times_us:
            since = self.pond.snapshot().txn - txn + 1
            self._times_us.update((each.txn, each.ts_us) for each in self.pond.log(limit=since))
        return from_us(self._times_us[txn])

    def _tree(self) -> ReadFS:
        if self._call.tree is not None:
            return self._call.tree
        if self._transaction is not None:
            return self._transaction
        if self._pinned is not None:
            return self._pinned
        return self._latest()

    def _latest(self) -> Snapshot:
        """Return the newest snapshot; the one of last time, if that still is."""
        newest = self.pond.snapshot()
        if self._newest is not None and self._newest.txn == newest.txn:
            return self._newest
        self._newest = newest
        return newest

    @contextmanager
    def _seeing(self, tree: ReadFS) -> Iterator[None]:
        """Make the calls of this thread see one tree."""
        before = self._call.tree
        self._call.tree = tree
        try:
            yield
        finally:
            self._call.tree = before


class _Call(threading.local):
    """What the call that this thread is in sees: a transaction if it may change it."""

    tree: ReadFS | None = None

    @property
    def transaction(self) -> Transaction | None:
        """The tree, if it may be changed."""
        return self.tree if isinstance(self.tree, Transaction) else None


class _Forgotten(Exception):  # noqa: N818 -- no error: how a transaction is told to forget
    """Ends a transaction without a commit."""


def _check_process() -> None:
    """Refuse a process that was forked from one that had opened a pond: deltalake panics there."""
    opener = _OPENERS.setdefault("pid", os.getpid())
    if opener != os.getpid():
        msg = f"process {opener} opened a pond and was forked; deltalake does not survive that"
        raise ClosedError(msg, hint="start processes by spawn, or open no pond before the fork")


def now() -> datetime:
    """Return the time at which something that is not committed yet was written, about."""
    return datetime.now(UTC)
