"""A fresh pond, and a fresh log. Neither waits for the disk: what that adds is tested by itself."""

from pathlib import Path

import pytest

from pond_core import Pond
from pond_core.oplog import OpLog
from pond_core.storage import Durability


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the pond of a test is, or will be."""
    return tmp_path / "pond"


@pytest.fixture
def pond(place: Path) -> Pond:
    return Pond.init(place, durability="process")


@pytest.fixture
def log(place: Path) -> OpLog:
    return OpLog.create(place, durability=Durability(full=False))
