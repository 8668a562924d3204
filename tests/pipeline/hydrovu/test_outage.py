"""A server out of reach costs a run little more than one instrument's attempts."""

from datetime import timedelta

import httpx
import pytest

from pond_core import Window
from pond_pipeline.errors import HydroVuError
from pond_pipeline.hydrovu import HydroVuClient, Outage, Page, shared_outage
from pond_pipeline.hydrovu.retry import ATTEMPTS
from tests.pipeline.hydrovu.api import LOCATION, SECRET, Clock, Script, answer, page_of

NOBODY = httpx.ConnectError("nobody is there")
READINGS = answer(page_of(("1", "1", [(1_700_000_000, 12.5)])))


def ask(script: Script, clock: Clock, outage: Outage) -> list[Page]:
    """Ask for an instrument, by a session of its own as each step has."""
    with HydroVuClient(
        "http://hydrovu.test",
        "key",
        SECRET,
        transport=script,
        sleep=clock.sleep,
        clock=clock,
        outage=outage,
    ) as client:
        return list(client.readings(LOCATION, Window(0, 10)))


def test_once_a_server_was_out_of_reach_the_next_instruments_are_asked_for_once() -> None:
    script, clock, outage = Script(*[NOBODY] * (ATTEMPTS + 2)), Clock(), Outage()
    with pytest.raises(HydroVuError, match=f"the last of {ATTEMPTS} attempts"):
        ask(script, clock, outage)
    naps = list(clock.naps)
    for _ in range(2):
        with pytest.raises(HydroVuError, match="nobody is there, as a moment ago"):
            ask(script, clock, outage)
    assert clock.naps == naps
    assert len(script.requests) == ATTEMPTS + 2


@pytest.mark.parametrize(
    "later", [READINGS, timedelta(minutes=1)], ids=["it answered", "a minute later"]
)
def test_it_is_asked_for_as_often_as_before_once(later: httpx.Response | timedelta) -> None:
    clock, outage = Clock(), Outage()
    outage.begin(clock.now)
    if isinstance(later, timedelta):
        clock.sleep(later.total_seconds())
    else:
        ask(Script(later), clock, outage)
    assert len(ask(Script(NOBODY, READINGS), clock, outage)) == 1


@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.ReadTimeout("slow")], ids=repr)
def test_a_server_that_is_there_and_fails_is_not_out_of_reach(
    failure: httpx.Response | Exception,
) -> None:
    clock, outage = Clock(), Outage()
    with pytest.raises(HydroVuError):
        ask(Script(*[failure] * ATTEMPTS), clock, outage)
    assert len(ask(Script(failure, READINGS), clock, outage)) == 1


def test_all_steps_of_a_process_know_the_same_of_a_server() -> None:
    assert shared_outage("http://a.test") is shared_outage("http://a.test")
    assert shared_outage("http://a.test") is not shared_outage("http://b.test")
