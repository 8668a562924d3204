"""Pages as a whole: as files, in the dark, on a phone, on paper, with texts that are no friends."""

from datetime import UTC, datetime

import pytest

from tests.website.client import written
from tests.website.client.conftest import Visit

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
LIGHT = "rgb(255, 255, 255)"


def test_a_page_works_as_a_file(visit: Visit) -> None:
    visit.go((visit.website.folder / "sites/wharf.html").as_uri())
    visit.click("1 day")
    assert len(visit.line()["t"]) == 24
    visit.page.go_back()
    visit.drawn()
    assert len(visit.line()["t"]) == 7 * 24


def test_texts_that_look_like_html_are_texts(visit: Visit) -> None:
    visit.open("sites/hostile.html")
    visit.page.locator("summary").click()
    assert visit.page.title() == written.HOSTILE
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator("figcaption").inner_text().startswith(written.HOSTILE)
    assert visit.page.get_by_role("button", name=written.HOSTILE).count() == 1


def test_ages_are_told_and_late_readings_marked(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(datetime(2026, 11, 22, 14, tzinfo=UTC))
    visit.open("index.html")
    time, status = visit.page.locator("time"), visit.page.locator(".status")
    assert "(2 h ago)" in time.inner_text()
    assert (status.inner_text(), time.get_attribute("class")) == ("current", None)


def test_what_is_older_than_it_may_be_is_late(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(datetime(2026, 11, 24, 14, tzinfo=UTC))
    visit.open("index.html")
    time, status = visit.page.locator("time"), visit.page.locator(".status")
    assert "(2 d ago, late)" in time.inner_text()
    told = (status.inner_text(), time.get_attribute("class"))
    assert told == ("late: no reading for 2 d", "late")


def test_a_reading_of_the_future_is_told_and_is_not_current(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(datetime(2026, 11, 20, 12, tzinfo=UTC))
    visit.open("index.html")
    time, status = visit.page.locator("time"), visit.page.locator(".status")
    assert "(in 2 d)" in time.inner_text()
    told = (status.inner_text(), status.get_attribute("class"), time.get_attribute("class"))
    assert told == ("wrong time: newest reading in 2 d", "status late", "late")


def test_the_theme_is_the_system_s_until_it_is_switched_and_then_remembered(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    assert visit.page.evaluate(GROUND) == LIGHT
    visit.page.emulate_media(color_scheme="dark")
    assert visit.page.evaluate(GROUND) != LIGHT
    visit.click("Theme: Auto")
    assert visit.page.evaluate(GROUND) == LIGHT
    visit.open("sites/many.html")
    assert visit.page.evaluate(GROUND) == LIGHT
    visit.click("Theme: Light")
    assert visit.page.evaluate(GROUND) != LIGHT
    visit.click("Theme: Dark")


def test_charts_are_drawn_in_the_colors_of_the_theme(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    # The bluest pixel of the line: it is dark on white, and bright on black.
    brightest = f"""() => {{
        {written.PIXELS}
        const opaque = [];
        for (let i = 0; i < data.length; i += 4) {{
            if (data[i + 3] === 255 && data[i + 2] > data[i] + 90) opaque.push(data[i + 2]);
        }}
        return Math.max(...opaque);
    }}"""
    light = visit.page.evaluate(brightest)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function(f"({brightest})() > {light} + 40")


@pytest.mark.parametrize("viewport", [(320, 640)])
def test_nothing_is_wider_than_a_phone(visit: Visit) -> None:
    for path in ("index.html", "sites/hostile.html"):
        visit.open(path)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visit.page.evaluate(wide) <= 0, path


@pytest.mark.parametrize(("viewport", "resolution"), [((1280, 900), "1h"), ((390, 844), "24h")])
def test_a_phone_draws_fewer_buckets(visit: Visit, resolution: str) -> None:
    visit.open("sites/wharf.html#from=2026-09-10T00:00Z&to=2026-11-10T00:00Z")
    assert visit.chart()["resolution"] == resolution


def test_a_window_that_grows_shows_more_buckets(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.open("sites/wharf.html#from=2026-09-10T00:00Z&to=2026-11-10T00:00Z")
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    visit.page.wait_for_function("duckpond.charts[0].resolution === '1h'")
    assert len(visit.line()["t"]) == 61 * 24


@pytest.mark.parametrize("viewport", [(390, 844)])
def test_a_phone_has_a_menu(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    sidebar, heading = visit.page.locator(".sidebar"), visit.page.locator("h1")
    top = "element => element.getBoundingClientRect().top"
    assert sidebar.evaluate(top) > heading.evaluate(top)
    visit.click("Menu")
    assert sidebar.evaluate(top) < heading.evaluate(top)
    visit.page.keyboard.press("Escape")
    assert sidebar.evaluate(top) > heading.evaluate(top)


def test_paper_is_white_and_has_no_buttons(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark", media="print")
    visit.open("sites/wharf.html")
    assert visit.page.evaluate(GROUND) == LIGHT
    shown = [each for each in visit.page.get_by_role("button").all() if each.is_visible()]
    assert [each.inner_text() for each in shown] == ["Surface", "Surface"]


READY = "duckpond.charts.map(each => each.ready)"


def test_what_is_far_below_is_drawn_before_it_is_printed(visit: Visit) -> None:
    visit.open("sites/tall.html")
    visit.page.evaluate(f"window.print = () => {{ window.printed = {READY}; }}")
    visit.page.keyboard.press("Control+p")
    visit.page.wait_for_function("window.printed")
    assert visit.page.evaluate("window.printed") == [True, True]
    values = visit.page.locator(".legend .value").all_inner_texts()
    assert values == ["13.00\N{NO-BREAK SPACE}°C", "8.90\N{NO-BREAK SPACE}mg/L"]


PRINTED = """selector => {
    dispatchEvent(new Event('beforeprint'));
    return document.querySelector(selector).textContent;
}"""


def test_what_was_not_loaded_says_so_on_paper(visit: Visit) -> None:
    visit.open("sites/tall.html#from=2022-01-01T00:00Z&to=2026-01-01T00:00Z")
    visit.page.locator("figure").first.get_by_role("button", name="Surface").click()
    visit.page.evaluate("location.hash = '#from=2026-10-01&to=2026-10-02'")
    visit.page.wait_for_function("duckpond.charts[0].ready")
    message = visit.page.locator("figure").nth(1).locator(".message")
    # In one go: in the next moment it is loaded.
    printed = visit.page.evaluate(PRINTED, "figure:nth-of-type(2) .message")
    assert printed == "Not loaded yet: print once more in a moment."
    visit.page.wait_for_function("duckpond.charts[1].ready")
    assert message.inner_text() == ""
    visit.page.evaluate("dispatchEvent(new Event('afterprint'))")


def test_a_page_weighs_little_before_its_data() -> None:
    bundle = sum((written.BUNDLE / name).stat().st_size for name in ("site.js", "site.css"))
    assert bundle + max(len(page) for page in written.PAGES.values()) <= 150_000


def test_the_bundle_fetches_nothing_and_makes_no_html() -> None:
    code = (written.BUNDLE / "site.js").read_text()
    words = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "XMLHttpRequest")
    found = [each for each in (*words, "fetch(", "eval(", "http://") if each in code]
    assert [each for each in found if code.replace("http://www.w3.org", "").count(each)] == []
