"""`scribble`: readings made up from a seed."""

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from pond_core import FS, DataError, EntryType, MemoryBackend, Recipe, Window, content_hash
from tests.core.factories.made import DAY, between, instant_us

MONTH: dict[str, object] = {
    "seed": 7,
    "start": "2026-01-01T00:00Z",
    "end": "2026-02-01T00:00Z",
    "step": "1h",
    "columns": ["Temperature.C", "DO.mg/L"],
}


def scribbled(entry_type: EntryType = EntryType.SERIES, **more: object) -> FS:
    fs = FS(MemoryBackend())
    fs.write_recipe("/s", Recipe(entry_type, "scribble", {**MONTH, **more}))
    return fs


def test_there_is_a_reading_at_each_step() -> None:
    table = scribbled().read_series("/s")
    assert table.column_names == ["timestamp", "Temperature.C", "DO.mg/L"]
    instants = table["timestamp"].cast(pa.int64()).to_pylist()
    assert instants == [instant_us(hour) for hour in range(31 * 24)]


def test_the_values_are_the_same_on_every_machine() -> None:
    digest = content_hash(scribbled().read_series("/s"))
    assert digest == "86d9b3cd40a36cf001a48958258aa5793dd5c4f820eecedd59f88176c609479b"


def test_a_seed_a_column_and_an_instant_make_a_difference() -> None:
    table = scribbled().read_series("/s")
    other = scribbled(seed=8).read_series("/s")
    assert not table["DO.mg/L"].equals(other["DO.mg/L"])
    assert not table["DO.mg/L"].equals(table["Temperature.C"])
    values = table["DO.mg/L"].to_pylist()
    assert len(set(values)) > 500
    assert min(values) >= 5
    assert max(values) < 27


@given(st.integers(-50, 800), st.integers(1, 100), st.booleans())
def test_a_window_is_a_part_of_the_whole(start: int, hours: int, alone: bool) -> None:  # noqa: FBT001  # Hypothesis passes by name
    fs, window = scribbled(), between(start + 0.25, start + hours + 0.25)
    columns = ["DO.mg/L"] if alone else None
    whole = fs.read_series("/s", columns=columns)
    kept = [window.contains(us) for us in whole["timestamp"].cast(pa.int64()).to_pylist()]
    assert fs.read_series("/s", window, columns).equals(whole.filter(pa.array(kept)))


def test_instants_before_1970_are_no_exception() -> None:
    fs = scribbled(start="1969-12-31T00:00Z", end="1970-01-02T00:00Z")
    table = fs.read_series("/s")
    assert table.num_rows == 48
    half = fs.read_series("/s", Window(0, None))
    assert half.equals(table.slice(24))


def test_a_directory_holds_series_of_its_own_seeds() -> None:
    fs = scribbled(EntryType.DIRECTORY, series=["A", "B"])
    assert [node.name for node in fs.ls("/s")] == ["A", "B"]
    one, other = (fs.read_series(f"/s/{name}") for name in "AB")
    assert one.schema.equals(other.schema)
    assert not one.equals(other)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"start": None}, "from `start` until `end`"),
        ({"end": DAY.isoformat()}, "from `start` until `end`"),
        ({"end": "2026-02-01"}, "has no time zone"),
        ({"end": "9000-01-01T00:00Z", "step": "1s"}, "100000000 are the most"),
        ({"step": "never"}, "'never' is no resolution"),
        ({"step": "1mo"}, "'step': '1mo' is not always equally long"),
        ({"seed": "x"}, "'seed': it needs a whole number"),
        ({"columns": []}, "'columns': it needs a list"),
        ({"columns": ["timestamp"]}, "'timestamp' is there in any case"),
        ({"series": ["a/b"]}, "'a/b' is no name"),
        ({"series": ["A"]}, "a directory needs names of series"),
    ],
)
def test_wrong_settings_are_named(more: dict[str, object], match: str) -> None:
    with pytest.raises(DataError, match=match):
        scribbled(EntryType.SERIES, **more)
