"""A process ends after any step: the pond is as before or as after, and goes on without repair."""

import shutil
from pathlib import Path
from random import Random

import pytest

from pond_core import NotAPondError, Pond
from tests.faults.disk import read_tree, write_tree
from tests.faults.scene import SCENES
from tests.faults.story import Story, examine

_MOMENTS = 10
"""Of each scene in this short form; torture.py takes them all."""


@pytest.mark.parametrize("name", SCENES)
def test_the_trace_tells_all_that_happened_on_the_disk(
    stories: dict[str, Story], ground: Path, name: str
) -> None:
    *_, last = stories[name].crashes()
    assert last.tree == read_tree(ground / "scenes" / name / "disk")


@pytest.mark.parametrize("name", SCENES)
def test_a_process_that_dies_after_any_step_leaves_the_pond_as_before_or_as_after(
    stories: dict[str, Story], ground: Path, name: str
) -> None:
    story = stories[name]
    random = Random(1)  # noqa: S311 -- the same at each run
    for moment in story.sample(list(story.crashes()), random, _MOMENTS):
        examine(moment, story.portraits, ground / f"crash-{name}-{moment.step}")


def test_a_pond_whose_making_was_cut_short_is_made_by_the_next_init(
    stories: dict[str, Story], ground: Path
) -> None:
    for moment in stories["creation"].crashes():
        place = ground / f"init-{moment.step}"
        write_tree(moment.tree, place)
        try:
            Pond.open(place / "pond", durability="process")
        except NotAPondError:
            Pond.init(place / "pond", durability="process")
        shutil.rmtree(place)
