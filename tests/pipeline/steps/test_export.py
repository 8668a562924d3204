from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import Pond, Provenance
from pond_pipeline.config import QualityRule
from pond_pipeline.plan import ExportStep, LakeTechSource, Treatment
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps.export import export, export_due
from tests.pipeline.steps.exports import (
    FILES,
    TABLE,
    a_files_step,
    a_folder,
    age,
    an_export_step,
    keep,
    look,
    put,
    write_export,
)
from tests.pipeline.waters import at, months_of, rows_of

MONTHS = ("2025-01", "2025-02", "2025-03")
COLUMN = "Temp.C"
REPORT = """<html><head><meta name="isi-report-created" content="{created}"/></head>
<body><table id="isi-report">
<tr class="sectionHeader"><td isi-group="LocationProperties">Location Properties</td></tr>
<tr class="sectionMember"><td isi-group-member="LocationProperties" isi-property="Name">
<span>Location Name</span> = <span>Pier-1</span></td></tr>
<tr class="dataHeader" isi-data-table=""><td isi-data-column-header="DateTime">Date Time</td>
<td isi-data-column-header="Parameter">Temp (C)</td></tr>
{rows}</table></body></html>
"""


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def gather(pond: Pond, inbox: Path, source: LakeTechSource | None = None) -> None:
    """Keep what is in the folder."""
    inbox.mkdir(exist_ok=True)
    step = a_files_step(source or a_folder(inbox.parent))
    keep(pond, step, look(step, pond))


def run(
    pond: Pond,
    inbox: Path,
    source: LakeTechSource | None = None,
    step: ExportStep | None = None,
) -> list[Recorded]:
    """Keep what is in the folder, and bring the table up to date."""
    gather(pond, inbox, source)
    step = step or an_export_step(source or a_folder(inbox.parent))
    update = export(step, pond.snapshot(), months_of(*MONTHS))
    return list(record(pond, TABLE, update, provenance=Provenance()))


def behind(pond: Pond, step: ExportStep) -> list[str]:
    """Return the months in which the table is behind the files that are kept."""
    return [each.period.key for each in export_due(step, pond.snapshot(), months_of(*MONTHS))]


def a_report(created: str, *readings: str) -> str:
    """Return an exported page of readings such as `2025-01-01 00:00=5`, or `=` for a gap."""
    rows = "".join(
        f'<tr class="data" isi-data-row="" isi-hv-timestamp="{at(when).timestamp() * 1000:.0f}">'
        f'<td class="dateTime">-</td><td>{value}</td></tr>'
        for when, _, value in (each.partition("=") for each in readings)
    )
    return REPORT.format(created=created, rows=rows)


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
    put(inbox, "b.csv", "nothing of the kind")
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5}


def test_without_files_the_months_are_empty(pond: Pond, inbox: Path) -> None:
    assert [each.rows for each in run(pond, inbox)] == [0, 0, 0]


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


def test_a_new_file_puts_the_months_that_it_touches_behind_and_no_other(
    pond: Pond, inbox: Path
) -> None:
    write_export(inbox, "a.csv", *(f"2025-0{n}-01 00:00,Pier-1,Temp (C),5" for n in (1, 2, 3)))
    run(pond, inbox)
    write_export(inbox, "b.csv", "2025-02-09 00:00,Pier-1,Temp (C),6")
    gather(pond, inbox)
    assert behind(pond, an_export_step(a_folder(inbox.parent))) == ["2025-02"]


def test_a_month_is_not_behind_a_file_whose_readings_there_are_another_place_s(
    pond: Pond, inbox: Path
) -> None:
    run(pond, inbox)
    rows = ("2025-01-01 00:00,Pier-1,Temp (C),5", "2025-03-01 00:00,Dock-1,Temp (C),5")
    write_export(inbox, "a.csv", *rows)
    gather(pond, inbox)
    assert behind(pond, an_export_step(a_folder(inbox.parent))) == ["2025-01"]


def test_a_file_that_shrank_puts_the_months_that_it_left_behind_too(
    pond: Pond, inbox: Path
) -> None:
    rows = ("2025-01-01 00:00,Pier-1,Temp (C),5", "2025-03-01 00:00,Pier-1,Temp (C),6")
    write_export(inbox, "a.csv", *rows)
    run(pond, inbox)
    write_export(inbox, "a.csv", rows[0])
    gather(pond, inbox)
    assert behind(pond, an_export_step(a_folder(inbox.parent))) == ["2025-01", "2025-03"]
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 5}


def test_a_file_without_a_reading_puts_nothing_behind(pond: Pond, inbox: Path) -> None:
    run(pond, inbox)
    put(inbox, "a.csv", a_report("2025-05-01 00:00:00"))
    gather(pond, inbox)
    assert behind(pond, an_export_step(a_folder(inbox.parent))) == []


def test_a_file_that_was_touched_and_not_changed_puts_nothing_behind(
    pond: Pond, inbox: Path
) -> None:
    file = write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    age(file)
    assert run(pond, inbox) == []


def test_only_files_that_touch_what_is_due_are_read(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    run(pond, inbox)
    with pond.transaction() as tx:  # damage that only reading would notice
        facts = tx.node(f"{FILES}/a.csv").attributes
        tx.remove(f"{FILES}/a.csv")
        tx.write_data(f"{FILES}/a.csv", b"no export")
        tx.mark(f"{FILES}/a.csv", facts)
    write_export(inbox, "b.csv", "2025-02-01 00:00,Pier-1,Temp (C),6")
    gather(pond, inbox)
    step = an_export_step(a_folder(inbox.parent))
    update = export(step, pond.snapshot(), months_of("2025-02", "2025-03"))
    assert [each.rows for each in record(pond, TABLE, update, provenance=Provenance())] == [1]


def test_a_cell_that_is_empty_in_the_newest_report_is_filled_from_the_one_before(
    pond: Pond, inbox: Path
) -> None:
    old = a_report("2025-04-01 00:00:00", "2025-01-01 00:00=1", "2025-01-01 01:00=2")
    new = a_report("2025-05-01 00:00:00", "2025-01-01 00:00=", "2025-01-01 01:00=3")
    put(inbox, "z.htm", old)
    put(inbox, "a.htm", new)
    source = a_folder(inbox.parent, pattern="inbox/*.htm")
    run(pond, inbox, source)
    assert rows_of(pond, TABLE, COLUMN) == {"2025-01-01 00:00": 1, "2025-01-01 01:00": 3}


def test_which_report_is_the_newest_does_not_depend_on_the_months_that_are_due(
    pond: Pond, inbox: Path
) -> None:
    row = "2025-01-01 00:00,Pier-1,Temp (C),{}"
    write_export(inbox, "z.csv", row.format(1), "2025-01-05 00:00,Pier-1,Temp (C),1")
    write_export(inbox, "a.csv", row.format(2), "2025-03-05 00:00,Pier-1,Temp (C),2")
    run(pond, inbox)
    assert rows_of(pond, TABLE, COLUMN)["2025-01-01 00:00"] == 2


def with_tests(inbox: Path) -> ExportStep:
    """Return a step that wants Fahrenheit, and flags what differs much from its neighbors."""
    spike = {"parameter": "Temp", "spike": {"suspect": 5.0, "fail": 9.0}}
    return replace(
        an_export_step(a_folder(inbox.parent, pattern="inbox/*.htm")),
        treatment=Treatment(units={"Temp": "F"}, quality=(QualityRule.model_validate(spike),)),
    )


def test_a_place_is_in_the_units_that_are_asked_for_and_has_flags(pond: Pond, inbox: Path) -> None:
    put(inbox, "a.htm", a_report("2025-05-01 00:00:00", "2025-01-01 00:00=5"))
    step = with_tests(inbox)
    run(pond, inbox, step.source, step)
    table = pond.snapshot().read_series(TABLE)
    assert table["Temp.F"].to_pylist() == [41]
    assert [name for name in table.column_names if name.startswith("Temp.F.")]


def test_a_month_is_behind_the_readings_around_it_that_its_tests_look_at(
    pond: Pond, inbox: Path
) -> None:
    for month in (1, 2, 3):
        rows = (f"2025-0{month}-{day:02} 00:00={day}" for day in (1, 9, 28))
        put(inbox, f"{month}.htm", a_report("2025-05-01 00:00:00", *rows))
    step = with_tests(inbox)
    run(pond, inbox, step.source, step)
    put(inbox, "new.htm", a_report("2025-05-02 00:00:00", "2025-03-02 00:00=99"))
    gather(pond, inbox, step.source)
    assert behind(pond, step) == ["2025-02", "2025-03"]


HOURS = [f"2025-0{month}-{day:02} 00:00" for month in (1, 2, 3) for day in (1, 2, 28)]
REPORTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),  # the file
        st.integers(1, 9),  # the day on which it was made
        st.dictionaries(st.sampled_from(HOURS), st.none() | st.integers(-9, 9), max_size=5),
    ),
    max_size=6,
)


@settings(max_examples=25)
@given(REPORTS)
def test_file_by_file_the_table_is_what_the_newest_reports_say_of_each_cell(
    reports: list[tuple[str, int, dict[str, int | None]]],
) -> None:
    with TemporaryDirectory() as folder:
        pond = Pond.init(Path(folder) / "pond", durability="process")
        inbox = Path(folder) / "inbox"
        source = a_folder(inbox.parent, pattern="inbox/*.htm")
        files: dict[str, tuple[int, int, dict[str, int | None]]] = {}
        for step, (name, day, cells) in zip(count(), reports, strict=False):
            text = (f"{when}={'' if value is None else value}" for when, value in cells.items())
            put(inbox, f"{name}.htm", a_report(f"2025-06-0{day} 00:00:{step:02}", *text))
            files[name] = (day, step, cells)
            run(pond, inbox, source)
        newest: dict[str, int | None] = {}
        for *_, cells in sorted(files.values(), key=lambda file: file[:2]):
            for when, value in cells.items():
                newest[when] = newest.get(when) if value is None else value
        if not newest:
            return
        assert rows_of(pond, TABLE, COLUMN) == dict(sorted(newest.items()))


@settings(max_examples=25)
@given(REPORTS)
def test_file_by_file_the_table_and_its_flags_are_those_of_all_files_at_once(
    reports: list[tuple[str, int, dict[str, int | None]]],
) -> None:
    with TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        step = with_tests(inbox)
        pond, other = (Pond.init(Path(folder) / n, durability="process") for n in ("a", "b"))
        for name, day, cells in reports:
            text = (f"{when}={'' if value is None else value}" for when, value in cells.items())
            put(inbox, f"{name}.htm", a_report(f"2025-06-0{day} 00:00:00", *text))
            run(pond, inbox, step.source, step)
        run(pond, inbox, step.source, step)
        run(other, inbox, step.source, step)
        assert pond.snapshot().read_series(TABLE) == other.snapshot().read_series(TABLE)
