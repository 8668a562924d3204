"""A station on a pond of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.steps.station import Station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with Station(tmp_path / "pond") as running:
        yield running
