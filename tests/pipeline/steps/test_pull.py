"""What a pull asks for."""

from dataclasses import replace

import pytest

from pond_pipeline.errors import SourceError
from pond_pipeline.periods import Period
from pond_pipeline.steps.pull import pull_due
from tests.pipeline.steps.station import DEPTH, LOCATION, MARCH, Station, a_pull


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
