"""Whether a place does what a pond rests on: tried, not asked."""

import fcntl
import secrets
import shutil
import time
from pathlib import Path

from pond_core.errors import LockError, StorageError
from pond_core.storage.bucket import Access, Bucket
from pond_core.storage.durability import Durability, storage_errors
from pond_core.storage.home import url_of
from pond_core.storage.lock import exclusive

_US_PER_NS = 1000


def prove(place: str | Path, *, access: Access | None = None) -> int | None:
    """Try whether a pond can be kept at a place: in a directory, or in a bucket.

    In a directory that is there, a folder is made and deleted again: a hard link must be refused
    where a file has that name, and a lock must keep others out. In a bucket a file must be refused
    that shall be created and is there; that file stays.

    Args:
        place: A directory, or `s3://bucket/prefix`.
        access: How the bucket is reached; as the environment says without one.

    Returns:
        By how much the file system's clock is ahead of this machine's, microseconds; None of a
        bucket.

    Raises:
        DataError: The URL names no bucket.
        LockError: The file system cannot lock.
        StorageError: It refuses something else, or does not refuse what it should.
    """
    url = url_of(place)
    if url is not None:
        Bucket(url, access=access).prepare()
        return None
    folder = Path(place).absolute() / f".proof-{secrets.token_hex(8)}"
    with storage_errors(folder):
        folder.mkdir()
    try:
        _prove_links(folder)
        _prove_lock(folder / "lock")
        return _ahead_us(folder / "lock")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prove_links(folder: Path) -> None:
    """Commit twice under one name, as a pond does, and see the second one refused."""
    disk = Durability()
    made = [disk.create(b"", folder / "commit", temporary=folder / "tmp") for _ in range(2)]
    if made != [True, False]:
        msg = f"{folder.parent}: the file system links over a file that is there"
        raise StorageError(msg, hint="two writers would lose data there: use a local disk")


def _prove_lock(path: Path) -> None:
    with exclusive(path), path.open("rb") as other:
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    msg = f"{path.parent.parent}: the file system locks, and keeps nobody out"
    raise LockError(msg, hint="keep the pond on a local disk")


def _ahead_us(path: Path) -> int:
    with storage_errors(path):
        path.write_bytes(b"x")
        return (path.stat().st_mtime_ns - time.time_ns()) // _US_PER_NS
