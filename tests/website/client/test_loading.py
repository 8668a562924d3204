"""Data files that come late, never, or broken: the page says so, and goes on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.website.client.conftest import Visit
from tests.website.client.written import hours, instant

AUTUMN = "sites/wharf.html#from=2026-09-20T00:00Z&to=2026-10-10T00:00Z"
SEPTEMBER = "data/wharf/1h/2026-09.js"
INDEX = "data/wharf/index.js"
START = instant("2026-09-20")
PROBLEM = ".problem span"


@contextmanager
def held(visit: Visit, file: str) -> Iterator[list[Route]]:
    """Keep answers to requests for a file back; they may be let go later."""
    routes: list[Route] = []
    address = re.compile(re.escape(file))

    def hold(route: Route) -> None:
        routes.append(route)

    visit.page.route(address, hold)
    yield routes
    visit.page.unroute(address)


@contextmanager
def told(visit: Visit, file: str, text: str) -> Iterator[None]:
    """Answer requests for a file with a text."""
    address = re.compile(re.escape(file))
    visit.page.route(address, lambda route: route.fulfill(body=text))
    yield
    visit.page.unroute(address)


def test_a_tile_that_does_not_answer_is_told_of_and_the_rest_is_drawn(visit: Visit) -> None:
    visit.page.clock.install()
    with held(visit, SEPTEMBER):
        visit.begin(AUTUMN, without=SEPTEMBER)
        visit.page.clock.fast_forward(30_000)
        visit.drawn()
    assert visit.chart()["error"] == (
        f"Some readings could not be loaded: ../{SEPTEMBER}?v=a1 (no answer in 30 s)."
    )
    assert visit.line()["t"][0] == instant("2026-10-01")
    visit.click("Try again")
    visit.page.wait_for_function("duckpond.charts[0].error === null && duckpond.charts[0].ready")
    assert visit.line()["t"][0] == START
    visit.troubles.clear()


def test_what_comes_late_is_there_for_who_asks_again(visit: Visit) -> None:
    visit.page.clock.install()
    with held(visit, SEPTEMBER) as routes:
        visit.begin(AUTUMN, without=SEPTEMBER)
        visit.page.clock.fast_forward(30_000)
        visit.drawn()
        with visit.page.expect_response(lambda answer: SEPTEMBER in answer.url):
            routes[0].continue_()
        visit.page.wait_for_load_state("load")
        visit.click("Try again")
        visit.page.wait_for_function(
            "duckpond.charts[0].error === null && duckpond.charts[0].ready"
        )
    assert len(routes) == 1
    assert visit.line()["t"][0] == START


def test_what_is_asked_for_again_is_not_taken_from_the_browser_s_cache(visit: Visit) -> None:
    with told(visit, SEPTEMBER, ""):
        visit.open(AUTUMN)
    visit.data.clear()
    visit.click("Try again")
    visit.page.wait_for_function("duckpond.charts[0].error === null && duckpond.charts[0].ready")
    assert visit.data == ["wharf/1h/2026-09.js?v=a1&again=1"]


def test_a_button_that_asks_in_vain_keeps_the_focus(visit: Visit) -> None:
    with told(visit, SEPTEMBER, ""):
        visit.open(AUTUMN)
        button = visit.page.get_by_role("button", name="Try again").first
        with visit.page.expect_response(lambda answer: "again=1" in answer.url):
            button.press("Enter")
        visit.drawn()
        assert button.evaluate("each => each === document.activeElement")


@pytest.mark.parametrize("value", ["null", "{}", '{"t":[0],"c":{"x":{"avg":[]}}}'])
def test_a_tile_that_is_none_is_told_by_its_address(visit: Visit, value: str) -> None:
    with told(visit, SEPTEMBER, f'duckpond("tile", "wharf/1h/2026-09", {value})'):
        visit.open(AUTUMN)
    expect(visit.page.locator(PROBLEM).first).to_have_text(
        f"Some readings could not be loaded: ../{SEPTEMBER}?v=a1 (not what it should be)."
    )
    assert visit.line()["t"][0] == instant("2026-10-01")


@pytest.mark.parametrize("value", ["null", "{}"])
def test_an_index_that_is_none_leaves_a_page_that_can_ask_again(visit: Visit, value: str) -> None:
    with told(visit, INDEX, f'duckpond("dataset", "wharf", {value})'):
        visit.open(AUTUMN)
    assert f"../{INDEX} (not what it should be)" in visit.chart()["error"]
    days = visit.page.get_by_role("group", name="From one day to another")
    expect(days).to_have_accessible_name("From one day to another, UTC")
    visit.click("Try again")
    visit.page.wait_for_function("duckpond.charts[0].error === null && duckpond.charts[0].ready")
    expect(days).to_have_accessible_name("From one day to another, America/Los Angeles")
    assert visit.line()["t"][0] == START


def test_a_page_says_that_it_loads(visit: Visit) -> None:
    with held(visit, INDEX) as routes:
        visit.begin(AUTUMN, without=INDEX)
        figure = visit.page.locator("figure").first
        assert "Loading" in figure.evaluate("each => getComputedStyle(each, '::after').content")
        routes[0].continue_()
        visit.drawn()
    assert figure.evaluate("each => getComputedStyle(each, '::after').content") == "none"


def test_a_file_of_what_is_shown_waits_until_all_of_it_is_here(
    visit: Visit, tmp_path: Path
) -> None:
    with held(visit, SEPTEMBER) as routes:
        visit.begin(AUTUMN, without=SEPTEMBER)
        with visit.page.expect_download() as download:
            visit.page.get_by_role("button", name="CSV of this view").first.click()
            routes[0].continue_()
        download.value.save_as(tmp_path / "view.csv")
    rows = (tmp_path / "view.csv").read_text().splitlines()[1:]
    assert len(rows) == len(hours(START, instant("2026-10-10")))
