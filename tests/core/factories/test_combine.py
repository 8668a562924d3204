"""`combine`: a site of instruments, joined whenever it is read."""

from typing import Any

import pytest

from pond_core import FS, DataError, EntryType, FactoryError, Recipe
from tests.core.factories.made import between, column

A = {"pattern": "/normalized/noyo/A", "scope": "Surface"}
B = {"pattern": "/normalized/noyo/B", "scope": "Bottom"}


def combined(fs: FS, *inputs: dict[str, Any]) -> FS:
    fs.write_recipe("/site", Recipe(EntryType.SERIES, "combine", {"inputs": list(inputs)}))
    return fs


def test_instruments_are_joined_on_the_instant_with_their_scope(fs: FS) -> None:
    site = combined(fs, A, B).read_series("/site", between(23, 25))
    assert site.column_names == [
        "timestamp",
        "Surface.Temperature.C",
        "Surface.DO.mg/L",
        "Bottom.Temperature.C",
    ]
    assert column(site, "Surface.Temperature.C") == {23: 23.0, 24: 24.0}
    assert column(site, "Bottom.Temperature.C") == {23: None, 24: 24.5}
    assert site.schema.field("Bottom.Temperature.C").metadata[b"scope"] == b"Bottom"


def test_an_input_counts_from_its_begin_until_its_end(fs: FS) -> None:
    early = {"pattern": A["pattern"], "end": "2026-01-02T00:00Z"}
    late = {"pattern": B["pattern"], "begin": "2026-01-02T00:00Z"}
    site = combined(fs, early, late).read_series("/site", columns=["Temperature.C"])
    values = column(site, "Temperature.C")
    assert (len(values), values[23], values[24]) == (48, 23.0, 24.5)


def test_a_column_alone_has_the_instants_of_all_inputs(fs: FS) -> None:
    combined(fs, A, B)
    alone = fs.read_series("/site", columns=["Bottom.Temperature.C"])
    assert alone.column_names == ["timestamp", "Bottom.Temperature.C"]
    assert alone["timestamp"].equals(fs.read_series("/site")["timestamp"])
    assert alone["Bottom.Temperature.C"].equals(fs.read_series("/site")["Bottom.Temperature.C"])


def test_columns_are_renamed_and_still_found_by_their_new_name(fs: FS) -> None:
    combined(fs, {**A, "rename": {"DO.mg/L": "Oxygen.mg/L"}})
    whole = fs.read_series("/site")
    assert whole.column_names[2] == "Surface.Oxygen.mg/L"
    alone = fs.read_series("/site", columns=["Surface.Oxygen.mg/L"])
    assert alone["Surface.Oxygen.mg/L"].equals(whole["Surface.Oxygen.mg/L"])


def test_a_pattern_may_match_several(fs: FS) -> None:
    both = {"pattern": "/normalized/noyo/*"}
    with pytest.raises(FactoryError, match=r"/site cannot .*both /normalized/noyo/A and"):
        combined(fs, both).read_series("/site")
    assert combined(fs, both).read_series("/site", between(0, 24)).num_rows == 24


def test_a_priority_decides(fs: FS) -> None:
    first = {"pattern": A["pattern"], "priority": 1}
    second = {"pattern": B["pattern"], "priority": 2}
    site = combined(fs, first, second).read_series("/site", between(23, 25))
    assert column(site, "Temperature.C") == {23: 23.0, 24: 24.5}


def test_an_input_that_is_not_there_is_an_error(fs: FS) -> None:
    combined(fs, A, {"pattern": "/normalized/noyo/C"})
    with pytest.raises(FactoryError, match="no series matches /normalized/noyo/C"):
        fs.read_series("/site")


@pytest.mark.parametrize(
    ("inputs", "match"),
    [
        (None, "'inputs': it needs a list of settings"),
        ([], "'inputs': it needs a list of settings"),
        (["/a"], "'inputs': it needs a list of settings"),
        ([{}], r"'inputs\[0\].pattern': it needs text"),
        ([A, {**B, "begin": "yesterday"}], r"'inputs\[1\].begin': 'yesterday' is no instant"),
        ([{**A, "begin": "2026-01-01"}], "has no time zone"),
        ([{**A, "begin": "2026-01-02T00:00Z", "end": "2026-01-01T00:00Z"}], "before it begins"),
        ([{**A, "priority": 1.5}], "it needs a whole number"),
        ([{**A, "priority": True}], "it needs a whole number"),
        ([{**A, "rename": {"a": 1}}], "it needs texts by text"),
        ([{**A, "until": "2026-01-02"}], r"'inputs\[0\].until': there is no such setting"),
    ],
)
def test_wrong_settings_are_named(fs: FS, inputs: object, match: str) -> None:
    with pytest.raises(DataError, match=match):
        fs.write_recipe("/site", Recipe(EntryType.SERIES, "combine", {"inputs": inputs}))
