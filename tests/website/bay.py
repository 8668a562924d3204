"""A bay with two sites, made from exported files by the pipeline itself.

The sonde of the pier reads every hour, with a gap and two values that no water has; somebody writes
notes and fills bottles. The other site has a name that would run as code where it is not escaped.
"""

import math
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pond_core import Pond, Snapshot
from pond_pipeline.config import read_documents
from pond_pipeline.plan import WebsiteStep, compile_plan
from tests.acceptance.lake import Lake
from tests.pipeline.steps.exports import HEADER, put

HOUR = timedelta(hours=1)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
HOURS = 24 * 50
GAP = range(300, 320)
"""Hours in which the sonde was silent."""

WRONG = (400, 401)
"""Hours in which it read what no water has."""

HOSTILE = "Deep <img src=x onerror=hacked()> \"&'"
ENDLESS = "Logger_" + "of_the_deep_" * 7
"""The name of an instrument that has no place for a new line."""

PIER = "/reduced/bay/sites/Pier"
MONTHS = ("--from", "2025-01", "--to", "2025-02")

RESOURCES = """\
kind: Inbox
name: notes
spec: {pattern: "inbox/notes/*.csv"}
---
kind: Derive
name: notes
spec:
  collections:
    - name: Pier
      pattern: /raw/notes/*.csv
      query: |
        SELECT strptime("Time", '%Y-%m-%d %H:%M') AS timestamp, "Who", "Note",
               "Temperature C"::DOUBLE AS "Temperature.C"
        FROM read_csv('$1', header = true, all_varchar = true)
---
kind: LakeTech
name: fb
spec:
  pattern: inbox/exports/*.csv
  timezone: UTC
  start: 2025-01-01
  locations:
    - name: Sonde
      match: Sonde-1
      interval: 1h
      scope: Surface
    - {name: ENDLESS, match: Logger-1, interval: 1h}
  quality: [{parameter: Temperature, gross_range: {suspect: [0, 40], fail: [-5, 60]}}]
---
kind: Combine
name: bay
spec:
  sites:
    - name: Pier
      latitude: 39.42
      longitude: -123.80
      timezone: America/Los_Angeles
      inputs:
        - {pattern: /normalized/fb/Sonde}
        - {pattern: "/derived/notes/Pier/*", scope: Grab}
    - name: 'HOSTILE'
      latitude: 39.43
      longitude: -123.81
      inputs: [{pattern: /normalized/fb/ENDLESS}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1h, 24h]
      datasets: [{in_pattern: "/combined/bay/*", out_pattern: "$0"}]
---
kind: Site
name: bay
spec:
  title: The bay
  pages: ["pages/*.md"]
""".replace("HOSTILE", HOSTILE.replace("'", "''")).replace("ENDLESS", ENDLESS)

NOTES = """\
Time,Who,Note,Temperature C
2025-01-10 09:30,Ana,"Cleaned <b>the</b> sonde",11.5
2025-01-24 10:00,Ben,Ice on the pier,
"""

PAGE = """\
# About the bay

Water <script>hacked()</script> and [a link](javascript:hacked()).

{{ chart("/reduced/bay/sites/Pier", parameter="Temperature") }}

| Instrument | Manufacturer | Calibrated by | Serial number | Measures | Depth | Comment |
|---|---|---|---|---|---|---|
| Sonde | In-Situ | Ana | AT500-1234567 | Temperature, DO | 1 m | below the crane |

    pond export '/combined/bay/Pier' readings --format csv --since 2025-01-01 --until 2025-02-01
"""


def temperature(hour: int) -> float:
    """Return what the sonde read."""
    return 99.0 if hour in WRONG else round(12 + 3 * math.sin(hour / 24 * math.tau), 2)


def export(name: str, *, hours: range) -> str:
    """Return an exported file of readings."""
    rows = [
        f"{BEGIN + hour * HOUR:%Y-%m-%d %H:%M},{name},{parameter},{value}"
        for hour in hours
        if name != "Sonde-1" or hour not in GAP
        for parameter, value in (
            ("Temperature (C)", temperature(hour)),
            ("DO (mg/L)", round(8 - temperature(hour) / 10, 3)),
        )
    ]
    return "\n".join((HEADER, *rows)) + "\n"


def build_bay(folder: Path) -> Lake:
    """Collect and compute the bay, its website included."""
    put(folder, "inbox/notes/2025.csv", NOTES)
    for name in ("Sonde-1", "Logger-1"):
        put(folder, f"inbox/exports/{name}.csv", export(name, hours=range(HOURS)))
    put(folder, "pages/about.md", PAGE)
    file = put(folder, "resources.yaml", RESOURCES)
    lake = Lake(folder, file, {})
    lake.complete(*MONTHS)
    return lake


class Bay:
    """The bay in a folder of one's own.

    Args:
        folder: The folder.

    Attributes:
        lake: Its pond and resources.
    """

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder, folder / "resources.yaml", {})

    @classmethod
    def copied(cls, built: Path, folder: Path) -> "Bay":
        """Return a copy of one that was built."""
        shutil.copytree(built, folder)
        return cls(folder)

    @property
    def site(self) -> Path:
        """Where the website is."""
        return self.lake.folder / "site" / "bay"

    @property
    def step(self) -> WebsiteStep:
        """The website as the resources say."""
        plan = compile_plan(read_documents(self.lake.file), root=self.lake.folder)
        return next(step for step in plan.steps if isinstance(step, WebsiteStep))

    def snapshot(self) -> Snapshot:
        """Return the pond as it is now."""
        return Pond.open(self.lake.pond).snapshot()
