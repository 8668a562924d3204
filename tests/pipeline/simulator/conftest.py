"""A simulator of the harbor with a stopped clock, and a client that is logged in."""

from collections.abc import Iterator

import pytest

from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.simulator.visitor import StoppedClock, Visitor


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def sim(clock: StoppedClock) -> Iterator[Simulator]:
    with Simulator(harbor(), clock=clock) as running:
        yield running


@pytest.fixture
def visitor(sim: Simulator) -> Iterator[Visitor]:
    with Visitor(sim) as logged_in:
        yield logged_in
