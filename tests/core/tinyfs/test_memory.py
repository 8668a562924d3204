"""Nodes in dictionaries keep every rule of the filesystem."""

from hypothesis import settings

from tests.conformance.filesystem_machine import FileSystemMachine
from tests.conformance.stored import FileSystemContract
from tests.core.tinyfs.in_memory import InMemory


class TestMemoryFileSystem(InMemory, FileSystemContract):
    pass


class MemoryMachine(InMemory, FileSystemMachine):
    pass


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
