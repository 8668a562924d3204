"""A crew for a test, of as many processes as it asks for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pond_core import Pond
from tests.concurrency.crew import Crew

Gather = Callable[[int], Crew]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the pond of a test is, or will be."""
    return tmp_path / "pond"


@pytest.fixture
def pond(place: Path) -> Pond:
    return Pond.init(place, durability="process")


@pytest.fixture
def gather(place: Path) -> Iterator[Gather]:
    """Make a crew; its processes end with the test."""
    crews: list[Crew] = []

    def make(size: int) -> Crew:
        crews.append(Crew(place, size))
        return crews[-1]

    yield make
    for crew in crews:
        crew.end()
