from dataclasses import replace

import pytest

from pond_core import Provenance
from pond_pipeline.errors import HydroVuError, SourceError
from pond_pipeline.periods import Period
from pond_pipeline.record import record
from pond_pipeline.simulator import Faults
from pond_pipeline.steps import Request
from pond_pipeline.steps.pull import pull, pull_due
from tests.pipeline.steps.station import DEPTH, LOCATION, RAW, Station, a_pull, at

MARCH = "2025-03-20"


def test_months_that_were_never_fetched_are_asked_for_whole(station: Station) -> None:
    assert station.pull("2025-02", now=MARCH) == [("2025-02-01", "2025-03-01")]


def test_months_without_a_gap_are_one_question(station: Station) -> None:
    asked = station.pull("2025-02", "2025-03", now="2025-05-20")
    assert asked == [("2025-02-01", "2025-04-01")]


def test_months_with_a_gap_are_several_questions(station: Station) -> None:
    asked = station.pull("2025-02", "2025-04", now="2025-05-20")
    assert asked == [("2025-02-01", "2025-03-01"), ("2025-04-01", "2025-05-01")]


def test_the_first_month_asks_for_what_a_wrong_clock_stamped_long_ago(station: Station) -> None:
    station.ledger.write("1970-01-01 01:00", "2025-01-05 00:00")
    asked = station.pull("2025-01", now=MARCH)
    assert asked == [("1970-01-01", "2000-01-01"), ("2025-01-01", "2025-02-01")]
    assert station.stamps() == ["1970-01-01 01:00", "2025-01-05 00:00"]


def test_the_first_month_asks_for_long_ago_only_once(station: Station) -> None:
    station.ledger.write("2025-01-05 00:00")
    station.pull("2025-01", now="2025-01-06")
    assert station.pull("2025-01", now="2025-01-07") == [("2025-01-02", "")]


def test_the_month_that_is_running_is_asked_for_without_an_end(station: Station) -> None:
    assert station.pull("2025-03", now=MARCH) == [("2025-03-01", "")]


def test_readings_stamped_in_the_future_are_kept_in_the_month_that_is_running(
    station: Station,
) -> None:
    station.ledger.write("2025-03-19 00:00", "2044-07-01 00:00")
    station.pull("2025-03", now=MARCH)
    assert station.stamps() == ["2025-03-19 00:00", "2044-07-01 00:00"]


def test_a_month_that_was_fetched_is_asked_again_from_the_newest_reading_less_the_overlap(
    station: Station,
) -> None:
    station.ledger.write("2025-03-10 12:00", "2025-03-19 12:00")
    station.pull("2025-03", now=MARCH)
    assert station.pull("2025-03", now="2025-03-21") == [("2025-03-16 12:00", "")]


def test_the_overlap_reaches_into_the_month_before(station: Station) -> None:
    station.ledger.write("2025-02-28 18:00", "2025-03-01 12:00")
    station.pull("2025-02", "2025-03", now="2025-03-02")
    asked = station.pull("2025-02", "2025-03", now="2025-03-03")
    assert asked == [("2025-02-25 18:00", "")]


def test_a_past_month_that_has_its_readings_is_not_asked_for_again(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", "2025-03-19 00:00")
    station.pull("2025-02", "2025-03", now=MARCH)
    assert station.pull("2025-02", now=MARCH) == []


def test_readings_stamped_in_the_future_do_not_move_the_watermark(station: Station) -> None:
    station.ledger.write("2025-03-19 12:00", "2044-07-01 00:00")
    station.pull("2025-03", now=MARCH)
    assert station.pull("2025-03", now="2025-03-21") == [("2025-03-16 12:00", "")]


def test_readings_stamped_long_ago_do_not_move_the_watermark(station: Station) -> None:
    station.ledger.write("1970-01-01 01:00")
    station.pull("2025-01", "2025-02", now=MARCH)
    assert station.pull("2025-02", now=MARCH) == [("2025-02-01", "2025-03-01")]


def test_a_parameter_that_lags_behind_is_asked_for_from_its_own_newest_reading(
    station: Station,
) -> None:
    station.ledger.write("2025-03-19 12:00")
    station.ledger.write("2025-03-09 06:00", key=DEPTH)
    station.pull("2025-03", now=MARCH)
    assert station.pull("2025-03", now="2025-03-21") == [("2025-03-09 06:00", "")]


def test_a_parameter_that_was_not_seen_for_two_weeks_holds_nothing_back(station: Station) -> None:
    station.ledger.write("2025-03-19 12:00")
    station.ledger.write("2025-03-05 11:00", key=DEPTH)
    station.pull("2025-03", now=MARCH)
    assert station.pull("2025-03", now="2025-03-21") == [("2025-03-16 12:00", "")]


def test_a_month_before_the_instrument_is_empty_without_asking(station: Station) -> None:
    later = a_pull(start="2025-03-05")
    assert station.pull("2025-01", "2025-02", now=MARCH, step=later) == []
    assert station.node().marks[Period.parse("2025-01").window]["rows"] == 0


def test_a_month_after_the_instrument_is_empty_without_asking(station: Station) -> None:
    retired = a_pull(until="2025-02-10T12:00")
    assert station.pull("2025-03", now=MARCH, step=retired) == []


def test_no_more_is_asked_for_than_when_the_instrument_counts(station: Station) -> None:
    brief = a_pull(start="2025-02-05", until="2025-02-10T12:00")
    asked = station.pull("2025-02", now=MARCH, step=brief)
    assert asked[-1] == ("2025-02-05", "2025-02-10 12:00")


def test_an_instrument_that_is_not_active_is_not_asked_for(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    assert station.pull("2025-02", now=MARCH, step=a_pull(active=False)) == []
    assert station.stamps() == []


def test_what_was_collected_stays_when_an_instrument_is_no_longer_active(station: Station) -> None:
    station.ledger.write("2025-03-10 00:00")
    station.pull("2025-03", now=MARCH)
    station.pull("2025-03", now=MARCH, step=a_pull(active=False))
    assert station.stamps() == ["2025-03-10 00:00"]


def test_months_are_asked_for_once_an_instrument_is_active_again(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    station.pull("2025-02", now=MARCH, step=a_pull(active=False))
    assert station.pull("2025-02", now=MARCH) == [("2025-02-01", "2025-03-01")]
    assert station.stamps() == ["2025-02-10 00:00"]


def test_months_before_are_asked_for_when_the_start_is_moved_earlier(station: Station) -> None:
    station.ledger.write("2025-02-02 00:00", "2025-02-20 00:00")
    later = a_pull(start="2025-02-15")
    station.pull("2025-01", "2025-02", now=MARCH, step=later)
    station.pull("2025-01", "2025-02", now=MARCH)
    assert station.stamps() == ["2025-02-02 00:00", "2025-02-20 00:00"]


def test_an_end_that_is_set_does_not_ask_for_all_history_once_more(station: Station) -> None:
    station.ledger.write("2025-01-10 00:00", "2025-02-10 00:00", "2025-03-19 00:00")
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    retired = a_pull(until="2025-03-19T12:00")
    asked = station.pull("2025-01", "2025-02", "2025-03", now=MARCH, step=retired)
    assert asked == [("2025-03-16", "2025-03-19 12:00")]


def test_another_location_is_refused_and_nothing_of_the_first_is_lost(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    station.pull("2025-02", now=MARCH)
    other = replace(a_pull(), location_id=LOCATION + 1)
    with pytest.raises(SourceError, match=f"collected from location {LOCATION}"):
        station.pull("2025-02", now=MARCH, step=other)
    assert station.stamps() == ["2025-02-10 00:00"]


def test_an_id_that_was_mistyped_and_brought_nothing_is_asked_anew(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    mistyped = replace(a_pull(), location_id=LOCATION + 1)
    station.pull("2025-02", now=MARCH, step=mistyped)
    station.pull("2025-02", now=MARCH)
    assert station.stamps() == ["2025-02-10 00:00"]


def test_readings_of_a_wrong_location_are_replaced_by_a_refetch_that_may_shrink(
    station: Station,
) -> None:
    station.ledger.write("2025-02-10 00:00")
    station.pull("2025-02", now=MARCH)
    other = replace(a_pull(), location_id=LOCATION + 1)
    station.pull("2025-02", now=MARCH, step=other, refetch=True, allow_shrink=True)
    assert station.stamps() == []


def test_a_month_that_was_pulled_while_it_ran_is_completed_later(station: Station) -> None:
    station.ledger.write("2025-01-05 00:00")
    station.pull("2025-01", now="2025-01-10")
    station.ledger.write("2025-01-20 00:00", "2025-02-20 00:00")
    station.pull("2025-02", now="2025-02-21")
    assert pull_due(a_pull(), station.pond.snapshot(), [Period.parse("2025-01")]) == [
        Period.parse("2025-01")
    ]
    station.pull("2025-01", now="2025-02-22")
    assert station.stamps()[:2] == ["2025-01-05 00:00", "2025-01-20 00:00"]


def test_a_month_that_was_asked_for_after_its_end_and_the_overlap_is_settled(
    station: Station,
) -> None:
    station.ledger.write("2025-01-05 00:00")
    station.pull("2025-01", now="2025-01-10")
    station.ledger.write("2025-03-19 00:00")
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    due = pull_due(
        a_pull(), station.pond.snapshot(), [Period.parse(f"2025-{n:02}") for n in (1, 2, 3)]
    )
    assert due == [Period.parse("2025-03")]


def test_an_end_that_moves_later_asks_for_what_was_left_out(station: Station) -> None:
    station.ledger.write("2025-02-05 00:00", "2025-02-15 00:00", "2025-03-19 00:00")
    brief = a_pull(until="2025-02-10")
    station.pull("2025-02", "2025-03", now=MARCH, step=brief)
    station.pull("2025-02", "2025-03", now=MARCH)
    stamps = station.stamps()
    assert stamps == ["2025-02-05 00:00", "2025-02-15 00:00", "2025-03-19 00:00"]


def test_a_start_that_moves_later_keeps_what_was_collected_before(station: Station) -> None:
    station.ledger.write("2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00")
    station.pull("2025-01", "2025-02", "2025-03", now=MARCH)
    later = a_pull(start="2025-03-01")
    station.pull("2025-03", now=MARCH, step=later, refetch=True)
    assert station.stamps() == ["2025-01-05 00:00", "2025-02-05 00:00", "2025-03-05 00:00"]
    rows = [facts["rows"] for facts in station.node().marks.values()]
    assert rows == [1, 1, 1]


def test_a_refetch_that_brings_fewer_readings_fails_with_both_counts(station: Station) -> None:
    station.ledger.write("2025-02-05 00:00", "2025-02-06 00:00")
    station.pull("2025-02", now=MARCH)
    station.ledger.strike("2025-02-05 00:00")
    with pytest.raises(SourceError, match="brought 1 readings where 2 are stored"):
        station.pull("2025-02", now=MARCH, refetch=True)
    assert station.stamps() == ["2025-02-05 00:00", "2025-02-06 00:00"]


def test_a_clock_in_local_time_is_asked_for_a_day_more_at_both_ends(station: Station) -> None:
    local = a_pull(start="2025-02-05", until="2025-02-10", clock="Pacific/Auckland")
    asked = station.pull("2025-02", now=MARCH, step=local)
    assert asked[-1] == ("2025-02-04", "2025-02-11")


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
