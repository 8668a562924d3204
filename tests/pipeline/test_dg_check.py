"""`dg check`, Dagster's own command for projects, on this one and on one of somebody's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.test_component import DEFS, Project
from tests.test_house import ROOT

DEFINITIONS = """
from pathlib import Path
import dagster as dg

@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""
DG = Path(sys.executable).with_name("dg")


def check(folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    """Run `dg check` in a folder, with the Python that runs the tests."""
    environment = os.environ | {
        "PATH": f"{DG.parent}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(DG.parents[1]),
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "DAGSTER_HOME": "",
    }
    return subprocess.run(  # noqa: S603 -- our own arguments
        [DG, "check", what],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_this_project_passes() -> None:
    done = check(ROOT, "defs")
    assert (done.returncode, "All definitions loaded successfully" in done.stdout) == (0, True), (
        done.stdout + done.stderr
    )


def test_a_project_with_the_component_passes(tmp_path: Path) -> None:
    Project(tmp_path, "shore")
    (tmp_path / "shore" / "definitions.py").write_text(DEFINITIONS)
    done = check(tmp_path, "defs")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("what", ["yaml", "defs"])
def test_a_component_with_a_key_that_there_is_not_fails_and_is_told(
    tmp_path: Path, what: str
) -> None:
    Project(tmp_path, "shore").configure(DEFS + "  ponds: nothing\n")
    done = check(tmp_path, what)
    assert done.returncode != 0
    assert "ponds" in done.stdout + done.stderr
