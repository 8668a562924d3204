from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pond_pipeline.errors import ConfigError
from pond_pipeline.simulator import Simulator, replay
from tests.pipeline.simulator.visitor import StoppedClock, Visitor

NOYO = Path(__file__).parents[4] / "shared" / "noyo" / "hydrovu"
NOYO_IDS = (4990594334457856, 6154708427603968, 5877040213786624, 6187749627789312)


def _write(directory: Path, columns: Mapping[str, pa.Array], name: str = "42.parquet") -> Path:
    pq.write_table(pa.table(columns), directory / name)
    return directory


def _seconds(*stamps: int | None) -> pa.Array:
    return pa.array(stamps, pa.int64())


def _floats(*values: float | None) -> pa.Array:
    return pa.array(values, pa.float64())


def _serve(directory: Path) -> Simulator:
    return Simulator(replay(directory), clock=StoppedClock(), page_days=366)


def _wide(visitor: Visitor, location: int) -> dict[str, dict[int, float]]:
    """All readings of a location, by column name and stamp."""
    names = visitor.http.get("/v1/sispec/friendlynames").json()
    columns: dict[str, dict[int, float]] = {}
    for page in visitor.pages(location, startTime=0):
        for listed in page.json()["parameters"]:
            unit = names["units"][listed["unitId"]]
            column = f"{names['parameters'][listed['parameterId']]}.{unit}"
            readings = {entry["timestamp"]: entry["value"] for entry in listed["readings"]}
            columns.setdefault(column, {}).update(readings)
    return columns


@pytest.fixture(scope="module")
def noyo() -> Iterator[Visitor]:
    if not NOYO.is_dir():
        pytest.skip(f"the real readings are not at {NOYO}")
    with _serve(NOYO) as sim, Visitor(sim) as visitor:
        yield visitor


@pytest.mark.parametrize("location", NOYO_IDS)
def test_real_readings_are_served_bit_for_bit(noyo: Visitor, location: int) -> None:
    table = pq.read_table(NOYO / f"{location}.parquet").to_pydict()
    stamps = table.pop("timestamp")
    expected = {
        column: {s: v for s, v in zip(stamps, values, strict=True) if v is not None}
        for column, values in table.items()
    }
    assert _wide(noyo, location) == {column: found for column, found in expected.items() if found}


def test_real_parameters_have_their_known_ids(noyo: Visitor) -> None:
    listed = next(noyo.pages(NOYO_IDS[1], startTime=1_750_000_000)).json()["parameters"]
    assert {(entry["parameterId"], entry["unitId"]) for entry in listed} >= {
        ("4", "35"),
        ("11", "81"),
        ("20", "117"),
        ("21", "177"),
    }


def test_readings_stamped_1970_are_served(noyo: Visitor) -> None:
    page = noyo.data(NOYO_IDS[0], startTime=0, endTime=86_400).json()
    assert {len(listed["readings"]) for listed in page["parameters"]} == {23}


def test_the_locations_are_the_files(noyo: Visitor) -> None:
    assert {location["id"] for location in noyo.locations().json()} == set(NOYO_IDS)


def test_unknown_names_get_ids_of_our_own(tmp_path: Path) -> None:
    columns = {"Chl-a Fluorescence.RFU": _floats(1.5), "Depth": _floats(2), "a.b.mg/L": _floats(3)}
    _write(tmp_path, {"timestamp": _seconds(7), **columns})
    with _serve(tmp_path) as sim, Visitor(sim) as visitor:
        assert _wide(visitor, 42) == {
            "Chl-a Fluorescence.RFU": {7: 1.5},
            "Depth. ": {7: 2.0},
            "a.b.mg/L": {7: 3.0},
        }
        ids = {entry["parameterId"] for entry in visitor.data(42).json()["parameters"]}
        assert ids == {"3", "1001", "1002"}


def test_nulls_and_what_json_cannot_hold_are_no_readings(tmp_path: Path) -> None:
    values = _floats(1, None, float("nan"), float("inf"), 5)
    _write(tmp_path, {"timestamp": _seconds(1, 2, 3, 4, 5), "pH.pH": values})
    with _serve(tmp_path) as sim, Visitor(sim) as visitor:
        assert _wide(visitor, 42) == {"pH.pH": {1: 1.0, 5: 5.0}}


def test_readings_after_the_clock_do_not_exist_yet(tmp_path: Path) -> None:
    _write(tmp_path, {"timestamp": _seconds(10, 2**33), "pH.pH": _floats(7, 8)})
    with _serve(tmp_path) as sim, Visitor(sim) as visitor:
        assert _wide(visitor, 42) == {"pH.pH": {10: 7.0}}
        assert visitor.data(42, startTime=11).status_code == 404


def test_rows_in_disorder_are_put_in_order(tmp_path: Path) -> None:
    _write(tmp_path, {"timestamp": _seconds(20, 10), "pH.pH": _floats(2, 1)})
    found = replay(tmp_path).readings(42, 0, 99, now_s=99)
    assert [frame.rows() for frame in found.values()] == [[(10, 1.0), (20, 2.0)]]


def test_a_location_without_a_reading_is_404(tmp_path: Path) -> None:
    _write(tmp_path, {"timestamp": _seconds(20), "pH.pH": _floats(None)})
    with _serve(tmp_path) as sim, Visitor(sim) as visitor:
        assert visitor.data(42, startTime=0).status_code == 404


@pytest.mark.parametrize("directory", ["empty", "absent"])
def test_a_folder_without_parquet_is_an_error(tmp_path: Path, directory: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no Parquet file") as caught:
        replay(tmp_path / directory)
    assert "<location id>.parquet" in caught.value.hint


def test_a_file_that_is_no_parquet_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "42.parquet").write_text("nonsense")
    with pytest.raises(ConfigError, match=r"42\.parquet: no readable Parquet"):
        replay(tmp_path)


def test_a_file_whose_name_is_no_id_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path, {"timestamp": _seconds(1)}, "Wharf.parquet")
    with pytest.raises(ConfigError, match=r"Wharf\.parquet: the name is no location id"):
        replay(tmp_path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pH.pH": _floats(1)}, "'timestamp' is missing"),
        ({"timestamp": _seconds(None)}, "'timestamp' is missing, or has nulls"),
        ({"timestamp": _floats(1)}, "'timestamp' is double, not int64"),
        ({"timestamp": _seconds(1), "pH.pH": _seconds(1)}, "'pH.pH' is int64, not double"),
    ],
)
def test_a_wrong_column_is_an_error_that_names_it(
    tmp_path: Path, columns: dict[str, pa.Array], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        replay(_write(tmp_path, columns))
