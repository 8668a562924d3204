"""What a backup has, as it comes here: rows of segments, and the objects that these need."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import Point
from pond_core.backup.progress import Progress
from pond_core.storage import Durability
from pond_core.tlogfs import ObjectStore

_AT_ONCE = 8
"""Objects on their way: each waits for an answer."""


class Fetching:
    """Fetches from a backup what is not here yet.

    Args:
        files: The files of the backup.
        store: Where objects go.
        temporary: A directory beside them, for files in the making.
        durability: Whether to wait for the disk.
        told: Is told what was fetched so far.

    Attributes:
        label: How messages name the backup.
        objects: How many objects were fetched.
        bytes: How many bytes were fetched, those of segments included.
    """

    def __init__(
        self,
        files: Files,
        store: ObjectStore,
        *,
        temporary: Path,
        durability: Durability,
        told: Progress,
    ) -> None:
        self.label = files.label
        self.objects = 0
        self.bytes = 0
        self._files = files
        self._store = store
        self._temporary = temporary
        self._durability = durability
        self._told = told
        self._guard = threading.Lock()

    def rows(self, point: Point, *, after: int = 0, upto: int) -> Iterator[pa.Table]:
        """Iterate over the rows of the txns in `(after, upto]`, segment by segment, in order.

        Their columns are `SEGMENT`. They are those that were sent; whether these are a history is
        for a `Proof` to say.

        Raises:
            CorruptionError: A segment is missing or damaged.
        """
        for each in point.segments:
            if each.upto > after and each.after < upto:
                name = segment.file_of(each.sha256)
                rows = segment.decode(name, self._files.read_content(name, digest=each.sha256))
                self._add(each.size)
                within = pc.and_(pc.greater(rows["txn"], after), pc.less_equal(rows["txn"], upto))
                yield rows.filter(within)

    def fetch(self, wanted: Mapping[str, int | None]) -> None:
        """Have objects here.

        Args:
            wanted: Their digests, and their sizes as far as they are known.

        Raises:
            CorruptionError: One is missing or damaged.
            StorageError: The disk or the place refuses.
        """
        if not wanted:
            return
        with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
            for size in pool.map(self._fetched, wanted, wanted.values()):
                if size is not None:
                    self._add(size, objects=1)

    def _fetched(self, digest: str, size: int | None) -> int | None:
        """Fetch an object, and return its size; None if it was here."""
        target = self._store.path(digest)
        try:
            if size in (None, target.stat().st_size):
                return None  # it has its name since it was whole
        except FileNotFoundError:
            pass
        return self._files.fetch(
            segment.object_file_of(digest),
            target,
            digest=digest,
            temporary=self._temporary,
            durability=self._durability,
        )

    def _add(self, size: int, *, objects: int = 0) -> None:
        with self._guard:  # an engine reads by several threads
            self.objects += objects
            self.bytes += size
        self._told(self.objects, self.bytes)
