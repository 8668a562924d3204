"""The website of a pond in a browser: it shows what SQL tells, and runs no code but its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest

from pond_pipeline.website import WebsiteServer
from tests.website.bay import PIER, Bay
from tests.website.client.axe import complaints
from tests.website.client.conftest import Visit, Website

JANUARY = "#from=2025-01-01T00:00Z&to=2025-02-01T00:00Z"
ALL = "#from=2025-01-01T00:00Z&to=2025-02-20T00:00Z"
COUNT_HACKS = "window.hacks = 0; window.hacked = () => { window.hacks += 1; };"


@pytest.fixture(scope="module")
def website(shared: Bay) -> Iterator[Website]:
    """Serve the bay as `pond site serve` does."""
    with WebsiteServer(shared.site, port=0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Website(shared.site, server.url.rstrip("/"))
        server.shutdown()
        thread.join()


def in_pond(bay: Bay, column: str, aggregate: str, *, until: str) -> dict[int, float]:
    """Return what SQL over the pond tells of an hourly column, by instant."""
    rows = bay.snapshot().sql(
        f"""SELECT epoch(timestamp)::BIGINT AS t, "{column}.{aggregate}" AS value
        FROM "{PIER}/res=1h" WHERE timestamp < '{until}' AND "{column}.{aggregate}" IS NOT NULL"""  # noqa: S608 -- our own names
    )
    return {each["t"]: each["value"] for each in rows.to_pylist()}


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("aggregate", ["avg", "min", "max"])
def test_charts_draw_what_sql_tells_of_the_pond(
    visit: Visit, shared: Bay, which: int, aggregate: str
) -> None:
    visit.open(f"sites/pier.html{JANUARY}")
    visit.page.locator("figure").nth(which).scroll_into_view_if_needed()
    visit.page.wait_for_function(f"duckpond.charts[{which}].ready")
    chart = visit.chart(which)
    assert chart["resolution"] == "1h"
    line = chart["lines"][0]
    column = {"Temperature": "Surface.Temperature.C", "DO": "Surface.DO.mg/L"}[chart["title"]]
    drawn = zip(line["t"], line[aggregate], strict=True)
    assert {t: value for t, value in drawn if value is not None} == pytest.approx(
        in_pond(shared, column, aggregate, until="2025-02-01T00:00Z"), rel=1e-6
    )


def test_flagged_readings_notes_and_samples_are_marked(visit: Visit) -> None:
    visit.open(f"sites/pier.html{JANUARY}")
    chart = visit.chart()
    assert len(chart["flagged"]) == 2
    assert [each["text"] for each in chart["notes"]] == [
        "Ana: Cleaned <b>the</b> sonde",
        "Ben: Ice on the pier",
    ]


@pytest.mark.parametrize("as_file", [False, True], ids=["served", "from the disk"])
def test_every_page_opens_without_a_complaint_and_runs_no_code_of_others(
    visit: Visit, *, as_file: bool
) -> None:
    visit.page.add_init_script(COUNT_HACKS)
    folder = visit.website.folder
    names = [str(each.relative_to(folder)) for each in sorted(folder.rglob("*.html"))]
    assert len(names) == 9
    for name in names:
        visit.page.goto((folder / name).as_uri() if as_file else f"{visit.website.url}/{name}")
        if visit.page.locator("figure.chart").count():
            visit.page.wait_for_function("duckpond.charts[0]?.ready")
        assert visit.page.evaluate("window.hacks") == 0


@pytest.mark.parametrize("viewport", [(320, 640), (360, 740), (820, 1180)])
def test_no_page_is_wider_than_the_screen(visit: Visit) -> None:
    for file in sorted(visit.website.folder.rglob("*.html")):
        name = str(file.relative_to(visit.website.folder))
        visit.page.goto(f"{visit.website.url}/{name}")
        if visit.page.locator("figure.chart").count():
            visit.page.wait_for_function("duckpond.charts[0]?.ready")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visit.page.evaluate(wide) <= 0, name


@pytest.mark.parametrize("viewport", [(320, 640)])
def test_the_newest_readings_are_seen_on_a_phone_with_their_times(visit: Visit) -> None:
    visit.open("sites/pier.html")
    table = visit.page.get_by_role("region", name="Newest readings")
    assert table.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    cells = table.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    assert cells[:4] == ["Surface", "Temperature", "11.22", "°C"]
    assert cells[4].startswith("2025-02-19 15:00 PST (")


@pytest.mark.parametrize("viewport", [(360, 740)])
def test_axe_finds_nothing_in_what_the_builder_writes(visit: Visit) -> None:
    names = (
        "sites/pier",
        "instruments/sonde",
        "parameters/temperature-c",
        "pages/about",
        "downloads",
    )
    for name in names:
        visit.page.goto(f"{visit.website.url}/{name}.html{ALL if '/' in name else ''}")
        if name != "downloads":
            visit.drawn()
        assert complaints(visit.page) == [], name


def test_notes_that_share_a_mark_are_counted_in_its_name(visit: Visit) -> None:
    visit.open("sites/pier.html#from=2015-01-01T00:00Z&to=2026-01-01T00:00Z")
    mark = visit.page.locator(".note").first
    assert mark.inner_text() == "2"
    assert str(mark.get_attribute("aria-label")).startswith("2 notes: 2025-01-10 01:30 PST: Ana")


def test_a_late_site_is_another_mark_on_the_map(visit: Visit) -> None:
    shape = "each => getComputedStyle(each).strokeDasharray"
    seen = []
    for day in (19, 20):
        visit.page.clock.set_fixed_time(datetime(2025, 2, day, 23, 30, tzinfo=UTC))
        visit.page.goto(f"{visit.website.url}/index.html")
        marks = visit.page.locator(".map .mark")
        seen += [each.evaluate(shape) for each in marks.all()]
    assert seen == ["none", "none", "6px, 3px", "6px, 3px"]


def test_the_list_of_a_build_is_not_served(visit: Visit) -> None:
    answer = visit.page.request.get(f"{visit.website.url}/.duckpond-website.json")
    assert answer.status == 404
