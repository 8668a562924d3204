"""The shore, with its resources applied and all of it collected."""

from pathlib import Path

import pytest

from tests.pipeline.resources.shore import CHART, SITE, SOURCE, Shore


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    """A shore whose pond holds everything."""
    shore = Shore(tmp_path)
    shore.apply(SOURCE, SITE, CHART)
    shore.collect()
    return shore


@pytest.fixture
def empty(tmp_path: Path) -> Shore:
    """A shore without a pond."""
    return Shore(tmp_path)
