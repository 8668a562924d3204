"""A pond with a little of everything, and a folder and a bucket for its backups."""

from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Backups, Pond
from pond_core.backup import cleanup
from pond_core.storage import Durability, Folder, Place
from tests.core.backup.histories import write_history


@pytest.fixture(params=["folder", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a place where nothing is yet."""
    if request.param == "folder":
        return Folder(tmp_path / "backup", durability=Durability(full=False))
    found: Place = request.getfixturevalue("bucket")
    return found


@pytest.fixture
def backups(target: Place) -> Backups:
    return Backups(target, durability="process")


@pytest.fixture
def lived(pond: Pond) -> Pond:
    """A pond with a history."""
    write_history(pond)
    return pond


@pytest.fixture
def a_day_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is listed for deletion have been listed a day ago."""
    monkeypatch.setattr(cleanup, "WAIT", timedelta(0))


@pytest.fixture
def to(tmp_path: Path) -> Path:
    """Return where a replica goes."""
    return tmp_path / "replica"
