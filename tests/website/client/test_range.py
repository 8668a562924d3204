"""The range that all charts of a page show: by buttons, by keys, by the address."""

from datetime import UTC, datetime

import pytest

from tests.website.client.conftest import Visit
from tests.website.client.written import DAY, END, FIRST, HOUR, instant

OCTOBER = "#from=2026-10-01T00:00Z&to=2026-11-01T00:00Z"


def test_a_page_shows_the_newest_of_its_usual_range(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    assert visit.span() == (END - 7 * DAY, END)
    assert "#" not in visit.page.url
    assert visit.page.get_by_role("button", name="1 week").get_attribute("aria-pressed") == "true"


def test_a_link_with_a_range_shows_it(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    assert visit.span() == (instant("2026-10-01"), instant("2026-11-01"))


@pytest.mark.parametrize("hash_", ["#main", "#from=x&to=y"])
def test_a_hash_that_tells_no_range_is_ignored(visit: Visit, hash_: str) -> None:
    visit.open(f"sites/wharf.html{hash_}")
    assert visit.span() == (END - 7 * DAY, END)


def test_a_range_that_is_picked_is_in_the_address(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.click("1 day")
    assert visit.span() == (END - DAY, END)
    assert visit.page.url.endswith("#from=2026-11-21T13:00Z&to=2026-11-22T13:00Z")


def test_the_browser_goes_back_to_the_range_before(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.click("1 day")
    visit.click("All")
    assert visit.span() == (FIRST, END)
    visit.page.go_back()
    visit.drawn()
    assert visit.span() == (END - DAY, END)
    visit.page.go_back()
    visit.drawn()
    assert visit.span() == (END - 7 * DAY, END)
    visit.page.go_forward()
    visit.drawn()
    assert visit.span() == (END - DAY, END)


def test_one_goes_to_what_was_before_and_on_to_the_newest(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.click("Earlier")
    assert visit.span() == (END - 14 * DAY, END - 7 * DAY)
    visit.click("Earlier")
    visit.click("Later")
    assert visit.span() == (END - 14 * DAY, END - 7 * DAY)
    visit.click("Newest")
    assert visit.span() == (END - 7 * DAY, END)


def test_days_that_are_typed_are_those_of_the_zone(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.page.get_by_label("From", exact=True).fill("2026-10-31")
    visit.page.get_by_label("To", exact=True).fill("2026-11-01")
    visit.drawn()
    start, end = visit.span()
    assert start == instant("2026-10-31 07:00")
    assert end - start == 2 * DAY + HOUR


def test_the_last_day_before_the_first_changes_nothing(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.page.get_by_label("To", exact=True).fill("2026-01-01")
    assert visit.span() == (END - 7 * DAY, END)


def test_a_date_is_typed_digit_by_digit(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.page.get_by_label("From", exact=True).focus()
    entries = visit.page.evaluate("history.length")
    for digit in "11052026":
        visit.page.keyboard.press(digit)
        visit.drawn()
    assert visit.span()[0] == instant("2026-11-05 08:00")
    assert visit.page.evaluate("history.length") == entries + 1


def test_a_first_day_after_the_last_keeps_the_focus_where_it_is(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    first = visit.page.get_by_label("From", exact=True)
    first.focus()
    first.fill("2026-12-24")
    assert visit.span() == (END - 7 * DAY, END)
    assert first.evaluate("each => each === document.activeElement")
    assert not first.evaluate("each => each.validity.valid")


def test_a_step_that_leads_beyond_the_readings_is_none(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.click("All")
    for name in ("Earlier", "Later", "Newest"):
        visit.page.get_by_role("button", name=name).dispatch_event("click")
        assert visit.span() == (FIRST, END)


def test_the_newest_are_reached_from_beyond_the_readings(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2030-01-01T00:00Z&to=2030-01-02T00:00Z")
    visit.click("Newest")
    assert visit.span() == (END - DAY, END)


def test_a_browser_that_takes_no_more_addresses_shows_the_range(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    visit.page.evaluate(
        "() => { history.pushState = history.replaceState = () => { throw new Error() } }"
    )
    visit.press("ArrowLeft")
    visit.press("+")
    assert visit.span()[0] == instant("2026-10-01")


def test_of_many_steps_the_address_has_the_last_one(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    visit.page.evaluate("""() => {
        window.writes = 0;
        const replace = history.replaceState.bind(history);
        history.replaceState = (...all) => { window.writes += 1; replace(...all); };
        const key = new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true });
        for (let i = 0; i < 40; i++) document.querySelector(".plot").dispatchEvent(key);
    }""")
    start = visit.span()[0]
    visit.page.wait_for_function("window.writes > 0")
    assert visit.page.evaluate("window.writes") == 1
    assert f"#from={datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%MZ}" in visit.page.url


def test_keys_move_and_zoom_what_is_shown(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    start, end = visit.span()
    visit.press("ArrowLeft")
    moved = visit.span()
    visit.press("ArrowRight")
    assert (moved[1], visit.span()) == (end - 31 * DAY / 4, (start, end))
    visit.press("+")
    assert visit.span() == (start + 31 * DAY / 4, end - 31 * DAY / 4)
    visit.press("-")
    assert visit.span() == (start, end)
    visit.press("Home")
    assert visit.span() == (FIRST, END)


def test_many_steps_by_keys_are_one_step_of_the_browser_s(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    for _ in range(3):
        visit.press("ArrowLeft")
    visit.page.go_back()
    visit.drawn()
    assert visit.span() == (instant("2026-10-01"), instant("2026-11-01"))


def test_escape_and_a_double_click_lead_back_out(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    october = visit.span()
    visit.press("+")
    visit.press("+")
    visit.press("Escape")
    visit.page.locator(".u-over").first.dblclick()
    visit.drawn()
    assert visit.span() == october


def test_the_wheel_scrolls_the_page_and_leaves_the_range(visit: Visit) -> None:
    visit.open(f"sites/tall.html{OCTOBER}")
    visit.page.locator(".u-over").first.hover()
    visit.page.mouse.wheel(0, 300)
    visit.page.wait_for_function("scrollY > 200")
    assert visit.span() == (instant("2026-10-01"), instant("2026-11-01"))


def test_the_cursor_goes_from_bucket_to_bucket_and_tells_its_values(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-11-05T00:00Z&to=2026-11-06T00:00Z")
    said = visit.page.locator("[aria-live=polite]")
    visit.press("Shift+ArrowRight")
    assert said.inner_text() == "2026-11-04 16:00 PST · 2026-11-05 00:00 UTC; Surface 10.00\xa0°C"
    visit.press("Shift+ArrowRight")
    assert said.inner_text() == "2026-11-04 17:00 PST · 2026-11-05 01:00 UTC; Surface 10.25\xa0°C"
    visit.press("Shift+ArrowLeft")
    assert "Surface 10.00" in said.inner_text()


def test_the_range_goes_along_to_another_page(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{OCTOBER}")
    visit.page.get_by_role("link", name="Many").click()
    visit.page.wait_for_url("**/many.html*")
    visit.drawn()
    assert visit.span() == (instant("2026-10-01"), instant("2026-11-01"))
