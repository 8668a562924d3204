"""Which columns something in the pond has."""

from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import EntryType, Pond, Provenance, Recipe
from pond_pipeline.columns import columns_of
from tests.pipeline.waters import store, water


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def test_a_series_has_the_columns_of_all_its_windows(pond: Pond) -> None:
    store(pond, "/raw/s", water({"2025-01-10 00:00": 1}), "2025-01")
    store(pond, "/raw/s", water({"2025-02-10 00:00": 2}, column="Depth.m"), "2025-02")
    snapshot = pond.snapshot()
    columns = columns_of(snapshot.lookup("/raw/s"))
    assert columns.names == ["timestamp", "Temperature.C", "Depth.m"]
    assert columns.equals(snapshot.read_series("/raw/s").schema, check_metadata=True)


def test_a_series_without_a_row_has_instants_alone(pond: Pond) -> None:
    store(pond, "/raw/s", water({}), "2025-01")
    assert columns_of(pond.snapshot().lookup("/raw/s")).names == ["timestamp"]


def test_a_table_a_series_that_is_computed_and_a_file_have_what_they_have(pond: Pond) -> None:
    config = {
        "seed": 0,
        "start": "2025-01-01T00:00:00Z",
        "end": "2025-01-02T00:00:00Z",
        "series": ["a"],
    }
    with pond.transaction(Provenance(author="test")) as tx:
        tx.write_table("/t", pa.table({"x": [1]}))
        tx.write_data("/f", b"x")
        tx.write_recipe("/d", Recipe(EntryType.DIRECTORY, "scribble", config))
    snapshot = pond.snapshot()
    found = {path: columns_of(snapshot.lookup(path)).names for path in ("/t", "/f", "/d/a")}
    assert found == {"/t": ["x"], "/f": [], "/d/a": ["timestamp", "value"]}
