"""Nodes in dictionaries keep every rule of the filesystem."""

from hypothesis import settings
from typing_extensions import override

from pond_core.tinyfs import FS, MemoryBackend
from tests.conformance.filesystem import FileSystemContract
from tests.conformance.filesystem_machine import FileSystemMachine


class TestMemoryFileSystem(FileSystemContract):
    @override
    def make(self) -> FS:
        return FS(MemoryBackend())

    @override
    def reopen(self, fs: FS) -> FS:
        return FS(fs.backend)


class MemoryMachine(FileSystemMachine):
    @override
    def make(self) -> FS:
        return FS(MemoryBackend())

    @override
    def reopen(self, fs: FS) -> FS:
        return FS(fs.backend)


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
