"""What a pond held at a moment, read from its backup without making a pond of it.

The rows lie in a directory for as long as somebody looks. An object is fetched when it is first
wanted: whoever wants a subtree fetches the objects of that subtree.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from typing_extensions import override

from pond_core.backup.arrival import arrive
from pond_core.backup.fetching import Fetching
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.progress import Progress
from pond_core.oplog import OpLog
from pond_core.storage import Durability
from pond_core.tlogfs import ObjectStore, OpLogBackend


class Objects(Durability):
    """The objects of a backup, and copies of those that were wanted."""

    def __init__(self, fetching: Fetching) -> None:
        super().__init__(full=False)  # a copy that is lost is fetched again
        self._fetching = fetching

    @property
    @override
    def has_copies(self) -> bool:
        return True

    @override
    def fetch(self, paths: Iterable[Path]) -> None:
        self._fetching.fetch({path.name: None for path in paths})


class Held(OpLogBackend):
    """A pond as of one txn, as its backup has it.

    Attributes:
        pond: The UUID of the pond that the backup is of.
        fetching: What was fetched so far, and fetches what is wanted.
    """

    def __init__(self, log: OpLog, fetching: Fetching, *, pond: str, txn: int) -> None:
        super().__init__(log, ObjectStore(log.pond, durability=Objects(fetching)), txn=txn)
        self.pond = pond
        self.fetching = fetching


@contextlib.contextmanager
def hold(files: Files, point: Point, *, upto: int, told: Progress) -> Iterator[Held]:
    """Yield what a pond held as of a txn.

    Args:
        files: The files of the backup.
        point: A point whose segments have that txn.
        upto: The txn.
        told: Is told what was fetched so far.

    Raises:
        CorruptionError: The backup is damaged; of an object, when that is wanted.
        StorageError: The disk or the place refuses.
    """
    with tempfile.TemporaryDirectory(prefix="pond-") as directory:
        home, disk = Path(directory), Durability(full=False)
        fetching = Fetching(
            files,
            ObjectStore(home, durability=disk),
            temporary=home / "tmp",
            durability=disk,
            told=told,
        )
        log = arrive(fetching, point, home, upto=upto, durability=disk)
        yield Held(log, fetching, pond=point.pond, txn=upto)
