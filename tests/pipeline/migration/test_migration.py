"""What comes of an original pond: all of it, or a remark on what does not come."""

from datetime import timedelta

import polars as pl
import pyarrow as pa
import pytest

from pond_core import Pond, Provenance, Transaction, Window, from_us
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA
from pond_pipeline.migration import Grade, Outlet, migrate
from pond_pipeline.periods import Period
from pond_pipeline.record import SeriesUpdate, Slice, record
from tests.pipeline.migration.harbor import (
    DOCK,
    DOCK_DEVICE,
    DOCK_PATH,
    NOW,
    PIER,
    PIER_DEVICE,
    RECORDED,
    START,
    Place,
    account,
    data_folder,
    dictionary,
    dock_versions,
    fetch,
    fingerprint,
    harbor,
    hours,
    series_of,
    told,
    with_series,
)
from tests.pipeline.migration.original import (
    SERIES,
    TABLE,
    Original,
    uuid_of,
    wide,
)

# All of it


def test_readings_are_stored_as_the_pipeline_stores_them(place: Place) -> None:
    harbor().write(place.old)
    assert told(place.migrate()) == []
    table = place.snapshot.read_series(DOCK_PATH)
    assert table.schema.names == RAW_SCHEMA.names
    assert place.snapshot.node(DOCK_PATH).attributes["key"] == list(RAW_KEY)
    rows = {
        (row["timestamp"].timestamp(), row["parameter_id"], row["unit_id"]): row["value"]
        for row in table.to_pylist()
    }
    one, two = ("1", "1"), ("20", "117")
    temperatures = dict(zip(hours(0, 6), [10.0, 10.5, 11.0, 99.0, 12.0, 12.5], strict=True))
    oxygens = {hours(0, 4)[n]: value for n, value in ((0, 8.0), (2, 8.2), (3, 8.3))}
    expected = {(at, *one): value for at, value in temperatures.items()}
    assert rows == expected | {(at, *two): value for at, value in oxygens.items()}
    assert set(table["custom"].to_pylist()) == {False}


def test_the_report_proves_counts_and_times_from_the_pond(place: Place) -> None:
    harbor().write(place.old)
    report = series_of(place.migrate())[DOCK_PATH]
    assert [(v.rows, v.readings) for v in report.versions] == [(4, 7), (4, 4)]
    assert (report.rows, report.instants, report.readings) == (8, 6, 11)
    assert (report.distinct, report.repeated, report.superseded) == (9, 1, 1)
    assert (report.first, report.last) == (from_us(START * 10**6), from_us(hours(5, 1)[0] * 10**6))
    proof = report.in_pond
    assert (proof.rows, proof.equal, proof.other, proof.missing) == (9, 9, 0, 0)
    assert (proof.first, proof.last) == (report.first, report.last)
    assert report.txn == place.pond.show(report.txn).header.txn


def test_a_reading_of_a_wrong_clock_is_kept_for_the_quarantine(place: Place) -> None:
    harbor().write(place.old)
    report = series_of(place.migrate())["/raw/noyo/Pier"]
    assert report.first == from_us(960 * 10**6)
    assert report.in_pond.rows == 4
    assert "start: 2024-03-01" in place.file.read_text()


def test_readings_of_all_times_come_at_once(place: Place) -> None:
    stamps = [-(10**9), 960, *hours(0, 3), *hours(24 * 60, 2), 10**10, 9 * 10**12]
    values = [float(n) for n in range(len(stamps))]
    with_series(wide(stamps, **{"Sonde.DO.mg/L": values})).write(place.old)
    report = series_of(place.migrate())[DOCK_PATH]
    assert (report.added, report.in_pond.equal, report.in_pond.missing) == (9, 9, 0)
    stored = place.snapshot.read_series(DOCK_PATH)
    assert [stamp.value for stamp in stored["timestamp"]] == [at * 10**6 for at in stamps]
    assert place.migrate().txn is None


def test_readings_were_fetched_when_the_original_last_recorded_a_fetch(place: Place) -> None:
    harbor().write(place.old)
    report = series_of(place.migrate())[DOCK_PATH]
    assert report.fetched_at == from_us(RECORDED * 10**6)
    fetched = place.snapshot.read_series(DOCK_PATH)["fetched_at"].to_pylist()
    assert set(fetched) == {report.fetched_at}


@pytest.mark.parametrize("recorded", [0, 10**9 * 9, 5])
def test_where_that_is_impossible_they_were_fetched_by_the_migration(
    place: Place, recorded: int
) -> None:
    pond = with_series(wide(hours(0, 2), **{"Sonde.DO.mg/L": [1.0, 2.0]}))
    tree = pond.root.trees["HydroVu"].trees[uuid_of("HydroVu", "noyo")]
    del tree.files["temporal"], tree.files["locations"], tree.files["params"], tree.files["units"]
    pond.dictionary("noyo", parameters={}, units={}, temporal=[fetch(DOCK, recorded)])
    pond.write(place.old)
    assert series_of(place.migrate())[DOCK_PATH].fetched_at == NOW


def test_where_the_newest_record_of_fetches_is_damaged_no_older_one_is_believed(
    place: Place,
) -> None:
    pond = harbor()
    tree = pond.root.trees["HydroVu"].trees[uuid_of("HydroVu", "noyo")]
    tree.add("temporal", TABLE, b"damaged later")
    pond.write(place.old)
    assert series_of(place.migrate())[DOCK_PATH].fetched_at == NOW


def test_names_and_locations_become_tables(place: Place) -> None:
    harbor().write(place.old)
    migrated = place.migrate()
    parameters = place.snapshot.read_table("/raw/noyo/parameters").to_pylist()
    assert {"id": "20", "name": "DO"} in parameters
    [location] = place.snapshot.read_table("/raw/noyo/locations").to_pylist()
    assert (location["id"], location["latitude"]) == (DOCK, 39.42)
    table = migrated.tables[0]
    assert (table.path, table.rows, table.added) == ("/raw/noyo/units", 4, 4)


def test_files_are_kept_bit_for_bit(place: Place) -> None:
    harbor().write(place.old)
    [files] = place.migrate().files
    assert (files.path, files.files, files.bytes, files.added) == ("/raw/notes", 2, 28, 2)
    assert place.snapshot.read_data("/raw/notes/a.csv") == b"when,who\r\n"
    assert place.snapshot.read_data("/raw/notes/2024/caf\u00e9.1.csv") == b"\x00\xff" * 9


def test_old_names_become_symlinks(place: Place) -> None:
    pond = harbor()
    pond.root.trees["Inbox"].links |= {"papers": "notes", "x": "papers"}
    pond.write(place.old)
    aliases = {alias.path: alias.target for alias in place.migrate().aliases}
    assert aliases == {
        "/HydroVu/noyo": "/raw/noyo",
        "/Inbox/notes": "/raw/notes",
        "/Inbox/papers": "/raw/notes",
        "/Inbox/x": "/raw/notes",
    }
    assert place.snapshot.read_data("/Inbox/papers/a.csv") == b"when,who\r\n"


def test_what_was_migrated_is_sound(place: Place) -> None:
    harbor().write(place.old)
    place.migrate()
    assert place.pond.verify().findings == ()


def test_the_old_pond_is_only_read(place: Place) -> None:
    harbor().write(place.old)
    before = fingerprint(place.old)
    place.migrate()
    assert fingerprint(place.old) == before


# Again, and partly


def test_a_second_migration_writes_nothing(place: Place) -> None:
    harbor().write(place.old)
    first = place.migrate()
    again = place.migrate(now=NOW + timedelta(days=100))
    assert (again.txn, place.snapshot.txn) == (None, first.txn)
    assert again.resources.state == "unchanged"
    assert [(s.added, s.in_pond.equal) for s in again.series] == [(0, 9), (0, 4)]
    assert [(f.added, f.equal) for f in again.files] == [(0, 2)]
    assert {alias.is_new for alias in again.aliases} == {False}


def test_a_dry_run_says_what_would_come_and_makes_nothing(place: Place) -> None:
    harbor().write(place.old)
    migrated = place.migrate(dry_run=True, secrets=place.folder / ".env")
    assert [path.name for path in place.folder.iterdir()] == ["old"]
    assert (migrated.txn, migrated.resources.state) == (None, "foreseen")
    assert [(s.added, s.in_pond.missing) for s in migrated.series] == [(9, 9), (4, 4)]
    assert [f.added for f in migrated.files] == [2]
    assert told(migrated) == []


def test_what_the_original_collected_meanwhile_is_added(place: Place) -> None:
    pond = harbor()
    pond.write(place.old)
    place.migrate()
    data = pond.root.trees["HydroVu"].trees[uuid_of("HydroVu", "noyo")].trees["data"]
    data.add(f"Dock-{DOCK}", SERIES, wide(hours(5, 2), **{"Sonde.Temperature.C": [12.5, 13.0]}))
    pond.write(place.old)
    report = series_of(place.migrate())[DOCK_PATH]
    assert (report.added, report.in_pond.rows) == (1, 10)


def test_an_interrupted_migration_goes_on(place: Place) -> None:
    harbor().write(place.old)

    def interrupt(text: str) -> None:
        raise KeyboardInterrupt(text)

    with pytest.raises(KeyboardInterrupt):
        migrate(place.old, place.folder / "pond", Outlet(place.file), now=NOW, tell=interrupt)
    assert place.snapshot.exists(DOCK_PATH)
    assert not place.snapshot.exists("/raw/noyo/Pier")
    assert [s.added for s in place.migrate().series] == [0, 4]


def test_what_the_pond_has_already_stays(place: Place) -> None:
    harbor().write(place.old)
    place.migrate()
    stamp = pa.array([START * 10**6], pa.int64()).cast(pa.timestamp("us", "UTC"))
    newer = {"timestamp": stamp, "parameter_id": ["1"], "unit_id": ["1"], "value": [55.0]}
    rows = pa.table({**newer, "custom": [False], "fetched_at": stamp}, schema=RAW_SCHEMA)
    with place.pond.transaction() as tx:
        tx.merge_window(DOCK_PATH, rows, Window(START * 10**6, START * 10**6 + 1), key=RAW_KEY)
        tx.write_data("/raw/notes/a.csv", b"corrected")
        tx.remove("/Inbox/notes")
        tx.write_data("/Inbox/notes", b"mine")
    txn = place.snapshot.txn
    again = place.migrate()
    assert place.snapshot.txn == txn
    assert (series_of(again)[DOCK_PATH].in_pond.other, again.files[0].other) == (1, 1)
    assert told(again) == [
        ("other readings", DOCK_PATH),
        ("another file", "/raw/notes/a.csv"),
        ("another name", "/Inbox/notes"),
    ]
    assert place.snapshot.read_data("/raw/notes/a.csv") == b"corrected"


def test_readings_of_another_location_are_not_mixed_in(place: Place) -> None:
    harbor().write(place.old)
    pond = Pond.init(place.folder / "pond")
    month = Period.of(NOW)
    stamp = pa.array([month.window.start_us], pa.int64()).cast(pa.timestamp("us", "UTC"))
    facts = {"parameter_id": ["1"], "unit_id": ["1"], "value": [5.0], "custom": [False]}
    rows = pa.table({"timestamp": stamp, **facts, "fetched_at": stamp}, schema=RAW_SCHEMA)
    inputs = {"location": "77", "start": "", "end": "", "settled": "no"}
    part = Slice(month, rows, month.window, (month.window,), inputs)
    update = SeriesUpdate([[part]], key=RAW_KEY)
    assert list(record(pond, DOCK_PATH, update, provenance=Provenance()))
    migrated = place.migrate()
    assert told(migrated, Grade.FAILED) == [("series not taken", DOCK_PATH)]
    assert "location 77" in migrated.remarks[0].detail
    assert place.snapshot.read_series(DOCK_PATH).num_rows == 1


def test_something_else_in_the_place_of_a_series_stays(place: Place) -> None:
    harbor().write(place.old)

    def occupy(tx: Transaction) -> None:
        tx.mkdir("/raw/noyo", parents=True)
        tx.write_data(DOCK_PATH, b"mine")

    Pond.init(place.folder / "pond").transact(occupy)
    migrated = place.migrate()
    assert told(migrated, Grade.FAILED) == [("series not taken", DOCK_PATH)]
    assert place.snapshot.read_data(DOCK_PATH) == b"mine"
    assert series_of(migrated)["/raw/noyo/Pier"].added == 4


# Instruments


def test_a_former_instrument_keeps_its_readings_and_is_not_asked(place: Place) -> None:
    pond = harbor()
    pond.hydrovu("noyo", account(DOCK_DEVICE))
    pond.write(place.old)
    assert series_of(place.migrate())["/raw/noyo/Pier"].added == 4
    text = place.file.read_text()
    assert f"name: Pier\n      id: {PIER}\n      scope: Vulink\n      active: false" in text


def test_two_names_of_one_location_are_one_instrument(place: Place) -> None:
    pond = with_series(wide(hours(0, 2), **{"Old.DO.mg/L": [1.0, 2.0]}), name=f"Zed-{DOCK}")
    data = pond.hydrovu("noyo", account(DOCK_DEVICE))
    data.add(f"Dock-{DOCK}", SERIES, wide(hours(1, 2), **{"Sonde.DO.mg/L": [7.0, 3.0]}))
    pond.write(place.old)
    [report] = place.migrate().series
    assert report.old == (f"/HydroVu/noyo/data/Zed-{DOCK}", f"/HydroVu/noyo/data/Dock-{DOCK}")
    assert place.snapshot.read_series(DOCK_PATH)["value"].to_pylist() == [1.0, 7.0, 3.0]


def test_two_locations_of_one_name_are_two_instruments(place: Place) -> None:
    twin = {**PIER_DEVICE, "name": "Dock"}
    pond = Original()
    data = pond.hydrovu("noyo", account(DOCK_DEVICE, twin))
    dictionary(pond)
    for location in (DOCK, PIER):
        data.add(f"Dock-{location}", SERIES, wide(hours(0, 1), **{"Sonde.DO.mg/L": [1.0]}))
    pond.write(place.old)
    assert set(series_of(place.migrate())) == {DOCK_PATH, f"/raw/noyo/Dock-{PIER}"}


def test_an_instrument_without_readings_is_asked_for_them(place: Place) -> None:
    with_series(*dock_versions()).write(place.old)
    pond = with_series(*dock_versions())
    pond.hydrovu("noyo", account(DOCK_DEVICE, PIER_DEVICE))
    pond.write(place.old)
    assert set(series_of(place.migrate())) == {DOCK_PATH}
    assert str(PIER) in place.file.read_text()


def test_a_column_that_no_dictionary_explains_is_kept_under_its_name(place: Place) -> None:
    with_series(wide(hours(0, 1), **{"Sonde.FDOM.RFU": [7.0]})).write(place.old)
    migrated = place.migrate()
    [row] = place.snapshot.read_series(DOCK_PATH).to_pylist()
    assert (row["parameter_id"], row["unit_id"], row["custom"]) == ("FDOM", "RFU", True)
    assert told(migrated) == [("column of no known id", DOCK_PATH)]


def test_a_year_of_readings_comes_as_one_transaction_in_months(place: Place) -> None:
    stamps = hours(0, 24 * 365)
    values = [float(n) for n in range(len(stamps))]
    with_series(wide(stamps, **{"Sonde.DO.mg/L": values})).write(place.old)
    migrated = place.migrate()
    pieces = place.snapshot.node(DOCK_PATH).pieces
    assert {piece.txn for piece in pieces} == {series_of(migrated)[DOCK_PATH].txn}
    assert len(pieces) == 12


def test_readings_of_the_whole_past_are_equal_to_what_polars_makes_of_the_files(
    place: Place,
) -> None:
    harbor().write(place.old)
    place.migrate()
    files = sorted(data_folder(place).glob(f"Dock-{DOCK}.*.parquet"))
    frames = [pl.read_parquet(file) for file in files]
    rows = pl.concat(frames, how="diagonal").unpivot(index="Timestamp").drop_nulls()
    expected = rows.group_by("Timestamp", "variable").agg(pl.col("value").last())
    stored = pl.DataFrame(place.snapshot.read_series(DOCK_PATH))
    assert stored.height == expected.height
    assert sorted(stored["value"]) == sorted(expected["value"])
