"""The map of sites on every screen: no name is cut, and no mark hides another one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest

from pond_pipeline.plan import Place
from pond_pipeline.website import build
from tests.website.bay import Bay
from tests.website.client.axe import complaints
from tests.website.client.conftest import Visit, Website
from tests.website.client.serving import serving

SCREENS = [(320, 640), (360, 740), (820, 1180), (1280, 900)]
LONG = "Noyo River below the confluence with the South Fork, near the old railway bridge"
FEW = [
    ("Wharf", 39.4236, -123.8063),
    ("Mouth", 39.4262, -123.8117),
    ("Basin", 39.4221, -123.8012),
    ("The railway bridge", 39.4246, -123.807),
]
MANY = [
    (LONG, 39.43, -123.82),
    *((f"Dock {n}", 39.4236 + n % 4 * 1e-5, -123.8063 - n % 5 * 1e-5) for n in range(18)),
    ("מזח הדייגים", 39.4236, -123.8063),
]

MARKS = """() => {
    const map = document.querySelector(".map").getBoundingClientRect();
    return [...document.querySelectorAll(".map a")].flatMap(a =>
        [...a.querySelectorAll(".mark, .dot, text")].map(each => {
            const { left, top, right, bottom } = each.getBoundingClientRect();
            const [x, y] = [map.left, map.top];
            return { kind: each.tagName, left: left - x, top: top - y, right: right - x,
                bottom: bottom - y, width: map.width, height: map.height };
        }));
}"""


def places(bay: Bay, known: Sequence[tuple[str, float, float]]) -> Iterator[Place]:
    """Yield places without readings."""
    for title, latitude, longitude in known:
        yield replace(
            bay.step.places[0],
            title=title,
            dataset=f"/reduced/new/{title}",
            series=f"/combined/new/{title}",
            latitude=latitude,
            longitude=longitude,
            deployments=(),
        )


@pytest.fixture(scope="module")
def website(shared: Bay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Serve websites of a few sites and of many in one place."""
    folder = tmp_path_factory.mktemp("maps")
    for name, known in (("few", FEW), ("many", MANY)):
        step = replace(shared.step, places=tuple(places(shared, known)), instruments=())
        build(
            replace(step, spec=step.spec.model_copy(update={"pages": []})),
            shared.snapshot(),
            folder=folder / name,
        )
    with serving(folder) as url:
        yield Website(Path(folder), url)


@dataclass(frozen=True)
class Shape:
    """A mark or a name: its box on a map of this size."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float

    @property
    def is_inside(self) -> bool:
        is_below = self.left >= 0 and self.top >= 0
        return is_below and self.right <= self.width and self.bottom <= self.height


def shapes(visit: Visit, name: str) -> list[Shape]:
    """Return marks and names of a map."""
    visit.page.goto(f"{visit.website.url}/{name}/index.html")
    return [Shape(**each) for each in visit.page.evaluate(MARKS)]


def overlap(one: Shape, other: Shape) -> bool:
    is_beside = one.right <= other.left or other.right <= one.left
    return not is_beside and one.top < other.bottom and other.top < one.bottom


def distance(one: Shape, other: Shape) -> float:
    return hypot(one.left - other.left, one.top - other.top)


@pytest.mark.parametrize("viewport", SCREENS)
def test_names_that_fit_are_whole_and_hide_nothing(visit: Visit) -> None:
    found = shapes(visit, "few")
    assert [each.kind for each in found] == ["circle", "text"] * 4
    names = visit.page.locator(".map text").all_text_contents()
    assert names == [title for title, _, _ in FEW]
    assert [each for each in found if not each.is_inside] == []
    assert not [pair for pair in combinations(found, 2) if overlap(*pair)]


@pytest.mark.parametrize("viewport", SCREENS)
def test_many_sites_in_one_place_are_numbered_side_by_side(visit: Visit) -> None:
    found = [each for each in shapes(visit, "many") if each.kind == "circle"]
    assert len(found) == len(MANY)
    assert [each for each in found if not each.is_inside] == []
    across = 24
    assert not [pair for pair in combinations(found, 2) if distance(*pair) < across]
    assert visit.page.locator(".card .pin").all_inner_texts() == [
        str(n + 1) for n in range(len(MANY))
    ]
    link = visit.page.get_by_role("link", name=f"1: {LONG}")
    assert link.get_attribute("href") == visit.page.get_by_role(
        "link", name=LONG, exact=True
    ).last.get_attribute("href")


@pytest.mark.parametrize("name", ["few", "many"])
def test_axe_finds_nothing_in_a_map(visit: Visit, name: str) -> None:
    shapes(visit, name)
    assert complaints(visit.page) == []


@pytest.mark.parametrize("viewport", SCREENS[:1])
def test_a_mark_that_has_the_focus_is_seen(visit: Visit) -> None:
    shapes(visit, "many")
    first = visit.page.locator(".map a").first
    wide = "each => getComputedStyle(each.querySelector('.mark')).strokeWidth"
    before = first.evaluate(wide)
    visit.page.locator("[data-theme-switch]").focus()
    visit.page.keyboard.press("Tab")
    while not first.evaluate("each => each === document.activeElement"):
        visit.page.keyboard.press("Tab")
    assert (before, first.evaluate(wide)) == ("2px", "4px")
