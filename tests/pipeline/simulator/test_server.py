from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Thread

import httpx
import pytest

from pond_pipeline.errors import ConfigError
from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.simulator.visitor import LOCATION, Visitor, epoch

DAY = {"startTime": epoch(2026, 3, 1), "endTime": epoch(2026, 3, 2)}


def test_requests_are_counted_by_kind_and_logged_in_order(sim: Simulator, visitor: Visitor) -> None:
    visitor.locations()
    visitor.data(**DAY)
    visitor.data(1)
    visitor.http.get("/nowhere")
    assert sim.counts == {"token": 1, "locations": 1, "data": 2, "other": 1}
    assert sim.log[2] == (
        "GET",
        f"/public-api/v1/locations/{LOCATION}/data",
        {name: str(value) for name, value in DAY.items()},
        200,
    )
    assert [served.status for served in sim.log] == [200, 200, 200, 404, 404]


def test_the_log_holds_no_secret(sim: Simulator, visitor: Visitor) -> None:
    visitor.token(client_id="a-secret-word")
    assert "a-secret-word" not in repr(sim.log)


def test_many_clients_at_once_are_all_served(sim: Simulator, visitor: Visitor) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: visitor.data(**DAY), range(40)))
    assert {reply.status_code for reply in replies} == {200}
    assert sorted(int(reply.headers["x-isi-requests-this-minute"]) for reply in replies) == list(
        range(1, 41)
    )
    assert sim.counts["data"] == 40


def test_one_connection_serves_many_requests(sim: Simulator) -> None:
    connection = HTTPConnection(sim.base_url.removeprefix("http://"), timeout=60)
    connection.connect()
    used = connection.sock
    for _ in range(2):
        connection.request("GET", "/public-api/docs/spec")
        reply = connection.getresponse()
        assert (reply.status, reply.read()[-6:]) == (200, b"}}}}}}")
        assert connection.sock is used
    connection.close()


def test_closing_does_not_wait_for_idle_clients() -> None:
    with Simulator(harbor()) as sim:
        visitor = Visitor(sim)
        visitor.log_in()
        url = sim.base_url
    with pytest.raises(httpx.TransportError):
        httpx.get(url)
    visitor.http.close()


def test_a_simulator_can_be_started_again(sim: Simulator) -> None:
    sim.close()
    sim.close()
    with sim, Visitor(sim) as visitor:
        assert visitor.locations().status_code == 200


def test_serving_for_ever_ends_when_it_is_closed(sim: Simulator) -> None:
    serving = Thread(target=sim.serve_forever)
    serving.start()
    sim.close()
    serving.join(timeout=60)
    assert not serving.is_alive()


def test_a_port_that_is_taken_is_an_error_that_names_it(sim: Simulator) -> None:
    port = int(sim.base_url.rsplit(":", 1)[1])
    with pytest.raises(ConfigError, match=str(port)) as caught, Simulator(harbor(), port=port):
        pass
    assert "another port" in caught.value.hint


def test_a_simulator_that_does_not_run_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = Simulator(harbor()).base_url


def test_a_body_that_is_too_long_is_refused(visitor: Visitor) -> None:
    assert visitor.token(client_id="x" * 70_000).status_code == 413
