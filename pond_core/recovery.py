"""Parts of a backup: looked at where they are, and put back into a pond.

`Backups.restore` makes a whole pond with its history. Here a directory or a file is copied as it
stood at a moment: into a pond that goes on, or into a new one that holds nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pond_core.backup import Backups, Held, Progress
from pond_core.errors import (
    CorruptionError,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    WrongTypeError,
)
from pond_core.oplog import Provenance
from pond_core.pond import Pond
from pond_core.snapshot import Snapshot
from pond_core.storage import Access, storage_errors, url_of
from pond_core.tinyfs import Entry, EntryType, ReadFS
from pond_core.tinyfs import path as paths
from pond_core.tlogfs import OpLogBackend, hold_same
from pond_core.transaction import Transaction

_OF_A_POND = {"oplog", "objects", "tmp", "lock"}
"""What may lie where `Pond.init` died before there was a pond."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """A part of a backup that is in a pond.

    Attributes:
        pond: The UUID of that pond.
        path: Where it is there.
        parent: The UUID of the pond that the backup is of.
        source: Where it was in that one.
        as_of: The txn of the parent as of which it was read.
        txn: The transaction that put it back; None where it was there already, and equal.
        nodes: How many directories, files and symlinks it consists of.
        objects: How many objects were fetched.
        bytes: How many bytes were fetched, of rows and objects.
    """

    pond: str
    path: str
    parent: str
    source: str
    as_of: int
    txn: int | None
    nodes: int
    objects: int
    bytes: int


@contextmanager
def open_backup(
    backups: str | Path | Backups, *, pond: str | None = None, as_of: int | datetime | None = None
) -> Iterator[Snapshot]:
    """Yield what a pond held at a moment, without making a pond of its backup.

    Its rows lie in the directory for temporary files until the block is left; an object is
    fetched there when it is first wanted. All of it is proven as it arrives.

    Args:
        backups: Where the backup is.
        pond: The pond that the backup is of; needed where there are several.
        as_of: A txn, or an aware instant; the newest point without one.

    Raises:
        NotFoundError: There is no such backup, or it does not reach that far.
        SnapshotForgottenError: What was there then was dropped before it was backed up, or has
            expired.
        CorruptionError: The backup is damaged; of an object, when that is read.
        StorageError: The disk or the place refuses.
    """
    with Backups.at(backups).opened(pond=pond, as_of=as_of) as held:
        yield Snapshot(held)


def put_back(
    backups: str | Path | Backups,
    source: str,
    into: Pond,
    path: str,
    *,
    pond: str | None = None,
    as_of: int | datetime | None = None,
    replace: bool = False,
    told: Progress | None = None,
) -> PutBack:
    """Copy what a backup holds at a path, with all below it, into a pond: one transaction.

    All stands as it stood then: attributes, marks, windows, symlinks, recipes. What these name by
    an absolute path is what the pond has there. The directories that lead to the new place are
    made. Where the same is there already, nothing is written.

    Args:
        backups: Where the backup is.
        source: What to copy; a symlink is copied itself.
        into: The pond.
        path: Where it goes, the same path or another one.
        pond: The pond that the backup is of. Without one it is `into` itself, if it has a backup
            there; else it is needed where there are several.
        as_of: A txn, or an aware instant; the newest point without one.
        replace: Whether what is at `path` goes, in the same transaction. History keeps it.
        told: Is told how many objects and bytes were fetched so far.

    Raises:
        NotFoundError: There is no such backup, it does not reach that far, or nothing was at that
            path at that moment.
        SnapshotForgottenError: What was there then was dropped, or has expired.
        ExistsError: Something else is at `path`, and `replace` was not asked for.
        InvalidPathError: `path` is the root.
        WrongTypeError: A file, or a directory that is computed, is on the way to `path`.
        ReplicaError: The pond only follows another one.
        CorruptionError: The backup is damaged; nothing was written.
        ConflictError: Others changed the same things again and again; nothing was written.
        StorageError: A disk or a place refuses; nothing was written.
    """
    target = paths.resolve(path, "/")
    if target == "/":
        msg = "what is put back cannot take the place of the root"
        hint = "name a directory below it, or restore into a new pond"
        raise InvalidPathError(msg, path=target, hint=hint)
    backups = Backups.at(backups)
    if pond is None and into.id in backups.ponds():
        pond = into.id
    with backups.opened(pond=pond, as_of=as_of, told=told) as held:
        part = _Part(held, source, where=backups.label)
        present = into.snapshot()
        there = _there(present, target)
        if there is not None and part.is_same(present, there):
            return part.told(into, target, txn=None)
        if there is not None and not replace:
            raise _exists(target)
        return part.copy(into, target, replace=replace)


def restore_part(
    backups: str | Path | Backups,
    source: str,
    to: str | Path,
    *,
    pond: str | None = None,
    as_of: int | datetime | None = None,
    access: Access | None = None,
    durability: str = "full",
    told: Progress | None = None,
) -> PutBack:
    """Make a new pond that holds a part of a backup, at the same path, and nothing else.

    Its history begins with the transaction that copies the part. If that was interrupted, ask for
    it again.

    Args:
        backups: Where the backup is.
        source: What to copy, with all below it; a symlink is copied itself.
        to: The pond's directory, which must not be there, or be empty, or `s3://bucket/prefix`; a
            pond without transactions will do as well.
        pond: The pond that the backup is of; needed where there are several.
        as_of: A txn, or an aware instant; the newest point without one.
        access: How the bucket that it goes to is reached; as the environment says without one.
        durability: As in `Pond.init`.
        told: Is told how many objects and bytes were fetched so far.

    Raises:
        NotFoundError: There is no such backup, it does not reach that far, or nothing was at that
            path at that moment; there is no pond.
        SnapshotForgottenError: What was there then was dropped, or has expired.
        ExistsError: Something is at that place.
        CorruptionError: The backup is damaged; there is no pond.
        StorageError: A disk or a place refuses; what may be there is a pond without transactions.
    """
    backups = Backups.at(backups)
    with backups.opened(pond=pond, as_of=as_of, told=told) as held:
        part = _Part(held, source, where=backups.label)
        if not Pond.exists(to, access=access):
            _check_free(to)
        else:
            there = Pond.open(to, durability=durability, access=access)
            done = [header.provenance for header in there.log(limit=2)]
            if done == [part.provenance(part.path)]:
                return part.told(there, part.path, txn=1)  # who made it died before it said so
            if done:
                msg = f"there is a pond at {to} already"
                hint = "put a part back into it with `--into`, or choose another place"
                raise ExistsError(msg, path=str(to), hint=hint)
        part.fetch()  # a damaged one makes no pond
        made = Pond.init(to, exist_ok=True, durability=durability, access=access)
        return part.copy(made, part.path, replace=False)


class _Part:
    """A node of a backup, and all below it.

    Attributes:
        path: Where it was.
    """

    def __init__(self, held: Held, path: str, *, where: str) -> None:
        self._held = held
        self._view = Snapshot(held)
        try:
            self._found = self._view.lookup(path, follow=False)
        except (NotFoundError, WrongTypeError) as error:
            msg = f"{error}, in {where} as of txn {held.txn} of pond {held.pond}"
            hint = error.hint or "`--as-of` names another moment; `pond backup list` has them"
            raise NotFoundError(msg, path=error.path, hint=hint) from error
        self.path = self._found.path

    def provenance(self, to: str) -> Provenance:
        """Return who puts it where."""
        message = f"{self.path} of pond {self._held.pond} as of txn {self._held.txn}, to {to}"
        return Provenance(author="pond backup restore", message=message)

    def is_same(self, snapshot: Snapshot, there: Entry) -> bool:
        """Say whether another pond holds the same; where windows lie otherwise it does not."""
        store = snapshot.backend
        try:
            return isinstance(store, OpLogBackend) and hold_same(
                self._held, self._found.entry, store, there
            )
        except CorruptionError:
            return False  # what is damaged there may be what is to be replaced

    def fetch(self) -> None:
        """Have all its objects here, several at a time."""
        nodes = (self._held.node(entry.node_id) for entry in self._entries())
        self._held.fetch(piece for node in nodes for piece in node.pieces)

    def copy(self, into: Pond, path: str, *, replace: bool) -> PutBack:
        """Copy it into a pond."""
        self.fetch()

        def change(tx: Transaction) -> None:
            if _there(tx, path) is not None:
                if not replace:
                    raise _exists(path)
                tx.remove(path, recursive=True)
            tx.mkdir(paths.parent(path), parents=True, exist_ok=True)
            tx.copy_from(self._view, self.path, path)

        _, header = into.transact(self._copy_all if path == "/" else change, self.provenance(path))
        return self.told(into, path, txn=None if header is None else header.txn)

    def told(self, pond: Pond, path: str, *, txn: int | None) -> PutBack:
        """Return where it is now."""
        held = self._held
        return PutBack(
            pond=pond.id,
            path=path,
            parent=held.pond,
            source=self.path,
            as_of=held.txn,
            txn=txn,
            nodes=sum(1 for _ in self._entries()),
            objects=held.fetching.objects,
            bytes=held.fetching.bytes,
        )

    def _copy_all(self, tx: Transaction) -> None:
        """Copy what lies below the root, which is there in any pond."""
        if self._found.node.attributes:
            tx.mark("/", self._found.node.attributes)
        for each in self._view.ls("/"):
            tx.copy_from(self._view, each.path, each.path)

    def _entries(self) -> Iterator[Entry]:
        """Visit what is stored of it: not what dynamic directories show."""
        pending = [self._found.entry]
        while pending:
            entry = pending.pop()
            yield entry
            if entry.entry_type is EntryType.DIRECTORY and not entry.factory:
                pending.extend(self._held.entries(entry.node_id))


def _there(fs: ReadFS, path: str) -> Entry | None:
    """Return what has a name; None where nothing has it."""
    try:
        return fs.lookup(path, follow=False).entry
    except NotFoundError:
        return None


def _exists(path: str) -> ExistsError:
    msg = f"{path} is there, and is not what the backup has"
    hint = "name another path, or replace it (`--force`): history keeps what is there"
    return ExistsError(msg, path=path, hint=hint)


def _check_free(to: str | Path) -> None:
    """Refuse a directory with something that no pond in the making left; a bucket is looked at."""
    if url_of(to) is not None:
        return
    place = Path(to)
    with storage_errors(place):
        found = {path.name for path in place.iterdir()} if place.exists() else set()
    if not found <= _OF_A_POND:
        msg = f"{to} is not empty"
        hint = "a part is restored into a new directory, or with `--into` into a pond"
        raise ExistsError(msg, path=str(to), hint=hint)
