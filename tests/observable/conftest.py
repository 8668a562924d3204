"""A quay of one's own."""

from pathlib import Path

import pytest

from tests.observable.quay import Quay, build_quay


@pytest.fixture
def quay(tmp_path: Path) -> Quay:
    """Return a pond, and where its pages go."""
    return build_quay(tmp_path)
