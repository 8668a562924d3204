"""Each scene does what it is there for; otherwise its crashes would prove nothing."""

import json

from tests.faults.story import Story
from tests.faults.witness import Event, Kind

Stories = dict[str, Story]


def events(story: Story, *kinds: Kind) -> list[Event]:
    return [event for event in story.events if event.kind in kinds]


def actions(story: Story) -> list[list[str]]:
    """Return the kinds of actions of each Delta commit that was written, in order."""
    # Ours are written under a name in `tmp/` that begins with the one that they get.
    commits = [event.data for event in events(story, Kind.WRITE) if ".json" in event.path]
    return [[kind for line in text.splitlines() for kind in json.loads(line)] for text in commits]


def test_every_scene_syncs_files_and_directories(stories: Stories) -> None:
    assert [
        name
        for name, story in stories.items()
        if not events(story, Kind.SYNC) or not events(story, Kind.SYNC_DIRECTORY)
    ] == []


def test_every_step_is_acknowledged_in_order(stories: Stories) -> None:
    for story in stories.values():
        marks = [int(event.data) for event in events(story, Kind.MARK)]
        assert marks == list(range(marks[0], len(story.portraits)))


def test_creation_begins_with_an_empty_disk(stories: Stories) -> None:
    assert stories["creation"].disk().tree() == {}
    assert stories["creation"].events[0].kind is Kind.MAKE_DIRECTORY


def test_objects_are_written(stories: Stories) -> None:
    for name in ("creation", "objects", "series"):
        names = events(stories[name], Kind.LINK, Kind.RENAME)
        assert any("/objects/" in event.path for event in names)


def test_one_transaction_writes_to_many_parts(stories: Stories) -> None:
    assert max(kinds.count("add") for kinds in actions(stories["parts"])) > 8


def test_upkeep_merges_and_makes_a_checkpoint(stories: Stories) -> None:
    for name in ("upkeep", "windows"):
        story = stories[name]
        assert any("remove" in kinds and "txn" not in kinds for kinds in actions(story))
    renamed = events(stories["upkeep"], Kind.RENAME)
    assert any(event.path.endswith(".checkpoint.parquet") for event in renamed)


def test_cleaning_clears_the_delta_log_and_replaced_files(stories: Stories) -> None:
    gone = [e.path for e in events(stories["cleaning"], Kind.UNLINK) if "#" not in e.path]
    assert any("/_delta_log/" in path and path.endswith(".json") for path in gone)
    assert any("/tier=" in path for path in gone)


def test_maintaining_deletes_objects_that_nothing_names(stories: Stories) -> None:
    gone = events(stories["maintain"], Kind.UNLINK)
    assert any("/objects/" in event.path for event in gone)


def test_forgetting_drops_history(stories: Stories) -> None:
    assert any("metaData" in kinds for kinds in actions(stories["forgetting"]))
