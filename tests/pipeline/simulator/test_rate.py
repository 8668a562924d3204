from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from pond_pipeline.simulator import Faults, Simulator, harbor
from tests.pipeline.simulator.visitor import StoppedClock, Visitor


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(datetime(2026, 11, 20, 12, 0, 45, tzinfo=UTC))


@pytest.fixture
def sim(clock: StoppedClock) -> Iterator[Simulator]:
    with Simulator(harbor(), clock=clock, rate_per_minute=3) as running:
        yield running


def test_every_reply_tells_how_far_the_minute_is_used_up(visitor: Visitor) -> None:
    for count in (1, 2):
        headers = visitor.locations().headers
        assert headers["x-isi-requests-this-minute"] == str(count)
        assert headers["x-isi-requests-timeout"] == "15"


def test_more_requests_than_a_minute_allows_are_refused(visitor: Visitor) -> None:
    statuses = [visitor.locations().status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_the_next_minute_is_free_again(visitor: Visitor, clock: StoppedClock) -> None:
    for _ in range(4):
        visitor.locations()
    clock.advance(seconds=14.9)
    assert visitor.locations().status_code == 429
    clock.advance(seconds=0.2)
    assert visitor.locations().status_code == 200


def test_tokens_and_strangers_do_not_count(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.http.headers["Authorization"] = "Bearer nobody"
        assert visitor.locations().status_code == 401
    visitor.log_in()
    assert visitor.locations().headers["x-isi-requests-this-minute"] == "1"


def test_a_refusal_has_no_retry_after_by_default(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(status_429_every=1)
    assert "Retry-After" not in visitor.locations().headers


def test_a_refusal_may_say_how_many_seconds_to_wait(sim: Simulator, visitor: Visitor) -> None:
    sim.faults = Faults(status_429_every=1, retry_after=7)
    assert visitor.locations().headers["Retry-After"] == "7"


def test_a_refusal_may_say_until_when_to_wait(sim: Simulator, visitor: Visitor) -> None:
    until = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)
    sim.faults = Faults(status_429_every=1, retry_after=until)
    assert parsedate_to_datetime(visitor.locations().headers["Retry-After"]) == until


def test_every_nth_request_may_be_refused(sim: Simulator, visitor: Visitor) -> None:
    sim.faults.status_429_every = 2
    assert [visitor.locations().status_code for _ in range(3)] == [200, 429, 200]
