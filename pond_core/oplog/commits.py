"""Where the commits of a log become visible: on this disk, or in a bucket that machines share.

Either way they are read from the `_delta_log` on this disk. A disk has all of them there by the
time that they are visible; of a bucket it is a copy that is brought up to date: `BucketCommits`.
"""

import logging
from pathlib import Path
from typing import Protocol

from pond_core.oplog import delta_log
from pond_core.oplog.bucket_commits import BucketCommits
from pond_core.storage import Cache, Durability, exclusive

_LOGGER = logging.getLogger(__name__)


class Commits(Protocol):
    """The commits of one log."""

    def open(self) -> None:
        """See that the newest commit is whole, before the log is opened."""

    def is_there(self) -> bool:
        """Say whether a log was made; what a crash left of making one is none."""

    def look(self) -> None:
        """Have here what others have committed."""

    def look_again(self) -> bool:
        """Have all of it here anew, where what is here is damaged; False if nothing can change."""

    def bring(self, version: int) -> bool:
        """Have a commit here that was cleared away here; False if it is nowhere else."""

    def create(self, version: int, data: bytes) -> bool:
        """Make a commit visible; False if there is one of that version, or may be.

        Raises:
            StorageError: The place refuses. The commit may be there all the same: look.
        """

    def keep_checkpoint(self) -> None:
        """Make the newest checkpoint durable, and clear away what nobody needs any more."""


class DiskCommits:
    """The commits of a log on a local disk, whose lock the caller of whatever writes holds."""

    def __init__(self, log: Path, *, durability: Durability) -> None:
        self._log = log
        self._durability = durability

    def open(self) -> None:
        """Set aside what a power loss has cut short; nobody was told that it was done."""
        if not delta_log.torn(self._log):
            return
        pond = self._log.parents[1]
        with exclusive(pond / "lock"):
            torn = delta_log.torn(self._log)  # else a checkpoint in the making, and done by now
            delta_log.set_aside(torn, pond / "set-aside", durability=self._durability)
        for path in torn:
            _LOGGER.warning("%s is not whole, as after a power loss, and is set aside", path)

    def is_there(self) -> bool:
        """See `Commits.is_there`."""
        return delta_log.is_there(self._log) and delta_log.torn(self._log) != [
            delta_log.commit_path(self._log, 0)
        ]

    def look(self) -> None:
        """See `Commits.look`; what is on the disk is here."""

    def look_again(self) -> bool:
        """See `Commits.look_again`."""
        return False

    def bring(self, version: int) -> bool:
        """See `Commits.bring`."""
        del version
        return False

    def create(self, version: int, data: bytes) -> bool:
        """See `Commits.create`."""
        path = delta_log.commit_path(self._log, version)
        return self._durability.create(data, path, temporary=self._log.parents[1] / "tmp")

    def keep_checkpoint(self) -> None:
        """See `Commits.keep_checkpoint`."""
        delta_log.sync_checkpoint(self._log, durability=self._durability)
        delta_log.clear(self._log)


def commits_of(log: Path, *, durability: Durability) -> Commits:
    """Return the commits of the log whose `_delta_log` is there, or is copied there."""
    if isinstance(durability, Cache):
        return BucketCommits(log, cache=durability)
    return DiskCommits(log, durability=durability)
