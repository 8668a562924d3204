"""A pond with a little of everything, and a folder for its backups."""

from pathlib import Path

import pytest

from pond_core import BackupFolder, Pond
from tests.core.backup.histories import write_history


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backup", durability="process")


@pytest.fixture
def lived(pond: Pond) -> Pond:
    """A pond with a history."""
    write_history(pond)
    return pond
