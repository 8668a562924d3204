"""Files that somebody drops into a folder while `pond up` runs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Pond, Snapshot
from tests.operations.ui import Run
from tests.operations.up import Up
from tests.operations.waiting import until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

RESOURCES = """
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.csv
  timezone: UTC
  start: 2025-01-01
  locations: [{name: Dock, match: "Dock-*", scope: Dock}]
---
kind: Combine
name: bay
spec:
  sites: [{name: Bay, inputs: [{pattern: /normalized/exports/Dock}]}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1d, 7d]
      datasets: [{in_pattern: "/combined/bay/*", out_pattern: "$0"}]
"""

FILES, ASIDE = "/raw/exports/files", "/quarantine/exports/files"
MADE = (
    "/normalized/exports/Dock",
    "/combined/bay/Bay",
    "/reduced/bay/sites/Bay/res=1d",
    "/reduced/bay/sites/Bay/res=7d",
)
"""What is made of the files: by the hour, by the hour, by the day, by the week."""

SENSOR, LOOK = "raw_exports_files_sensor", "raw_exports_files_look"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the files are dropped.

    Attributes:
        up: UI and daemon.
        inbox: The folder.
    """

    up: Up
    inbox: Path

    @property
    def snapshot(self) -> Snapshot:
        return Pond.open(self.up.pond).snapshot()

    def looks(self) -> list[Run]:
        """Return the runs that looked into the folder."""
        return [run for run in self.up.ui.runs() if run.job == LOOK]

    def rows(self) -> list[int]:
        """Return how many rows there are of each series that is made of the files."""
        if not self.up.pond.exists():
            return []
        snapshot = self.snapshot
        return [snapshot.read_series(path).num_rows for path in MADE if snapshot.exists(path)]


def export(first: datetime, days: int) -> str:
    """Return an export of hourly readings."""
    instants = [first + timedelta(hours=hour) for hour in range(24 * days)]
    rows = [f"{each:%Y-%m-%d %H:%M},Dock-1,Temp (C),{each.hour}" for each in instants]
    return "\n".join(("Timestamp,Location,Parameter,Value", *rows)) + "\n"


WINTER = export(datetime(2025, 1, 30, tzinfo=UTC), days=4)
"""Two days of January, and two of February."""

MARCH = export(datetime(2025, 3, 10, tzinfo=UTC), days=2)
HALF = MARCH[: MARCH.index("Dock", len(MARCH) // 2)]
"""What is there when a copy has stopped in the middle of a line."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Drop a whole file and half of one; a tick takes both, as they are of one age."""
    folder = tmp_path_factory.mktemp("desk")
    inbox = folder / "inbox"
    inbox.mkdir()
    with Up(folder, RESOURCES) as up:
        whole, half = inbox / "winter.csv", inbox / "march.csv"
        whole.write_text(WINTER)
        half.write_text(HALF)
        written = whole.stat().st_mtime_ns
        os.utime(half, ns=(written, written))
        yield Desk(up, inbox)


def test_a_dropped_file_is_kept_and_all_that_is_made_of_its_months_is_made(desk: Desk) -> None:
    until(lambda: desk.rows() == [4 * 24, 4 * 24, 4, 1], "row of each hour, day and week")
    assert desk.snapshot.read_data(f"{FILES}/winter.csv") == WINTER.encode()
    assert Pond.open(desk.up.pond).verify().ok


def test_a_file_that_is_half_written_is_told_once_and_taken_when_it_is_whole(desk: Desk) -> None:
    ui = desk.up.ui
    until(lambda: ui.said(SENSOR) == "nothing changed: 2 files", "tick that asks for nothing")
    [look] = desk.looks()
    assert look.status == "SUCCESS"
    status, told = ui.checks(FILES)["exports_are_readable"]
    assert status == "FAILED"
    assert "march.csv: line 26: no Location" in told
    assert [node.name for node in desk.snapshot.ls(ASIDE)] == ["march.csv"]

    (desk.inbox / "march.csv").write_text(MARCH)
    until(lambda: desk.rows() == [6 * 24, 6 * 24, 6, 2], "row of each hour, day and week of March")
    assert ui.checks(FILES)["exports_are_readable"] == ("SUCCEEDED", "")
    assert desk.snapshot.ls(ASIDE) == []
    assert len(desk.looks()) == 2
