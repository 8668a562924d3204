"""What a pull and a refetch store of what they are answered."""

import pytest

from pond_core import Provenance
from pond_pipeline.errors import HydroVuError
from pond_pipeline.periods import Period
from pond_pipeline.record import record
from pond_pipeline.simulator import Faults
from pond_pipeline.steps import Request
from pond_pipeline.steps.pull import pull
from tests.pipeline.steps.station import LOCATION, MARCH, RAW, Station, a_pull, at


def test_late_readings_are_added(station: Station) -> None:
    station.ledger.write("2025-03-10 00:00", "2025-03-12 00:00")
    station.pull("2025-03", now=MARCH)
    station.ledger.write("2025-03-11 00:00")
    station.pull("2025-03", now=MARCH)
    assert station.stamps() == ["2025-03-10 00:00", "2025-03-11 00:00", "2025-03-12 00:00"]


def test_a_corrected_reading_replaces_the_stored_one(station: Station) -> None:
    station.ledger.write("2025-03-10 00:00", value=10.0)
    station.pull("2025-03", now=MARCH)
    station.ledger.write("2025-03-10 00:00", value=11.0)
    station.pull("2025-03", now=MARCH)
    assert station.values() == [11.0]


def test_a_pull_never_takes_a_stored_reading_away(station: Station) -> None:
    station.ledger.write("2025-03-10 00:00", "2025-03-12 00:00")
    station.pull("2025-03", now=MARCH)
    station.ledger.strike("2025-03-10 00:00")
    station.pull("2025-03", now=MARCH)
    assert station.stamps() == ["2025-03-10 00:00", "2025-03-12 00:00"]


def test_a_refetch_asks_for_the_whole_month_and_replaces_it(station: Station) -> None:
    station.ledger.write("2025-02-02 00:00", "2025-02-20 00:00")
    station.pull("2025-02", now=MARCH)
    station.ledger.strike("2025-02-02 00:00")
    asked = station.pull("2025-02", now=MARCH, refetch=True, allow_shrink=True)
    assert asked == [("2025-02-01", "2025-03-01")]
    assert station.stamps() == ["2025-02-20 00:00"]


def test_a_refetch_leaves_other_months_alone(station: Station) -> None:
    station.ledger.write("2025-01-31 23:00", "2025-02-10 00:00", "2025-03-01 00:00")
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    station.ledger.strike("2025-01-31 23:00", "2025-02-10 00:00", "2025-03-01 00:00")
    station.pull("2025-02", now=MARCH, refetch=True, allow_shrink=True)
    assert station.stamps() == ["2025-01-31 23:00", "2025-03-01 00:00"]


def test_equal_readings_keep_when_they_were_fetched(station: Station) -> None:
    station.ledger.write("2025-03-10 00:00")
    station.pull("2025-03", now="2025-03-11")
    station.ledger.write("2025-03-12 00:00")
    station.pull("2025-03", now="2025-03-13")
    fetched = station.pond.snapshot().read_series(RAW)["fetched_at"].to_pylist()
    assert fetched == [at("2025-03-11"), at("2025-03-13")]


def test_a_refetch_of_equal_readings_is_no_transaction(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    station.pull("2025-02", now=MARCH)
    before = station.txn
    station.pull("2025-02", now=MARCH, refetch=True)
    assert station.txn == before


def test_each_month_is_a_transaction_as_soon_as_its_pages_are_there(station: Station) -> None:
    station.serve(page_days=10)
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00")
    with station.client() as client:
        months = [Period.parse(f"2025-{n:02}") for n in (1, 2, 3)]
        update = pull(a_pull(), station.pond.snapshot(), client, months, Request(now=at(MARCH)))
        recorded = record(station.pond, RAW, update, provenance=Provenance())
        next(recorded)
        assert station.stamps() == ["2025-01-05 00:00"]
        list(recorded)
    assert [header.provenance.partitions for header in station.pond.log()] == [
        ("2025-03",),
        ("2025-02",),
        ("2025-01",),
    ]


def test_a_month_is_written_once_though_a_page_reaches_into_the_next(station: Station) -> None:
    station.serve(page_days=20)
    station.ledger.write("2025-01-05 00:00", "2025-01-28 00:00", "2025-02-05 00:00")
    station.ledger.write("2025-02-25 00:00")
    recorded = station.collect("2025-01", "2025-02", now=MARCH)
    assert [(each.period.key, each.txn) for each in recorded] == [("2025-01", 1), ("2025-02", 2)]


def test_pages_in_the_wrong_order_lose_nothing(station: Station) -> None:
    station.serve(page_days=10, faults=Faults(swap_pages=1))
    days = ["2025-01-25 00:00", "2025-02-05 00:00", "2025-02-16 00:00", "2025-03-05 00:00"]
    station.ledger.write(*days)
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    assert station.stamps() == days
    assert station.node().marks[Period.parse("2025-01").window]["rows"] == 1


def test_a_pull_that_is_cut_off_keeps_the_months_that_were_whole(station: Station) -> None:
    station.serve(page_days=10, faults=Faults(status_500_on_page=3, times=None))
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00")
    with pytest.raises(HydroVuError, match=str(LOCATION)):
        station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    assert station.stamps() == ["2025-01-05 00:00"]


def cut_off_refetch(station: Station) -> None:
    """Refetch three months of which the server tells the first, and fails in the second."""
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00", value=1)
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00", value=2)
    station.serve(page_days=20, faults=Faults(status_500_on_page=3, times=None))
    with pytest.raises(HydroVuError):
        station.pull("2025-01", "2025-02", "2025-03", now=MARCH, refetch=True)
    station.simulator.faults = Faults()


def test_a_refetch_that_is_cut_off_replaces_the_months_that_it_has_whole(station: Station) -> None:
    cut_off_refetch(station)
    assert station.values() == [2, 1, 1]


def test_a_refetch_does_not_ask_again_for_what_an_earlier_attempt_committed(
    station: Station,
) -> None:
    cut_off_refetch(station)
    months = ("2025-01", "2025-02", "2025-03")
    done = {Period.parse("2025-01")}
    assert station.pull(*months, now=MARCH, refetch=True, done=done) == [("2025-02-01", "")]
    assert station.values() == [2, 2, 2]


def test_readings_that_a_refetch_brings_late_are_added_to_their_month(station: Station) -> None:
    days = ["2025-01-05 00:00", "2025-01-06 00:00", "2025-02-05 00:00"]
    station.ledger.write(*days)
    station.serve(page_days=31, faults=Faults(swap_pages=1))
    station.pull("2025-01", "2025-02", now=MARCH, refetch=True)
    assert station.stamps() == days


def test_a_pull_that_was_cut_off_goes_on_where_it_stopped(station: Station) -> None:
    station.serve(page_days=10, faults=Faults(status_500_on_page=3, times=None))
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00")
    with pytest.raises(HydroVuError):
        station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    station.simulator.faults = Faults()
    assert station.pull("2025-01", "2025-02", "2025-03", now=MARCH) == [("2025-01-02", "")]
    assert len(station.stamps()) == 3


def test_a_month_without_readings_is_known_to_be_empty(station: Station) -> None:
    station.pull("2025-02", now=MARCH)
    assert station.node().marks[Period.parse("2025-02").window]["rows"] == 0


def test_a_reading_at_the_end_of_a_month_belongs_to_the_next(station: Station) -> None:
    station.ledger.write("2025-03-01 00:00")
    station.pull("2025-02", now=MARCH)
    assert station.stamps() == []


def test_an_instrument_that_sends_two_weeks_at_once_loses_nothing(station: Station) -> None:
    """However long it was silent beyond the overlap, and though its month was asked for since."""
    station.ledger.write(*(f"2025-01-{day:02} 00:00" for day in range(1, 26)))
    months = ("2025-01", "2025-02")
    for now in ("2025-01-25 01:00", "2025-02-02", "2025-02-04", "2025-02-07"):
        station.pull(*months, now=now)
    station.ledger.write(*(f"2025-01-{day} 00:00" for day in range(26, 32)))
    station.ledger.write(*(f"2025-02-{day:02} 00:00" for day in range(1, 9)))
    station.pull(*months, now="2025-02-08 01:00")
    assert len(station.stamps()) == 31 + 8
