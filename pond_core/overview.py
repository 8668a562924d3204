"""What a pond is and how it stands, told without reading what it holds.

Of a pond on a disk nothing but the disk is asked. Of one in a bucket it costs what opening it does,
and no request besides.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pond_core.backup import Contact, Contacts
from pond_core.oplog import Header, OpLog
from pond_core.snapshot import Snapshot
from pond_core.storage import Access, home_of, storage_errors
from pond_core.tlogfs import ObjectStore, OpLogBackend, left_by_crashes

_LOOKED_AT = 256
"""Among how many of the newest transactions is looked for one of a Dagster run."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a pond takes.

    Attributes:
        log_files: Files of the log.
        log_bytes: Their bytes.
        objects: Objects that are there, needed or not; None in a bucket, where counting costs.
        object_bytes: Their bytes; None in a bucket.
        free_bytes: What is free on the disk of the pond's directory; of one in a bucket, of its
            copies.
    """

    log_files: int
    log_bytes: int
    objects: int | None
    object_bytes: int | None
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a pond is ahead of what somebody has of it.

    Attributes:
        txns: How many transactions are lacking.
        ahead_us: How much later the newest one committed than the newest that is there,
            microseconds; None if none is there.
        since_us: When the first one that is lacking committed, microseconds since the epoch; None
            if none is.
    """

    txns: int
    ahead_us: int | None
    since_us: int | None


class Overview:
    """A pond as it stands now.

    Args:
        place: Its directory, or `s3://bucket/prefix`.
        access: How the bucket is reached; as the environment says without one.

    Attributes:
        path: Its directory; of one in a bucket, that of its copies on this disk.
        label: A path or a URL.
        is_in_bucket: Whether its files are in a bucket.
        id: Its UUID; of a replica that of the pond that it follows.
        is_replica: Whether it only follows another one.
        format: The format that it is written in.
        txn: The newest transaction; 0 in an empty pond.
        horizon: The txn from which on all can be shown.
        kept: How many txns before that can be shown, too.

    Raises:
        NotAPondError: There is none.
        StoreError: It cannot be opened.
    """

    def __init__(self, place: str | Path, *, access: Access | None = None) -> None:
        home, durability = home_of(place, access=access)
        self._log = OpLog(home.absolute(), durability=durability)
        self.path = self._log.pond
        self.label = self._log.label
        self.is_in_bucket = durability.has_copies
        self.id = self._log.pond_id
        self.is_replica = self._log.is_replica
        self.format = self._log.table.format
        self.txn = self._log.table.head
        self.horizon = self._log.shown.horizon
        self.kept = len(self._log.shown.kept)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The pond as of its newest transaction."""
        objects = ObjectStore(self.path, durability=self._log.durability)
        return Snapshot(OpLogBackend(self._log, objects, txn=self.txn))

    @property
    def newest(self) -> Header | None:
        """The newest transaction; None in an empty pond."""
        return self._log.header(self.txn)

    @property
    def newest_of_a_run(self) -> Header | None:
        """The newest transaction of a Dagster run; None if the newest 256 have none."""
        headers = self._log.headers(after=max(self.txn - _LOOKED_AT, 0), upto=self.txn)
        return next((each for each in reversed(headers) if each.provenance.run_id), None)

    @property
    def contacts(self) -> list[Contact]:
        """What is known of the backups, without asking them."""
        return Contacts(self.path).all()

    def sizes(self) -> Sizes:
        """Return what the pond takes; costs a look at each object's size, in a bucket nothing."""
        files = self._log.files()
        with storage_errors(self.path):
            free = shutil.disk_usage(self.path).free
            objects = None if self.is_in_bucket else list(_sizes(self.path / "objects"))
        return Sizes(
            log_files=len(files),
            log_bytes=sum(file.size for file in files),
            objects=None if objects is None else len(objects),
            object_bytes=None if objects is None else sum(objects),
            free_bytes=free,
        )

    def committed_us(self, txn: int) -> int | None:
        """Return when a transaction committed; None if there is none."""
        header = self._log.header(txn)
        return None if header is None else header.ts_us

    def lag(self, txn: int) -> Lag:
        """Return how far the pond is ahead of a transaction of its own."""
        if txn >= self.txn:
            return Lag(0, 0, None)
        there_us, here_us = self.committed_us(txn), self.committed_us(self.txn)
        ahead_us = None if there_us is None or here_us is None else here_us - there_us
        return Lag(self.txn - txn, ahead_us, self.committed_us(txn + 1))

    def is_upkeep_due(self) -> bool:
        """Say whether crashes left files, or there are far more small ones than writers leave."""
        # Copies in the making are swept by whoever fetches others.
        is_clean = self.is_in_bucket or not left_by_crashes(self._log)
        return not is_clean or self._log.upkeep.is_due()

    def set_aside(self) -> int:
        """Return how many files openings and repairs have moved out of the way."""
        return sum(path.is_file() for path in (self.path / "set-aside").rglob("*"))


def _sizes(objects: Path) -> Iterator[int]:
    """Yield the size of each object; one that is deleted meanwhile is none."""
    if not objects.is_dir():
        return
    with os.scandir(objects) as directories:
        for directory in directories:
            if directory.is_dir():
                with os.scandir(directory) as files:
                    yield from (file.stat().st_size for file in files if file.is_file())
