"""The tutorial, followed word for word, with the simulator for those who have no account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_core import Pond
from tests.docs.follower import Follower
from tests.docs.pages import ROOT, blocks_of, is_for_tests

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def followed(
    environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Follower]:
    """Do all that the tutorial says."""
    with Follower(tmp_path_factory.mktemp("tutorial"), environ, adapted=any_port) as reader:
        for block in blocks_of(PAGE):
            if is_for_tests(block):
                reader.follow(block)
        yield reader


def any_port(text: str) -> str:
    """Let the simulator be where nothing else is."""
    return text.replace("pond simulator", "pond simulator --port 0")


def lake(followed: Follower) -> Path:
    """Return the folder that the tutorial made."""
    assert followed.here.name == "water"
    return followed.here


def test_the_account_s_instruments_are_listed_with_the_ids_of_the_page(followed: Follower) -> None:
    listed = followed.printed["pond hydrovu locations"]
    ids = re.findall(r"\bid: (\d+)", PAGE.read_text())
    assert len(ids) == 2
    assert [each for each in ids if each not in listed] == []


def test_everything_on_the_page_is_in_the_pond(followed: Follower) -> None:
    snapshot = Pond.open(lake(followed) / ".pond").snapshot()
    for path in ("/normalized/harbor/WharfAT500", "/combined/harbor/Wharf"):
        assert snapshot.read_series(path).num_rows > 24
    assert snapshot.exists("/reduced/harbor/sites/Wharf/res=24h")


def test_the_website_has_the_page_of_one_s_own(followed: Follower) -> None:
    site = lake(followed) / "site" / "harbor"
    assert "Water at the wharf" in (site / "index.html").read_text()
    assert "The sonde hangs one meter" in (site / "pages" / "about.html").read_text()


def test_the_backup_is_complete_and_all_is_well(followed: Follower) -> None:
    assert (lake(followed).parent / "stick").is_dir()
    assert "WharfAT500" in followed.printed["pond status"]
