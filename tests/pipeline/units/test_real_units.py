"""The units of the published readings of Noyo Harbor."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pond_pipeline.laketech import combine_exports, read_export
from pond_pipeline.units import annotate, convert_table, find_unit
from tests.pipeline.units.columns import facts

NOYO = Path(__file__).resolve().parents[4] / "shared" / "noyo"
WANTED = {"Depth": "m", "Total Dissolved Solids": "mg/L", "Baro": "psi"}
SOLIDS = ("Total Dissolved Solids.ppm", "Total Dissolved Solids.mg/L")

pytestmark = pytest.mark.skipif(not NOYO.is_dir(), reason=f"the readings are not at {NOYO}")


def exported(location: str) -> pa.Table:
    files = sorted((NOYO / "laketech").glob(f"*{location}*.htm"))
    exports = [each for file in files for each in read_export(file.read_bytes(), name=file.name)]
    return combine_exports(exports)


def published(location_id: int) -> list[str]:
    return list(pq.read_schema(NOYO / "hydrovu" / f"{location_id}.parquet").names)


@pytest.mark.parametrize("location", ["FB-Surface", "FB-Bottom", "FB-VuLink"])
def test_every_unit_of_the_exports_is_known(location: str) -> None:
    table = exported(location)
    units = {facts(table, name)["unit"] for name in table.column_names[1:]}
    assert {unit for unit in units if find_unit(unit) is None} == set()


def test_every_unit_of_the_api_s_columns_is_known() -> None:
    ids = [int(file.stem) for file in (NOYO / "hydrovu").glob("*.parquet")]
    units = {name.rpartition(".")[2] for each in ids for name in published(each)[1:]}
    assert {unit for unit in units if find_unit(unit) is None} == set()


def test_exports_of_the_bottom_get_the_columns_of_the_api() -> None:
    before = exported("FB-Bottom")
    assert {"Depth.ft", "Total Dissolved Solids.ppm"} <= set(before.column_names)
    after = convert_table(before, WANTED)
    assert set(after.column_names) <= set(published(6187749627789312))
    deepest = pc.max(before["Depth.ft"]).as_py()
    assert pc.max(after["Depth.m"]).as_py() == pytest.approx(deepest * 0.3048)
    solids = [table[name] for table, name in zip((before, after), SOLIDS, strict=True)]
    assert solids[0].equals(solids[1])


def test_exports_of_the_surface_have_of_the_api_what_both_measure() -> None:
    after = convert_table(exported("FB-Surface"), WANTED)
    only_exported = set(after.column_names) - set(published(6154708427603968))
    assert only_exported == {"pH.pH", "pH MV.mV", "ORP.mV", "Chl-a Fluorescence.RFU"}


def test_barometric_pressure_comes_out_as_that_of_sea_level() -> None:
    baro = convert_table(exported("FB-VuLink"), WANTED)["Baro.psi"]
    assert pc.count(baro).as_py() == 7_985
    assert 14.0 < pc.quantile(baro, 0.01)[0].as_py() < pc.quantile(baro, 0.99)[0].as_py() < 15.5


def test_only_the_temperature_of_the_sondes_is_that_of_water() -> None:
    surface, vulink = annotate(exported("FB-Surface")), annotate(exported("FB-VuLink"))
    assert facts(surface, "Temperature.C")["cf"] == "sea_water_temperature"
    assert "cf" not in facts(vulink, "Temperature.C")
    assert facts(vulink, "Baro.mm Hg")["cf"] == "air_pressure"
