"""What pages say, and that nothing in a name or a note runs as code."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from pond_pipeline.website import build
from tests.pipeline.steps.exports import put
from tests.website.bay import HOSTILE, HOURS, MONTHS, NOTES, Bay, export


def pages(bay: Bay) -> Iterator[Path]:
    """Yield all pages."""
    yield from sorted(bay.site.rglob("*.html"))


def page(bay: Bay, name: str) -> html.HtmlElement:
    """Return a page."""
    return html.document_fromstring((bay.site / name).read_text())


def found(tree: html.HtmlElement, path: str) -> list[str]:
    """Return the texts of what an XPath finds."""
    result = tree.xpath(path)
    assert isinstance(result, list)
    return [str(each) for each in result]


def said(tree: html.HtmlElement) -> str:
    """Return what a page says, with single spaces."""
    return " ".join(" ".join(str(each) for each in tree.itertext()).split())


def text(bay: Bay, name: str) -> str:
    """Return what a page of the website says."""
    return said(page(bay, name))


def test_every_link_leads_to_a_file_of_the_website(shared: Bay) -> None:
    for file in pages(shared):
        tree = html.document_fromstring(file.read_text())
        places = found(tree, "//@href | //@src")
        local = [
            unquote(urlsplit(each).path) for each in places if not each.startswith(("#", "data:"))
        ]
        assert local
        for place in local:
            assert not place.startswith("/"), "a website lies below any address"
            assert (file.parent / place).is_file(), f"{file.name}: {place}"


def test_a_name_that_looks_like_code_is_shown_as_text(shared: Bay) -> None:
    for file in pages(shared):
        tree = html.document_fromstring(file.read_text())
        assert not found(tree, "//img | //script[not(@src)] | //*[@onerror] | //b")
        assert HOSTILE in said(tree)


def test_every_page_tells_what_it_is(shared: Bay) -> None:
    told = {}
    for file in pages(shared):
        tree = html.document_fromstring(file.read_text())
        assert len(found(tree, "//h1")) == 1
        (title,) = found(tree, "/html/head/title/text()")
        (description,) = found(tree, "//meta[@name='description']/@content")
        assert found(tree, "//meta[@property='og:title']/@content") == [title]
        assert found(tree, "//meta[@property='og:description']/@content") == [description]
        (icon,) = found(tree, "//link[@rel='icon']/@href")
        assert unquote(icon).startswith("data:image/svg+xml,<svg ")
        told[title] = description
    assert len(told) == len(set(told.values())) == 9
    assert told["Pier – The bay"] == "Newest readings and charts of Pier: Temperature, DO."


def test_markdown_of_ones_own_runs_no_code(shared: Bay) -> None:
    tree = page(shared, "pages/about.html")
    assert "<script>hacked()</script>" in said(tree)
    assert not [
        each for each in found(tree, "//@href") if "hacked" in unquote(each) and ":" in each
    ]
    assert len(found(tree, "//figure[@data-chart]")) == 1


def test_a_tag_stands_for_a_chart_of_all_parameters_where_it_names_none(bay: Bay) -> None:
    own = bay.lake.folder / "pages" / "about.md"
    own.write_text('Both: {{ chart("/combined/bay/Pier") }}\n')
    build(bay.step, bay.snapshot())
    captions = found(page(bay, "pages/about.html"), "//figure/figcaption/text()")
    assert captions == ["Temperature (°C)", "DO (mg/L)"]


def test_the_front_page_tells_the_newest_readings_and_that_they_are_provisional(
    shared: Bay,
) -> None:
    told = text(shared, "index.html")
    assert "Provisional data" in told
    assert "Temperature 11.22 °C" in told
    assert "Newest 2025-02-19 15:00 PST" in told
    assert len(found(page(shared, "index.html"), "//*[@class='map']//a")) == 2


def test_a_site_tells_its_instruments_quality_and_notes(shared: Bay) -> None:
    told = text(shared, "sites/pier.html")
    assert "Sonde , always" in told
    assert "Surface Temperature 0 2" in told
    assert "2025-01-10 01:30 PST : Ana: Cleaned <b>the</b> sonde; Temperature 11.5 °C" in told
    assert "39.42000, -123.80000" in told


def test_samples_of_what_an_instrument_measures_are_no_line_of_a_chart(shared: Bay) -> None:
    charts = found(page(shared, "sites/pier.html"), "//figure/@data-chart")
    assert len(charts) == 2
    assert not [each for each in charts if "Grab" in each]


def test_what_only_people_measure_has_a_chart_of_its_own(bay: Bay) -> None:
    bay.lake.file.write_text(
        bay.lake.file.read_text().replace('"Temperature.C"', '"Salinity.psu"', 1)
    )
    bay.lake.complete(*MONTHS)
    tree = page(bay, "sites/pier.html")
    assert found(tree, "//figcaption/text()") == ["Temperature (°C)", "Salinity (psu)", "DO (mg/L)"]
    assert "Grab Salinity 11.5 psu 2025-01-10 01:30 PST" in said(tree)


def test_a_site_whose_readings_have_no_value_says_so_and_is_not_marked_as_current(
    bay: Bay,
) -> None:
    rows = export("Logger-1", hours=range(HOURS)).splitlines()
    empty = [rows[0], *(f"{row.rpartition(',')[0]}," for row in rows[1:])]
    put(bay.lake.folder, "inbox/exports/Logger-1.csv", "\n".join(empty) + "\n")
    bay.lake.complete(*MONTHS)
    tree = page(bay, "index.html")
    assert "No values yet." in said(tree)
    assert found(tree, "//*[@class='map']//a[@class='silent']/@aria-label") == [f"1: {HOSTILE}"]


def test_a_table_has_no_column_that_would_be_empty(shared: Bay) -> None:
    site = page(shared, "sites/deep-img-src-x-onerror-hacked.html")
    newest, quality = ["Value", "Unit", "Time of reading"], ["Suspect", "Failed"]
    assert found(site, "//th/text()") == ["Parameter", *newest, "Parameter", *quality]


def test_an_instrument_tells_its_gaps_and_where_it_was(shared: Bay) -> None:
    told = text(shared, "instruments/sonde.html")
    assert "1 gap longer than 3 h" in told
    assert "2025-01-13 11:00 UTC 2025-01-14 08:00 UTC 21 h" in told
    assert "Pier , always" in told


def test_a_parameter_shows_all_sites_side_by_side(shared: Bay) -> None:
    tree = page(shared, "parameters/temperature-c.html")
    (chart,) = found(tree, "//figure/@data-chart")
    assert '"dataset": "pier"' in chart
    assert '"dataset": "deep-img-src-x-onerror-hacked"' in chart


def test_a_parameter_tells_the_newest_readings_by_the_clocks_of_their_sites(shared: Bay) -> None:
    told = text(shared, "parameters/temperature-c.html")
    assert "Pier, Surface 11.22 °C 2025-02-19 15:00 PST" in told
    assert "11.22 °C 2025-02-19 23:00 UTC" in told


def test_downloads_have_units_flags_and_both_times(shared: Bay) -> None:
    lines = (shared.site / "downloads/pier/2025.csv").read_text().splitlines()
    header = lines[0].split(",")
    assert header[:4] == [
        "timestamp (UTC)",
        "timestamp (America/Los_Angeles)",
        "Surface DO (mg/L)",
        "Surface Temperature (°C)",
    ]
    assert "Surface Temperature (°C) flag" in header
    assert lines[1].startswith("2025-01-01T00:00:00Z,2024-12-31T16:00:00-08:00,6.8,12.0,")
    assert len(lines) == shared.snapshot().read_series("/combined/bay/Pier").num_rows + 1


@pytest.mark.parametrize("theme", [("accent", "#aa5500"), ("accent_dark", "#ffcc00")])
def test_a_theme_sets_colors_and_adds_a_stylesheet(bay: Bay, theme: tuple[str, str]) -> None:
    (bay.lake.folder / "own.css").write_text("h1 { color: red }")
    key, color = theme
    given = f'  theme: {{{key}: "{color}", css: own.css}}\n'
    bay.lake.file.write_text(bay.lake.file.read_text() + given)
    build(bay.step, bay.snapshot())
    assert f"--accent: {color}" in (bay.site / "index.html").read_text()
    assert (bay.site / "assets" / "theme.css").read_text() == "h1 { color: red }"


def test_a_note_is_no_formula_in_a_spreadsheet(bay: Bay) -> None:
    note = "2025-02-01 08:00,Eve,=HYPERLINK(1),\n"
    put(bay.lake.folder, "inbox/notes/2025.csv", NOTES + note)
    bay.lake.complete(*MONTHS)
    assert ",'=HYPERLINK(1)," in (bay.site / "downloads/pier/2025.csv").read_text()
