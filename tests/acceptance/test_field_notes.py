"""The recipe of docs/field-notes.md, as it stands there: notes and bottles beside a sonde."""

import re
from pathlib import Path

import pytest

from tests.acceptance.lake import Lake
from tests.pipeline.steps.exports import put

PAGE = (Path(__file__).parents[2] / "docs" / "field-notes.md").read_text(encoding="utf-8")
SHEET, RESOURCES = (
    re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]  # it is there
    for language in ("text", "yaml")
)
REDUCE = """---
kind: Reduce
name: days
spec:
  collections:
    - name: sites
      resolutions: [1d]
      datasets: [{in_pattern: /combined/bay/Pier, out_pattern: Pier}]
"""
SITE = "/combined/bay/Pier"
MONTHS = ("--from", "2025-01", "--to", "2025-03")
READINGS = """Timestamp,Location,Parameter,Value
2025-01-10 09:30,Pier-1,Salinity (psu),31.0
2025-01-10 09:45,Pier-1,Salinity (psu),31.1
2025-02-07 10:00,Pier-1,Salinity (psu),30.5
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    put(tmp_path, "inbox/notes/Pier/2025.csv", SHEET)
    put(tmp_path, "inbox/exports/a.csv", READINGS)
    file = put(tmp_path, "resources.yaml", RESOURCES + REDUCE)
    return Lake(tmp_path, file, {})


def cells(lake: Lake, *columns: str) -> dict[str, tuple[object, ...]]:
    """Return rows of the site by instant, in UTC."""
    table = lake.series(SITE).select(["timestamp", *columns]).to_pylist()
    return {f"{row['timestamp']:%m-%d %H:%M}": tuple(map(row.get, columns)) for row in table}


def test_notes_and_bottles_stand_beside_the_readings(lake: Lake) -> None:
    lake.complete(*MONTHS)
    assert cells(lake, "Sonde.Salinity.psu", "Grab.Salinity.psu", "Grab.Who") == {
        "01-10 17:30": (31.0, 31.2, "Ana"),
        "01-10 17:45": (31.1, None, None),
        "01-24 18:00": (None, None, "Ben"),
        "02-07 17:45": (None, 30.8, "Ana"),
        "02-07 18:00": (30.5, None, None),
    }
    assert cells(lake, "Grab.Note")["01-10 17:30"] == ("Cleaned the sonde, changed its wiper",)
    assert {str(lake.series(SITE).schema.field(f"Grab.{n}").type) for n in ("Who", "Note")} == {
        "string"
    }


def test_numbers_of_bottles_are_downsampled_and_notes_are_left_out(lake: Lake) -> None:
    lake.complete(*MONTHS)
    columns = lake.series("/reduced/days/sites/Pier/res=1d").column_names
    assert "Grab.Salinity.psu.avg" in columns
    assert not [name for name in columns if "Note" in name or "Who" in name]


def test_another_sheet_of_the_place_gives_the_same_columns(lake: Lake) -> None:
    header = SHEET.partition("\n")[0]
    put(lake.folder, "inbox/notes/Pier/spring.csv", f"{header}\n2025-03-01 08:00,Eve,Calm,30,8\n")
    lake.complete(*MONTHS)
    assert cells(lake, "Grab.Who")["03-01 16:00"] == ("Eve",)
    assert cells(lake, "Grab.Who")["01-10 17:30"] == ("Ana",)


def test_a_new_note_joins_its_own_month_again_and_no_other(lake: Lake) -> None:
    lake.complete(*MONTHS)
    before = lake.snapshot().node(SITE).pieces
    put(lake.folder, "inbox/notes/Pier/2025.csv", SHEET + "2025-02-21 09:00,Ben,Fog,30.9,8.1\n")
    lake.complete(*MONTHS)
    after = lake.snapshot().node(SITE).pieces
    assert cells(lake, "Grab.Note")["02-21 17:00"] == ("Fog",)
    assert before[0] == after[0]


def test_a_sheet_with_a_cell_that_is_no_number_keeps_what_was_made_before(lake: Lake) -> None:
    lake.complete(*MONTHS)
    put(lake.folder, "inbox/notes/Pier/2025.csv", SHEET.replace("30.8", "about 31"))
    result = lake.run(*MONTHS)
    assert result.exit_code == 1
    assert "about 31" in result.stderr
    assert cells(lake, "Grab.Salinity.psu")["02-07 17:45"] == (30.8,)
