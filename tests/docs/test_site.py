"""The pages as a site: nothing is missing in it, and it is read from a disk without a network."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.operations.browser import chromium

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 60_000
PHONE = ViewportSize(width=390, height=844)


@dataclass(frozen=True)
class Site:
    folder: Path
    said: str
    """What Sphinx had to say: its warnings, which are errors."""

    def url(self, page: str) -> str:
        return (self.folder / page).as_uri()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-b", "html", "-c", "docs", "-d", f"{folder}-read"]
    built = subprocess.run(  # noqa: S603 -- our own Python, our own pages
        [sys.executable, "-m", "sphinx", "--quiet", *options, ".", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return Site(folder, built.stderr)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a phone's window: its pages ask for nothing but the site, and complain of nothing."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark")
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    asked: list[str] = []
    troubles: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}
    assert troubles == []


def test_the_build_has_nothing_to_complain_of(site: Site) -> None:
    assert site.said == ""


def test_every_link_of_the_site_leads_somewhere_in_it(site: Site) -> None:
    pages = {page: html.parse(page) for page in site.folder.rglob("*.html")}
    ids = {page: {"", *tree.xpath("//@id")} for page, tree in pages.items()}
    lost = []
    for page, tree in pages.items():
        for link in map(urlsplit, tree.xpath("//@href | //@src")):
            there = (page.parent / unquote(link.path)).resolve() if link.path else page
            is_there = there.is_file() and there.is_relative_to(site.folder)
            if not link.scheme and not (is_there and link.fragment in ids.get(there, {""})):
                lost.append(f"{page.name}: {link.geturl()}")
    assert lost == []


def test_a_search_on_a_phone_finds_the_page_and_it_opens(site: Site, page: Page) -> None:
    page.goto(site.url("index.html"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("DuckPond")
    page.locator("label[for='__navigation']:visible").first.click()
    search = page.get_by_role("textbox", name="Search")
    search.fill("refetch")
    search.press("Enter")
    page.locator("#search-results").get_by_role("link", name="Glossary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Glossary")


@pytest.mark.parametrize("name", ["README.html", "docs/cli.html", "docs/resources-yaml.html"])
def test_no_page_is_wider_than_a_phone_and_dark_where_it_is_asked_to_be(
    site: Site, page: Page, name: str
) -> None:
    page.goto(site.url(name))
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in color.strip("rgb()").split(",")) < 64
