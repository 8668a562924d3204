"""The bay, built once; tests that change something have a copy."""

from pathlib import Path

import pytest

from tests.website.bay import Bay, build_bay


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bay")
    build_bay(folder)
    return folder


@pytest.fixture(scope="session")
def shared(_built: Path) -> Bay:
    """The bay that all tests share: it is only read."""
    return Bay(_built)


@pytest.fixture
def bay(_built: Path, tmp_path: Path) -> Bay:
    """A bay of one's own."""
    return Bay.copied(_built, tmp_path / "bay")
