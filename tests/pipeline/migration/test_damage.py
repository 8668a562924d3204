"""What an original pond that is damaged, odd or none at all comes to."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import Pond
from pond_pipeline.errors import ConfigError, MigrationError
from pond_pipeline.migration import Grade
from tests.pipeline.migration.harbor import (
    DOCK,
    DOCK_PATH,
    START,
    Place,
    data_folder,
    dock_versions,
    fingerprint,
    harbor,
    hours,
    series_of,
    told,
    with_series,
)
from tests.pipeline.migration.original import (
    DATA,
    RECIPE,
    TABLE,
    Directory,
    Original,
    parquet,
    uuid_of,
    wide,
)


def test_of_a_series_with_a_damaged_version_the_others_are_taken(place: Place) -> None:
    harbor().write(place.old)
    (data_folder(place) / f"Dock-{DOCK}.1.parquet").write_bytes(b"gone")
    migrated = place.migrate()
    report = series_of(migrated)[DOCK_PATH]
    assert [version.rows for version in report.versions] == [4]
    assert report.in_pond.equal == 4
    [(what, where)] = told(migrated)
    assert (what, where.rpartition("/")[2]) == ("file damaged", f"Dock-{DOCK}.1.parquet")


@pytest.mark.parametrize(
    "odd",
    [
        b"torn when it was written",
        parquet(pa.table({"Timestamp": ["Monday"]})),
        parquet(pa.table({"Timestamp": [START], "Sonde.Note": ["calm"]})),
        wide([None, START], **{"Sonde.DO.mg/L": [1.0, 2.0]}),
    ],
)
def test_a_whole_file_that_is_not_only_readings_is_kept_as_it_is(place: Place, odd: bytes) -> None:
    with_series(*dock_versions(), odd).write(place.old)
    migrated = place.migrate()
    assert [what for what, _ in told(migrated)] == ["not readings"]
    kept = f"/migrated/noyo/Dock-{DOCK}/Dock-{DOCK}.3.parquet"
    assert place.snapshot.read_data(kept) == odd
    assert kept in migrated.remarks[0].detail
    assert series_of(migrated)[DOCK_PATH].in_pond.missing == 0
    assert place.migrate().txn is None


def test_a_series_whose_name_has_no_location_is_kept_as_it_is(place: Place) -> None:
    data = wide(hours(0, 1), **{"Sonde.DO.mg/L": [1.0]})
    with_series(data, name="Dock").write(place.old)
    assert [what for what, _ in told(place.migrate(), Grade.FAILED)] == ["not readings"]
    assert place.snapshot.read_data("/migrated/noyo/Dock/Dock.1.parquet") == data


def test_without_the_table_of_resources_they_are_known_by_their_symlinks(place: Place) -> None:
    harbor().write(place.old)
    for path in place.old.glob("Pond.*"):
        path.unlink()
    migrated = place.migrate()
    assert migrated.resources.resources == ("HydroVu/noyo", "Inbox/notes")
    assert {what for what, _ in told(migrated)} == {"file damaged"}


def test_without_its_spec_a_resource_s_readings_are_taken_and_it_is_not_written(
    place: Place,
) -> None:
    harbor().write(place.old)
    for path in (place.old / "HydroVu").glob("HydroVu.*"):
        path.unlink()
    migrated = place.migrate()
    assert ("spec lost", "/HydroVu/noyo") in told(migrated, Grade.FAILED)
    assert set(series_of(migrated)) == {DOCK_PATH, "/raw/noyo/Pier"}
    assert migrated.resources.resources == ("Inbox/notes",)


def test_a_tree_that_is_lost_is_told_and_the_rest_is_taken(place: Place) -> None:
    harbor().write(place.old)
    for path in (place.old / "HydroVu").glob("dir.*"):
        path.unlink()
    migrated = place.migrate()
    assert told(migrated) == [
        ("listing missing", "/HydroVu/dir.1.parquet"),
        ("directory lost", "/HydroVu"),
        ("resource lost", "/HydroVu/noyo"),
    ]
    assert migrated.files[0].added == 2


def test_trees_that_no_resource_names_are_told(place: Place) -> None:
    pond = harbor()
    pond.root.trees["HydroVu"].trees["0f"] = Directory()
    pond.root.trees["Later"] = Directory()
    pond.root.trees["Inbox"].links["ghost"] = "nothing"
    pond.write(place.old)
    assert told(place.migrate()) == [
        ("tree without a name", "/HydroVu/0f"),
        ("foreign item", "/Later"),
        ("symlink to nothing", "/Inbox/ghost"),
    ]


def test_of_a_file_of_an_inbox_the_last_version_counts_and_the_others_are_told(
    place: Place,
) -> None:
    pond = harbor()
    pond.root.trees["Inbox"].trees[uuid_of("Inbox", "notes")].add("a.csv", DATA, b"second")
    pond.write(place.old)
    assert [what for what, _ in told(place.migrate(), Grade.LEFT)] == ["earlier version"]
    assert place.snapshot.read_data("/raw/notes/a.csv") == b"second"


def test_a_file_and_a_folder_of_one_name_are_told(place: Place) -> None:
    pond = Original()
    inbox = pond.apply("Inbox", "notes", {"pattern": "/data/*"})
    inbox.add("a", DATA, b"file")
    inbox.trees["a"] = Directory()
    inbox.trees["a"].add("b", DATA, b"inside")
    pond.write(place.old)
    migrated = place.migrate()
    assert told(migrated) == [("file not taken", "/raw/notes/a/b")]
    assert (migrated.files[0].files, migrated.files[0].added) == (2, 1)


def test_a_name_that_the_pond_cannot_hold_is_told(place: Place) -> None:
    pond = Original()
    long = "\u0958" * 60  # of a hundred bytes more where it is composed as the pond has it
    pond.apply("Inbox", "notes", {"pattern": "/data/*"}).add(long, DATA, b"x")
    spec = {
        "collections": [{"name": "c", "pattern": "/Inbox/notes/*", "query": "SELECT 1 FROM $1"}]
    }
    pond.apply("Derive", "d", spec)
    pond.write(place.old)
    assert [what for what, _ in told(place.migrate(), Grade.FAILED)] == ["file not taken"]


def test_recipes_and_test_data_are_left(place: Place) -> None:
    pond = harbor()
    random = pond.apply("Scribble", "junk", {"count_min": 1, "count_max": 2, "probs": [("a", 0.5)]})
    random.add("x", TABLE, parquet(pa.table({"name": ["x"]})))
    spec = {"collections": [{"name": "c", "pattern": "/Inbox/notes/*.csv", "query": "SELECT 1"}]}
    pond.apply("Derive", "d", spec).add("c", RECIPE, b"recipe")
    pond.write(place.old)
    migrated = place.migrate()
    assert ("test data", "/Scribble/junk") in told(migrated, Grade.LEFT)
    assert [label for label in migrated.resources.resources if "Scribble" in label] == []


@pytest.mark.parametrize("old", ["nothing", "ours", "parent"])
def test_what_is_no_original_pond_is_refused(place: Place, old: str) -> None:
    place.old.mkdir()
    if old == "ours":
        place.old.rmdir()
        Pond.init(place.old)
    elif old == "parent":
        harbor().write(place.old / ".pond")
    with pytest.raises(ConfigError, match="no pond of the original tool") as raised:
        place.migrate()
    assert (str(place.old / ".pond") in raised.value.hint) == (old == "parent")
    assert not (place.folder / "pond").exists()


def test_a_pond_whose_root_cannot_be_read_is_refused(place: Place) -> None:
    harbor().write(place.old)
    (place.old / "dir.1.parquet").write_bytes(b"")
    with pytest.raises(MigrationError, match="none of its listings"):
        place.migrate()


def test_nothing_is_written_into_the_old_pond(place: Place) -> None:
    harbor().write(place.folder / "pond")
    (place.folder / "old").symlink_to(place.folder / "pond", target_is_directory=True)
    before = fingerprint(place.folder / "pond")
    with pytest.raises(ConfigError, match="lies in the old pond"):
        place.migrate()
    assert fingerprint(place.folder / "pond") == before


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("sound"))
    harbor().write(place.old)
    return place


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_damaged_is_told_and_nothing_breaks(sound: Place, data: st.DataObject) -> None:
    files = sorted(path for path in sound.old.rglob("*") if path.is_file())
    file = data.draw(st.sampled_from(files))
    content = file.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    bits = data.draw(st.integers(1, 255))
    flipped = content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]
    torn = content[: data.draw(st.integers(0, len(content) - 1))]
    try:
        file.write_bytes(data.draw(st.sampled_from([flipped, torn])))
        failed = told(sound.migrate(dry_run=True), Grade.FAILED)
        assert failed or file.parent == sound.old  # nothing is above the root that knows its digest
    except MigrationError:
        assert file.name == "dir.1.parquet"
        assert file.parent == sound.old
    finally:
        file.write_bytes(content)
