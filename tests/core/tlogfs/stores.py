"""Filesystems in a log, for suites that run over every backend."""

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pond_core.oplog import OpLog, Provenance
from pond_core.storage import Bucket, Cache, Durability
from pond_core.tinyfs import FS
from pond_core.tlogfs import ObjectStore, OpLogBackend

Home = Callable[[], tuple[Path, Durability]]
"""Returns where a log is, as a program sees it that begins now."""


def on_disk(place: Path) -> Home:
    """Return a place on a disk."""
    return lambda: (place, Durability(full=False))


def in_bucket(bucket: Bucket, place: Path) -> Home:
    """Return a place in a bucket; each program is on another machine."""
    numbers = itertools.count()

    def home() -> tuple[Path, Durability]:
        cache = Cache(bucket, place / f"machine-{next(numbers)}")
        return cache.root, cache

    return home


class Store:
    """A log with its objects; gives filesystems that are not committed yet."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._open(OpLog.create)

    def begin(self, *, txn: int | None = None) -> FS:
        head = self.log.head() if txn is None else txn
        return FS(OpLogBackend(self.log, self.objects, txn=head))

    def commit(self, fs: FS) -> FS:
        """Commit, and return what another process would see."""
        backend_of(fs).commit(Provenance())
        self._open(OpLog)
        return self.begin()

    def _open(self, opening: Callable[..., OpLog]) -> None:
        place, durability = self._home()
        self.log = opening(place, durability=durability)
        self.objects = ObjectStore(place, durability=durability)


def backend_of(fs: FS) -> OpLogBackend:
    assert isinstance(fs.backend, OpLogBackend)
    return fs.backend


class InLog:
    """What a suite needs to run over a log."""

    @pytest.fixture(autouse=True, params=["disk", "bucket"])
    def _place(self, request: pytest.FixtureRequest, place: Path) -> None:
        if request.param == "disk":
            self._store = Store(on_disk(place))
        else:
            self._store = Store(in_bucket(request.getfixturevalue("bucket"), place))

    def make(self) -> FS:
        return self._store.begin()

    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)


class MachineInLog:
    """What a state machine needs to run over a log."""

    def __init__(self, bucket: Bucket | None = None) -> None:
        self._directory = tempfile.TemporaryDirectory()
        place = Path(self._directory.name) / "pond"
        self._store = Store(on_disk(place) if bucket is None else in_bucket(bucket, place))
        super().__init__()

    def make(self) -> FS:
        return self._store.begin()

    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)

    def teardown(self) -> None:
        self._directory.cleanup()
