"""What a stretch of work costs: files and bytes read and written, requests, transactions.

Nothing is counted, and nothing is slower, but while somebody asks for it.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

_OBJECTS = "objects"
_lock = threading.Lock()
_active: list["Tally"] = []


@dataclass
class Tally:
    """What was read, written and asked for by this process while it was counted.

    Attributes:
        log_bytes: Bytes of log files that were read.
        object_bytes: Bytes of objects that were read; of those that an engine reads, all.
        files_written: Files that were written on this disk.
        bytes_written: Their bytes.
        requests: Requests to buckets.
        bytes_fetched: What buckets sent.
        bytes_sent: What was sent to them.
        transactions: Transactions that were committed.
    """

    log_bytes: int = 0
    object_bytes: int = 0
    files_written: int = 0
    bytes_written: int = 0
    requests: int = 0
    bytes_fetched: int = 0
    bytes_sent: int = 0
    transactions: int = 0
    _paths: set[Path] = field(default_factory=set)

    @classmethod
    @contextlib.contextmanager
    def counting(cls) -> Iterator["Tally"]:
        """Count while the block runs."""
        tally = cls()
        _active.append(tally)
        try:
            yield tally
        finally:
            _active.remove(tally)

    @property
    def log_files(self) -> int:
        """How many log files were read, each counted once."""
        return len(self._paths) - self.objects

    @property
    def objects(self) -> int:
        """How many objects were read, each counted once."""
        return sum(map(_is_object, self._paths))

    def _saw(self, path: Path, size: int) -> None:
        self._paths.add(path)
        if _is_object(path):
            self.object_bytes += size
        else:
            self.log_bytes += size


def count_read(path: Path, size: int) -> None:
    """Note that bytes of a log file or an object were read."""
    if _active:
        with _lock:
            for tally in _active:
                tally._saw(path, size)  # noqa: SLF001 -- its own module


def count_whole(path: Path) -> None:
    """Note that an engine was given an object to read, as far as it is there."""
    if _active and path.is_file():
        count_read(path, path.stat().st_size)


def count(**numbers: int) -> None:
    """Add to counters of `Tally`, by their names."""
    if _active:
        with _lock:
            for tally in _active:
                for name, number in numbers.items():
                    setattr(tally, name, getattr(tally, name) + number)


def source_of(path: Path) -> "Path | pa.PythonFile":
    """Return what Arrow reads a file from: its path, or while bytes are counted a file."""
    return pa.PythonFile(_Counted(path), mode="r") if _active else path


class _Counted:
    """A file whose bytes are counted as they are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb", buffering=0)
        self.seek, self.tell, self.close = self._file.seek, self._file.tell, self._file.close
        count_read(path, 0)

    def __del__(self) -> None:
        if "_file" in self.__dict__:
            self._file.close()  # Arrow leaves open what it did not open

    @property
    def closed(self) -> bool:
        return self._file.closed

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        count_read(self._path, len(data))
        return data


def _is_object(path: Path) -> bool:
    return path.parent.parent.name == _OBJECTS
