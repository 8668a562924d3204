"""Filesystems in a log, for suites that run over every backend."""

import tempfile
from pathlib import Path

import pytest

from pond_core.oplog import OpLog, Provenance
from pond_core.storage import Durability
from pond_core.tinyfs import FS
from pond_core.tlogfs import ObjectStore, OpLogBackend


class Store:
    """A log with its objects; gives filesystems that are not committed yet."""

    def __init__(self, place: Path) -> None:
        durability = Durability(full=False)
        self.log = OpLog.create(place, durability=durability)
        self.objects = ObjectStore(place, durability=durability)

    def begin(self, *, txn: int | None = None) -> FS:
        head = self.log.head() if txn is None else txn
        return FS(OpLogBackend(self.log, self.objects, txn=head))

    def commit(self, fs: FS) -> FS:
        """Commit, and return what another process would see."""
        backend_of(fs).commit(Provenance())
        durability = Durability(full=False)
        self.log = OpLog(self.log.pond, durability=durability)
        return self.begin()


def backend_of(fs: FS) -> OpLogBackend:
    assert isinstance(fs.backend, OpLogBackend)
    return fs.backend


class InLog:
    """What a suite needs to run over a log."""

    @pytest.fixture(autouse=True)
    def _place(self, place: Path) -> None:
        self._store = Store(place)

    def make(self) -> FS:
        return self._store.begin()

    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)


class MachineInLog:
    """What a state machine needs to run over a log."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self._store = Store(Path(self._directory.name) / "pond")
        super().__init__()

    def make(self) -> FS:
        return self._store.begin()

    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)

    def teardown(self) -> None:
        self._directory.cleanup()
