from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from pond_pipeline.simulator import (
    FACTORY_LOCATION,
    HARBOR,
    HARBOR_START,
    UNKNOWN_PARAMETER,
    Correction,
    Faults,
    Simulator,
    UnitChange,
    harbor,
)
from tests.pipeline.simulator.visitor import (
    LOCATION,
    NOON,
    StoppedClock,
    Visitor,
    epoch,
    stamps,
    values,
)

OTHER = HARBOR[-1].id
WEEK = {"startTime": epoch(2026, 3, 1), "endTime": epoch(2026, 3, 7)}


def _second_page(visitor: Visitor) -> str:
    cursor: str = visitor.data(**WEEK).headers["X-ISI-Next-Page"]
    return cursor


def test_500_on_a_page_goes_away_after_some_times(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(status_500_on_page=2, times=2)
    cursor = _second_page(visitor)
    statuses = [visitor.data(**WEEK, cursor=cursor).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


def test_500_on_a_page_may_stay(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(status_500_on_page=2, times=None)
    cursor = _second_page(visitor)
    assert {visitor.data(**WEEK, cursor=cursor).status_code for _ in range(5)} == {500}


def test_new_faults_strike_anew(sim: Simulator, visitor: Visitor) -> None:
    for _ in range(2):
        sim.faults = Faults(status_500_on_page=1)
        assert [visitor.data(**WEEK).status_code for _ in range(2)] == [500, 200]


def test_a_server_that_is_down_answers_nothing_not_even_for_a_token(
    sim: Simulator, visitor: Visitor
) -> None:
    sim.faults = Faults(down=True)
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.data(**WEEK)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{sim.base_url}/public-api/oauth/token")
    assert [served.status for served in sim.log[-2:]] == [0, 0]


def test_each_location_is_struck_by_itself(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(status_500_on_page=1)
    assert visitor.data(LOCATION, **WEEK).status_code == 500
    assert visitor.data(OTHER, **WEEK).status_code == 500


def test_one_location_may_have_faults_of_its_own(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(by_location={OTHER: Faults(status_500_on_page=1, times=None)})
    assert visitor.data(OTHER, **WEEK).status_code == 500
    assert visitor.data(LOCATION, **WEEK).status_code == 200


def test_a_connection_may_be_dropped(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(drop_connection_on_page=1)
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.data(**WEEK)
    assert sim.log[-1].status == 0
    assert visitor.data(**WEEK).status_code == 200


def test_a_body_may_be_truncated(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(truncate_body_on_page=1)
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.data(**WEEK)
    assert visitor.data(**WEEK).status_code == 200


def test_a_token_may_expire_between_pages(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(expire_token_on_page=2)
    cursor = _second_page(visitor)
    assert visitor.data(**WEEK, cursor=cursor).status_code == 401
    assert visitor.data(**WEEK, cursor=cursor).status_code == 401
    visitor.log_in()
    assert visitor.data(**WEEK, cursor=cursor).status_code == 200


def test_the_token_endpoint_may_be_out_of_order(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(token_status=503)
    assert visitor.token().status_code == 503


def test_the_end_of_a_range_may_be_exclusive(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(end_time_exclusive=True)
    *_, last = visitor.pages(**WEEK)
    assert stamps(last)[-1] == WEEK["endTime"] - 3600
    open_end = visitor.data(startTime=epoch(2026, 11, 20))
    assert stamps(open_end)[-1] == epoch(2026, 11, 20, 12)


def test_no_data_may_be_an_empty_list(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(empty_instead_of_404=True)
    page = visitor.data(startTime=epoch(2027, 1, 1))
    assert (page.status_code, page.json()["parameters"]) == (200, [])
    assert visitor.data(1, startTime=0).status_code == 404


def test_a_404_may_be_slow(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(slow_404_s=0.01)
    assert visitor.data(1, startTime=0).status_code == 404


def test_a_slow_404_does_not_outlive_the_server(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(slow_404_s=3600)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(visitor.data, 1, startTime=0)
        while not sim.counts["data"]:
            pass
        sim.close()
        assert waiting.exception() is not None or waiting.result().status_code == 404


def test_a_custom_parameter_may_be_unknown_to_the_names(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(unknown_parameter=True)
    names = visitor.http.get("/v1/sispec/friendlynames").json()
    assert UNKNOWN_PARAMETER.parameter_id not in names["parameters"]
    listed = visitor.data(**WEEK).json()["parameters"]
    custom = [entry["parameterId"] for entry in listed if entry["customParameter"]]
    assert custom == [UNKNOWN_PARAMETER.parameter_id]


def test_readings_may_come_twice(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(duplicate_readings=True)
    found = stamps(visitor.data(**WEEK))
    assert (len(found), found[-1]) == (49, found[-2])


def test_locations_may_come_twice(clock: StoppedClock) -> None:
    faults = Faults(duplicate_locations=True)
    with (
        Simulator(harbor(), clock=clock, locations_per_page=4, faults=faults) as sim,
        Visitor(sim) as visitor,
    ):
        first = visitor.locations()
        second = visitor.locations(cursor=first.headers["X-ISI-Next-Page"])
        assert second.json()[0] == first.json()[-1]
        assert len(second.json()) == 3


def test_a_location_may_be_missing(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(location_missing={OTHER})
    assert OTHER not in [location["id"] for location in visitor.locations().json()]
    assert visitor.data(OTHER, **WEEK).status_code == 404
    assert visitor.data(LOCATION, **WEEK).status_code == 200


def test_a_location_may_be_renamed(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(renames={OTHER: "obsoE-Mouth (old)"})
    assert visitor.locations().json()[-1]["name"] == "obsoE-Mouth (old)"


def test_an_instrument_that_nobody_set_up_is_listed_with_data(
    sim: Simulator, visitor: Visitor
) -> None:
    sim.faults = Faults(factory_location=True)
    listed = visitor.locations().json()[-1]
    assert listed["name"].startswith("default-")
    assert listed["gps"] == {"latitude": 40.58833, "longitude": -105.06587}
    first = visitor.data(HARBOR[0].id, startTime=0)
    assert stamps(visitor.data(FACTORY_LOCATION.id, startTime=0)) == stamps(first)


def test_readings_may_arrive_late(sim: Simulator, visitor: Visitor, clock: StoppedClock) -> None:
    sim.faults = Faults(by_location={LOCATION: Faults(late_by=timedelta(hours=5))})
    since = {"startTime": epoch(2026, 11, 20)}
    assert stamps(visitor.data(**since))[-1] == epoch(2026, 11, 20, 7)
    clock.advance(hours=1)
    visitor.log_in()
    assert stamps(visitor.data(**since))[-1] == epoch(2026, 11, 20, 8)


def test_nothing_is_told_of_a_gap_and_pages_skip_it(sim: Simulator, visitor: Visitor) -> None:
    gap = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC))
    sim.faults = Faults(gaps=[gap])
    pages = [stamps(page) for page in visitor.pages(**WEEK)]
    assert [len(page) for page in pages] == [24, 25]
    assert pages[1][0] == epoch(2026, 3, 6)
    assert stamps(visitor.data(startTime=epoch(2026, 3, 3)))[0] == epoch(2026, 3, 6)


def test_a_location_may_never_have_had_data(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(gaps=[(HARBOR_START, NOON + timedelta(days=1))])
    assert visitor.data(startTime=0).status_code == 404


def test_a_correction_changes_one_parameter_in_its_range(sim: Simulator, visitor: Visitor) -> None:
    before = visitor.data(**WEEK)
    since, until = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)
    sim.faults = Faults(corrections=[Correction("20", since, until, offset=0.5)])
    after = visitor.data(**WEEK)
    changes = [b - a for a, b in zip(values(before, "20"), values(after, "20"), strict=True)]
    assert changes[:10] == pytest.approx([0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0])
    assert values(before) == values(after)


def test_a_unit_may_change_in_mid_history(sim: Simulator, visitor: Visitor) -> None:
    meters = values(visitor.data(**WEEK), "3")
    since = datetime(2026, 3, 2, tzinfo=UTC)
    sim.faults = Faults(unit_changes=[UnitChange("3", since, unit_id="38", scale=3.28084)])
    listed = {
        entry["unitId"]: [reading["value"] for reading in entry["readings"]]
        for entry in visitor.data(**WEEK).json()["parameters"]
        if entry["parameterId"] == "3"
    }
    assert listed["35"] == meters[:24]
    assert listed["38"] == pytest.approx([value * 3.28084 for value in meters[24:]])


def test_an_instrument_may_stamp_local_time(sim: Simulator, visitor: Visitor) -> None:
    winter = values(visitor.data(startTime=epoch(2026, 1, 15, 8), endTime=epoch(2026, 1, 15, 20)))
    sim.faults = Faults(clock_zone=ZoneInfo("America/Los_Angeles"))
    page = visitor.data(startTime=epoch(2026, 1, 15), endTime=epoch(2026, 1, 15, 12))
    assert stamps(page) == list(range(epoch(2026, 1, 15), epoch(2026, 1, 15, 13), 3600))
    assert values(page) == winter


def test_local_time_has_an_hour_twice_in_autumn_and_none_in_spring(
    sim: Simulator, visitor: Visitor
) -> None:
    sim.faults = Faults(clock_zone=ZoneInfo("America/Los_Angeles"))
    autumn = visitor.data(startTime=epoch(2025, 11, 2), endTime=epoch(2025, 11, 2, 3))
    spring = visitor.data(startTime=epoch(2026, 3, 8), endTime=epoch(2026, 3, 8, 3))
    assert [(stamp // 3600) % 24 for stamp in stamps(autumn)] == [0, 1, 1, 2, 3]
    assert [(stamp // 3600) % 24 for stamp in stamps(spring)] == [0, 1, 3]


def test_the_first_and_the_last_local_reading_are_told(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(clock_zone=ZoneInfo("Pacific/Kiritimati"))  # UTC+14
    assert stamps(visitor.data(startTime=0))[0] == epoch(2024, 11, 1, 14)
    assert visitor.data(startTime=epoch(2026, 11, 21, 2)).status_code == 200
    assert visitor.data(startTime=epoch(2026, 11, 21, 3)).status_code == 404
