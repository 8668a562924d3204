"""A small world: one pier, two instruments, three months of hourly readings and a running one.

The readings are a folder of Parquet files that the simulator replays. They end a week before
the month that is running, so that a test may add to them without meeting the present.
"""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from typing_extensions import override

from pond_pipeline.periods import Period
from pond_pipeline.simulator import Faults, Location, Names, Readings, Simulator, World, replay
from pond_pipeline.simulator.server import wall_clock
from tests.acceptance.lake import Lake

SONDE, LOGGER = 4_000_000_000_000_001, 4_000_000_000_000_002
SECRET = "pier-secret-5f0c9d1be47a"  # noqa: S105 -- of a server that tests start

COLUMNS: Mapping[int, tuple[str, ...]] = {
    SONDE: ("Temperature.C", "DO.mg/L"),
    LOGGER: ("Temperature.C", "Baro.psi"),
}

_RUNNING = Period.of(datetime.now(UTC))


def _before(month: Period) -> Period:
    return Period.of(month.start - timedelta(days=1))


LAST = _before(_RUNNING)
MIDDLE = _before(LAST)
FIRST = _before(MIDDLE)
MONTHS = (FIRST, MIDDLE, LAST, _RUNNING)
END = _RUNNING.start - timedelta(days=7)
HOUR = timedelta(hours=1)
PAGE = timedelta(days=10)
"""How much time a page of readings holds: page 7 of an instrument is in the third month."""

SONDES = {
    "/raw/pier/Sonde",
    "/normalized/pier/Sonde",
    "/combined/pier/Pier",
    "/reduced/pier/sites/Pier/res=1h",
    "/reduced/pier/sites/Pier/res=24h",
}
"""The sonde's series, and all that is made of them."""

LOGGERS = {"/raw/pier/Logger", "/normalized/pier/Logger"}
"""The logger's own series."""

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


def write_readings(folder: Path, *, start: datetime = FIRST.start, end: datetime = END) -> Path:
    """Write the readings of both instruments until `end`, exclusive; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = range(seconds(start), seconds(end), 3600)
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
    readings: Path | World,
    *,
    faults: Faults | None = None,
    clock: Callable[[], datetime] = wall_clock,
) -> AbstractContextManager[Simulator]:
    """Serve readings page by page, as they were at an instant: by default at present."""
    world = replay(readings) if isinstance(readings, Path) else readings
    return Simulator(
        world,
        page_days=PAGE.days,
        rate_per_minute=100_000,
        key="pier",
        secret=SECRET,
        faults=faults,
        clock=clock,
        token_lifetime_s=400 * 24 * 3600,
    )


def write_resources(folder: Path, template: str = RESOURCES) -> Path:
    """Write resources; `{start}`, `{sonde}` and `{logger}` are filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "resources.yaml"
    text = template.format(start=FIRST.start, sonde=SONDE, logger=LOGGER)
    file.write_text(text, encoding="utf-8")
    return file


def pages(first: datetime, last: datetime) -> int:
    """Return in how many pages readings come whose first and last instant these are."""
    return (last - first) // PAGE + 1


def lake(folder: Path, server: Simulator, *, template: str = RESOURCES) -> Lake:
    """Return an installation that asks a server; its resources are written anew."""
    environ = {"PIER_KEY": "pier", "PIER_SECRET": SECRET, "PIER_URL": server.base_url}
    return Lake(folder, write_resources(folder, template), environ)


def from_scratch(readings: Path, tmp_path: Path, *, template: str = RESOURCES) -> dict[str, object]:
    """Return what a pond holds that collected readings in one run."""
    with serve(readings) as server:
        made = lake(tmp_path / "scratch", server, template=template)
        made.complete()
    return made.content()


def corrected(readings: Path, tmp_path: Path, *, at: datetime) -> Path:
    """Copy readings and change one of the sonde's."""
    is_wrong = pl.col("timestamp") == seconds(at)
    right = pl.when(is_wrong).then(pl.lit(99.5)).otherwise("DO.mg/L")
    return change_readings(
        readings,
        tmp_path / "corrected",
        location=SONDE,
        change=lambda all_: all_.with_columns(right.alias("DO.mg/L")),
    )


@dataclass(slots=True)
class StallingWorld(World):
    """A world that answers no question about readings after an instant until it is released."""

    world: World
    at: datetime
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @override
    def locations(self) -> Sequence[Location]:
        return self.world.locations()

    @override
    def names(self) -> Names:
        return self.world.names()

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        if end_s >= seconds(self.at):
            self.reached.set()
            self.released.wait(timeout=120)
        return self.world.readings(location_id, start_s, end_s, now_s=now_s)

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        return self.world.first_at(location_id, start_s, now_s=now_s)
