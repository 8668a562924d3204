"""What those who follow the documentation stand on: a quick `pond`, a harbor that has a past."""

import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_pipeline.simulator import Simulator, harbor
from tests.docs.follower import Follower
from tests.docs.fork_server import BEHIND, served
from tests.docs.pages import ROOT

PAST = datetime(2026, 6, 29, tzinfo=UTC)
"""When most of the harbor was committed: before the dates that the pages look back to."""

ACTIVATE = 'PATH="{folder}/.venv/bin:$PATH"\nexport PATH\n'

MORE = """
---
kind: Backup
name: stick
spec: {folder: ../media/stick/backup}
---
kind: Alert
name: duty
spec:
  conditions: [{when: stale}]
  channels: [{webhook: "${env:WEBHOOK}"}]
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder as of the source tree, whose `.venv/bin` has a `pond` that costs little."""
    folder = tmp_path_factory.mktemp("program")
    bin_ = folder / ".venv" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "activate").write_text(ACTIVATE.format(folder=folder))
    (bin_ / "python").symlink_to(sys.executable)
    for name in ("Makefile", "resources.yaml", ".env.example"):
        shutil.copy(ROOT / name, folder)
    # What `make setup` would install is what runs this test.
    (bin_ / "make").write_text(f'#!/bin/sh\nexec {shutil.which("make")} -o setup "$@"\n')
    (bin_ / "make").chmod(0o755)
    with served(bin_):
        yield folder


@pytest.fixture(scope="session")
def environ(program: Path) -> dict[str, str]:
    """Return what the environment of a reader holds."""
    path = f"{program}/.venv/bin:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def account() -> Iterator[dict[str, str]]:
    """Have a HydroVu that answers; return the variables that lead to it."""
    with Simulator(harbor(), page_days=31, rate_per_minute=100_000) as server:
        values = {"URL": server.base_url, "KEY": "demo", "SECRET": "demo"}
        yield {f"HYDROVU_{name}": value for name, value in values.items()}


@pytest.fixture(scope="session")
def harbor_made(
    program: Path, environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Make the harbor of `make demo`, most of it in the past; it is for copies."""
    place = tmp_path_factory.mktemp("harbor")
    (place / "media" / "stick").mkdir(parents=True)
    folder = place / "duckpond"
    shutil.copytree(program, folder, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    (folder / ".venv").symlink_to(program / ".venv")
    with (folder / "resources.yaml").open("a") as file:
        file.write(MORE)
    past = {
        **environ,
        BEHIND: str(int(time.time() - PAST.timestamp())),
        "WEBHOOK": "http://127.0.0.1:9",
    }
    with Simulator(harbor(), page_days=31, rate_per_minute=100_000) as server:
        past["HYDROVU_URL"] = server.base_url
        with Follower(folder, past) as reader:
            reader.run("pond run --to 2026-05")
        with Follower(folder, {**past, BEHIND: "0"}) as reader:
            reader.run("pond demo")
    return place
