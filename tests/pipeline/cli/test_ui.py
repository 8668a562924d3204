"""What `pond up` says of a file that has changed; the rest is in `tests/operations`."""

from pathlib import Path

import pytest

from pond_pipeline.cli.command import Invocation
from pond_pipeline.cli.ui import _reload
from pond_pipeline.server import Server

RESOURCES = """
kind: Scribble
name: bay
spec: {start: 2025-01-01, end: 2025-03-20, interval: 6h, series: [A]}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Processes that were not started: they cannot be told anything."""
    return Server(tmp_path / "home", port=1, environ={}, folder=tmp_path)


def test_a_file_that_cannot_be_recorded_is_loaded_all_the_same(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "resources.yaml"
    file.write_text(RESOURCES)
    (tmp_path / "pond").write_text("no directory")
    _reload(Invocation(tmp_path / "pond"), file, server)
    told = capsys.readouterr().err
    assert str(tmp_path / "pond") in told
    assert "the UI could not be told to load resources.yaml anew" in told


def test_a_warning_says_what_to_do(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "resources.yaml"
    file.write_text(RESOURCES)
    _reload(Invocation(tmp_path / "pond"), file, server)
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "warning: reload the code location in the UI"
    assert all(line.startswith("warning: ") for line in told)
