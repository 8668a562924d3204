"""Sending files to a backup: never one that is there, unless it may be about to be deleted."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pyarrow as pa

from pond_core.backup import segment
from pond_core.backup.condemned import PUSH_S, Condemned, await_deletion, clock_s
from pond_core.backup.files import Files
from pond_core.backup.progress import Progress
from pond_core.errors import StorageError
from pond_core.storage import sha256_of
from pond_core.tlogfs import ObjectStore

_AT_ONCE = 8
"""Objects on their way: a bucket takes many at a time, and each waits for an answer."""


class Sending:
    """What one push, or one expiry, sends.

    Attributes:
        objects: How many objects were sent so far.
        bytes: How many bytes, those of segments included.
    """

    def __init__(self, files: Files, told: Progress, sleep: Callable[[float], None]) -> None:
        self.objects = 0
        self.bytes = 0
        self._files = files
        self._told = told
        self._sleep = sleep
        self._condemned = Condemned.names_in(files.place)
        self._again: dict[str, Callable[[], int]] = {}
        self._began_s = clock_s()

    def send_objects(self, wanted: Mapping[str, int | None], store: ObjectStore) -> None:
        """Send objects of a pond.

        Args:
            wanted: Their digests, and their sizes as far as they are known.
            store: Where they are.

        Raises:
            CorruptionError: One is missing or damaged in the pond.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for sent in pool.map(partial(self._object, store), wanted, wanted.values()):
                if sent is not None:
                    self.objects += 1
                    self._add(sent)

    def send_segment(self, rows: pa.Table) -> tuple[str, int]:
        """Send rows with the columns `SEGMENT`, and return the digest and size of their file."""
        data = segment.encode(rows)
        digest = sha256_of(data)
        name = segment.file_of(digest)

        def write() -> int:
            self._files.write(name, data)
            return len(data)

        sent = self._send(name, len(data), write)
        self._add(sent or 0)
        return digest, len(data)

    def finish(self) -> None:
        """See that what was sent though it was there did not fall to a clean-up beside this.

        Raises:
            StorageError: It has taken so long that what it relied on may be gone.
        """
        if self._again:
            await_deletion(self._files.place, self._sleep)
        for name, send in self._again.items():
            if self._files.size(name) is None:
                send()
        if self.has_taken(PUSH_S):
            msg = f"the push to {self._files.label} has taken more than {PUSH_S // 3600} hours"
            raise StorageError(msg, hint="push again: what was sent is not sent again")

    def has_taken(self, seconds: float) -> bool:
        """Say whether this began so long ago."""
        return clock_s() - self._began_s >= seconds

    def _object(self, store: ObjectStore, digest: str, size: int | None) -> int | None:
        name = segment.object_file_of(digest)
        path = store.path(digest)

        def send() -> int:
            store.fetch([digest])
            return self._files.send(path, name, digest=digest)

        return self._send(name, size, send)

    def _send(self, name: str, size: int | None, send: Callable[[], int]) -> int | None:
        """Send a file if need be, and return how many bytes that were; None if it need not be."""
        there = self._files.size(name)
        is_condemned = self._files.where(name) in self._condemned
        if there is not None and there == (size or there) and not is_condemned:
            return None
        if is_condemned:
            self._again[name] = send
        return send()

    def _add(self, size: int) -> None:
        self.bytes += size
        self._told(self.objects, self.bytes)
