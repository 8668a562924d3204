"""What charts draw, and what they load for it."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from tests.website.client import written
from tests.website.client.conftest import Visit
from tests.website.client.written import DAY, HOUR, instant

WEEK = "#from=2026-11-01T00:00Z&to=2026-11-08T00:00Z"
GAPS = "#from=2026-11-09T00:00Z&to=2026-11-16T00:00Z"
YEARS = "#from=2022-01-01T00:00Z&to=2026-01-01T00:00Z"


def test_a_chart_draws_the_numbers_of_its_tiles(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{WEEK}")
    t = written.hours(instant("2026-11-01"), instant("2026-11-08"))
    assert visit.chart()["resolution"] == "1h"
    assert visit.line()["t"] == t
    assert visit.line()["avg"] == [written.temperature(each) for each in t]


def test_a_time_without_buckets_and_a_bucket_without_a_value_interrupt_a_line(
    visit: Visit,
) -> None:
    visit.open(f"sites/wharf.html{GAPS}")
    line = visit.line()
    nothing = [t for t, avg in zip(line["t"], line["avg"], strict=True) if avg is None]
    assert nothing == [written.NO_BUCKETS[0], written.NO_TEMPERATURE]


def test_lowest_and_highest_that_are_left_out_are_the_average(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{WEEK}")
    line = visit.line()
    assert line["min"] == line["avg"]
    assert line["max"] == line["avg"]


def test_a_coarse_resolution_has_a_band(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{YEARS}")
    line = visit.line()
    assert visit.chart()["resolution"] == "24h"
    assert (set(line["min"]), set(line["avg"]), set(line["max"])) == ({10}, {12.5}, {15.75})
    caption = visit.page.locator("figcaption").first.inner_text()
    assert "24 h averages, band from lowest to highest" in caption


def test_the_colors_of_line_and_band_are_on_the_canvas(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{YEARS}")
    count = visit.page.evaluate(f"""() => {{
        {written.PIXELS}
        let [line, band] = [0, 0];
        for (let i = 0; i < data.length; i += 4) {{
            if (data[i] < 40 && data[i + 2] > 120 && data[i + 3] > 200) line += 1;
            else if (data[i] < 40 && data[i + 3] > 30 && data[i + 3] < 80) band += 1;
        }}
        return {{ line, band }};
    }}""")
    assert count["line"] > 500
    assert count["band"] > 10 * count["line"]


def test_only_the_tiles_that_overlap_the_range_are_loaded(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-10-01T00:00Z&to=2026-11-01T00:00Z")
    files = {"wharf/index.js", "wharf/notes.js?v=c1", "wharf/1h/2026-10.js?v=a2"}
    assert set(visit.data) == files
    assert len(visit.data) == len(files)


def test_a_tile_that_was_loaded_is_not_asked_for_again(visit: Visit) -> None:
    visit.open(f"sites/wharf.html{WEEK}")
    visit.data.clear()
    visit.press("ArrowRight")
    visit.press("ArrowLeft")
    assert visit.data == []


def test_dragging_over_the_plot_loads_a_finer_tile(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-06-01T00:00Z&to=2026-11-22T00:00Z")
    assert visit.chart()["resolution"] == "24h"
    visit.data.clear()
    box = visit.page.locator(".u-over").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    visit.page.mouse.move(box["x"] + box["width"] * 0.85, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] * 0.87, middle, steps=3)
    visit.page.mouse.move(box["x"] + box["width"] * 0.95, middle)
    visit.page.mouse.up()
    visit.page.wait_for_function("duckpond.charts[0].resolution === '1h'")
    visit.drawn()
    start, end = visit.span()
    assert set(visit.data) == {"wharf/1h/2026-10.js?v=a2", "wharf/1h/2026-11.js?v=a3"}
    assert 17 * DAY < end - start < 18 * DAY
    assert visit.chart(1)["range"] == visit.chart(0)["range"]


def test_lines_of_two_datasets_share_a_chart(visit: Visit) -> None:
    visit.open(f"sites/both.html{WEEK}")
    wharf, basin = visit.chart()["lines"]
    assert (wharf["dataset"], basin["dataset"]) == ("wharf", "basin")
    assert wharf["t"] == basin["t"]
    assert {each.partition("/")[0] for each in visit.data} == {"wharf", "basin"}


def test_more_than_eight_lines_are_off_until_they_are_switched_on(visit: Visit) -> None:
    visit.open(f"sites/many.html{WEEK}")
    assert [each["label"] for each in visit.chart()["lines"]] == [f"Line {n}" for n in range(8)]
    assert not any(each.startswith("basin/1h") for each in visit.data)
    hint = visit.page.locator(".hint")
    assert hint.inner_text() == "8 of 10 lines are shown; press a name to show or hide it."
    visit.click("Basin")
    assert hint.inner_text().startswith("9 of 10 ")
    visit.page.wait_for_function("duckpond.charts[0].lines.at(-1).t.length > 0")
    assert visit.chart()["lines"][-1]["label"] == "Basin"
    assert "basin/1h/2026-11.js?v=a3" in visit.data


def test_a_line_that_is_switched_off_is_not_drawn(visit: Visit) -> None:
    visit.open(f"sites/both.html{WEEK}")
    visit.click("Wharf")
    assert [each["label"] for each in visit.chart()["lines"]] == ["Basin"]
    assert visit.page.get_by_role("button", name="Wharf").get_attribute("aria-pressed") == "false"


def test_a_tile_that_does_not_come_is_told_and_can_be_asked_for_again(visit: Visit) -> None:
    tile = visit.website.folder / "data/wharf/1h/2026-09.js"
    kept = tile.rename(tile.with_suffix(".gone"))
    visit.open("sites/wharf.html#from=2026-09-20T00:00Z&to=2026-10-10T00:00Z")
    kept.rename(tile)
    assert "wharf/1h/2026-09.js" in visit.chart()["error"]
    assert visit.line()["t"][0] == instant("2026-10-01")
    assert [each for each in visit.troubles if "404" not in each] == []
    visit.troubles.clear()
    visit.click("Try again")
    visit.page.wait_for_function("duckpond.charts[0].error === null && duckpond.charts[0].ready")
    assert visit.line()["t"][0] == instant("2026-09-20")


def test_a_tile_that_tells_nothing_is_told_of(visit: Visit) -> None:
    tile = visit.website.folder / "data/wharf/1h/2026-09.js"
    text = tile.read_text()
    tile.write_text("")
    visit.open("sites/wharf.html#from=2026-09-20T00:00Z&to=2026-10-10T00:00Z")
    tile.write_text(text)
    assert "wharf/1h/2026-09.js" in visit.chart()["error"]


def test_a_dataset_that_is_not_there_is_told_of(visit: Visit) -> None:
    visit.open("sites/lost.html")
    assert "data/lost/index.js" in visit.chart()["error"]
    visit.troubles.clear()


def test_a_range_without_readings_says_when_the_newest_was(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2030-01-01T00:00Z&to=2030-02-01T00:00Z")
    told = visit.page.locator(".message").first.inner_text()
    assert told == "No readings in this range; newest 2026-11-22 04:00 PST."


NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
AUTUMN = "#from=2026-10-01T00:00Z&to=2026-11-22T13:00Z"


def test_a_column_that_ended_before_the_others_says_when_and_that_it_is_late(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(NOW)
    visit.open(f"sites/dead.html{AUTUMN}")
    told = visit.page.locator("figure").first.locator(".legend .newest")
    assert [each.inner_text() for each in told.all() if each.is_visible()] == [
        "newest 2026-10-12 16:00 PDT (40 d ago, late)"
    ]
    assert told.nth(1).get_attribute("class") == "newest late"


def test_a_column_that_nobody_judges_says_when_it_ended_and_is_not_late(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(NOW)
    visit.open(f"sites/dead.html{AUTUMN}")
    visit.page.wait_for_function("duckpond.charts[1].ready")
    told = visit.page.locator("figure").nth(1).locator(".legend .newest")
    assert told.inner_text() == "newest 2026-10-12 23:00 UTC (40 d ago)"
    assert told.get_attribute("class") == "newest"


def test_each_line_tells_its_own_newest_value(visit: Visit) -> None:
    visit.open(f"sites/dead.html{AUTUMN}")
    legend = visit.page.locator("figure").first.locator(".legend li")
    values = [each.locator(".value").inner_text() for each in legend.all()]
    assert values == ["13.0\N{NO-BREAK SPACE}psu", "31.5\N{NO-BREAK SPACE}psu"]
    assert [each.locator(".spread").inner_text() for each in legend.all()] == ["", "on 2026-10-12"]


def test_a_range_after_the_last_reading_of_a_column_says_when_that_was(visit: Visit) -> None:
    visit.open("sites/dead.html#from=2026-11-01T00:00Z&to=2026-11-08T00:00Z")
    visit.page.wait_for_function("duckpond.charts[1].ready")
    told = visit.page.locator(".message").nth(1).inner_text()
    assert told == "No readings in this range; newest 2026-10-12 23:00 UTC."


def test_a_label_at_the_end_of_the_time_axis_is_not_cut(visit: Visit) -> None:
    visit.open("sites/both.html#from=2026-11-19T00:00Z&to=2026-11-22T00:00Z")
    inked = visit.page.evaluate(f"""() => {{
        {written.PIXELS}
        const edge = (x) => Array.from({{ length: copy.height }}, (_, y) =>
            data[(y * copy.width + x) * 4 + 3]).some((alpha) => alpha > 0);
        return [edge(copy.width - 1), edge(copy.width - 12)];
    }}""")
    assert inked == [False, True]


def test_what_is_far_below_is_not_loaded_before_one_comes_near(visit: Visit) -> None:
    visit.open(f"sites/tall.html{WEEK}")
    assert [each["ready"] for each in (visit.chart(0), visit.chart(1))] == [True, False]
    visit.page.locator("figure").nth(1).scroll_into_view_if_needed()
    visit.page.wait_for_function("duckpond.charts[1].ready")
    assert visit.chart(1)["lines"][0]["avg"][0] == written.oxygen(instant("2026-11-01"))


def test_the_values_below_the_mouse_are_told_with_their_instant(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-11-05T00:00Z&to=2026-11-06T00:00Z")
    box = visit.page.locator(".u-over").first.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    told = [each.inner_text() for each in visit.page.locator(".instant").all()]
    value = visit.page.locator(".legend .value").first.inner_text()
    assert told == ["2026-11-05 04:00 PST · 12:00 UTC"] * 2
    assert value == "13.00\N{NO-BREAK SPACE}°C"


def test_flagged_readings_are_shown_with_their_flags(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    assert visit.chart()["flagged"] == [
        {"label": "Surface", "t": written.FAILED, "value": 99.5, "flag": 4},
        {"label": "Surface", "t": written.SUSPECT, "value": None, "flag": 3},
    ]
    caption = visit.page.locator("figcaption").first.inner_text()
    assert "△ suspect" in caption
    assert "✕ fail" in caption


def test_a_range_in_which_all_readings_are_flagged_says_so(visit: Visit) -> None:
    flagged = {written.TEMPERATURE: [[instant("2026-10-05 03:00"), 40.5, 4]]}
    tile = written.script("tile", "wharf/1h/2026-10", {"t": [], "c": {}, "f": flagged})
    visit.page.route("**/1h/2026-10.js*", lambda route: route.fulfill(body=tile))
    visit.open("sites/wharf.html#from=2026-10-05&to=2026-10-06")
    visit.page.unroute("**/1h/2026-10.js*")
    assert [each["value"] for each in visit.chart()["flagged"]] == [40.5]
    message = visit.page.locator(".message").first.inner_text()
    assert message == "All readings in this range are flagged."


def test_a_note_is_told_with_its_samples(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    note = visit.page.locator(".note").first
    note.focus()
    told = "2026-11-18 09:30 PST: Ana: <b>cleaned</b> the sonde; DO 9.4 mg/L"
    assert visit.page.locator(".tip").first.inner_text() == told
    assert note.get_attribute("aria-label") == f"Note: {told}"
    assert visit.chart()["notes"] == written.NOTES


def test_a_grab_sample_is_on_the_chart_of_its_column_alone(visit: Visit) -> None:
    visit.open("sites/wharf.html")
    visit.page.wait_for_function("duckpond.charts[1].ready")
    captions = [each.inner_text() for each in visit.page.locator("figcaption").all()]
    assert ["grab sample" in each for each in captions] == [False, True]


def test_the_table_has_the_buckets_that_are_shown(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-11-20T04:00Z&to=2026-11-20T10:00Z")
    visit.page.locator("summary").first.click()
    rows = visit.page.locator(".table tbody tr")
    rows.first.wait_for()
    assert rows.first.locator("th, td").all_inner_texts() == [
        "2026-11-20 04:00",
        "2026-11-19 20:00",
        "11.00",
    ]
    assert rows.count() == 6
    assert visit.page.locator(".table li").all_inner_texts() == [
        "2026-11-19 21:00 PST · 2026-11-20 05:00 UTC: Surface 99.50\N{NO-BREAK SPACE}°C, fail",
        "2026-11-20 00:00 PST · 08:00 UTC: Surface no value, suspect",
    ]


def test_a_long_table_says_how_much_it_leaves_out(visit: Visit) -> None:
    visit.open("sites/wharf.html#from=2026-10-01T00:00Z&to=2026-11-01T00:00Z")
    visit.page.locator("summary").first.click()
    count = visit.page.locator(".count").first.inner_text()
    assert count == f"The first 500 of {31 * DAY // HOUR} buckets; the CSV has them all."
    assert visit.page.locator(".table").first.locator("tbody tr").count() == 500


def test_what_is_shown_can_be_saved_as_csv(visit: Visit, tmp_path: Path) -> None:
    visit.open(f"sites/wharf.html{WEEK}")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="CSV of this view").first.click()
    path = tmp_path / "view.csv"
    download.value.save_as(path)
    head, *rows = csv.reader(path.read_text().splitlines())
    t = written.hours(instant("2026-11-01"), instant("2026-11-08"))
    assert download.value.suggested_filename.startswith("Temperature-2026-11-01T0000Z")
    assert head == ["instant UTC", *(f"Surface {each} (°C)" for each in ("avg", "min", "max"))]
    assert [float(row[1]) for row in rows] == [written.temperature(each) for each in t]
