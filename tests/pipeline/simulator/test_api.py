import httpx
import pytest

from pond_pipeline.simulator import HARBOR, Faults, Simulator, harbor
from tests.pipeline.simulator.visitor import LOCATION, StoppedClock, Visitor, epoch, stamps

DAY = {"startTime": epoch(2026, 3, 1), "endTime": epoch(2026, 3, 2)}


def test_key_and_secret_may_come_in_the_form_body(visitor: Visitor) -> None:
    token = visitor.token().json()
    assert token.pop("access_token")
    assert token == {
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": "read:locations read:data",
    }


def test_key_and_secret_may_come_as_http_basic(sim: Simulator) -> None:
    reply = httpx.post(
        f"{sim.base_url}/public-api/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("demo", "demo"),
    )
    assert reply.status_code == 200


@pytest.mark.parametrize("form", [{"client_secret": "wrong"}, {"client_id": "wröng"}])
def test_a_wrong_key_or_secret_gets_no_token(visitor: Visitor, form: dict[str, str]) -> None:
    assert visitor.token(**form).status_code == 401


@pytest.mark.parametrize("header", ["Basic !", "Basic ZGVtbzp3cm9uZw==", "Basic /w=="])
def test_a_bad_basic_header_gets_no_token(sim: Simulator, header: str) -> None:
    reply = httpx.post(
        f"{sim.base_url}/public-api/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
    )
    assert reply.status_code == 401


def test_another_grant_type_gets_no_token(visitor: Visitor) -> None:
    assert visitor.token(grant_type="password").status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic ZGVtbzpkZW1v"])
def test_nothing_is_told_without_a_token(visitor: Visitor, header: str) -> None:
    visitor.http.headers["Authorization"] = header
    assert visitor.locations().status_code == 401
    assert visitor.data(**DAY).status_code == 401
    assert visitor.http.get("/v1/sispec/friendlynames").status_code == 401


def test_a_token_expires(visitor: Visitor, clock: StoppedClock) -> None:
    clock.advance(seconds=3599)
    assert visitor.locations().status_code == 200
    clock.advance(seconds=1)
    assert visitor.locations().status_code == 401
    visitor.log_in()
    assert visitor.locations().status_code == 200


def test_the_scopes_asked_for_are_granted(visitor: Visitor) -> None:
    assert visitor.token(scope="read:locations x").json()["scope"] == "read:locations"


def test_scopes_are_enforced_only_when_asked(sim: Simulator, visitor: Visitor) -> None:
    visitor.log_in(scope="read:locations")
    assert visitor.data(**DAY).status_code == 200
    sim.faults = Faults(enforce_scope=True)
    assert visitor.data(**DAY).status_code == 403
    assert visitor.locations().status_code == 200


def test_locations_have_a_numeric_id_a_name_and_a_place(visitor: Visitor) -> None:
    listed = visitor.locations().json()
    assert [location["id"] for location in listed] == [instrument.id for instrument in HARBOR]
    assert listed[0] == {
        "id": 4_811_790_026_301_440,
        "name": "WharfAT500_1",
        "description": "",
        "gps": {"latitude": 39.4236, "longitude": -123.8063},
    }


def test_locations_are_paged(clock: StoppedClock) -> None:
    with Simulator(harbor(), clock=clock, locations_per_page=4) as sim, Visitor(sim) as visitor:
        first = visitor.locations()
        second = visitor.locations(cursor=first.headers["X-ISI-Next-Page"])
        assert [len(first.json()), len(second.json())] == [4, 2]
        assert "X-ISI-Next-Page" not in second.headers


def test_friendly_names_are_by_id(visitor: Visitor) -> None:
    names = visitor.http.get("/v1/sispec/friendlynames").json()
    assert names["parameters"]["21"] == "% Saturation O₂"
    assert names["units"]["117"] == "mg/L"


def test_the_specification_is_open_to_all(sim: Simulator) -> None:
    reply = httpx.get(f"{sim.base_url}/public-api/docs/spec")
    assert reply.json()["openapi"] == "3.0.3"
    assert "/v1/locations/{id}/data" in reply.json()["paths"]


def test_readings_come_by_parameter_and_unit(visitor: Visitor) -> None:
    page = visitor.data(**DAY).json()
    assert page["locationId"] == LOCATION
    by_id = {listed["parameterId"]: listed for listed in page["parameters"]}
    assert set(by_id) == {"1", "3", "10", "12", "17", "20", "21", "25"}
    assert by_id["20"]["unitId"] == "117"
    assert by_id["20"]["customParameter"] is False
    assert set(by_id["20"]["readings"][0]) == {"timestamp", "value"}


def test_both_ends_of_a_range_are_inclusive(visitor: Visitor) -> None:
    assert stamps(visitor.data(**DAY)) == list(range(DAY["startTime"], DAY["endTime"] + 1, 3600))


def test_unknown_query_parameters_are_ignored(visitor: Visitor) -> None:
    page = visitor.data(**DAY, startDate="2020-01-01T00:00:00Z")
    assert stamps(page) == stamps(visitor.data(**DAY))


@pytest.mark.parametrize("query", [{"startTime": "2026-03-01"}, {"startTime": 0, "endTime": 1.5}])
def test_a_bound_that_is_no_integer_is_refused(visitor: Visitor, query: dict[str, object]) -> None:
    assert visitor.data(**query).status_code == 400


def test_absurd_bounds_are_harmless(visitor: Visitor) -> None:
    assert visitor.data(startTime=-(10**30), endTime=10**30).status_code == 200
    assert visitor.data(startTime=10**30).status_code == 404


def test_without_a_start_everything_is_told(visitor: Visitor) -> None:
    assert stamps(visitor.data())[0] == epoch(2024, 11, 1)


def test_404_is_no_data_at_or_after_the_start(visitor: Visitor) -> None:
    assert visitor.data(startTime=epoch(2026, 11, 20, 12)).status_code == 200
    assert visitor.data(startTime=epoch(2026, 11, 20, 12) + 1).status_code == 404


def test_data_only_after_the_end_are_an_empty_list(visitor: Visitor) -> None:
    page = visitor.data(startTime=0, endTime=epoch(2024, 10, 31))
    assert (page.status_code, page.json()["parameters"]) == (200, [])


@pytest.mark.parametrize("location", [1, 10**30])
def test_404_is_an_unknown_location_too(visitor: Visitor, location: int) -> None:
    assert visitor.data(location, startTime=0).status_code == 404


@pytest.mark.parametrize("path", ["/v1/locations", "/v1/locations/x/data", "/v2/locations/list"])
def test_an_unknown_path_is_404(visitor: Visitor, path: str) -> None:
    assert visitor.http.get(path).status_code == 404


def test_parameters_come_in_no_fixed_order(visitor: Visitor) -> None:
    orders = {
        tuple(listed["parameterId"] for listed in page.json()["parameters"])
        for page in visitor.pages(startTime=epoch(2026, 3, 1), endTime=epoch(2026, 3, 8))
    }
    assert len(orders) > 1
