"""The pictures of the documentation, taken anew of what `make demo` makes.

`make pictures` does it where something looks different now. It needs a Chromium, and no
network. PNG of flat colors is small as Chromium writes it: nothing else makes it smaller.

    python -m tests.docs.pictures
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.docs.follower import Follower
from tests.docs.pages import ROOT
from tests.operations.browser import chromium
from tests.ports import free_port

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000
"""Bytes of a picture: whoever clones the tree has them all."""

_PATIENCE_MS = 60_000
_STILL_MS = 1500
"""For so long nothing moves in a picture: graphs of the UI take their time."""


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as made:
        folder = Path(made)
        shutil.copy(ROOT / "resources.yaml", folder)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environ = {"PATH": path, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
        with Follower(folder, environ, say=_say) as reader:
            reader.run("pond demo")
            website = reader.start_second("pond site serve --port 0").rstrip("/")
            ui = reader.start_second(f"pond up --port {free_port()}")
            with sync_playwright() as playwright:
                arguments = ["--no-sandbox", "--disable-gpu"]
                browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
                _take_website(browser, website)
                _take_ui(browser, ui)
                browser.close()


def _take_website(browser: Browser, website: str) -> None:
    site = f"{website}/sites/wharf.html"
    with _page(browser, 1200, 730) as page:
        page.goto(site)
        _drawn(page)
        _take(page, "site")
    with _page(browser, 1200, 860) as page:
        page.goto(website)
        _take(page, "overview")
    with _page(browser, 390, 700) as page:
        page.goto(site)
        page.get_by_role("button", name="1 week").click()
        page.locator(".plot").first.scroll_into_view_if_needed()
        _drawn(page)
        _take(page, "phone")


def _drawn(page: Page) -> None:
    page.wait_for_function("duckpond.charts.length > 0 && duckpond.charts[0].ready")


def _take_ui(browser: Browser, ui: str) -> None:
    wharf = f"{ui}/assets/combined/harbor/Wharf"
    with _page(browser, 1240, 760) as page:
        page.goto(f"{wharf}?view=lineage&lineageScope=upstream&lineageDepth=2")
        page.get_by_text("WharfVulink").nth(1).wait_for()
        _settle(page)
        page.mouse.move(740, 480)  # the middle of the graph, where it is zoomed in
        page.mouse.wheel(0, -120)
        page.mouse.move(1100, 400)
        page.mouse.down()
        page.mouse.move(1100, 310, steps=5)
        page.mouse.up()
        _take(page, "ui-lineage")
    with _page(browser, 1400, 800) as page:
        month = f"{datetime.now(UTC):%Y-%m}"
        page.goto(f"{wharf}?view=partitions&partition={month}")
        page.get_by_role("row").filter(has_text="pond/txn").first.wait_for()
        _take(page, "ui-asset")


@contextmanager
def _page(browser: Browser, width: int, height: int) -> Iterator[Page]:
    size = ViewportSize(width=width, height=height)
    context = browser.new_context(viewport=size, color_scheme="light", locale="en-US")
    context.set_default_timeout(_PATIENCE_MS)
    yield context.new_page()
    context.close()


def _take(page: Page, name: str) -> None:
    picture = _settle(page)
    file = FOLDER / f"{name}.png"
    file.write_bytes(picture)
    _say(f"{file.relative_to(ROOT)}: {len(picture)} B")


def _settle(page: Page) -> bytes:
    """Return what is seen when it does not move any more."""
    before, now = b"", page.screenshot()
    while now != before:
        page.wait_for_timeout(_STILL_MS)
        before, now = now, page.screenshot()
    return now


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- for the person who started it


if __name__ == "__main__":
    main()
