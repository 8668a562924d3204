"""What nothing refers to any more leaves a bucket in two steps, at least a day apart.

No lock keeps other machines from writing meanwhile. Why nothing is lost all the same is told in
`docs/format.md`, "On S3".
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pond_core.errors import StorageError
from pond_core.storage import LEAVING, Cache, Since, Stored

_STAYS = timedelta(hours=24)
"""How long a file that nothing refers to stays where it is, and then aside: a transaction that put
it may commit up to 19 hours later."""

_AT_MOST_S = 4 * 3600
"""How old a listing may be by which files are taken away."""

_FOLDERS = ("objects", "oplog/tier=hot", "oplog/tier=cold")


@dataclass(frozen=True, slots=True)
class Left:
    """What a clean-up took away; with `dry_run`, what it would.

    Attributes:
        deleted: How many files.
        waiting: How many files that nothing refers to are too young.
        freed: Bytes of the files that were taken away.
    """

    deleted: int
    waiting: int
    freed: int


def leave(cache: Cache, known: Callable[[], Iterable[str]], *, dry_run: bool) -> Left:
    """Take away what nothing refers to.

    Args:
        cache: The pond's files.
        known: Returns the names of files that the log names, having looked at it anew.
        dry_run: Only say what would be done.
    """
    bucket = cache.bucket
    began = Since()
    now = datetime.now(UTC) if dry_run else bucket.clock()
    aside = list(bucket.files(LEAVING))
    present = {each.name: each for folder in _FOLDERS for each in bucket.files(folder)}
    wanted = set(known())  # after listing: so it has all that was put before it is a day old
    unwanted = [each for name, each in present.items() if name not in wanted]
    going = [each for each in unwanted if each.changed <= now - _STAYS]
    if not dry_run:
        gone = [each for each in aside if each.changed <= now - _STAYS]
        _bring_back(cache, [each for each in aside if _original(each.name) in wanted], present)
        _put_aside(cache, going, began)
        bucket.delete(each.name for each in gone)  # what is wanted is back
    freed = sum(each.size for each in going)
    return Left(len(going), len(unwanted) - len(going), freed)


def _put_aside(cache: Cache, files: Collection[Stored], began: Since) -> None:
    # A name of its own for each clean-up: another one's is deleted by its own time.
    place = f"{LEAVING}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    for each in files:
        if began.seconds > _AT_MOST_S:
            msg = f"{cache.bucket.label}: cleaning up took more than {_AT_MOST_S // 3600} hours"
            raise StorageError(msg, hint="run `pond maintain` again; it goes on from there")
        if cache.bucket.copy(each.name, f"{place}/{each.name}"):
            cache.bucket.delete([each.name])


def _bring_back(cache: Cache, files: Collection[Stored], present: Collection[str]) -> None:
    """Put back what a transaction has come to name after all."""
    for each in files:
        name = _original(each.name)
        if name not in present:
            cache.bucket.copy(each.name, name)


def _original(name: str) -> str:
    """Return what a file that is aside was called: `leaving/<clean-up>/<name>`."""
    return name.split("/", 2)[2]
