"""Answers that no well-behaved server gives."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from pond_core import Window
from pond_pipeline.errors import ConfigError, HydroVuError
from pond_pipeline.hydrovu import HydroVuClient, Page
from tests.pipeline.hydrovu.api import (
    LOCATION,
    NOON,
    SECRET,
    Clock,
    Script,
    answer,
    client_of,
    page_of,
)

ONE_READING = page_of(("1", "1", [(1_700_000_000, 12.5)]))


def pages_of(script: Script, *, clock: Clock | None = None) -> list[Page]:
    with client_of(script, clock=clock) as client:
        return list(client.readings(LOCATION, Window(0, 10)))


def test_the_first_page_is_asked_without_a_cursor_and_the_next_with_it() -> None:
    script = Script(answer(ONE_READING, following="a+b/c="), answer(ONE_READING))
    pages = pages_of(script)

    assert [page.number for page in pages] == [1, 2]
    assert "X-ISI-Start-Page" not in script.requests[0].headers
    assert script.requests[1].headers["X-ISI-Start-Page"] == "a+b/c="
    assert script.requests[0].url == script.requests[1].url


def test_the_request_header_on_a_response_leads_nowhere() -> None:
    reply = answer(ONE_READING)
    reply.headers["X-ISI-Start-Page"] = "elsewhere"

    assert len(pages_of(Script(reply))) == 1


@pytest.mark.parametrize("following", ["", "  "])
def test_a_blank_cursor_ends_the_pages(following: str) -> None:
    assert len(pages_of(Script(answer(ONE_READING, following=following)))) == 1


def test_an_empty_page_with_a_next_page_does_not_end_the_pages() -> None:
    pages = pages_of(Script(answer(page_of(), following="x"), answer(ONE_READING)))

    assert [len(page.readings) for page in pages] == [0, 1]


def test_a_404_in_the_middle_ends_the_pages() -> None:
    pages = pages_of(Script(answer(ONE_READING, following="x"), httpx.Response(404)))

    assert len(pages) == 1


def test_a_404_for_the_names_is_an_error() -> None:
    with (
        client_of(Script(httpx.Response(404))) as client,
        pytest.raises(HydroVuError, match="dictionary of names, page 1: HTTP 404"),
    ):
        client.names()


def test_a_window_within_a_second_asks_for_all_that_may_lie_in_it() -> None:
    script = Script(answer(ONE_READING))
    with client_of(script) as client:
        list(client.readings(LOCATION, Window(1_500_000, 2_500_000)))

    assert dict(script.requests[0].url.params) == {"startTime": "2", "endTime": "3"}


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.DecodingError("bad gzip", request=httpx.Request("GET", "http://hydrovu.test/x")),
        httpx.Response(200, content=b'{"locationId": 49'),
        httpx.Response(200, content=b"<html>maintenance</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(408),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(502),
        httpx.Response(599),
    ],
    ids=repr,
)
def test_a_passing_failure_is_tried_again(failure: httpx.Response | Exception) -> None:
    clock = Clock()
    if isinstance(failure, httpx.RequestError):
        failure.request = httpx.Request("GET", "http://hydrovu.test/x")

    assert len(pages_of(Script(failure, answer(ONE_READING)), clock=clock)) == 1
    assert len(clock.naps) == 1


@pytest.mark.parametrize("status", [301, 400, 403, 418])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with pytest.raises(HydroVuError, match=f"page 1: HTTP {status} ") as caught:
        pages_of(Script(httpx.Response(status)))

    assert caught.value.hint


def test_a_new_token_that_is_refused_too_is_an_error_about_the_credentials() -> None:
    with pytest.raises(HydroVuError, match="HTTP 401") as caught:
        pages_of(Script(httpx.Response(401), httpx.Response(401)))

    assert "`key` and `secret`" in caught.value.hint


def test_a_server_may_not_make_us_wait_for_hours() -> None:
    clock = Clock()
    long = httpx.Response(503, headers={"Retry-After": "86400"})
    pages_of(Script(long, answer(ONE_READING)), clock=clock)

    assert clock.naps == [300.0]


@pytest.mark.parametrize(
    ("retry_after", "expected_s"),
    [
        (format_datetime(NOON + timedelta(seconds=20), usegmt=True), 20.0),
        ("Sun, 01 Mar 2026 12:00:20 -0000", 20.0),
        (format_datetime(NOON - timedelta(days=20), usegmt=True), 0.0),
        ("nan", 60.0),
        ("-5", 60.0),
        ("soon", 60.0),
        ("", 60.0),
    ],
)
def test_retry_after_may_hold_anything(retry_after: str, expected_s: float) -> None:
    clock = Clock()
    refusal = httpx.Response(429, headers={"Retry-After": retry_after})
    pages_of(Script(refusal, answer(ONE_READING)), clock=clock)

    assert clock.naps == [expected_s]


def test_the_servers_count_at_the_limit_holds_the_next_request_back() -> None:
    clock = Clock()
    full = answer(ONE_READING, following="x")
    full.headers.update({"x-isi-requests-this-minute": "1000", "x-isi-requests-timeout": "17"})
    pages_of(Script(full, answer(ONE_READING)), clock=clock)

    assert clock.naps == [17.0]


def test_nonsense_names_location_page_and_place() -> None:
    nonsense = page_of(("1", "1", [(1, 1.0), (2, 2.0)]))
    nonsense["parameters"][0]["readings"][1] = {"value": 2.0}  # type: ignore[index]  # JSON is deep
    script = Script(answer(ONE_READING, following="x"), answer(nonsense))

    expected = rf"location {LOCATION}, page 2: reading \[1\] of parameters\[0\] has no `timestamp`"
    with pytest.raises(HydroVuError, match=expected) as caught:
        pages_of(script)

    assert "X-ISI-Start-Page x" in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "hydrovu",
        "ftp://hydrovu.test",
        "http://",
        "http://:80",
        "http://h.test:port",
        "http://h.test/?a=1",
        "https://me:pw@h.test",
    ],
)
def test_an_address_that_cannot_be_is_refused_without_showing_it(base_url: str) -> None:
    with pytest.raises(ConfigError, match="`base_url`") as caught:
        HydroVuClient(base_url, "key", SECRET)

    assert "pw" not in str(caught.value)


def test_a_slash_at_the_end_of_the_address_does_not_matter() -> None:
    script = Script(answer(ONE_READING))
    with HydroVuClient("http://hydrovu.test/", "key", SECRET, transport=script) as client:
        list(client.readings(LOCATION, Window(0, 10)))

    assert script.requests[0].url.path == f"/public-api/v1/locations/{LOCATION}/data"


def test_a_client_shows_its_address_alone() -> None:
    with client_of(Script()) as client:
        assert repr(client) == "HydroVuClient('http://hydrovu.test')"
