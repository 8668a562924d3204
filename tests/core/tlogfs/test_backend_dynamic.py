"""Dynamic nodes in the log keep the rules, before a commit and after it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from typing_extensions import override

from pond_core.tinyfs import FS
from tests.conformance.dynamic import DynamicContract, DynamicMachine
from tests.core.tlogfs.test_backend import Store


class TestOpLogDynamic(DynamicContract):
    @pytest.fixture(autouse=True)
    def _place(self, place: Path) -> None:
        self._store = Store(place)

    @override
    def make(self) -> FS:
        return self._store.begin()

    @override
    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)


class OpLogDynamicMachine(DynamicMachine):
    @override
    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self._store = Store(Path(self._directory.name) / "pond")
        super().__init__()

    @override
    def make(self) -> FS:
        return self._store.begin()

    @override
    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)

    @override
    def teardown(self) -> None:
        self._directory.cleanup()


TestOpLogDynamicMachine = OpLogDynamicMachine.TestCase
TestOpLogDynamicMachine.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
