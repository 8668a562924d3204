from dataclasses import replace

import pytest

from pond_core import Window
from pond_pipeline.errors import ConfigError
from pond_pipeline.periods import Period
from pond_pipeline.plan import Treatment
from pond_pipeline.simulator import Faults
from pond_pipeline.steps.normalize import normalize
from tests.pipeline.steps.station import (
    DEPTH,
    FAHRENHEIT,
    QUARANTINE,
    RAW,
    TABLE,
    Station,
    a_normalize,
    at,
)

MARCH = "2025-03-20"
PACIFIC = "America/Los_Angeles"


def collected(station: Station, *months: str, now: str = MARCH) -> None:
    station.pull(*months, now=now)
    station.learn_names()


def test_a_table_has_one_row_per_instant_and_one_column_per_parameter(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", value=10.0)
    station.ledger.write("2025-02-10 00:00", key=DEPTH, value=2.5)
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    table = station.pond.snapshot().read_series(TABLE)
    assert table.drop_columns("timestamp").to_pylist() == [{"Temperature.C": 10.0, "Depth.m": 2.5}]


def test_the_table_of_an_instrument_that_was_never_asked_is_empty_until_it_was(
    station: Station,
) -> None:
    station.ledger.write("2025-02-10 00:00")
    station.learn_names()
    station.normalize("2025-02", now=MARCH)
    assert station.stamps(TABLE) == []
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    assert station.stamps(TABLE) == ["2025-02-10 00:00"]


def test_a_column_keeps_the_ids_that_it_came_from(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    metadata = station.pond.snapshot().read_series(TABLE).field("Temperature.C").metadata
    assert (metadata[b"parameter"], metadata[b"unit"]) == (b"Temperature", b"C")


def test_months_that_are_up_to_date_are_not_computed(station: Station) -> None:
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    update = normalize(
        a_normalize(), station.pond.snapshot(), [Period.parse("2025-02")], now=at("2025-04-01")
    )
    assert (list(update.batches), dict(update.beside)) == ([], {})


def test_only_the_months_that_are_behind_are_computed(station: Station) -> None:
    station.ledger.write("2025-01-10 00:00", "2025-02-10 00:00")
    collected(station, "2025-01", "2025-02")
    station.normalize("2025-01", now=MARCH)
    recorded = station.normalize("2025-01", "2025-02", now=MARCH)
    assert [each.period.key for each in recorded] == ["2025-02"]


def test_a_reading_of_a_wrong_clock_is_in_the_quarantine_alone(station: Station) -> None:
    station.ledger.write("1970-01-01 01:00", "2025-01-10 00:00")
    collected(station, "2025-01")
    station.normalize("2025-01", now=MARCH)
    assert station.stamps(TABLE) == ["2025-01-10 00:00"]
    assert station.stamps(QUARANTINE) == ["1970-01-01 01:00"]


def test_a_table_and_its_quarantine_are_one_transaction_and_marked_only_where_they_change(
    station: Station,
) -> None:
    station.ledger.write("1970-01-01 01:00", "2025-01-10 00:00")
    collected(station, "2025-01")
    before = station.pond.snapshot().txn
    station.normalize("2025-01", now=MARCH)
    assert station.pond.snapshot().txn == before + 1
    aside = station.node(QUARANTINE)
    station.ledger.write("2025-01-11 00:00")
    station.pull("2025-01", now=MARCH)
    station.normalize("2025-01", now=MARCH)
    assert station.stamps(TABLE) == ["2025-01-10 00:00", "2025-01-11 00:00"]
    assert station.node(QUARANTINE) == aside


def test_a_reading_from_the_future_is_in_the_quarantine_of_the_month_that_is_running(
    station: Station,
) -> None:
    station.ledger.write("2025-02-10 00:00", "2044-07-01 00:00")
    collected(station, "2025-02", "2025-03")
    station.normalize("2025-02", "2025-03", now=MARCH)
    marks = station.node(QUARANTINE).marks
    rows = {window.start: facts["rows"] for window, facts in marks.items()}
    assert station.stamps(QUARANTINE) == ["2044-07-01 00:00"]
    assert rows == {at("2025-02-01"): 0, at("2025-03-01"): 1}


def test_a_reading_from_the_future_is_in_the_quarantine_once_when_the_months_move_on(
    station: Station,
) -> None:
    station.ledger.write("2025-03-10 00:00", "2044-07-01 00:00")
    collected(station, "2025-03")
    station.normalize("2025-03", now=MARCH)
    station.pull("2025-03", "2025-04", now="2025-04-02")
    station.normalize("2025-03", "2025-04", now="2025-04-02")
    marks = station.node(QUARANTINE).marks
    assert station.stamps(QUARANTINE) == ["2044-07-01 00:00"]
    assert [facts["rows"] for _, facts in sorted(marks.items(), key=_start)] == [0, 1]


def test_readings_before_the_instrument_counts_are_left_out(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", "2025-02-20 00:00")
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH, step=a_normalize(start="2025-02-15"))
    assert station.stamps(TABLE) == ["2025-02-20 00:00"]


def test_a_clock_in_local_time_is_turned_into_utc_over_the_edge_of_a_month(
    station: Station,
) -> None:
    step = a_normalize(clock=PACIFIC)
    station.ledger.write("2025-01-31 17:00")  # 2025-02-01 01:00 in UTC
    collected(station, "2025-01", "2025-02")
    station.normalize("2025-01", "2025-02", now=MARCH, step=step)
    rows = {facts["partition"]: facts["rows"] for facts in station.node(TABLE).marks.values()}
    assert station.stamps(TABLE) == ["2025-02-01 01:00"]
    assert rows == {"2025-01": 0, "2025-02": 1}


def test_a_late_reading_near_the_edge_of_a_month_puts_both_months_behind(
    station: Station,
) -> None:
    step = a_normalize(clock=PACIFIC)
    station.ledger.write("2025-02-02 00:00")
    collected(station, "2025-01", "2025-02")
    station.normalize("2025-01", "2025-02", now=MARCH, step=step)
    station.ledger.write("2025-01-31 17:00")
    station.pull("2025-01", "2025-02", now=MARCH, refetch=True)
    recorded = station.normalize("2025-01", "2025-02", now=MARCH, step=step)
    assert [each.period.key for each in recorded] == ["2025-01", "2025-02"]
    assert station.stamps(TABLE) == ["2025-02-01 01:00", "2025-02-02 08:00"]


def test_an_id_without_a_name_still_gets_a_column(station: Station) -> None:
    station.serve(page_days=400, faults=Faults(unknown_parameter=True))
    station.ledger.write("2025-02-10 00:00")
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    assert len(station.pond.snapshot().read_series(TABLE).column_names) == 3


def test_raw_readings_stay_as_they_came(station: Station) -> None:
    station.ledger.write("1970-01-01 01:00", "2025-01-10 00:00")
    collected(station, "2025-01")
    before = station.pond.snapshot().read_series(RAW)
    station.normalize("2025-01", now=MARCH)
    assert station.pond.snapshot().read_series(RAW).equals(before)


def test_a_parameter_whose_unit_changes_becomes_one_column(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", value=10.0)
    station.ledger.write("2025-02-20 00:00", key=FAHRENHEIT, value=68.0)
    collected(station, "2025-02")
    step = replace(a_normalize(), treatment=Treatment(units={"Temperature": "C"}))
    station.normalize("2025-02", now=MARCH, step=step)
    table = station.pond.snapshot().read_series(TABLE)
    assert table.column_names == ["timestamp", "Temperature.C"]
    assert table["Temperature.C"].to_pylist() == [10.0, 20.0]


def test_without_a_wanted_unit_each_has_a_column_of_its_own(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", value=10.0)
    station.ledger.write("2025-02-20 00:00", key=FAHRENHEIT, value=68.0)
    collected(station, "2025-02")
    station.normalize("2025-02", now=MARCH)
    columns = station.pond.snapshot().read_series(TABLE).column_names
    assert columns == ["timestamp", "Temperature.C", "Temperature.F"]


def test_a_unit_of_another_dimension_is_refused_and_named(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    collected(station, "2025-02")
    step = replace(a_normalize(), treatment=Treatment(units={"Temperature": "m"}))
    with pytest.raises(ConfigError, match="Temperature"):
        station.normalize("2025-02", now=MARCH, step=step)


def _start(mark: tuple[Window, object]) -> int:
    return mark[0].start_us or 0
