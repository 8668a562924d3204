"""A pond, and a folder that it takes files from."""

from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.plan import FilesStep, InboxStep
from tests.pipeline.steps.exports import a_files_step, a_folder, an_inbox_step


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def step(tmp_path: Path) -> FilesStep:
    return a_files_step(a_folder(tmp_path))


@pytest.fixture
def any_step(tmp_path: Path) -> InboxStep:
    return an_inbox_step(tmp_path)
