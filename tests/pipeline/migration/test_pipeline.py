"""What comes after `pond migrate`: the pipeline goes on from what was taken in."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pond_pipeline.simulator import Simulator
from tests.acceptance import pier
from tests.acceptance.lake import Lake
from tests.pipeline.migration.original import DATA, SERIES, Original, wide

SCOPES = {pier.SONDE: "Water", pier.LOGGER: "Box"}
DEVICES = [
    {"id": pier.SONDE, "name": "Sonde", "scope": "Water", "comment": None},
    {"id": pier.LOGGER, "name": "Logger", "scope": "Box", "comment": None},
]
PARAMETERS = {"1": "Temperature", "20": "DO", "16": "Baro"}
UNITS = {"1": "C", "117": "mg/L", "17": "psi"}

SAMPLES = b"taken,chlorophyll\n2024-02-03T04:00:00Z,1.5\n2024-02-03T05:00:00Z,2.5\n"
QUERY = """
SELECT epoch(taken::TIMESTAMPTZ)::BIGINT AS "Timestamp", chlorophyll AS "Grab.Chlorophyll.ug/L"
FROM read_csv('$1')
"""
LOST_BEFORE = pier.MIDDLE.start
FORMER = 4_000_000_000_000_009
"""An instrument that the original pond knows, and neither its resources nor the API any more."""


def version(readings: pl.DataFrame, scope: str) -> bytes:
    """Return readings as a version of an original series."""
    values = {f"{scope}.{name}": readings[name].to_list() for name in readings.columns[1:]}
    return wide(readings["timestamp"].to_list(), **values)


def original(readings: Path, folder: Path) -> Path:
    """Write a pond that collected all but the last month, in versions that overlap."""
    pond = Original()
    former = {"id": FORMER, "name": "Former", "scope": "Water", "comment": None}
    pond.hydrovu("pier", {"key": "k", "secret": pier.SECRET, "devices": [*DEVICES, former]})
    data = pond.hydrovu(
        "pier", {"key": "old-client-id", "secret": pier.SECRET, "devices": DEVICES}, desc="The pier"
    )
    pond.dictionary("pier", parameters=PARAMETERS, units=UNITS)
    for device in DEVICES:
        location = int(str(device["id"]))
        all_ = pl.read_parquet(readings / f"{location}.parquet")
        half, end = pier.seconds(pier.MIDDLE.start), pier.seconds(pier.LAST.start)
        first = all_.filter(pl.col("timestamp") < half + 7 * 86_400)
        second = all_.filter(pl.col("timestamp").is_between(half, end, closed="left"))
        scope = SCOPES[location]
        data.add(
            f"{device['name']}-{location}", SERIES, *(version(v, scope) for v in (first, second))
        )
    stamps = [960, pier.seconds(pier.FIRST.start), pier.seconds(pier.MIDDLE.start), 10**10]
    data.add(f"Former-{FORMER}", SERIES, wide(stamps, **{"Water.DO.mg/L": [1.0, 2.0, 3.0, 4.0]}))
    inbox = pond.apply("Inbox", "grabs", {"pattern": str(folder / "drop" / "*.csv")})
    inbox.add("april.csv", DATA, SAMPLES)
    pond.apply(
        "Derive",
        "grabs",
        {"collections": [{"name": "samples", "pattern": "/Inbox/grabs/*.csv", "query": QUERY}]},
    )
    series = [
        {"pattern": "/HydroVu/pier/data/Sonde*"},
        {"pattern": f"/HydroVu/pier/data/Logger-{pier.LOGGER}"},
        {"pattern": "/Derive/grabs/samples/*"},
    ]
    pond.apply("Combine", "pier", {"scopes": [{"name": "Pier", "series": series, "columns": None}]})
    datasets = [{"in_pattern": "/Combine/pier/*/combine", "out_pattern": "$0", "columns": None}]
    reduce = {"collections": [{"name": "sites", "resolutions": ["24h"], "datasets": datasets}]}
    pond.apply("Reduce", "pier", reduce)
    template = {
        "name": "pages",
        "in_pattern": "/Reduce/pier/sites/*/res=24h",
        "out_pattern": "$0.md",
        "template": "# {{ args[0] }}\n{% for f in schema.fields %}{{ f.name }} {% endfor %}\n",
        "template_file": None,
    }
    pond.apply("Template", "pages", {"collections": [template]})
    (folder / "drop").mkdir(parents=True)
    return pond.write(folder / "old")


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pier.write_readings(tmp_path_factory.mktemp("pier") / "readings")


@pytest.fixture(scope="module")
def lost(readings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Serve what the API has now: it lost the first month of the sonde."""
    folder = tmp_path_factory.mktemp("lost") / "readings"
    since = pier.seconds(LOST_BEFORE)
    pier.change_readings(
        readings,
        folder,
        location=pier.SONDE,
        change=lambda a: a.filter(pl.col("timestamp") >= since),
    )
    with pier.serve(folder) as server:
        yield server


@pytest.fixture(scope="module")
def lake(readings: Path, lost: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A pond that was migrated, and then run."""
    folder = tmp_path_factory.mktemp("lake")
    old = original(readings, folder)
    environ = {"HYDROVU_KEY": "pier", "HYDROVU_SECRET": pier.SECRET, "HYDROVU_URL": lost.base_url}
    lake = Lake(folder, folder / "resources.yaml", environ)
    result = lake.command("migrate", str(old), "-o", str(lake.file))
    assert result.exit_code == 0, result.stderr
    lake.complete()
    return lake


def test_what_the_api_lost_and_what_it_has_make_one_series(lake: Lake, readings: Path) -> None:
    expected = pl.read_parquet(readings / f"{pier.SONDE}.parquet")
    table = pl.DataFrame(lake.series("/normalized/pier/Sonde"))
    assert table.columns == ["timestamp", "DO.mg/L", "Temperature.C"]
    assert (table["timestamp"].dt.epoch("s") == expected["timestamp"]).all()
    for name in pier.COLUMNS[pier.SONDE]:
        assert (table[name] == expected[name]).all()


def test_nothing_is_doubled_in_raw(lake: Lake, readings: Path) -> None:
    rows = pl.read_parquet(readings / f"{pier.LOGGER}.parquet").height
    assert lake.series("/raw/pier/Logger").num_rows == 2 * rows


def test_an_instrument_that_is_no_longer_asked_is_computed_like_the_others(lake: Lake) -> None:
    assert lake.series("/raw/pier/Former").num_rows == 4
    assert lake.series("/normalized/pier/Former")["DO.mg/L"].to_pylist() == [2.0, 3.0]


def test_what_a_wrong_clock_stamped_goes_into_quarantine(lake: Lake) -> None:
    aside = lake.series("/quarantine/pier/Former").select(["value", "reason"]).to_pylist()
    assert aside == [
        {"value": 1.0, "reason": "before clock_floor"},
        {"value": 4.0, "reason": "later than fetched_at + 1 h"},
    ]


def test_a_second_run_after_a_migration_writes_nothing(lake: Lake) -> None:
    txn = lake.snapshot().txn
    assert lake.complete() == set()
    assert lake.snapshot().txn == txn


def test_a_migration_after_a_run_writes_nothing(lake: Lake) -> None:
    txn = lake.snapshot().txn
    result = lake.command("migrate", str(lake.folder / "old"), "-o", str(lake.file))
    assert result.exit_code == 0, result.stderr
    assert lake.snapshot().txn == txn


def test_all_that_the_original_made_of_its_readings_is_made_again(lake: Lake) -> None:
    snapshot = lake.snapshot()
    site = snapshot.read_series("/combined/pier/Pier")
    assert set(site.column_names) == {
        "timestamp",
        "Water.DO.mg/L",
        "Water.Temperature.C",
        "Box.Baro.psi",
        "Box.Temperature.C",
        "Grab.Chlorophyll.ug/L",
    }
    days = snapshot.read_series("/reduced/pier/sites/Pier/res=24h")
    assert "Grab.Chlorophyll.ug/L.avg" in days.column_names
    assert b"Temperature" in snapshot.read_data("/rendered/pages/pages/Pier.md")


def test_old_names_lead_to_where_things_are(lake: Lake) -> None:
    snapshot = lake.snapshot()
    assert snapshot.read_data("/Inbox/grabs/april.csv") == SAMPLES
    assert snapshot.read_series("/HydroVu/pier/Sonde").num_rows
    assert snapshot.read_series("/Combine/pier/Pier").num_rows
    assert snapshot.read_series("/Reduce/pier/sites/Pier/res=24h").num_rows
