"""The exports of Noyo Harbor, read by the product and by a regular expression of the test's own."""

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech import Export, combine_exports, location_matches, read_export

FOLDER = Path(__file__).parents[4] / "shared" / "noyo" / "laketech"

ROWS = {
    "HydroVu_FB-Surface-1084669_2024-01-01_08-00-00_Export.htm": 7_953,
    "HydroVu_FB-Surface-1084669_2024-12-31_22-00-00_Export.htm": 6_540,
    "HydroVu_FB-Bottom-664623_2024-01-01_08-00-00_Export.htm": 323,
    "HydroVu_FB-Bottom-664623_2024-12-31_22-00-00_Export.htm": 5_727,
    "HydroVu_FB-Bottom-817738-5-23-25_2024-01-01_08-00-00_Export.htm": 0,
    "HydroVu_FB-VuLink-1090675_2024-01-01_08-00-00_Export.htm": 7_985,
}
SURFACE = [name for name in ROWS if "Surface" in name]
EMPTY = next(name for name, rows in ROWS.items() if rows == 0)
SMALL = next(name for name, rows in ROWS.items() if rows == 323)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the readings of Noyo Harbor are not at {FOLDER}"
)


@cache
def the_export(name: str) -> Export:
    (export,) = read_export((FOLDER / name).read_bytes(), name=name)
    return export


def own_reading(name: str) -> tuple[list[str], dict[int, list[float | None]]]:
    """Read a file without the product: header texts, and values by epoch milliseconds."""
    page = (FOLDER / name).read_text(encoding="utf-8")
    heads = re.findall(r'isi-data-column-header="Parameter"[^>]*>([^<]*)</td>', page)
    rows = re.findall(r'isi-hv-timestamp="(\d+)"><td class="dateTime">[^<]*</td>(.*)</tr>', page)
    cells = {int(at): re.findall(r"<td>([^<]*)</td>", row) for at, row in rows}
    return heads, {at: [float(cell) if cell else None for cell in row] for at, row in cells.items()}


@pytest.mark.parametrize(("name", "rows"), ROWS.items())
def test_every_row_of_a_real_export_is_read(name: str, rows: int) -> None:
    assert the_export(name).readings.num_rows == rows


@pytest.mark.parametrize("name", ROWS)
def test_every_cell_of_a_real_export_is_what_a_regular_expression_finds(name: str) -> None:
    heads, values = own_reading(name)
    readings = the_export(name).readings
    assert readings["timestamp"].cast("int64").to_pylist() == [at * 1000 for at in sorted(values)]
    assert [
        f"{field.metadata[b'parameter'].decode()} ({field.metadata[b'unit'].decode()})"
        for field in list(readings.schema)[1:]
    ] == heads
    for at, head in enumerate(heads, start=1):
        expected = [values[row][at - 1] for row in sorted(values)]
        assert readings.column(at).to_pylist() == expected, head


def test_a_real_export_says_where_and_when_it_was_made() -> None:
    export = the_export(SURFACE[0])
    assert export.location == "FB-Surface-1084669"
    assert export.location_id == "5234472179597312"
    assert export.created == datetime(2025, 10, 12, 16, 28, 27, 208_000, tzinfo=UTC)
    assert export.properties == {
        "Location Properties": {
            "Location Name": "FB-Surface-1084669",
            "Location ID": "5234472179597312",
            "Latitude": "38.13036346435547 °",
            "Longitude": "-122.22590637207031 °",
            "TimeAdjustment": "Time shown in UTC",
        }
    }


def test_a_real_column_keeps_the_identifiers_of_the_vendor() -> None:
    field = the_export(SURFACE[0]).readings.schema.field("% Saturation O₂.% sat")
    assert field.metadata == {
        b"parameter": "% Saturation O₂".encode(),
        b"unit": b"% sat",
        b"parameter_id": b"percentSaturationO2",
        b"unit_id": b"% sat",
    }


def test_an_export_without_a_reading_has_no_column_but_the_instant() -> None:
    assert the_export(EMPTY).readings.schema.names == ["timestamp"]


def test_two_exports_that_overlap_give_every_instant_once() -> None:
    readings = combine_exports([the_export(name) for name in SURFACE])
    instants = set[int]().union(*(own_reading(name)[1] for name in SURFACE))
    assert len(instants) == 7_953 + 6_540 - 10
    assert readings["timestamp"].cast("int64").to_pylist() == [at * 1000 for at in sorted(instants)]


def test_a_pattern_chooses_the_exports_of_one_instrument() -> None:
    matching = [name for name in ROWS if location_matches(the_export(name), "FB-Bottom-*")]
    assert matching == [name for name in ROWS if "Bottom" in name]


def test_exports_of_one_place_combine_whatever_their_columns() -> None:
    bottom = [the_export(name) for name in ROWS if "Bottom" in name]
    readings = combine_exports(bottom)
    assert readings.num_rows == 323 + 5_727 - 10
    assert (
        pc.count(readings["Density.g/cm³"]).as_py()
        == pc.count(bottom[1].readings["Density.g/cm³"]).as_py()
    )


@settings(deadline=None)
@given(st.data())
def test_a_real_export_cut_off_anywhere_is_whole_or_refused(data: st.DataObject) -> None:
    whole = (FOLDER / SMALL).read_bytes()
    end = whole.index(b"</table")
    cut = data.draw(st.integers(0, len(whole)))
    if cut > end + len("</table"):
        (export,) = read_export(whole[:cut], name=SMALL)
        assert export.readings.num_rows == ROWS[SMALL]
    else:
        with pytest.raises(ExportError, match=re.escape(SMALL)):
            read_export(whole[:cut], name=SMALL)


@settings(deadline=None)
@given(st.data())
def test_a_real_export_with_bytes_overwritten_is_read_or_refused(data: st.DataObject) -> None:
    whole = (FOLDER / EMPTY).read_bytes()
    begin = data.draw(st.integers(whole.index(b"<body"), len(whole)))
    length = data.draw(st.integers(0, 60))
    damaged = whole[:begin] + data.draw(st.binary(max_size=60)) + whole[begin + length :]
    try:
        exports = read_export(damaged, name=EMPTY)
    except ExportError:
        exports = []
    assert all(export.readings.num_rows == 0 for export in exports)
