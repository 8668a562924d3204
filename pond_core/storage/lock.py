"""The pond's lock: one writer at a time, threads and processes alike."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from pond_core.errors import LockError
from pond_core.storage.durability import storage_errors

_THREADS: dict[Path, threading.Lock] = {}
_THREADS_GUARD = threading.Lock()


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; wait for whoever holds it.

    The kernel's blocking lock queues processes fairly and is released when its holder dies,
    however it dies. It belongs to the process, so threads take a lock of their own first.

    Raises:
        LockError: The file system cannot lock.
        StorageError: The lock file cannot be made.
    """
    with _thread_lock(path):
        with storage_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, path)
            yield
        finally:
            os.close(descriptor)  # closing releases the lock


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as exc:
        msg = f"{path}: this file system cannot lock ({exc.strerror})"
        raise LockError(msg, hint="keep the pond on a local disk") from exc


def _thread_lock(path: Path) -> threading.Lock:
    with _THREADS_GUARD:
        return _THREADS.setdefault(path.absolute(), threading.Lock())
