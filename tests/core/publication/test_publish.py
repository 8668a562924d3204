"""Published tables are in step with the pond, and nothing is written that need not be."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from pond_core import (
    ALWAYS,
    CorruptionError,
    DataError,
    EntryType,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    Pond,
    Recipe,
    SchemaError,
    StorageError,
    Window,
    content_hash,
    publish,
)
from tests.core.publication import harbor, shelf


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def site(lake: Path) -> Path:
    """Where the table of the site is, or will be."""
    return lake / harbor.SITE.strip("/")


@pytest.fixture
def filled(pond: Pond) -> Pond:
    harbor.fill(pond)
    return pond


def months(table: Path) -> list[str]:
    return [name.split(".")[0] for name in shelf.live(table)]


def write(pond: Pond, path: str, table: pa.Table, window: Window = ALWAYS) -> None:
    with pond.transaction() as tx:
        tx.write_window(path, table, window)


def times(*instants_us: int) -> pa.Table:
    instants = pa.array(instants_us, pa.timestamp("us", tz="UTC"))
    return pa.table({"timestamp": instants, "x": [float(each) for each in range(len(instants))]})


def test_a_table_lies_below_the_path_that_it_has_in_the_pond(filled: Pond, lake: Path) -> None:
    published = publish(filled, lake)
    assert [each.path for each in published.tables] == [harbor.SITE, harbor.UNITS]
    assert all(Path(each.uri) == lake / each.path.strip("/") for each in published.tables)
    assert all(Path(each.uri, shelf.LOG).is_dir() for each in published.tables)


def test_a_table_is_made_in_one_commit_that_any_reader_of_delta_lake_knows(
    filled: Pond, lake: Path, site: Path
) -> None:
    publish(filled, lake)
    [commit] = shelf.commits(site)
    [protocol] = [each["protocol"] for each in commit if "protocol" in each]
    assert protocol == {"minReaderVersion": 1, "minWriterVersion": 2}
    [facts] = [each["metaData"] for each in commit if "metaData" in each]
    assert "delta.appendOnly" not in facts["configuration"]
    assert facts["partitionColumns"] == []
    assert len(shelf.actions(site, "add")) == len(harbor.MONTHS)


def test_a_commit_tells_the_txn_that_the_table_shows(filled: Pond, lake: Path, site: Path) -> None:
    publish(filled, lake)
    assert DeltaTable(site).transaction_version(f"pond:{filled.id}") == filled.snapshot().txn


def test_columns_keep_their_names_and_what_is_known_of_them(
    filled: Pond, lake: Path, site: Path
) -> None:
    publish(filled, lake)
    fields = {each.name: each for each in DeltaTable(site).schema().fields}
    assert list(fields) == filled.snapshot().read_series(harbor.SITE).column_names
    assert fields[harbor.OXYGEN].metadata == {"unit": "mg/L"}


def test_a_run_without_a_change_commits_nothing(filled: Pond, lake: Path, site: Path) -> None:
    first = publish(filled, lake)
    again = publish(filled, lake)
    assert [each.is_changed for each in again.tables] == [False, False]
    assert [each.txn for each in again.tables] == [first.txn, first.txn]
    assert len(shelf.commits(site)) == 1


def test_what_others_do_in_the_pond_is_no_change(filled: Pond, lake: Path, site: Path) -> None:
    publish(filled, lake)
    harbor.write_units(filled, "C", "mg/L", "psi")
    again = publish(filled, lake)
    assert {each.path: each.is_changed for each in again.tables} == {
        harbor.SITE: False,
        harbor.UNITS: True,
    }
    assert len(shelf.commits(site)) == 1


def test_upkeep_is_no_change(pond: Pond, lake: Path) -> None:
    start_us = int(harbor.START.timestamp()) * 10**6
    hour_us = 3600 * 10**6
    for hour in range(70):  # so many small windows that they are condensed
        begin_us = start_us + hour * hour_us
        write(pond, "/s", times(begin_us), Window(begin_us, begin_us + hour_us))
    publish(pond, lake)
    before = len(pond.snapshot().node("/s").pieces)
    pond.maintain()
    assert len(pond.snapshot().node("/s").pieces) < before
    [again] = publish(pond, lake).tables
    assert not again.is_changed


def test_a_correction_replaces_one_month_in_one_commit(
    filled: Pond, lake: Path, site: Path
) -> None:
    publish(filled, lake)
    before = set(shelf.live(site))
    harbor.collect(filled, "2026-02", level=9.0)
    publish(filled, lake)
    assert len(shelf.commits(site)) == 2
    [added], [removed] = shelf.actions(site, "add"), shelf.actions(site, "remove")
    assert before - {removed["path"]} == set(shelf.live(site)) - {added["path"]}
    assert months(site) == list(harbor.MONTHS)


def test_a_write_of_what_was_there_replaces_nothing(filled: Pond, lake: Path) -> None:
    publish(filled, lake)
    harbor.collect(filled, "2026-02")
    assert not any(each.is_changed for each in publish(filled, lake).tables)


def test_a_month_without_readings_has_no_file(filled: Pond, lake: Path, site: Path) -> None:
    publish(filled, lake)
    with filled.transaction() as tx:
        tx.write_window(harbor.SITE, None, harbor.window_of("2026-02"))
    publish(filled, lake)
    assert months(site) == ["2026-01", "2026-03"]


def test_a_new_column_leaves_the_files_of_before(filled: Pond, lake: Path, site: Path) -> None:
    publish(filled, lake)
    before = shelf.live(site)
    harbor.collect(filled, "2026-04", deep=True)
    publish(filled, lake)
    assert set(before) < set(shelf.live(site))
    assert DeltaTable(site).schema().fields[-1].name == harbor.DEPTH


def test_a_series_without_a_reading_is_an_empty_table(pond: Pond, lake: Path) -> None:
    with pond.transaction() as tx:
        tx.create_series("/s")
    publish(pond, lake)
    assert [each.name for each in DeltaTable(lake / "s").schema().fields] == ["timestamp"]
    write(pond, "/s", times(0))
    publish(pond, lake)
    assert shelf.rows(lake / "s").num_rows == 1


def test_a_file_says_from_when_to_when_its_readings_are(pond: Pond, lake: Path) -> None:
    write(pond, "/s", times(1_499, 86_400_000_001))
    publish(pond, lake)
    [added] = shelf.actions(lake / "s", "add")
    assert added["stats"] == (
        '{"numRecords": 2, "minValues": {"timestamp": "1970-01-01T00:00:00.001Z"}, '
        '"maxValues": {"timestamp": "1970-01-02T00:00:00.001Z"}, "nullCount": {"timestamp": 0}}'
    )


def test_instants_that_no_calendar_has_are_published_without_bounds(pond: Pond, lake: Path) -> None:
    held = times(-(2**62), 0, 2**60, 2**62)
    write(pond, "/s", held)
    publish(pond, lake)
    assert months(lake / "s") == ["0001-01", "1970-01", "9999-12"]
    assert shelf.rows(lake / "s").equals(pond.snapshot().read_series("/s"))
    bounds = ["minValues" in each["stats"] for each in shelf.actions(lake / "s", "add")]
    assert bounds == [False, True, False]


def test_what_is_computed_when_it_is_read_is_published_as_well(filled: Pond, lake: Path) -> None:
    statement = f'SELECT timestamp, "{harbor.OXYGEN}" AS o FROM "{harbor.SITE}"'  # noqa: S608
    with filled.transaction() as tx:
        tx.write_recipe("/view", Recipe(EntryType.SERIES, "sql", {"query": statement}))
    publish(filled, lake, ["/view"])
    assert shelf.rows(lake / "view").num_rows == 1800
    assert not any(each.is_changed for each in publish(filled, lake, ["/view"]).tables)
    harbor.collect(filled, "2026-02", hours=10)
    publish(filled, lake, ["/view"])
    assert shelf.rows(lake / "view").num_rows == 1210


def test_another_node_of_that_path_takes_over_the_table(filled: Pond, lake: Path) -> None:
    write(filled, "/new", times(0))
    publish(filled, lake)
    with filled.transaction() as tx:
        tx.remove(harbor.SITE)
        tx.rename("/new", harbor.SITE)
    publish(filled, lake)
    assert shelf.rows(lake / harbor.SITE.strip("/")).equals(times(0))


def test_a_table_that_another_program_merged_is_made_anew(
    filled: Pond, lake: Path, site: Path
) -> None:
    publish(filled, lake)
    DeltaTable(site).optimize.compact()
    publish(filled, lake)
    assert months(site) == list(harbor.MONTHS)


def test_replaced_files_go_when_they_were_kept_long_enough(filled: Pond, lake: Path) -> None:
    publish(filled, lake)
    harbor.collect(filled, "2026-01", level=1.0)
    assert publish(filled, lake).tables[0].deleted == 0
    harbor.collect(filled, "2026-01", level=2.0)
    assert publish(filled, lake, keep=timedelta(0)).tables[0].deleted == 2


def test_a_table_stays_when_its_series_goes(filled: Pond, lake: Path, site: Path) -> None:
    publish(filled, lake)
    with filled.transaction() as tx:
        tx.remove(harbor.SITE)
    assert publish(filled, lake).pruned == ()
    assert months(site) == list(harbor.MONTHS)


def test_a_table_goes_with_its_series_where_that_is_asked_for(filled: Pond, lake: Path) -> None:
    publish(filled, lake)
    with filled.transaction() as tx:
        tx.remove(harbor.SITE)
    assert publish(filled, lake, ["/raw/**"], prune=True).pruned == ()
    assert publish(filled, lake, prune=True).pruned == (harbor.SITE,)
    assert not list((lake / harbor.SITE.strip("/")).rglob("*.*"))


def test_two_series_that_are_one_to_the_disk_do_not_share_a_table(pond: Pond, lake: Path) -> None:
    with pond.transaction() as tx:
        for name in ("A", "a"):
            tx.mkdir(f"/{name}")
    write(pond, "/A/s", times(1))
    write(pond, "/a/s", times(1, 2))
    (lake / "A").mkdir(parents=True)
    (lake / "a").symlink_to(lake / "A")  # as a disk has it that folds case
    for _ in range(2):
        with pytest.raises(ExistsError, match="/a/s would take the place of /A/s"):
            publish(pond, lake)
        assert shelf.rows(lake / "A" / "s").num_rows == 1


def test_a_table_that_has_another_name_but_not_to_the_disk_is_not_pruned(
    pond: Pond, lake: Path
) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/A")
    write(pond, "/A/s", times(1))
    publish(pond, lake)
    (lake / "a").symlink_to(lake / "A")  # as a disk has it that folds case
    with pond.transaction() as tx:
        tx.rename("/A", "/a")
    assert publish(pond, lake, prune=True).pruned == ()
    assert shelf.rows(lake / "a" / "s").num_rows == 1


def test_what_others_keep_there_is_never_pruned(filled: Pond, lake: Path) -> None:
    write_deltalake(lake / "theirs", pa.table({"x": [1]}))
    assert publish(filled, lake, prune=True).pruned == ()
    assert DeltaTable(lake / "theirs").version() == 0


def test_a_table_of_somebody_else_is_left_alone(filled: Pond, lake: Path, site: Path) -> None:
    write_deltalake(site, pa.table({"x": [1]}))
    with pytest.raises(ExistsError, match=r"not published by DuckPond"):
        publish(filled, lake)
    assert DeltaTable(site).version() == 0


def test_a_table_of_another_pond_is_left_alone(filled: Pond, lake: Path, tmp_path: Path) -> None:
    publish(filled, lake)
    other = Pond.init(tmp_path / "other", durability="process")
    harbor.fill(other)
    with pytest.raises(ExistsError, match=f"from pond {filled.id}; this is pond {other.id}"):
        publish(other, lake)


def test_an_older_copy_of_a_pond_does_not_take_a_table_back(
    filled: Pond, lake: Path, tmp_path: Path
) -> None:
    shutil.copytree(filled.path, tmp_path / "copy")
    harbor.collect(filled, "2026-02", level=9.0)
    publish(filled, lake)
    with pytest.raises(DataError, match=r"shows txn 5, and the pond is at 4"):
        publish(Pond.open(tmp_path / "copy"), lake)


def test_what_was_interrupted_is_completed_by_the_next_run(
    filled: Pond, lake: Path, site: Path
) -> None:
    publish(filled, lake)
    for month in harbor.MONTHS[:2]:
        harbor.collect(filled, month, level=3.0)
    begin = harbor.window_of("2026-03").start
    assert begin is not None
    large = harbor.readings(begin, 40_000, every=timedelta(minutes=1))
    harbor.write_month(filled, "2026-03", large)
    # The first two months are written, and the third, which is an object, cannot be read.
    [*_, piece] = filled.snapshot().node(harbor.SITE).pieces
    [damaged] = filled.path.glob(f"objects/*/{piece.sha256}")
    data = damaged.read_bytes()
    damaged.unlink()
    with pytest.raises(CorruptionError):
        publish(filled, lake)
    assert len(list(site.glob("*.parquet"))) == 5
    assert len(shelf.commits(site)) == 1
    damaged.write_bytes(data)
    publish(filled, lake)
    assert len(list(site.glob("*.parquet"))) == 6
    assert content_hash(shelf.rows(site)) == content_hash(
        filled.snapshot().read_series(harbor.SITE)
    )


@pytest.mark.parametrize("name", ["a%b", "a?b", "a#b", "a*b", "a\\b", "a\nb", "tmp", "lock"])
def test_a_name_that_not_every_program_reads_is_refused_first(
    filled: Pond, lake: Path, name: str
) -> None:
    write(filled, f"/{name}", times(0))
    with pytest.raises(InvalidPathError, match=r"cannot be published"):
        publish(filled, lake)
    assert not lake.exists()


def test_two_names_that_differ_in_case_alone_are_refused_first(filled: Pond, lake: Path) -> None:
    held = times(0)
    write(filled, "/s", held.append_column("X", held["x"]))
    with pytest.raises(SchemaError, match=r"/s: the columns 'x' and 'X' are one to Delta Lake"):
        publish(filled, lake)
    assert not lake.exists()


def test_a_pattern_that_matches_nothing_is_an_error(filled: Pond, lake: Path) -> None:
    with pytest.raises(NotFoundError, match=r"/none/\* matches no series and no table"):
        publish(filled, lake, ["/none/*"])


def test_a_disk_that_is_not_plugged_in_is_not_taken_for_an_empty_one(
    filled: Pond, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match=r"there is no .*stick to publish in"):
        publish(filled, tmp_path / "stick" / "lake")


DAY_US = 86_400 * 10**6
FIRST_US = int(datetime(2025, 12, 1, tzinfo=UTC).timestamp()) * 10**6
WRITES = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.integers(1, 60),
        st.lists(st.integers(0, 59), unique=True, max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@given(writes=WRITES)
def test_whatever_windows_are_written_the_table_says_what_the_pond_says(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int, list[int], bool]]
) -> None:
    place = tmp_path_factory.mktemp("published")
    pond = Pond.init(place / "pond", durability="process")
    for first, days, held, has_more in writes:
        start_us = FIRST_US + first * DAY_US
        rows = times(*(start_us + day * DAY_US for day in sorted(held) if day < days))
        if has_more:
            rows = rows.append_column("y", rows["x"])
        write(pond, "/s", rows, Window(start_us, start_us + days * DAY_US))
        publish(pond, place / "lake")
        assert content_hash(shelf.rows(place / "lake" / "s")) == content_hash(
            pond.snapshot().read_series("/s")
        )
