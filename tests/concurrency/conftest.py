"""A crew for a test, of as many processes as it asks for, on a disk or on several machines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pond_core import Pond
from tests.concurrency.crew import Crew
from tests.s3.server import Server

Gather = Callable[[int], Crew]


@pytest.fixture(params=["disk", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the pond of a test is, or will be."""
    if request.param == "disk":
        return str(tmp_path / "pond")
    server: Server = request.getfixturevalue("s3_server")
    reach(server, tmp_path, monkeypatch)
    return str(request.getfixturevalue("bucket_url"))


def reach(server: Server, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process, and those that it starts, reach a server and keep copies."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POND_CACHE", str(directory / "copies"))


@pytest.fixture
def pond(place: str) -> Pond:
    return Pond.init(place, durability="process")


@pytest.fixture
def gather(place: str) -> Iterator[Gather]:
    """Make a crew; its processes end with the test."""
    crews: list[Crew] = []

    def make(size: int) -> Crew:
        crews.append(Crew(place, size))
        return crews[-1]

    yield make
    for crew in crews:
        crew.end()
