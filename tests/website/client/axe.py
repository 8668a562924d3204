"""What axe-core finds in a page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).parents[3] / "pond_pipeline/website/client/node_modules/axe-core/axe.min.js"
_FOUND = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" | ")}`)"""


def complaints(page: Page) -> list[str]:
    """Return what is wrong, with the elements that are; without axe-core the test is skipped."""
    if not _AXE.exists():
        pytest.skip("*** NO axe-core: ACCESSIBILITY OF THE WEBSITE IS NOT TESTED. ***")
    page.add_script_tag(path=_AXE)
    found: list[str] = page.evaluate(_FOUND)
    return found
