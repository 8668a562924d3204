"""A pond that is made once for all examples of a test: each writes under a path of its own."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from pond_core import FS, MemoryBackend, Pond, ReadFS

RoundTrip = Callable[[Callable[[FS, str], object]], tuple[ReadFS, str]]
"""Writes something in a new directory and returns what reads it, and the directory."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz") / "pond"
    Pond.init(place, durability="process")
    return place


@pytest.fixture(scope="module", params=["in memory", "in the log"])
def through(request: pytest.FixtureRequest, place: Path) -> RoundTrip:
    """Give what was written back through a backend: of a pond, as a new process would see it."""
    counter = itertools.count()
    memory = FS(MemoryBackend())

    def written(write: Callable[[FS, str], object]) -> tuple[ReadFS, str]:
        directory = f"/{next(counter)}"
        if request.param == "in memory":
            memory.mkdir(directory)
            write(memory, directory)
            return memory, directory
        with Pond.open(place, durability="process").transaction() as changes:
            changes.mkdir(directory)
            write(changes, directory)
        return Pond.open(place, durability="process").snapshot(), directory

    return written
