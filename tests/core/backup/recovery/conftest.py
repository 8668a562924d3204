"""Backups, sealed and not, of a pond with one of each."""

import tempfile
from pathlib import Path

import pytest

from pond_core import Backups, Pond
from pond_core.storage import Place
from tests.conformance.copying import write_tree
from tests.core.backup.recovery.parts import KEY


@pytest.fixture(params=["plain", "sealed"])
def backups(request: pytest.FixtureRequest, target: Place) -> Backups:
    return Backups(target, key=None if request.param == "plain" else KEY, durability="process")


@pytest.fixture
def folder(tmp_path: Path) -> Backups:
    """For what does not depend on where it is."""
    return Backups(tmp_path / "folder", durability="process")


@pytest.fixture
def grown(pond: Pond) -> Pond:
    """A pond with one of each below `/a`."""
    pond.transact(write_tree)
    return pond


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place
