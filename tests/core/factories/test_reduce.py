"""`reduce`: series downsampled whenever they are read."""

import pytest

from pond_core import FS, DataError, EntryType, FactoryError, Recipe, Resolution, downsample
from tests.core.factories.made import between, column

ALL = {"in_pattern": "/normalized/noyo/*", "out_pattern": "$0", "resolutions": ["6h", "24h"]}


def reduced(fs: FS, **more: object) -> FS:
    fs.write_recipe("/reduced", Recipe(EntryType.DIRECTORY, "reduce", {**ALL, **more}))
    return fs


def test_each_dataset_has_a_series_per_resolution(fs: FS) -> None:
    reduced(fs)
    assert [(node.path, node.entry_type.value) for node in fs.walk("/reduced")] == [
        ("/reduced", "directory"),
        ("/reduced/A", "directory"),
        ("/reduced/A/res=24h", "series"),
        ("/reduced/A/res=6h", "series"),
        ("/reduced/B", "directory"),
        ("/reduced/B/res=24h", "series"),
        ("/reduced/B/res=6h", "series"),
    ]


def test_buckets_are_those_of_downsample(fs: FS) -> None:
    reduced(fs)
    six = Resolution.parse("6h")
    expected = downsample(fs.read_series("/normalized/noyo/A"), resolutions=[six])[six]
    assert fs.read_series("/reduced/A/res=6h").equals(expected, check_metadata=True)


def test_a_window_begins_with_a_whole_bucket(fs: FS) -> None:
    reduced(fs)
    averages = fs.read_series("/reduced/A/res=6h", between(6, 15), ["Temperature.C.avg"])
    assert column(averages, "Temperature.C.avg") == {6: 8.5, 12: 14.5}
    assert averages.column_names == ["timestamp", "Temperature.C.avg"]
    inside = fs.read_series("/reduced/A/res=24h", between(3, 15))
    assert inside.num_rows == 0


def test_columns_and_aggregates_can_be_chosen(fs: FS) -> None:
    reduced(fs, columns=["DO.mg/L"], aggregates=["max", "count"])
    table = fs.read_series("/reduced/A/res=24h")
    assert table.column_names == ["timestamp", "DO.mg/L.max", "DO.mg/L.count"]
    assert fs.read_series("/reduced/B/res=24h").num_rows == 1
    assert table.schema.field("DO.mg/L.max").metadata[b"unit"] == b"mg/L"


def test_buckets_begin_by_the_clocks_of_a_time_zone(fs: FS) -> None:
    reduced(fs, resolutions=["1d", "1mo"], timezone="Asia/Kolkata")
    day = Resolution.parse("1d", "Asia/Kolkata")
    expected = downsample(fs.read_series("/normalized/noyo/A"), resolutions=[day])[day]
    found = fs.read_series("/reduced/A/res=1d")
    assert found.equals(expected, check_metadata=True)
    assert found["timestamp"][0].as_py().isoformat() == "2025-12-31T18:30:00+00:00"
    config = {"series": "/normalized/noyo/A", "resolution": "1d", "timezone": "Asia/Kolkata"}
    fs.write_recipe("/one", Recipe(EntryType.SERIES, "reduce", config))
    assert fs.read_series("/one").equals(found)


def test_new_readings_show_at_once(fs: FS) -> None:
    reduced(fs)
    assert 24 in column(fs.read_series("/reduced/A/res=24h"), "Temperature.C.avg")
    fs.write_window("/normalized/noyo/A", None, between(24, 48))
    fs.copy("/normalized/noyo/B", "/normalized/noyo/C")
    assert list(column(fs.read_series("/reduced/A/res=24h"), "Temperature.C.avg")) == [0]
    assert fs.exists("/reduced/C/res=6h")


def test_one_resolution_of_one_series_is_a_recipe_too(fs: FS) -> None:
    config = {"series": "/normalized/noyo/B", "resolution": "24h", "aggregates": ["min"]}
    fs.write_recipe("/b", Recipe(EntryType.SERIES, "reduce", config))
    assert column(fs.read_series("/b"), "Temperature.C.min") == {24: 24.5}


def test_an_aggregate_that_was_not_asked_for_is_no_column(fs: FS) -> None:
    reduced(fs)
    with pytest.raises(DataError, match=r"no column 'Temperature\.C\.sum'"):
        fs.read_series("/reduced/A/res=6h", columns=["Temperature.C.sum"])


def test_two_series_of_one_name_are_an_error(fs: FS) -> None:
    reduced(fs, out_pattern="all")
    with pytest.raises(FactoryError, match=r"/noyo/A and /normalized/noyo/B are called 'all'"):
        fs.ls("/reduced")


def test_a_pattern_that_matches_no_series_is_an_error(fs: FS) -> None:
    reduced(fs, in_pattern="/normalized/*")
    with pytest.raises(FactoryError, match=r"no series matches /normalized/\*"):
        fs.ls("/reduced")


@pytest.mark.parametrize(
    ("entry_type", "change", "match"),
    [
        (EntryType.DIRECTORY, {"in_pattern": None}, "'in_pattern': it needs text"),
        (EntryType.DIRECTORY, {"in_pattern": "relative/*"}, "no absolute path"),
        (EntryType.DIRECTORY, {"out_pattern": 1}, "'out_pattern': it needs text"),
        (EntryType.DIRECTORY, {"out_pattern": "$1"}, "asks for \\$1, which no wildcard gives"),
        (EntryType.DIRECTORY, {"resolutions": []}, "'resolutions': it needs a list"),
        (EntryType.DIRECTORY, {"resolutions": ["1h", "1h"]}, "a list of different texts"),
        (EntryType.DIRECTORY, {"resolutions": ["fast"]}, "'fast' is no resolution"),
        (EntryType.DIRECTORY, {"timezone": "Noyo"}, "'Noyo' is no time zone"),
        (EntryType.DIRECTORY, {"timezone": 8}, "'timezone': it needs text"),
        (
            EntryType.DIRECTORY,
            {"resolutions": ["7h"], "timezone": "Asia/Kolkata"},
            "'7h' neither divides a day",
        ),
        (EntryType.DIRECTORY, {"aggregates": ["mode"]}, "there is no 'mode'"),
        (EntryType.DIRECTORY, {"columns": "DO"}, "'columns': it needs a list"),
        (EntryType.DIRECTORY, {"colour": "red"}, "'colour': there is no such setting"),
        (EntryType.SERIES, {}, "'series': it needs text"),
        (EntryType.TABLE, {}, "makes no table"),
    ],
)
def test_wrong_settings_are_named(
    fs: FS, entry_type: EntryType, change: dict[str, object], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        fs.write_recipe("/r", Recipe(entry_type, "reduce", {**ALL, **change}))
    assert not fs.exists("/r")
