"""A scene that was played: its trace, the moments at which it may end, and what must hold then."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from pond_core import NotAPondError, Pond, Provenance
from tests.faults.disk import Disk, Tree, digest, write_tree
from tests.faults.portrait import Portrait, portrait, with_file
from tests.faults.stage import POND
from tests.faults.witness import Event, Kind, read_trace

UNBORN = -1
"""The newest txn where the making of the pond was not acknowledged."""

_TEMPORARY = f"{POND}/tmp/"  # noqa: S108 -- the pond's own


class Lost(AssertionError):  # noqa: N818 -- it is a finding
    """Something that was acknowledged is not there."""


class Doubled(AssertionError):  # noqa: N818 -- it is a finding
    """Something that was done once is there twice."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A disk as it may be found.

    Attributes:
        step: How many events had happened.
        tree: What is on it.
        acknowledged: The newest txn that its writer was told of.
        possible: The newest that it may have.
    """

    step: int
    tree: Tree
    acknowledged: int
    possible: int


class Story:
    """What was recorded of one scene.

    Attributes:
        events: What happened.
        portraits: What the pond showed, by txn.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self.events: list[Event] = list(read_trace(place / "trace", place / "disk"))
        self.portraits: list[Portrait] = json.loads((place / "portraits.json").read_text())
        self._inodes: dict[str, int] = json.loads((place / "inodes.json").read_text())

    def disk(self) -> Disk:
        """Return the disk before what was watched."""
        return Disk(self._place / "base", self._inodes)

    def without(self, *kinds: Kind) -> "Story":
        """Return the same story without some kinds of events."""
        other = Story(self._place)
        other.events = [event for event in self.events if event.kind not in kinds]
        return other

    def busiest(self) -> range:
        """Return the events of the longest step: that with the upkeep, where there is any."""
        marks = [step for step, event in enumerate(self.events) if event.kind is Kind.MARK]
        steps = [range(a, b + 1) for a, b in pairwise([0, *marks])]
        return max(steps, key=len)

    def sample(self, moments: list[Moment], random: Random, count: int) -> list[Moment]:
        """Return some moments, half of them of the longest step."""
        busiest = self.busiest()
        there = [moment for moment in moments if moment.step in busiest]
        half = random.sample(there, min(count // 2, len(there)))
        rest = [moment for moment in moments if not any(moment is each for each in half)]
        return half + random.sample(rest, min(count - len(half), len(rest)))

    def crashes(self) -> Iterator[Moment]:
        """Iterate over the disks that the end of the process may leave, one per change."""
        disk = self.disk()
        for step, event in enumerate(self.events):
            if event.kind not in {Kind.MARK, Kind.SYNC, Kind.SYNC_DIRECTORY}:
                yield Moment(step, disk.tree(), *self._range(step))
            disk.play(event)
        yield Moment(len(self.events), disk.tree(), *self._range(len(self.events)))

    def losses(self, random: Random, *, mixes: int, ignoring: str = _TEMPORARY) -> Iterator[Moment]:
        """Iterate over the disks that a power loss may leave.

        Args:
            random: Chooses what is lost.
            mixes: Mixtures per step.
            ignoring: A directory; disks that differ only there are the same.
        """
        disk = self.disk()
        seen: set[tuple[bytes, int, int]] = set()
        for step in range(len(self.events) + 1):
            bounds = self._range(step)
            for tree in disk.losses(random, mixes=mixes):
                key = (digest(tree, ignoring=ignoring), *bounds)
                if key not in seen:
                    seen.add(key)
                    yield Moment(step, tree, *bounds)
            if step < len(self.events):
                disk.play(self.events[step])

    def _range(self, step: int) -> tuple[int, int]:
        before = [int(e.data) for e in self.events[:step] if e.kind is Kind.MARK]
        after = [int(e.data) for e in self.events[step:] if e.kind is Kind.MARK]
        if before:
            return before[-1], min(after, default=before[-1])
        # What is watched begins with the making of the pond, or with its opening.
        return (after[0] or UNBORN), after[0]


def examine(moment: Moment, portraits: list[Portrait], place: Path) -> None:
    """Open a pond on the disk of a moment, and check all that must hold without any repair.

    Args:
        moment: The disk, and which txns it may have.
        portraits: What the pond must show, by txn.
        place: A directory that is not there; it is made, and removed when all is well.

    Raises:
        Lost: Something that was acknowledged is not there.
        Doubled: A transaction is there twice.
        AssertionError: Something else does not hold.
    """
    write_tree(moment.tree, place)
    pond = _opened(place / POND, moment)
    head = pond.snapshot().txn
    if head < moment.acknowledged:
        raise Lost(f"txn {head} is the newest, {moment.acknowledged} was acknowledged")
    assert head <= moment.possible, f"txn {head} is the newest, nobody wrote {moment.possible + 1}"
    check(pond, head, portraits[head])
    with pond.transaction(Provenance(message=f"step {head + 1}")) as tx:
        tx.write_data("/next", b"next")
    after = with_file(portraits[head], "/next", b"next")
    check(Pond.open(place / POND), head + 1, after)
    shutil.rmtree(place)


def _opened(path: Path, moment: Moment) -> Pond:
    try:
        return Pond.open(path, durability="process")
    except NotAPondError:
        if moment.acknowledged > UNBORN:
            raise Lost("the pond") from None
        return Pond.init(path, durability="process")


def check(pond: Pond, head: int, shown: Portrait) -> None:
    """Check that a pond has txns 1 to `head`, each once, shows what it must, and verifies.

    Raises:
        Lost: A txn is not there.
        Doubled: One is there twice.
        AssertionError: Something else is wrong.
    """
    told = Counter(header.provenance.message for header in pond.log())
    wanted = {f"step {number}" for number in range(1, head + 1)}
    if wanted - set(told):
        raise Lost(f"txn {head} without {sorted(wanted - set(told))}")
    if told.total() > head:
        raise Doubled(f"txn {head} with {sorted(told.elements())}")
    found = portrait(pond.snapshot())
    differ = {path for path in {*found, *shown} if found.get(path) != shown.get(path)}
    assert not differ, f"as of txn {head} these are not as they were: {sorted(differ)}"
    report = pond.verify()
    assert report.ok, f"verify: {report.findings}"
