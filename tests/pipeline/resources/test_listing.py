"""How each resource of a file and of a pond stands."""

import json

from pond_core import FS, MemoryBackend, ReadFS
from pond_pipeline.config import load_documents
from pond_pipeline.resources import ListedResource, State, list_resources
from tests.pipeline.resources.shore import CHART, DAYS, PIER, SITE, SOURCE, Shore


def listed(shore: Shore, *documents: str, fs: ReadFS | None = None) -> list[ListedResource]:
    shore.write(*documents)
    found = load_documents(shore.file.read_text())
    return list_resources(fs or shore.snapshot(), found, shore.plan())


def test_what_the_pond_knows_as_it_is_in_the_file_is_applied(shore: Shore) -> None:
    assert [each.state for each in listed(shore, SOURCE, SITE, CHART)] == [State.APPLIED] * 3


def test_the_others_changed_are_not_applied_or_are_gone(shore: Shore) -> None:
    changed = SITE.replace("desc: The shore", "desc: Another")
    states = [
        (each.name, each.state)
        for each in listed(shore, changed, SOURCE, CHART.replace("charts", "new"))
    ]

    assert states == [
        ("shore", State.CHANGED),
        ("tide", State.APPLIED),
        ("new", State.NOT_APPLIED),
        ("charts", State.GONE),
    ]


def test_a_renaming_that_is_to_be_applied_is_a_change(shore: Shore) -> None:
    beach = SITE.replace("name: shore", "name: beach\nmetadata: {renamedFrom: shore}")
    (_, found) = listed(shore, SOURCE, beach)[:2]

    assert (found.name, found.state) == ("beach", State.CHANGED)


def test_each_has_its_assets_and_its_words(shore: Shore) -> None:
    site, chart = listed(shore, SOURCE, SITE)[1:]

    assert (site.desc, site.assets) == ("The shore", (PIER,))
    assert (chart.state, chart.assets) == (State.GONE, (DAYS,))
    assert json.loads(chart.text)["kind"] == "Reduce"


def test_without_a_pond_nothing_is_applied(empty: Shore) -> None:
    (found,) = listed(empty, SOURCE, fs=FS(MemoryBackend()))

    assert (found.state, found.id) == (State.NOT_APPLIED, None)
