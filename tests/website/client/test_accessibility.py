"""What axe-core finds, and what it cannot know."""

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.website.client.axe import complaints
from tests.website.client.conftest import Visit

FOCUSED = """(each => each.getAttribute("aria-label") ?? each.textContent.trim())
    (document.activeElement)"""


@pytest.mark.parametrize(("scheme", "viewport"), [("light", (1280, 900)), ("dark", (390, 844))])
def test_axe_finds_nothing(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    for path in ("index.html", "sites/wharf.html#from=2026-11-20T04:00Z&to=2026-11-20T10:00Z"):
        visit.open(path)
        visit.page.locator("summary").first.click()
        assert complaints(visit.page) == []


def test_a_chart_says_what_it_is_and_how_to_use_it(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-11-05T00:00Z&to=2026-11-06T00:00Z")
    figure = visit.page.get_by_role("figure", name="Temperature (°C)")
    image = figure.get_by_role("img")
    plot = figure.get_by_role("application", name="Temperature")
    told = plot.evaluate(
        "e => document.getElementById(e.getAttribute('aria-describedby')).textContent"
    )
    assert image.get_attribute("aria-label") == (
        "Temperature (°C), 2026-11-04 16:00 to 2026-11-05 16:00 PST"
    )
    assert "Plus and minus: zoom" in told
    assert "Plus and minus" not in figure.inner_text()
    expect(plot).to_have_accessible_description(re.compile("Plus and minus"))


def test_every_control_is_reached_by_the_keyboard(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    reached = []
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        reached.append(visit.page.evaluate(FOCUSED))
    wanted = ["Skip to content", "1 day", "Earlier", "Temperature", "Surface", "Table"]
    assert [each for each in wanted if each not in reached] == []
    assert sum(each.startswith("Note: ") for each in reached) == 2


def test_a_press_keeps_the_focus_where_it_is(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    button = visit.page.get_by_role("button", name="Later")
    button.press("Enter")
    assert button.evaluate("e => e === document.activeElement")
