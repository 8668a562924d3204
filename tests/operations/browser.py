"""A real Chromium without a window, where this machine has one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.operations.waiting import PATIENCE_S

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def found_chromium() -> str | None:
    """Return the browser's path; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def chromium() -> str:
    """Return the browser's path; without one the test is skipped, or fails where it is needed."""
    found = found_chromium()
    if found is not None:
        return found
    what = "NOT TESTED IN A BROWSER: there is no Chromium; `make browser` installs it"
    if os.environ.get("NEEDS_BROWSER"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def browse(url: str, profile: Path) -> Iterator[Page]:
    """Open a page of a fresh browser."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=_ARGUMENTS,
            base_url=url,
            viewport={"width": 1500, "height": 950},
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        try:
            yield context.pages[0]
        finally:
            context.close()


@contextmanager
def headless() -> Iterator[Browser]:
    """Start a browser for several windows.

    There can be but one Playwright in a thread: whoever has it gives it back before others ask.
    """
    path = chromium()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


def press(page: Page, label: str) -> None:
    """Press the button that says something."""
    page.get_by_role("button").filter(has_text=label).first.click()


def metadata(page: Page, place: str) -> dict[str, str]:
    """Return the metadata that an asset's page shows of a month, by label."""
    page.goto(place)
    page.get_by_role("row").filter(has_text="pond/txn").first.wait_for()
    rows = [row.get_by_role("cell").all_inner_texts() for row in page.get_by_role("row").all()]
    return {cells[0].strip(): cells[1].strip() for cells in rows if len(cells) > 1}
