"""Files of a project by period: which there are, and what they are called."""

from datetime import UTC, datetime

import polars as pl
import pyarrow as pa
import pytest

from pond_core import Window, to_us
from pond_pipeline.observable.project import opened
from tests.observable.quay import BEGIN, END, Quay, instants, readings, told

LOST = datetime(1970, 1, 1, 3, tzinfo=UTC)
"""What a logger says that has lost its clock."""

SERIES = "/odd/Sonde"
FOLDER = "src/data/odd-sonde"
YEAR_9999_US = to_us(datetime(9999, 7, 1, tzinfo=UTC))
CYCLE_US = 146_097 * 86_400_000_000
"""400 years: the calendar repeats."""


def names(quay: Quay) -> list[str]:
    """Return the files of the series, by their names without the end."""
    return sorted(each.stem for each in (quay.project / FOLDER).iterdir())


def write_instants(quay: Quay, *instants_us: int) -> None:
    """Let the series have readings at these instants."""
    rows = readings([BEGIN] * len(instants_us), "value", {})
    times = pa.array(sorted(instants_us), pa.timestamp("us", "UTC"))
    with quay.pond.transaction() as tx:
        tx.write_window(SERIES, rows.set_column(0, rows.schema.field(0), times), Window())


def test_years_without_rows_between_a_lost_clock_and_now_have_no_file(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        tx.write_window(SERIES, readings([LOST, *instants()], "value", {}), Window())
    done = told(quay, SERIES)
    assert names(quay) == ["1970", "2024", "2025"]
    page = (quay.project / "src/series/odd-sonde.md").read_text()
    assert page.count("FileAttachment(") == 3
    assert f"{len(instants()) + 1} rows from 1970-01-01 03:00 to 2025-01-29 23:00" in page
    assert told(quay, SERIES)["files"] == done["files"]


def test_days_without_rows_have_no_file(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        tx.write_window(SERIES, readings([LOST, END], "value", {}), Window())
    quay.export(SERIES, "--by", "year,month,day", "--timezone", "America/Los_Angeles")
    assert names(quay) == ["1969-12-31", "2025-01-29"]


def test_a_year_whose_rows_were_replaced_by_none_loses_its_file(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        tx.write_window(SERIES, readings([LOST, *instants()], "value", {}), Window())
    quay.export(SERIES)
    with quay.pond.transaction() as tx:
        empty = readings([], "value", {})
        tx.write_window(SERIES, empty, Window.of(BEGIN, datetime(2025, 1, 1, tzinfo=UTC)))
    quay.export(SERIES)
    assert names(quay) == ["1970", "2025"]
    frame = pl.read_parquet(quay.project / FOLDER / "*.parquet")
    assert frame.height == quay.pond.snapshot().read_series(SERIES).num_rows


def test_which_periods_have_rows_is_found_out_once(quay: Quay) -> None:
    def again() -> list[int]:
        raise AssertionError("it was found out before")

    with opened(quay.project, force=False) as project:
        assert project.recall("piece", lambda: [0, 1]) == [0, 1]
        project.finish()
    with opened(quay.project, force=False) as project:
        assert project.recall("piece", again) == [0, 1]
        project.finish()
    with opened(quay.project, force=False) as project:
        project.finish()


def test_years_of_any_number_of_digits_are_told_apart(quay: Quay) -> None:
    year_900 = to_us(datetime(900, 7, 1, tzinfo=UTC))
    write_instants(
        quay, year_900 - 5 * CYCLE_US, year_900, YEAR_9999_US, YEAR_9999_US + 5 * CYCLE_US
    )
    quay.export(SERIES)
    assert names(quay) == ["-1100", "0900", "11999", "9999"]
    page = (quay.project / "src/series/odd-sonde.md").read_text()
    order = [
        page.index(f'FileAttachment("/data/odd-sonde/{each}.parquet"')
        for each in ("-1100", "0900", "9999", "11999")
    ]
    assert order == sorted(order)
    assert "4 rows from 0001-01-01 00:00 to 9999-12-31 23:59 UTC." in page
    assert "start_time: -33765897600," in page


@pytest.mark.parametrize(
    ("zone", "months"),
    [
        # Its clocks were those of the place, 10:40 behind.
        ("Pacific/Kiritimati", ["0000-12", "0400-12", "10399-07", "9999-07"]),
        ("America/Los_Angeles", ["0000-12", "0400-12", "10399-06", "9999-06"]),
        ("Asia/Tokyo", ["0001-01", "0401-01", "10399-07", "9999-07"]),
    ],
)
def test_months_at_the_ends_of_the_calendar_have_the_clocks_of_a_zone(
    quay: Quay, zone: str, months: list[str]
) -> None:
    first = to_us(datetime(1, 1, 1, tzinfo=UTC))
    write_instants(quay, first, first + CYCLE_US, YEAR_9999_US, YEAR_9999_US + CYCLE_US)
    quay.export(SERIES, "--by", "year,month", "--timezone", zone)
    assert names(quay) == months


def test_an_instant_in_no_calendar_is_told(quay: Quay) -> None:
    write_instants(quay, 2**63 - 1)
    refused = quay.command("export", SERIES, quay.project, "--observable")
    assert refused.exit_code == 1
    assert "us after 1970 is in no calendar" in refused.stderr
    assert "--since and --until" in refused.stderr
