"""A `pond up` that nobody attends to: what it stands on, and how far it has come.

One start serves three stories, so that what one of them waits for comes about while another is
looked at: readings that an API has and corrects, an API that is asked every other minute, and files
that somebody drops into a folder. Each has paths of its own.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pond_core import Change, Pond, Snapshot, Window
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.simulator import Simulator
from tests.operations.ui import Run
from tests.operations.up import Up
from tests.pipeline.services import Receiver

NOW = datetime(2025, 2, 10, 12, tzinfo=UTC)
"""When the bay's last reading was taken."""

MONTHS = periods_between(Period.parse("2024-12"), Period.parse("2025-02"))
KEYS = [month.key for month in MONTHS]

BAY = """
kind: HydroVu
name: bay
spec:
  key: ${{env:BAY_KEY}}
  secret: ${{env:BAY_SECRET}}
  base_url: {url}
  start: 2024-12-01
  overlap: 45d
  devices:
    - {{name: Buoy, id: {buoy}, scope: Buoy, interval: 1h}}
    - {{name: Sonde, id: {sonde}, scope: Sonde, interval: 1h}}
---
kind: Combine
name: bay
spec:
  sites: [{{name: Bay, inputs: [{{pattern: /normalized/bay/Buoy}}]}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1h, 1d, 7d]
      datasets: [{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}]
---
kind: Alert
name: pager
spec:
  conditions: [{{when: run_failed}}]
  channels: [{{webhook: "${{env:PAGER}}"}}]
---
"""
TIDE = """
kind: HydroVu
name: tide
spec:
  key: demo
  secret: demo
  base_url: {url}
  start: {start:%Y-%m-%d}
  overlap: 1d
  schedule: "*/2 * * * *"
  devices: [{{name: Pier, id: {pier}, interval: 1h}}]
---
"""
EXPORTS = """
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.csv
  timezone: UTC
  start: 2025-01-01
  locations: [{name: Dock, match: "Dock-*", scope: Dock}]
---
kind: Combine
name: port
spec:
  sites: [{name: Port, inputs: [{pattern: /normalized/exports/Dock}]}]
---
kind: Reduce
name: port
spec:
  collections:
    - name: sites
      resolutions: [1d, 7d]
      datasets: [{in_pattern: "/combined/port/*", out_pattern: "$0"}]
"""
MORE = """
---
kind: Combine
name: cove
spec:
  sites: [{name: Cove, inputs: [{pattern: /normalized/bay/Sonde}]}]
---
kind: Reduce
name: cove
spec:
  collections:
    - name: sites
      resolutions: [12h]
      datasets: [{in_pattern: "/combined/cove/*", out_pattern: "$0"}]
"""

NAMES = tuple(f"/raw/bay/{each}" for each in ("units", "parameters", "locations"))
RAW, SITE = "/raw/bay/Buoy", "/combined/bay/Bay"
OTHER, OTHER_TABLE = "/raw/bay/Sonde", "/normalized/bay/Sonde"
HOURS, DAYS, WEEKS = (f"/reduced/bay/sites/Bay/res={width}" for width in ("1h", "1d", "7d"))
DERIVED = ("/normalized/bay/Buoy", SITE, HOURS, DAYS, WEEKS)
NEW = ("/combined/cove/Cove", "/reduced/cove/sites/Cove/res=12h")
"""What `MORE` adds."""

FILES, ASIDE = "/raw/exports/files", "/quarantine/exports/files"
MADE = (
    "/normalized/exports/Dock",
    "/combined/port/Port",
    "/reduced/port/sites/Port/res=1d",
    "/reduced/port/sites/Port/res=7d",
)
"""What is made of the files: by the hour, by the hour, by the day, by the week."""

SENSOR, LOOK = "raw_exports_files_sensor", "raw_exports_files_look"
TABLE = "/normalized/tide/Pier"
SECRETS = {"BAY_KEY": "key-of-the-bay", "BAY_SECRET": "secret-of-the-bay"}


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


@dataclass(slots=True)
class Clock:
    """A clock that somebody turns."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=6))

    def __call__(self) -> datetime:
        return self.now

    @property
    def hour(self) -> datetime:
        """When the last reading was taken."""
        return self.now.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Unattended:
    """What the tests share.

    Attributes:
        up: UI and daemon.
        bay: The API that is asked by hand.
        tide: The API that is asked every other minute.
        clock: The latter's clock.
        receiver: The webhook that is told of failures.
        failed: The run that failed.
    """

    up: Up
    bay: Simulator
    tide: Simulator
    clock: Clock
    receiver: Receiver
    failed: str = ""

    @property
    def inbox(self) -> Path:
        """Where files are dropped."""
        return self.up.pond.parent / "inbox"

    @property
    def pond(self) -> Pond:
        return Pond.open(self.up.pond)

    @property
    def snapshot(self) -> Snapshot:
        return self.pond.snapshot()

    def pull(self) -> tuple[str, str]:
        """Ask the bay's API for what it has; return the run and what became of it."""
        run = self.up.ui.launch(RAW, KEYS[0], KEYS[-1], also=(OTHER, *NAMES))
        return run, self.up.ui.end_of(run)

    def drop(self) -> None:
        """Drop a whole file and half of one; a tick takes both, as they are of one age."""
        whole, half = self.inbox / "winter.csv", self.inbox / "march.csv"
        whole.write_text(WINTER)
        half.write_text(HALF)
        written = whole.stat().st_mtime_ns
        os.utime(half, ns=(written, written))

    def has(self, *paths: str) -> bool:
        """Say whether all months of some series of the bay are made."""
        snapshot = self.snapshot
        return all(
            snapshot.exists(path)
            and {month.window for month in MONTHS} <= snapshot.node(path).marks.keys()
            for path in paths
        )

    def changes(self, since: int) -> dict[str, Change]:
        """Return the series of the bay and the cove of which other rows were written since."""
        return {
            change.path: change
            for change in self.pond.diff(since).changes
            if change.rows and ("/bay/" in change.path or "/cove/" in change.path)
        }

    def temperatures(self, path: str) -> pl.DataFrame:
        """Return the temperatures of a series, or their means."""
        column = "Buoy.Temperature.C" + ("" if path == SITE else ".avg")
        table = self.snapshot.read_series(path, columns=["timestamp", column])
        return pl.DataFrame(table).rename({column: "value"})

    def looks(self) -> list[Run]:
        """Return the runs that looked into the folder."""
        return [run for run in self.up.ui.runs() if run.job == LOOK]

    def rows(self) -> list[int]:
        """Return how many rows there are of each series that is made of the files."""
        snapshot = self.snapshot
        return [snapshot.read_series(path).num_rows for path in MADE if snapshot.exists(path)]

    def newest(self) -> datetime | None:
        """Return the instant of the newest reading of the tide that is in the pond."""
        snapshot = self.snapshot
        if not snapshot.exists(TABLE):
            return None
        stamps = snapshot.read_series(TABLE, Window(), ["timestamp"])["timestamp"]
        return stamps[-1].as_py() if len(stamps) else None

    def awaited(self) -> dict[str, Callable[[], bool]]:
        """Return what comes about by itself after the start, by its name."""
        ui = self.up.ui
        return {
            "month of all that is made of the readings": lambda: self.has(*DERIVED, OTHER_TABLE),
            "message": lambda: bool(self.receiver.bodies),
            "row of each hour, day and week": lambda: self.rows() == [4 * 24, 4 * 24, 4, 1],
            "tick that asks for nothing": lambda: ui.said(SENSOR) == "nothing changed: 2 files",
            "reading of the first tick": lambda: self.newest() == self.clock.hour,
        }
