"""A website follows the pond: what is new is shown, and nothing else is written."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from pond_pipeline.errors import TemplateError, WebsiteError
from pond_pipeline.steps.website import website_is_due
from pond_pipeline.website import build
from tests.acceptance.lake import Lake
from tests.pipeline.steps.exports import HEADER, put
from tests.website.bay import BEGIN, HOUR, HOURS, MONTHS, PIER, Bay, export
from tests.website.data_file import value_of

T = TypeVar("T")


def stamps(site: Path) -> dict[str, int]:
    """Return when each file was written."""
    return {
        str(file.relative_to(site)): file.stat().st_mtime_ns
        for file in site.rglob("*")
        if file.is_file() and not file.name.startswith(".")
    }


def written(before: dict[str, int], site: Path) -> set[str]:
    """Return the files that were written since."""
    return {name for name, at in stamps(site).items() if before.get(name) != at}


def test_a_build_of_what_is_there_writes_nothing(bay: Bay) -> None:
    before = stamps(bay.site)
    built = build(bay.step, bay.snapshot())
    assert (built.written, built.removed) == (0, 0)
    assert (built.pages, built.files) == (9, len(before))
    assert written(before, bay.site) == set()


def test_a_build_shows_the_sites_and_then_the_instruments_that_are_done(bay: Bay) -> None:
    done: list[object] = []

    def track(things: Sequence[T], /) -> Iterable[T]:
        for each in things:
            yield each
            done.append(each)

    step = bay.step
    build(step, bay.snapshot(), track=track)
    assert done == [*step.places, *step.instruments]


def test_a_new_day_writes_the_tiles_of_its_month_and_the_pages_that_tell_of_it(bay: Bay) -> None:
    before = stamps(bay.site)
    later = export("Sonde-1", hours=range(HOURS, HOURS + 24))
    put(bay.lake.folder, "inbox/exports/Sonde-2.csv", later)
    changed = bay.lake.complete(*MONTHS)
    assert "/site/bay" in changed
    assert written(before, bay.site) == {
        "data/instrument.sonde/24h/2025.js",
        "data/instrument.sonde/index.js",
        "data/pier/1h/2025-02.js",
        "data/pier/24h/2025.js",
        "data/pier/index.js",
        "downloads.html",
        "downloads/pier/2025.csv",
        "downloads/pier/2025.parquet",
        "index.html",
        "instruments/sonde.html",
        "pages/about.html",
        "parameters/do-mg-l.html",
        "parameters/temperature-c.html",
        "sites/pier.html",
    }


def test_a_parameter_that_died_is_told_apart_from_those_that_go_on(bay: Bay) -> None:
    later = export("Sonde-1", hours=range(HOURS, HOURS + 24)).splitlines(keepends=True)
    going_on = [line for line in later if ",DO (mg/L)," in line]
    put(bay.lake.folder, "inbox/exports/Sonde-2.csv", "".join([later[0], *going_on]))
    bay.lake.complete(*MONTHS)
    last = int((BEGIN + (HOURS - 1) * HOUR).timestamp())
    for dataset, step_s in (("pier", 3600), ("instrument.sonde", 86_400)):
        columns = value_of(bay.site / f"data/{dataset}/index.js")["columns"]
        read = [each for each in columns if each["scope"] != "Grab"]
        newest = {each["parameter"]: each["newest"] for each in read}
        died = last // step_s * step_s
        assert newest == {"Temperature": died, "DO": died + 86_400}, dataset
        assert {each["late"] for each in read} == {3 * 3600}
        assert all(each["late"] is None for each in columns if each not in read)
    card = (bay.site / "index.html").read_text().partition("sites/pier.html")[2]
    assert card.partition('class="behind"')[2].startswith('><time datetime="2025-02-19T23:00:00Z"')
    assert card.count('class="behind"') == 1


def test_a_website_of_an_older_version_is_brought_on(bay: Bay) -> None:
    before, state = stamps(bay.site), bay.site / ".duckpond-website.json"
    index = (bay.site / "data/pier/index.js").read_text()
    listed = json.loads(state.read_text())
    for name, kept in listed["files"].items():
        if name.startswith("data/"):
            kept[0] = "as made before"
    for facts in listed["facts"]:
        facts.pop("before_end", None)
    state.write_text(json.dumps(listed))
    build(bay.step, bay.snapshot())
    assert written(before, bay.site) == set()
    assert (bay.site / "data/pier/index.js").read_text() == index
    assert '"newest":1740' in index


def test_nothing_new_writes_neither_the_folder_nor_the_pond(bay: Bay) -> None:
    before, txn = stamps(bay.site), bay.snapshot().node("/site/bay").pieces[0].txn
    assert bay.lake.complete(*MONTHS) == set()
    assert bay.snapshot().node("/site/bay").pieces[0].txn == txn
    assert written(before, bay.site) == set()


def test_the_pond_tells_what_a_website_was_made_from(shared: Bay) -> None:
    sources = shared.snapshot().read_table("/site/bay")
    assert sources.column_names == ["path", "version"]
    told = dict(zip(*(sources[name].to_pylist() for name in sources.column_names), strict=True))
    assert told["/site/bay"] == shared.step.fingerprint
    assert told.keys() == {"/site/bay", *shared.step.inputs, "pages/about.md"}
    assert all(told.values())


def test_a_website_shows_a_moment_of_the_past(bay: Bay, tmp_path: Path) -> None:
    build(bay.step, bay.snapshot(), folder=tmp_path / "now")
    line = ("site", "build", "-f", str(bay.lake.file), "--as-of", "0")
    assert bay.lake.command(*line).exit_code == 2, "the website itself shows the present"
    past = bay.lake.command(*line, "--to", str(tmp_path / "past"))
    assert past.exit_code == 0, past.stderr
    page = (tmp_path / "past" / "index.html").read_text()
    assert page.count("No readings yet.") == 2
    assert not (tmp_path / "past" / "data" / "pier" / "1h").exists()
    instrument = (tmp_path / "past" / "instruments" / "sonde.html").read_text()
    assert "No readings yet." in instrument
    assert "No gap" not in instrument
    index = value_of(tmp_path / "past" / "data" / "pier" / "index.js")
    assert (index["first"], index["columns"]) == (None, [])


def test_a_lost_folder_is_built_again_from_the_pond(bay: Bay, tmp_path: Path) -> None:
    bay.site.rename(tmp_path / "kept")
    bay.lake.complete("--select", "/site/bay")
    for name in stamps(tmp_path / "kept"):
        assert (bay.site / name).read_bytes() == (tmp_path / "kept" / name).read_bytes()


def test_a_dataset_that_a_pattern_leaves_out_goes_from_the_website(bay: Bay) -> None:
    text = bay.lake.file.read_text()
    one = text.replace(
        "  title: The bay\n", "  title: The bay\n  datasets: [/reduced/bay/*/Pier]\n"
    )
    bay.lake.file.write_text(one)
    built = build(bay.step, bay.snapshot())
    assert built.removed > 0
    assert [each.name for each in (bay.site / "sites").iterdir()] == ["pier.html"]
    assert [each.name for each in (bay.site / "instruments").iterdir()] == ["sonde.html"]


def test_downloads_can_be_left_out(bay: Bay) -> None:
    text = bay.lake.file.read_text()
    bay.lake.file.write_text(text.replace("  title: The bay\n", "  downloads: false\n"))
    build(bay.step, bay.snapshot())
    assert not (bay.site / "downloads").exists()
    assert not (bay.site / "downloads.html").exists()
    assert "Ana: Cleaned" in (bay.site / "sites" / "pier.html").read_text()


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('{{ chart("/reduced/bay/sites/Peer") }}', "shows no '/reduced/bay/sites/Peer'"),
        ('{{ chart("/combined/bay/Pier", parameter="Salt") }}', "has no Salt; it has"),
        ("{{ chart(", "about.md, line 1"),
        ("{{ chart() }}", "a chart takes one path"),
        ("{{ chart(5) }}", "a chart takes one path"),
        ('{{ chart("/combined/bay/Pier", size="9") }}', "and no other size"),
        ("{{ graph() }}", "'graph' is undefined"),
    ],
)
def test_a_wrong_tag_is_named_and_the_website_stays(bay: Bay, page: str, problem: str) -> None:
    before = stamps(bay.site)
    text = bay.lake.file.read_text()
    bay.lake.file.write_text(text.replace("interval: 1h", "interval: 2h"))  # in lists of datasets
    (bay.lake.folder / "pages" / "about.md").write_text(page)
    with pytest.raises(TemplateError, match=problem):
        build(bay.step, bay.snapshot())
    assert written(before, bay.site) == set()


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ('chrt("/combined/bay/Pier")', "did you mean 'chart'?"),
        ("schema", "a page knows chart, and what it sets"),
        ('chart("/reduced/bay/sites/Peer")', "did you mean '/reduced/bay/sites/Pier'?"),
        ('chart("/reduced/bay/sites/Pier/res=1h")', "did you mean '/reduced/bay/sites/Pier'?"),
        ('chart("Quay")', "it shows /combined/bay/Deep"),
    ],
)
def test_what_a_tag_may_say_is_told_where_it_is_wrong(bay: Bay, tag: str, told: str) -> None:
    (bay.lake.folder / "pages" / "about.md").write_text(f"{{{{ {tag} }}}}")
    with pytest.raises(TemplateError) as caught:
        build(bay.step, bay.snapshot())
    assert told in f"{caught.value}\n{caught.value.hint}"


def test_a_page_that_is_not_there_is_named(bay: Bay) -> None:
    (bay.lake.folder / "pages" / "about.md").unlink()
    with pytest.raises(WebsiteError, match=r"no page is called 'pages/\*\.md'"):
        build(bay.step, bay.snapshot())


def test_a_tag_within_code_is_told(bay: Bay) -> None:
    page = '```\n{{ chart("/combined/bay/Pier") }}\n```\n'
    (bay.lake.folder / "pages" / "about.md").write_text(page)
    with pytest.raises(WebsiteError, match=r"about\.md: a chart stands within code"):
        build(bay.step, bay.snapshot())


@pytest.mark.parametrize(("key", "file"), [("pages", "pages/own.md"), ("theme", "assets/own.css")])
def test_a_source_of_the_website_in_its_own_folder_is_refused_and_kept(
    bay: Bay, key: str, file: str
) -> None:
    own = bay.site / file
    own.write_text("mine")
    line = "  pages: [site/bay/pages/own.md]\n" if key == "pages" else ""
    theme = "  theme: {css: site/bay/assets/own.css}\n" if key == "theme" else ""
    text = bay.lake.file.read_text().replace('  pages: ["pages/*.md"]\n', line)
    bay.lake.file.write_text(text + theme)
    with pytest.raises(WebsiteError, match="lies in the folder of the website"):
        build(bay.step, bay.snapshot())
    assert own.read_text() == "mine"


def test_buckets_that_begin_before_the_first_reading_are_shown(bay: Bay) -> None:
    weeks = bay.lake.file.read_text().replace("[1h, 24h]", "[1h, 24h, 7d]")
    bay.lake.file.write_text(weeks)
    bay.lake.complete("--from", "2024-12", "--to", "2025-02")
    index = value_of(bay.site / "data/pier/index.js")
    periods = index["resolutions"][2]["tiles"]
    told = [len(value_of(bay.site / f"data/pier/7d/{each}.js")["t"]) for each in periods]
    assert sum(told) == bay.snapshot().read_series(f"{PIER}/res=7d").num_rows


def test_years_without_readings_after_a_clock_that_was_lost_have_no_files(bay: Bay) -> None:
    text = bay.lake.file.read_text()
    bay.lake.file.write_text(text.replace("start: 2025-01-01", "start: 1970-01-01"))
    row = "1970-05-01 03:00,Sonde-1,Temperature (C),11"
    put(bay.lake.folder, "inbox/exports/Sonde-2.csv", f"{HEADER}\n{row}\n")
    bay.lake.complete("--from", "1970-05", "--to", "1970-05")
    found = sorted(each.name for each in (bay.site / "downloads/pier").iterdir())
    assert found == ["1970.csv", "1970.parquet", "2025.csv", "2025.parquet"]
    for resolution in value_of(bay.site / "data/pier/index.js")["resolutions"]:
        assert {period[:4] for period in resolution["tiles"]} == {"1970", "2025"}
    noted = json.loads((bay.site / ".duckpond-website.json").read_text())["files"]
    periods = {name.rpartition("/")[2][:4] for name in noted if re.search(r"/\d{4}[^/]*$", name)}
    assert periods == {"1970", "2025"}


def test_two_datasets_of_one_name_have_pages_and_files_of_their_own(bay: Bay) -> None:
    text = bay.lake.file.read_text()
    start, end = text.index("kind: Reduce"), text.index("---\nkind: Site")
    bay.lake.file.write_text(text + "---\n" + text[start:end].replace("name: bay", "name: more"))
    bay.lake.complete(*MONTHS)
    pages = sorted(each.name for each in (bay.site / "sites").iterdir())
    assert pages[-2:] == ["pier-bay-sites.html", "pier-more-sites.html"]
    assert len(pages) == 4


def test_what_a_page_says_of_a_site_puts_the_website_behind(bay: Bay) -> None:
    assert not website_is_due(bay.step, bay.snapshot())
    text = bay.lake.file.read_text()
    for old, new in (
        ("latitude: 39.42\n", "latitude: 39.5\n"),
        ("timezone: America/Los_Angeles", "timezone: UTC"),
        ("match: Logger-1, interval: 1h", "match: Logger-1, interval: 2h"),
    ):
        bay.lake.file.write_text(text.replace(old, new))
        assert website_is_due(bay.step, bay.snapshot()), new


def test_a_page_or_a_stylesheet_that_was_edited_puts_the_website_behind(bay: Bay) -> None:
    css = "  theme: {css: pages/own.css}\n"
    bay.lake.file.write_text(bay.lake.file.read_text() + css)
    files = [bay.lake.folder / "pages" / name for name in ("own.css", "about.md", "more.md")]
    for file in files:
        file.write_text("# A first text")
        assert website_is_due(bay.step, bay.snapshot()), file
        assert bay.lake.complete(*MONTHS) == {"/site/bay"}
        assert not website_is_due(bay.step, bay.snapshot()), file
    files[-1].unlink()
    assert bay.lake.complete(*MONTHS) == {"/site/bay"}
    assert not (bay.site / "pages" / "more.html").exists()


def test_the_newest_reading_is_one_that_did_not_fail(bay: Bay) -> None:
    rows = [f"2025-02-21 {hour:02}:00,Sonde-1,Temperature (C),99" for hour in range(3)]
    put(bay.lake.folder, "inbox/exports/Sonde-2.csv", "\n".join([HEADER, *rows, ""]))
    bay.lake.complete(*MONTHS)
    assert "<dd>99 <" not in (bay.site / "index.html").read_text()
    assert value_of(bay.site / "data/pier/1h/2025-02.js")["f"]


TIDE = """\
kind: Scribble
name: tide
spec: {start: 2025-01-01, end: 2025-01-03, interval: 1h, series: [north], columns: [Level.m]}
---
kind: Reduce
name: tide
spec:
  collections:
    - name: sites
      resolutions: [1h]
      datasets: [{in_pattern: /raw/tide/*, out_pattern: $0}]
---
kind: Site
name: tide
spec: {}
"""


def test_columns_that_nobody_described_have_newest_readings_and_units(tmp_path: Path) -> None:
    lake = Lake(tmp_path, put(tmp_path, "resources.yaml", TIDE), {})
    lake.complete("--from", "2025-01", "--to", "2025-01")
    site = tmp_path / "site" / "tide"
    front = (site / "index.html").read_text()
    assert "No readings yet" not in front
    assert "2025-01-02 23:00 UTC" in front
    assert "Level (m)" in (site / "downloads/north/2025.csv").read_text().splitlines()[0]
