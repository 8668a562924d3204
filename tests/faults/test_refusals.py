"""The disk refuses: a clear error, nothing lost, and the next transaction works."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults import witness
from tests.faults.refusal import FAULTS

EVERY_CALL = [f"one:{fault}" for fault in FAULTS if fault != "no checkpoint"]
EVERY_REPLY = ["upkeep:lost reply", "cleaning:lost reply"]
EVERY_CHECKPOINT = ["upkeep:no checkpoint", "maintain:no checkpoint"]
SOME_CALLS = ["upkeep:one error", "upkeep:full", "maintain:denied"]


class Told(NamedTuple):
    """How one trial ended."""

    scene: str
    fault: str
    call: int
    told: str
    landed: bool
    broken: str


@pytest.fixture(scope="module")
def trials(library: Path, ground: Path) -> list[Told]:
    """One commit or a few, with one call that fails; see `refusal.Trial`."""
    found = []
    for number, (every, wanted) in enumerate(
        [(1, [*EVERY_CALL, *EVERY_REPLY, *EVERY_CHECKPOINT]), (20, SOME_CALLS)]
    ):
        place, report = ground / f"refusals-{number}", ground / f"refusals-{number}.json"
        module = "tests.faults.refusal"
        witness.run(library, module, str(place), str(report), str(every), *wanted)
        found += [Told(**trial) for trial in json.loads(report.read_text())]
    return found


def test_each_refused_call_is_a_clear_error_and_the_pond_goes_on(trials: list[Told]) -> None:
    wanted = [*EVERY_CALL, *EVERY_REPLY, *EVERY_CHECKPOINT, *SOME_CALLS]
    assert {f"{t.scene}:{t.fault}" for t in trials} == set(wanted)
    assert [t for t in trials if t.broken] == []


@pytest.mark.parametrize("fault", ["full", "quota"])
def test_a_full_disk_refuses_a_commit_before_anything_is_visible(
    trials: list[Told], fault: str
) -> None:
    ended = [t for t in trials if (t.scene, t.fault) == ("one", fault)]
    assert len(ended) > 5
    assert [t for t in ended if t.landed or not t.told] == []


def test_a_commit_whose_reply_is_lost_is_found_and_acknowledged_once(trials: list[Told]) -> None:
    ended = [t for t in trials if t.fault == "lost reply"]
    assert len([t for t in ended if t.scene == "one"]) == 1
    assert len(ended) > 8
    assert [t for t in ended if t.told] == []
