"""A folder for a migration."""

from pathlib import Path

import pytest

from tests.pipeline.migration.harbor import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
