"""A replica: a pond that follows another one, by what that one's backup holds.

It has the UUID of the pond that it follows, and takes no transactions of its own. What is new in
the backup is proven and becomes visible in one commit; who reads meanwhile sees the transactions
before, or all.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pond_core.backup import segment
from pond_core.backup.arrival import checked_end
from pond_core.backup.contact import CONTACTS
from pond_core.backup.fetching import Fetching
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.progress import Progress
from pond_core.errors import ConflictError, DataError, ExistsError, PondDivergedError
from pond_core.oplog import (
    HEADERS,
    REPLICA,
    Action,
    Identity,
    LogFile,
    Operation,
    OpLog,
    Proof,
    Provenance,
    add_action,
    remove_action,
    write_transcript,
)
from pond_core.storage import Durability, storage_errors
from pond_core.tlogfs import Condenser, ObjectStore, maintain

_MADE_FIRST = {"lock", "oplog", "objects", "tmp", CONTACTS}
"""What is there of a replica that was only begun."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull came to.

    Attributes:
        pond: The UUID of the pond that is followed.
        txn: Its newest transaction that the replica shows.
        ts_us: When that committed; 0 if there is none.
        is_new: Whether there was something new.
        is_anew: Whether all rows were fetched, not only new ones: the first time, and where
            moments had expired that the replica had not seen.
        objects: How many objects were fetched.
        bytes: How many bytes were fetched.
    """

    pond: str
    txn: int
    ts_us: int
    is_new: bool
    is_anew: bool
    objects: int
    bytes: int


def pull(files: Files, point: Point, to: Path, *, durability: Durability, told: Progress) -> Pulled:
    """Bring a replica up to date; make it if nothing is there.

    Args:
        files: The files of the backup.
        point: What it shall show: the newest one.
        to: Its directory: not there, empty, or a replica of that pond.
        durability: Whether to wait for the disk.
        told: Is told what was fetched.

    Raises:
        ExistsError: Something else is in that directory.
        DataError: Another pond is, or one that is no replica.
        PondDivergedError: The replica shows another history than the backup holds.
        CorruptionError: The backup is damaged; the replica is as before.
        StorageError: The disk or the place refuses; the replica is as before.
    """
    log = _opened(to, point.pond, durability)
    return _Pull(files, point, log, durability=durability, told=told).run()


def promote(log: OpLog) -> None:
    """Let a replica go its own way: a new pond that knows its parent, as a restored one does.

    Raises:
        DataError: It is no replica, or one of an empty pond.
        StorageError: The disk refuses; promote it again.
    """
    with log.exclusive():
        txn = log.head()
        last = log.header(txn)
        was_interrupted = last is not None and last.pond != log.pond_id
        if not log.is_replica and not was_interrupted:
            msg = f"{log.label} is no replica"
            raise DataError(msg, hint="it is a pond of its own already")
        if last is None:
            msg = f"{log.label} shows nothing yet, and nothing can come of it"
            raise DataError(msg, hint="pull first")
        # Else a repair would take what a pull left for what was committed.
        log.upkeep.delete_unlisted()
        while log.is_replica:  # again if another program came first
            log.table.set({REPLICA: "", **Identity.new().properties})

    def prepare(head: int, _others: Sequence[Operation]) -> Sequence[Operation]:
        if head != txn:
            msg = "somebody else has promoted it meanwhile"
            raise ConflictError(msg, base=txn, other=head)
        return ()

    # Its own first transaction changes nothing, and says in the chain whose history this was.
    message = f"was a replica of pond {last.pond}, up to txn {txn}"
    source = Provenance(author="pond backup promote", message=message)
    with contextlib.suppress(ConflictError):
        log.append(prepare, base=txn, provenance=source)


class _Pull:
    def __init__(
        self, files: Files, point: Point, log: OpLog, *, durability: Durability, told: Progress
    ) -> None:
        self._point = point
        self._log = log
        self._durability = durability
        self._store = ObjectStore(log.pond, durability=durability)
        self._fetching = Fetching(
            files, self._store, temporary=log.pond / "tmp", durability=durability, told=told
        )
        self._wanted: set[str] = set()
        self._stage = log.pond / "tmp" / f"pull-{secrets.token_hex(8)}"

    def run(self) -> Pulled:
        """Fetch and commit what is new, and forget what the backup has let expire."""
        is_new = is_anew = False
        while (base := self._base()) < self._point.txn:
            # Rows of what has expired are not all there: nothing can follow without them.
            is_anew = base == 0 or self._point.horizon > base
            try:
                is_new = self._took(base, is_anew=is_anew)
            finally:
                shutil.rmtree(self._stage, ignore_errors=True)
        if self._forgot() or is_anew:
            maintain(self._log, self._store)
        newest = self._log.header(self._log.head())
        return Pulled(
            pond=self._point.pond,
            txn=0 if newest is None else newest.txn,
            ts_us=0 if newest is None else newest.ts_us,
            is_new=is_new,
            is_anew=is_anew,
            objects=self._fetching.objects,
            bytes=self._fetching.bytes,
        )

    def _forgot(self) -> bool:
        """Forget what the backup does; False if there is nothing."""
        before = self._log.shown
        if not self._point.txn:
            return False
        with self._log.exclusive():
            self._check_followed()
            self._log.let_go(self._point.horizon, keep=self._point.kept)
        return before != self._log.shown

    def _check_followed(self) -> None:
        """Look, under the lock, whether this is still a replica of that pond."""
        self._log.head()
        if not self._log.is_replica or self._log.pond_id != self._point.pond:
            msg = f"{self._log.label} was promoted meanwhile, and follows nobody any more"
            raise DataError(msg, hint="pull into a new directory")

    def _base(self) -> int:
        """Return the newest txn that is here, having compared."""
        base = self._log.head()
        if base >= self._point.txn > 0:
            here = self._log.header(self._point.txn)
            if here is None or here.hash != self._point.hash:
                raise self._diverged()
        return base

    def _took(self, base: int, *, is_anew: bool) -> bool:
        """Make what follows a txn visible, or all of it; False if others were faster."""
        known = self._log.header(base)
        proof = Proof(horizon=self._point.horizon, last=None if is_anew else known, known=known)
        try:
            written = list(self._rows(proof))
        except PondDivergedError as exc:
            raise self._diverged() from exc
        label = self._fetching.label
        txn_uuid = checked_end(proof, self._point, upto=self._point.txn, label=label)
        with self._log.exclusive():
            self._check_followed()
            # What was here already may have fallen to a clean-up that ran meanwhile.
            staged = (self._stage / "oplog" / file.path for file in written)
            is_whole = all(map(self._store.has, self._wanted)) and all(map(Path.is_file, staged))
            if self._log.head() != base or not is_whole:
                return False
            self._move_in(written)
            landed = self._log.table.commit(
                list(self._instead(written) if is_anew else _added(written)),
                txn=proof.txn,
                txn_uuid=txn_uuid,
                properties=self._point.shown.properties if is_anew else None,
            )
            self._log.follow_up()
        return landed

    def _move_in(self, written: Sequence[LogFile]) -> None:
        """Put log files where the table has them; the caller holds the lock.

        Those that nobody lists may be deleted there at any time. Headers come last: without them
        the other rows are nobody's.
        """
        for file in sorted(written, key=lambda each: each.part == HEADERS):
            target = self._log.table.path / file.path
            self._durability.make_directory(target.parent)
            with storage_errors(target):
                (self._stage / "oplog" / file.path).replace(target)
            self._durability.sync_file(target.parent)

    def _instead(self, written: list[LogFile]) -> Iterator[Action]:
        """Iterate over what puts files in the place of all that are there."""
        new, old = ({file.path: file for file in each} for each in (written, self._log.files()))
        for path in old.keys() - new.keys():
            # Whoever reads it may do so for an hour more; the time says since when.
            with storage_errors(self._log.table.path / path):
                os.utime(self._log.table.path / path)
            yield remove_action(old[path])
        yield from _added(new[path] for path in new.keys() - old.keys())

    def _rows(self, proof: Proof) -> Iterator[LogFile]:
        """Fetch rows and the objects that they need, and write the rows as log files."""
        for rows in self._fetching.rows(self._point, after=proof.txn, upto=self._point.txn):
            proof.add(rows.drop_columns(["object"]))
            wanted = segment.objects_in(rows)
            self._wanted.update(wanted)
            self._fetching.fetch(wanted)
            yield from write_transcript(self._stage, rows, durability=self._durability)

    def _diverged(self) -> PondDivergedError:
        msg = (
            f"{self._log.label} and {self._fetching.label} tell different histories of pond "
            f"{self._point.pond}"
        )
        hint = "keep what you need of either, and pull into a new directory"
        return PondDivergedError(msg, hint=hint)


def _added(files: Iterable[LogFile]) -> Iterator[Action]:
    return (add_action(file, data_change=True) for file in files)


def _opened(to: Path, pond: str, durability: Durability) -> OpLog:
    """Open a replica, or make an empty one."""
    if not OpLog.exists(to):
        with storage_errors(to):
            found = {path.name for path in to.iterdir()} if to.exists() else set()
        if found - _MADE_FIRST:
            msg = f"{to} is not empty"
            hint = "a replica has a directory of its own"
            raise ExistsError(msg, path=str(to), hint=hint)
        identity = Identity(pond, is_replica=True)
        OpLog.create(to, durability=durability, identity=identity)
    log = OpLog(to, durability=durability)
    if not log.is_replica:
        what = "that pond itself" if log.pond_id == pond else "a pond of its own"
        msg = f"{to} is {what}, and no replica"
        raise DataError(msg, hint="pull into a new directory")
    if log.pond_id != pond:
        msg = f"{to} is a replica of pond {log.pond_id}, not of {pond}"
        raise DataError(msg, hint="say which pond is meant, or pull into a new directory")
    log.condenser = Condenser(log, ObjectStore(to, durability=durability))
    return log
