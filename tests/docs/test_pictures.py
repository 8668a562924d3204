"""The pictures of the documentation are there, can be heard, and are small."""

import re

from tests.docs.pages import ROOT, pages
from tests.docs.pictures import FOLDER, LARGEST

_PICTURE = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<file>[^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


def shown() -> dict[str, list[str]]:
    """Return what pages say of each picture that they show, by its file in the tree."""
    found: dict[str, list[str]] = {}
    for page in pages():
        for each in _PICTURE.finditer(_CODE.sub("", page.read_text(encoding="utf-8"))):
            file = (page.parent / each["file"]).resolve()
            found.setdefault(str(file.relative_to(ROOT)), []).append(each["words"])
    return found


def test_every_picture_that_is_shown_is_there_and_the_other_way_round() -> None:
    taken = {str(each.relative_to(ROOT)) for each in FOLDER.glob("*")}
    assert set(shown()) == taken


def test_every_picture_is_said_in_words() -> None:
    words = [each for told in shown().values() for each in told]
    assert [each for each in words if len(each.split()) < 8] == []


def test_every_picture_is_one_that_the_site_has_too() -> None:
    assert [page.name for page in pages() if "<img " in page.read_text(encoding="utf-8")] == []


def test_every_picture_is_small() -> None:
    sizes = {each.name: each.stat().st_size for each in FOLDER.glob("*")}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert len(sizes) <= 6
