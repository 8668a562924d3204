"""Writers are killed, as `kill -9` does it, while others go on."""

from pathlib import Path
from random import Random

from tests.faults.killing import rounds


def test_killed_writers_leave_all_that_was_acknowledged_once(ground: Path) -> None:
    counts = rounds(ground / "killed", Random(4), kills=20, writers=3)  # noqa: S311
    assert counts.wrong == []
    assert (counts.kills, counts.reopens, counts.lost, counts.doubled) == (20, 21, 0, 0)
    assert counts.commits > 20
