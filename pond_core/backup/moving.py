"""A pond that was restored on this disk, into a bucket: what makes it a pond comes last."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pond_core.errors import ExistsError
from pond_core.storage import Bucket

_LOG = "oplog/_delta_log"

_AT_ONCE = 8
"""Files on their way: each waits for an answer."""


def check_free(bucket: Bucket) -> None:
    """Refuse a place in which there is a pond.

    Raises:
        ExistsError: There is one.
        StorageError: The server does not refuse to create an object twice, or cannot be reached.
    """
    bucket.prepare()
    if next(bucket.files(_LOG), None) is not None:
        msg = f"there is a pond at {bucket.label}"
        hint = (
            "a pond is restored into a place of its own, never over another one; where an earlier "
            "restoration was interrupted, delete what it left, or name another place"
        )
        raise ExistsError(msg, path=bucket.label, hint=hint)
    if next(bucket.files("ponds"), None) is not None:
        # Its clean-up would take the pond's objects for its own, and delete them.
        msg = f"there is a backup at {bucket.label}"
        raise ExistsError(msg, path=bucket.label, hint="name a place of the pond's own")


def move_in(pond: Path, bucket: Bucket) -> None:
    """Send the files of a pond on this disk that nobody else has open.

    Objects of an attempt that was interrupted are there, and are not sent again.

    Raises:
        ExistsError: Somebody else made a pond there meanwhile.
    """
    log = pond / _LOG
    objects = (path for path in (pond / "objects").rglob("*") if path.is_file())
    files = (path for path in (pond / "oplog").glob("tier=*/**/*") if path.is_file())
    _send(pond, objects, bucket)
    _send(pond, files, bucket)
    # Without a checkpoint a reader begins at the oldest commit: that is what makes it a pond.
    for path in sorted(log.glob("*.json"), reverse=True):
        name, data = path.relative_to(pond).as_posix(), path.read_bytes()
        # After a lost reply the one that is there already is our own.
        if not bucket.create(name, data) and bucket.read(name) != data:
            check_free(bucket)
    _send(pond, (path for path in log.iterdir() if path.suffix != ".json"), bucket)


def _send(pond: Path, paths: Iterable[Path], bucket: Bucket) -> None:
    def send(path: Path) -> None:
        name = path.relative_to(pond).as_posix()
        if bucket.size(name) != path.stat().st_size:
            bucket.upload(path, name)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(send, paths):
            pass
