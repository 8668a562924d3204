"""The power fails: what was acknowledged survives, whatever else of what was not synced."""

import json
import shutil
from pathlib import Path
from random import Random

import pytest

from pond_core import PondError
from tests.faults import witness
from tests.faults.disk import write_tree
from tests.faults.scene import SCENES
from tests.faults.story import Moment, Story, examine
from tests.faults.witness import Kind

_MOMENTS = 8
"""Of each scene in this short form; torture.py takes thousands."""


@pytest.mark.parametrize("name", SCENES)
def test_what_was_acknowledged_survives_a_power_loss_at_any_step(
    stories: dict[str, Story], ground: Path, name: str
) -> None:
    story = stories[name]
    random = Random(2)  # noqa: S311 -- the same at each run
    moments = story.sample(list(story.losses(random, mixes=1)), random, _MOMENTS)
    for number, moment in enumerate(moments):
        examine(moment, story.portraits, ground / f"loss-{name}-{number}")


def test_a_pond_that_is_not_synced_would_be_lost(stories: dict[str, Story], ground: Path) -> None:
    """The loss is as bad as it has to be: without the syncs these tests fail."""
    story = stories["data"]
    unsynced = story.without(Kind.SYNC, Kind.SYNC_DIRECTORY)
    random = Random(3)  # noqa: S311
    moments = [each for each in unsynced.losses(random, mixes=0) if each.acknowledged > 1]
    lost = 0
    for number, moment in enumerate(random.sample(moments, _MOMENTS)):
        place = ground / f"unsynced-{number}"
        try:
            examine(moment, story.portraits, place)
        except (AssertionError, PondError):
            lost += 1
            shutil.rmtree(place)
    assert lost > 0


def torn(story: Story) -> Moment:
    """Return a power loss that has cut a checkpoint short: our own commits it cannot cut."""
    whole = story.disk()
    for event in story.events:
        whole.play(event)
    kept = {
        path: data for path, data in whole.tree().items() if path.endswith(".checkpoint.parquet")
    }
    return next(
        moment
        for moment in story.losses(Random(5), mixes=8)  # noqa: S311
        if any(path in kept and data != kept[path] for path, data in moment.tree.items())
    )


def test_a_second_crash_while_the_pond_recovers_from_a_power_loss_changes_nothing(
    stories: dict[str, Story], library: Path, ground: Path
) -> None:
    names = ("upkeep", "cleaning")
    for name in names:
        place = ground / "recoveries" / name.upper()
        place.mkdir(parents=True)
        write_tree(torn(stories[name]).tree, place / "base")
        (place / "portraits.json").write_text(json.dumps(stories[name].portraits))
    module = "tests.faults.stage"
    witness.run(library, module, str(ground / "recoveries"), *(name.upper() for name in names))
    for name in names:
        recovery = Story(ground / "recoveries" / name.upper())
        assert any("/set-aside/" in event.path for event in recovery.events)
        random = Random(6)  # noqa: S311
        moments = [*recovery.crashes(), *recovery.losses(random, mixes=1)]
        for number, moment in enumerate(recovery.sample(moments, random, _MOMENTS)):
            examine(moment, recovery.portraits, ground / f"again-{name}-{number}")
