"""The client against a real HTTP server with every fault that the API is known for."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from pond_core import Window
from pond_pipeline.errors import HydroVuError
from pond_pipeline.hydrovu import HydroVuClient, RateLimit, normalize, raw_table
from pond_pipeline.simulator import Faults, Simulator, harbor
from tests.pipeline.hydrovu.api import SECRET, Clock

JANUARY = Window.of(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))
NOW = datetime(2025, 6, 1, tzinfo=UTC)
WORLD = harbor(seed=1)
LOCATION = WORLD.locations()[0].id


class Account:
    """A simulator, a client of it, and the clock of both."""

    def __init__(self, sim: Simulator, client: HydroVuClient, clock: Clock) -> None:
        self.sim = sim
        self.client = client
        self.clock = clock

    def raw(self, window: Window = JANUARY) -> pa.Table:
        return raw_table(self.client.readings(LOCATION, window), window, fetched_at=NOW)


@contextmanager
def account(
    faults: Faults | None = None,
    *,
    secret: str = SECRET,
    rate_per_minute: int = 1000,
    token_lifetime_s: int = 3600,
) -> Iterator[Account]:
    clock = Clock(NOW)
    with (
        Simulator(
            WORLD,
            faults=faults,
            key="key",
            secret=SECRET,
            clock=clock,
            rate_per_minute=rate_per_minute,
            token_lifetime_s=token_lifetime_s,
        ) as sim,
        HydroVuClient(
            sim.base_url, "key", secret, sleep=clock.sleep, clock=clock, rate=RateLimit()
        ) as client,
    ):
        yield Account(sim, client, clock)


@pytest.fixture(scope="module")
def january() -> pa.Table:
    """What a server without a fault gives."""
    with account() as harmless:
        return harmless.raw()


def test_a_month_comes_in_many_pages_with_the_same_query(january: pa.Table) -> None:
    with account() as it:
        it.raw()
    asked = [served.query for served in it.sim.log if served.path.endswith("/data")]

    assert len(asked) > 10
    assert all(query == asked[0] for query in asked)
    assert january.num_rows > 744


def test_every_request_is_counted() -> None:
    with account(Faults(status_500_on_page=2)) as it:
        it.raw()

        assert it.client.requests == len(it.sim.log)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(blank_last_cursor=True),
        Faults(end_time_exclusive=True),
        Faults(drop_connection_on_page=2),
        Faults(truncate_body_on_page=2),
        Faults(status_500_on_page=7),
        Faults(status_500_on_page=7, times=4),
        Faults(status_429_every=5),
        Faults(status_429_every=5, retry_after=7),
        Faults(expire_token_on_page=3),
        Faults(repeat_page=2),
        Faults(swap_pages=2),
        Faults(duplicate_readings=True),
    ],
    ids=lambda faults: str(faults).split("times")[0][:60],
)
def test_a_fault_that_passes_changes_no_reading(january: pa.Table, faults: Faults) -> None:
    with account(faults) as it:
        assert it.raw().equals(january)


def test_a_failed_page_is_asked_again_and_no_other() -> None:
    with account() as it:
        it.raw()
        undisturbed = it.sim.counts["data"]
    with account(Faults(status_500_on_page=7, times=3)) as it:
        it.raw()

        assert it.sim.counts["data"] == undisturbed + 3


def test_a_page_that_never_works_is_an_error_to_send_to_support() -> None:
    with account(Faults(status_500_on_page=7, times=None)) as it:
        with pytest.raises(HydroVuError) as caught:
            it.raw()
        failures = [served for served in it.sim.log if served.status == 500]

    message = str(caught.value)
    assert len(failures) == 5
    assert f"location {LOCATION}, page 7: " in message
    assert "HTTP 500, the last of 5 attempts" in message
    assert f"{LOCATION}/data?startTime=1735689600&endTime=1738368000" in message
    assert ", X-ISI-Start-Page " in message
    assert "HydroVu support" in caught.value.hint
    assert len(it.clock.naps) == 4


def test_pages_that_lead_in_a_circle_are_an_error() -> None:
    with account(Faults(loop_on_page=3)) as it, pytest.raises(HydroVuError, match="never end"):
        it.raw()


@pytest.mark.parametrize("faults", [Faults(), Faults(empty_instead_of_404=True)])
def test_no_data_is_no_error(faults: Faults) -> None:
    future = Window.of(NOW + timedelta(days=1))
    with account(faults) as it:
        assert it.raw(future).num_rows == 0


def test_a_location_that_is_gone_has_no_data() -> None:
    with account(Faults(location_missing=frozenset({LOCATION}))) as it:
        assert it.raw().num_rows == 0


@pytest.mark.parametrize("window", [Window(5, 5), Window(None, 0), Window(-9, -5)])
def test_a_window_in_which_nothing_can_be_asks_nothing(window: Window) -> None:
    with account() as it:
        it.raw(window)

        assert it.sim.log == []


def test_an_open_end_is_not_sent() -> None:
    with account() as it:
        newest = it.raw(Window.of(NOW - timedelta(days=1)))
        asked = [served.query for served in it.sim.log if served.path.endswith("/data")]

    assert newest.num_rows > 0
    assert set(asked[0]) == {"startTime"}


def test_an_open_start_is_1970() -> None:
    with account() as it:
        it.raw(Window(None, 1))

        assert it.sim.log[-1].query == {"startTime": "0", "endTime": "1"}


def test_a_parameter_that_the_names_lack_is_called_by_its_id(january: pa.Table) -> None:
    with account(Faults(unknown_parameter=True)) as it:
        raw = it.raw()
        names = it.client.names()
    floor = datetime(2000, 1, 1, tzinfo=UTC)
    strange = set(raw["parameter_id"].to_pylist()) - set(january["parameter_id"].to_pylist())
    table = normalize(raw, names, window=JANUARY, clock_floor=floor).table

    assert strange
    assert strange.isdisjoint(names.parameters)
    assert all(any(name.startswith(f"{lost}.") for name in table.column_names) for lost in strange)


def test_a_token_is_renewed_before_it_ends() -> None:
    with account(token_lifetime_s=200) as it:
        it.client.names()
        it.clock.sleep(139)
        it.client.names()
        assert it.sim.counts["token"] == 1
        it.clock.sleep(1)
        it.client.names()

        assert it.sim.counts["token"] == 2
        assert {served.status for served in it.sim.log} == {200}


def test_a_refused_token_is_renewed_once() -> None:
    with account(Faults(expire_token_on_page=3)) as it:
        it.raw()

        assert it.sim.counts["token"] == 2


def test_retry_after_seconds_are_waited_for() -> None:
    with account(Faults(status_429_every=5, retry_after=7)) as it:
        it.raw()

        assert set(it.clock.naps) == {7.0}


def test_retry_after_a_date_is_waited_for() -> None:
    with account(Faults(status_429_every=5, retry_after=NOW + timedelta(seconds=9))) as it:
        it.raw()

        assert it.clock.naps[0] == 9.0
        assert set(it.clock.naps[1:]) == {0.0}


def test_without_retry_after_the_rest_of_the_minute_is_waited_for(january: pa.Table) -> None:
    with account(rate_per_minute=6) as it:
        assert it.raw().equals(january)

        assert it.clock.naps
        assert all(0 < nap <= 60 for nap in it.clock.naps)


@pytest.mark.parametrize(
    "call",
    [HydroVuClient.names, HydroVuClient.locations, lambda c: list(c.readings(LOCATION, JANUARY))],
)
def test_wrong_credentials_name_the_keys_to_check_but_not_their_values(
    call: Callable[[HydroVuClient], object],
) -> None:
    wrong = "wr0ng-wr0ng"
    with account(secret=wrong) as it, pytest.raises(HydroVuError) as caught:
        call(it.client)

    assert "`key` and `secret`" in caught.value.hint
    assert wrong not in chain_of(caught.value)
    assert it.sim.counts["token"] == 1


def test_a_broken_token_endpoint_is_tried_again_and_named() -> None:
    with account(Faults(token_status=503)) as it, pytest.raises(HydroVuError) as caught:
        it.client.names()

    assert "POST /public-api/oauth/token answered HTTP 503" in str(caught.value)
    assert it.sim.counts["token"] == 5
    assert SECRET not in chain_of(caught.value)


def test_a_token_endpoint_at_a_wrong_address_is_named() -> None:
    with account(Faults(token_status=404)) as it, pytest.raises(HydroVuError) as caught:
        it.client.names()

    assert "gave no token" in str(caught.value)
    assert "`base_url`" in caught.value.hint


def test_the_locations_are_those_of_the_account_once_each() -> None:
    clock = Clock(NOW)
    with (
        Simulator(
            WORLD, locations_per_page=2, faults=Faults(duplicate_locations=True), clock=clock
        ) as sim,
        HydroVuClient(sim.base_url, "demo", "demo", clock=clock) as client,
    ):
        found = client.locations()

    expected = WORLD.locations()
    assert [location.id for location in found] == [location.id for location in expected]
    assert [location.name for location in found] == [location.name for location in expected]
    assert found[0].latitude == expected[0].latitude


def test_the_names_are_those_of_the_account() -> None:
    with account() as it:
        names = it.client.names()

    assert names.parameters == WORLD.names().parameters
    assert names.units == WORLD.names().units


def test_nobody_at_the_address_is_an_error_that_says_so() -> None:
    clock = Clock()
    with Simulator(WORLD) as sim:
        address = sim.base_url
    with (
        HydroVuClient(address, "key", SECRET, sleep=clock.sleep, clock=clock) as client,
        pytest.raises(HydroVuError, match="failed with ConnectError") as caught,
    ):
        client.names()

    assert "`base_url`" in caught.value.hint
    assert SECRET not in chain_of(caught.value)
    assert len(clock.naps) == 4


def chain_of(error: BaseException | None) -> str:
    """Return all that a traceback would show of an error and of what led to it."""
    text = ""
    while error is not None:
        text += f"{error!r} {error} {getattr(error, 'hint', '')}\n"
        error = error.__cause__ or error.__context__
    return text


def test_each_wait_is_logged_with_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    with account(Faults(status_500_on_page=2)) as it:
        it.raw()
    (line,) = caplog.messages
    assert re.fullmatch(
        rf"GET /public-api/v1/locations/{LOCATION}/data answered HTTP 500; asked again in \d s",
        line,
    )


def test_a_server_on_this_machine_is_asked_past_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with account() as here:
        assert here.raw().num_rows > 0


def test_a_server_elsewhere_is_asked_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulator(WORLD) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        monkeypatch.setenv("no_proxy", "")
        with HydroVuClient("http://hydrovu.invalid", "demo", "demo") as client:
            assert client.locations()
        assert proxy.counts["token"] == 1
