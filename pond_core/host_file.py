"""Files of this machine that other programs write: which one it is, and whether it is whole.

Nobody tells when a file is whole. What speaks for it: its name is none under which programs write
what is not, it has not changed for a while, and it does not change while it is read.
"""

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import translate

SETTLE = timedelta(seconds=3)
"""How long a file must not have changed. FAT keeps times to two seconds."""

SKEW = timedelta(minutes=10)
"""How far the clock of a file server may be ahead; a time further in the future tells nothing."""

LARGEST_BYTES = 512 * 2**20
"""The largest file that is taken: it is held in memory while it is kept."""

_SETTLE_NS = SETTLE // timedelta(microseconds=1) * 1000
_SKEW_NS = SKEW // timedelta(microseconds=1) * 1000

_UNFINISHED = (
    ".*",  # hidden: rsync's and Syncthing's own
    "~*",  # Office's locks, Syncthing on Windows
    "*~",  # backups of editors
    "*.crdownload",
    "*.download",
    "*.filepart",
    "*.part",
    "*.partial",
    "*.temp",
    "*.tmp",
)
"""Names under which programs write what is not whole yet; case does not count."""

_IS_UNFINISHED = re.compile("|".join(map(translate, _UNFINISHED)), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is the one that was seen before, without reading it.

    Attributes:
        size: In bytes.
        mtime_ns: When its content changed, in nanoseconds since the epoch.
        inode: Its number in its file system.
    """

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of what `stat` said."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)

    def is_fresh(self, now_ns: int) -> bool:
        """Say whether the file changed within `SETTLE`: somebody may be writing it still.

        Args:
            now_ns: The present instant, in nanoseconds since the epoch.
        """
        return -_SKEW_NS < now_ns - self.mtime_ns < _SETTLE_NS


def is_unfinished(name: str) -> bool:
    """Say whether a name is hidden, or one under which programs write what is not whole yet."""
    return _IS_UNFINISHED.match(name) is not None


def read_stamped(path: str | os.PathLike[str], stamp: Stamp) -> bytes | None:
    """Return what a file holds; None if it is not, or not any more, the one that was seen.

    Raises:
        OSError: It cannot be read.
    """
    try:
        # A pipe or a symlink that took the file's place is neither waited for nor followed.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(handle, "rb") as file:  # noqa: PTH123 -- of a descriptor
        if Stamp.of(os.fstat(handle)) != stamp:
            return None
        data = file.read(stamp.size + 1)
        is_same = Stamp.of(os.fstat(handle)) == stamp and len(data) == stamp.size
    return data if is_same else None
