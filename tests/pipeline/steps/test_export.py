from pathlib import Path

import pytest

from pond_core import Pond, Provenance
from pond_pipeline.plan import LakeTechSource
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps import collect_files, export
from tests.pipeline.steps.exports import (
    FILES,
    TABLE,
    a_files_step,
    a_folder,
    an_export_step,
    write_export,
)
from tests.pipeline.waters import months_of, rows_of

MONTHS = ("2025-01", "2025-02")
COLUMN = "Temp.C"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def run(pond: Pond, inbox: Path, source: LakeTechSource | None = None) -> list[Recorded]:
    """Keep what is in the folder, and bring the table up to date."""
    source = source or a_folder(inbox.parent)
    files = collect_files(a_files_step(source), pond.snapshot(), {})
    with pond.transaction() as tx:
        tx.mkdir(FILES, parents=True, exist_ok=True)
        for name, data in files.contents.items():
            tx.write_data(f"{FILES}/{name}", data)
            tx.mark(f"{FILES}/{name}", files.verdicts[name].facts())
    update = export(an_export_step(source), pond.snapshot(), months_of(*MONTHS))
    return list(record(pond, TABLE, update, provenance=Provenance()))


def test_a_place_holds_the_readings_of_all_its_files(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    write_export(inbox, "b.csv", "2025-02-01 00:00,Pier-2,Temp (C),6")
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5, "2025-02-01 00:00": 6}


def test_the_readings_of_other_places_are_left_out(pond: Pond, inbox: Path) -> None:
    rows = ("2025-01-01 00:00,Pier-1,Temp (C),5", "2025-01-01 01:00,Dock-1,Temp (C),6")
    write_export(inbox, "a.csv", *rows)
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5}


def test_readings_before_the_start_are_left_out(pond: Pond, inbox: Path) -> None:
    rows = ("2024-12-31 23:00,Pier-1,Temp (C),4", "2025-01-01 00:00,Pier-1,Temp (C),5")
    write_export(inbox, "a.csv", *rows)
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5}


def test_a_file_that_is_no_export_does_not_hinder_the_others(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    (inbox / "b.csv").write_text("nothing of the kind")
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5}


def test_without_files_the_months_are_empty(pond: Pond, inbox: Path) -> None:
    inbox.mkdir(exist_ok=True)
    assert [each.rows for each in run(pond, inbox)] == [0, 0]


def test_without_a_new_file_nothing_is_computed(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    assert run(pond, inbox) == []


def test_a_file_of_another_place_computes_nothing(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    write_export(inbox, "b.csv", "2025-01-01 00:00,Dock-1,Temp (C),5")
    assert run(pond, inbox) == []


def test_a_new_file_writes_only_the_months_that_differ(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    pieces = pond.snapshot().node(TABLE).pieces
    write_export(inbox, "b.csv", "2025-02-01 00:00,Pier-1,Temp (C),6")
    run(pond, inbox)
    assert pond.snapshot().node(TABLE).pieces[0] == pieces[0]
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5, "2025-02-01 00:00": 6}


def test_another_zone_moves_the_readings(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    run(pond, inbox, a_folder(inbox.parent, zone="UTC-08:00"))
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 08:00": 5}
