"""A small world: one pier, two instruments, three months of hourly readings and a running one.

The readings are a folder of Parquet files that the simulator replays. They end a week before
the month that is running, so that a test may add to them without meeting the present.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pond_pipeline.months import Month
from pond_pipeline.simulator import Faults, Simulator, World, replay
from tests.acceptance.lake import Lake

SONDE, LOGGER = 4_000_000_000_000_001, 4_000_000_000_000_002
SECRET = "pier-secret-5f0c9d1be47a"  # noqa: S105 -- of a server that tests start

COLUMNS: Mapping[int, tuple[str, ...]] = {
    SONDE: ("Temperature.C", "DO.mg/L"),
    LOGGER: ("Temperature.C", "Baro.psi"),
}

_RUNNING = Month.of(datetime.now(UTC))


def _before(month: Month) -> Month:
    return Month.of(month.start - timedelta(days=1))


LAST = _before(_RUNNING)
MIDDLE = _before(LAST)
FIRST = _before(MIDDLE)
MONTHS = (FIRST, MIDDLE, LAST, _RUNNING)
END = _RUNNING.start - timedelta(days=7)
HOUR = timedelta(hours=1)

SOURCE = """
kind: HydroVu
name: pier
spec:
  key: ${{env:PIER_KEY}}
  secret: ${{env:PIER_SECRET}}
  base_url: ${{env:PIER_URL}}
  start: {start:%Y-%m-%d}
  overlap: 14d
  devices:
    - {{name: Sonde, id: {sonde}, scope: Water}}
"""
LOGGER_LINE = """\
    - {{name: Logger, id: {logger}, scope: Box}}
"""
SITE = """
---
kind: Combine
name: pier
spec:
  sites:
    - name: Pier
      inputs: [{{pattern: "/normalized/pier/*"}}]
"""
CHARTS = """
---
kind: Reduce
name: pier
spec:
  collections:
    - name: sites
      resolutions: [1h, 24h]
      datasets: [{{in_pattern: "/combined/pier/*", out_pattern: "$0"}}]
"""
RESOURCES = SOURCE + LOGGER_LINE + SITE + CHARTS

Change = Callable[[pl.DataFrame], pl.DataFrame]


def seconds(instant: datetime) -> int:
    """Return an instant as the API has it."""
    return int(instant.timestamp())


def write_readings(folder: Path, *, end: datetime = END) -> Path:
    """Write the readings of both instruments until `end`, exclusive; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = range(seconds(FIRST.start), seconds(end), 3600)
    for location, columns in COLUMNS.items():
        frame = pl.DataFrame({"timestamp": stamps}, schema={"timestamp": pl.Int64})
        hour = pl.col("timestamp") // 3600
        values = {
            name: (hour * 7919 + location + index * 104_729) % 1000 / 64
            for index, name in enumerate(columns)
        }
        frame.with_columns(**values).write_parquet(folder / f"{location}.parquet")
    return folder


def change_readings(folder: Path, to: Path, *, location: int, change: Change) -> Path:
    """Copy readings and change those of one instrument; return the copy."""
    shutil.copytree(folder, to)
    file = to / f"{location}.parquet"
    change(pl.read_parquet(file)).write_parquet(file)
    return to


def serve(
    readings: Path | World, *, faults: Faults | None = None
) -> AbstractContextManager[Simulator]:
    """Serve readings in pages of ten days: page 7 of an instrument is in the third month."""
    world = replay(readings) if isinstance(readings, Path) else readings
    return Simulator(
        world, page_days=10, rate_per_minute=100_000, key="pier", secret=SECRET, faults=faults
    )


def write_resources(folder: Path, template: str = RESOURCES) -> Path:
    """Write resources; `{start}`, `{sonde}` and `{logger}` are filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "resources.yaml"
    text = template.format(start=FIRST.start, sonde=SONDE, logger=LOGGER)
    file.write_text(text, encoding="utf-8")
    return file


def lake(folder: Path, server: Simulator, *, template: str = RESOURCES) -> Lake:
    """Return an installation that asks a server; its resources are written anew."""
    environ = {"PIER_KEY": "pier", "PIER_SECRET": SECRET, "PIER_URL": server.base_url}
    return Lake(folder, write_resources(folder, template), environ)
