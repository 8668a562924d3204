"""An original pond of a small harbor."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pond_core import Pond, Snapshot
from pond_pipeline.migration import Grade, Migrated, Outlet, SeriesReport, migrate
from tests.pipeline.migration.original import DATA, SERIES, Directory, Original, uuid_of, wide

DOCK, PIER = 4_811_790_026_301_440, 5_103_667_482_910_720
HOUR = 3600
START = 1_709_251_200
"""2024-03-01T00:00Z."""
RECORDED = START + 1000 * HOUR
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
DOCK_PATH = "/raw/noyo/Dock"
KEY, SECRET = "client-1f0c9a", "sesame-7d2b'\\$x"

PARAMETERS = {"1": "Temperature", "20": "DO", "33": "Battery Level"}
UNITS = {"1": "C", "117": "mg/L", "241": "%", "0": " "}

DOCK_DEVICE = {"id": DOCK, "name": "Dock", "scope": "Sonde", "comment": None}
PIER_DEVICE = {"id": PIER, "name": "Pier", "scope": "Vulink", "comment": "on the roof"}


def account(*devices: Mapping[str, object]) -> dict[str, object]:
    """Return the spec of an account."""
    return {"key": KEY, "secret": SECRET, "devices": [*devices]}


def hours(first: int, count: int) -> list[int]:
    """Return epoch seconds, an hour apart."""
    return [START + (first + n) * HOUR for n in range(count)]


def fetch(location: int, recorded: int) -> dict[str, int]:
    """Return a row of what the original tool recorded of a fetch."""
    ends = {"min_time": START, "max_time": START + HOUR}
    return {"location_id": location, **ends, "record_time": recorded, "num_points": 9}


def dictionary(pond: Original, name: str = "noyo") -> None:
    """Write the tables of an account."""
    gps = {"latitude": 39.42, "longitude": -123.8}
    dock = {"description": "", "id": DOCK, "name": "Noyo Dock", "scope": "Sonde", "gps": gps}
    recorded = [fetch(location, at) for location in (DOCK, PIER) for at in (0, RECORDED)]
    pond.dictionary(name, parameters=PARAMETERS, units=UNITS, locations=[dock], temporal=recorded)


def dock_versions() -> tuple[bytes, bytes]:
    """Return two versions of the dock's readings: 9 in all, 1 repeated and 1 superseded."""
    temperatures, oxygens = [10.0, 10.5, 11.0, 11.5], [8.0, None, 8.2, 8.3]
    first: dict[str, Sequence[object]] = {"Sonde.Temperature.C": temperatures}
    first["Sonde.DO.mg/L"] = oxygens
    second = {"Sonde.Temperature.C": [11.0, 99.0, 12.0, 12.5]}
    return wide(hours(0, 4), **first), wide(hours(2, 4), **second)


def harbor() -> Original:
    """Return an account with two instruments, and a folder of files."""
    pond = Original()
    data = pond.hydrovu("noyo", account(DOCK_DEVICE, PIER_DEVICE), desc="Noyo Harbor")
    dictionary(pond)
    data.add(f"Dock-{DOCK}", SERIES, *dock_versions())
    levels = {"Vulink.Battery Level.%": [1.0, 90.0, 91.0, 92.0]}
    data.add(f"Pier-{PIER}", SERIES, wide([960, *hours(0, 3)], **levels))
    inbox = pond.apply("Inbox", "notes", {"pattern": "/data/notes/**/*.csv"})
    inbox.add("a.csv", DATA, b"when,who\r\n")
    deep = inbox.trees.setdefault("2024", Directory())
    deep.add("caf\u00e9.1.csv", DATA, b"\x00\xff" * 9)
    return pond


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pond is migrated from, and to.

    Attributes:
        folder: It holds the old pond as `old`, ours as `pond` and the file of resources.
    """

    folder: Path

    @property
    def old(self) -> Path:
        return self.folder / "old"

    @property
    def file(self) -> Path:
        return self.folder / "resources.yaml"

    def migrate(
        self,
        *,
        dry_run: bool = False,
        force: bool = False,
        secrets: Path | None = None,
        now: datetime = NOW,
    ) -> Migrated:
        outlet = Outlet(self.file, force=force, secrets=secrets)
        return migrate(self.old, self.folder / "pond", outlet, now=now, dry_run=dry_run)

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    @property
    def snapshot(self) -> Snapshot:
        return self.pond.snapshot()


def series_of(migrated: Migrated) -> dict[str, SeriesReport]:
    """Return what became of each series, by its path."""
    return {report.path: report for report in migrated.series}


def told(migrated: Migrated, *grades: Grade) -> Sequence[tuple[str, str]]:
    """Return what the remarks say, and of what."""
    wanted = grades or tuple(Grade)
    return [(each.what, each.where) for each in migrated.remarks if each.grade in wanted]


def with_series(*versions: bytes, name: str = f"Dock-{DOCK}") -> Original:
    """Return a pond with one account and one series."""
    pond = Original()
    data = pond.hydrovu("noyo", account(DOCK_DEVICE))
    dictionary(pond)
    data.add(name, SERIES, *versions)
    return pond


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    """Return the digest and the time of all files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in files
    }


def data_folder(place: Place, name: str = "noyo") -> Path:
    return place.old / "HydroVu" / uuid_of("HydroVu", name) / "data"
