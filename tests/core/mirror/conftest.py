"""A pond with a little of everything, and a folder to mirror it in."""

from pathlib import Path

import pytest

from tests.core.mirror.stage import Stage, fill


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    with made.pond.transaction() as tx:
        fill(tx)
    return made
