"""Filesystems in memory, for suites that run over every backend."""

from pond_core.tinyfs import FS, MemoryBackend


class InMemory:
    """What a suite or a state machine needs to run over memory."""

    def make(self) -> FS:
        return FS(MemoryBackend())

    def reopen(self, fs: FS) -> FS:
        return FS(fs.backend)
