"""One Chromium for each file of tests, and the website that they look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

from tests.operations.browser import headless
from tests.website.client import written
from tests.website.client.serving import serving

PATIENCE_MS = 60_000
VISITS = count()


def _anew(address: str) -> str:
    """Return an address with a query of its own: another hash alone would be no new visit."""
    path, mark, hash_ = address.partition("#")
    return f"{path}?visit={next(VISITS)}{mark}{hash_}"


@dataclass(frozen=True)
class Website:
    folder: Path
    url: str


@dataclass
class Visit:
    """A page that is looked at, and what it did meanwhile."""

    page: Page
    website: Website
    data: list[str] = field(default_factory=list)
    """Addresses of the data files that it asked for, below `data/`."""
    troubles: list[str] = field(default_factory=list)
    """What stands in its console as an error or a warning."""

    def open(self, path: str) -> None:
        """Go to a page and wait until what is seen of it is drawn."""
        self.go(f"{self.website.url}/{path}")

    def go(self, address: str) -> None:
        self.page.goto(_anew(address))
        self.drawn()

    def begin(self, path: str, *, without: str) -> None:
        """Go to a page and wait until one data file is all that has not come."""
        self.page.goto(_anew(f"{self.website.url}/{path}"), wait_until="commit")
        self.page.wait_for_function(
            """file => {
                const waiting = document.querySelectorAll("script[src*='/data/']");
                return waiting.length === 1 && waiting[0].src.includes(file);
            }""",
            arg=without,
        )

    def drawn(self) -> None:
        """Wait until the first chart shows its range."""
        self.page.wait_for_function("duckpond.charts.length > 0 && duckpond.charts[0].ready")

    def chart(self, which: int = 0) -> dict[str, Any]:
        """Return what a chart shows now."""
        shown: dict[str, Any] = self.page.evaluate(f"duckpond.charts[{which}]")
        return shown

    def line(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.chart()["lines"][0]
        return shown

    def span(self) -> tuple[int, int]:
        told = self.chart()["range"]
        return told["from"], told["to"]

    def press(self, key: str) -> None:
        """Press a key on the first chart."""
        self.page.locator(".plot").first.press(key)
        self.drawn()

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.drawn()

    def _asked(self, request: Request) -> None:
        _, found, path = request.url.partition("/data/")
        if found:
            self.data.append(path)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _failed(self, error: Error) -> None:
        self.troubles.append(str(error))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what the page asks for and complains about."""
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        yield
        self.page.remove_listener("request", self._asked)
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("pageerror", self._failed)


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Serve the website on loopback."""
    if not (written.BUNDLE / "site.js").exists():
        pytest.skip("*** NO BUNDLE OF THE WEBSITE'S CLIENT: ITS TESTS ARE SKIPPED. ***")
    folder = tmp_path_factory.mktemp("website")
    written.write(folder)
    with serving(folder) as url:
        yield Website(folder, url)


# Not for the whole session: other folders start a Playwright of their own, and there can be but
# one in a thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with headless() as started:
        yield started


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Open a window, which the tests of a file look through one after the other."""
    context = browser.new_context(color_scheme="light", locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Return the size of the window; a test may have another one."""
    return 1280, 900


@pytest.fixture
def visit(page: Page, website: Website, viewport: tuple[int, int]) -> Iterator[Visit]:
    """Look at the website; nothing may stand in the console that a test does not take out."""
    width, height = viewport
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", media="screen")
    visited = Visit(page, website)
    with visited.watching():
        yield visited
    assert visited.troubles == []
