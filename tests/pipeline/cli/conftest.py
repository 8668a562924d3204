"""A prompt beside a small pond, and one where there is none."""

from pathlib import Path

import pytest

from tests.pipeline.cli.shell import Shell, build_pond


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "pond"
    build_pond(path)
    return path


@pytest.fixture
def reader(_built: Path, tmp_path: Path) -> Shell:
    """A prompt beside a pond that all tests share: it is only read."""
    return Shell(_built, tmp_path)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A prompt beside a pond of its own."""
    build_pond(tmp_path / "pond")
    return Shell(tmp_path / "pond", tmp_path)


@pytest.fixture
def nowhere(tmp_path: Path) -> Shell:
    """A prompt where there is no pond."""
    return Shell(tmp_path / "pond", tmp_path)
