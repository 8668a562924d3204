"""Crashes, power losses, refused calls and killed writers, for as long as one likes.

Writers are killed on a disk, and on two machines before a bucket whose replies get lost.

    .venv/bin/python -m tests.faults.torture --minutes 10 [--seed 7]

Each round has a seed of its own, which is printed when anything is lost, comes twice, or is in
the way; `--seed` with `--rounds 1` plays it again. Ends with counts, and with 1 if anything was.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from pond_core import PondError
from tests.faults import witness
from tests.faults.killing import Counts, two_machines
from tests.faults.killing import rounds as kill_rounds
from tests.faults.refusal import FAULTS
from tests.faults.scene import SCENES
from tests.faults.story import Doubled, Lost, Moment, Story, examine
from tests.s3.proxy import lossy, running
from tests.s3.server import BUCKET, Server
from tests.s3.server import is_there as s3_is_there

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a disk in memory
_KILLS = 40
_WRITERS = 4
_LOSSES = 60
_LOST_SHARE = 0.1
_REFUSED = ("one", "data", "objects", "series", "upkeep", "cleaning", "windows", "maintain")


@dataclass(slots=True)
class Tally:
    """What the rounds came to."""

    crashes: int = 0
    losses: int = 0
    refusals: int = 0
    kills: int = 0
    reopens: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        return (
            f"crashes {self.crashes}, power losses {self.losses}, refused calls {self.refusals}, "
            f"kills {self.kills}, reopens {self.reopens}, lost {self.lost}, "
            f"doubled {self.doubled}, other {len(self.wrong)}"
        )


def one_round(seed: int, library: Path, place: Path, tally: Tally, server: Server | None) -> None:
    """Play some scenes anew, end them everywhere, and kill writers."""
    random = Random(seed)  # noqa: S311 -- to be repeated, not secret
    name = random.choice(sorted(SCENES))
    witness.run(library, "tests.faults.stage", str(place / "scenes"), name)
    story = Story(place / "scenes" / name)
    for moment in story.crashes():
        tally.crashes += 1
        _try(moment, story, place / "moment", tally, f"seed {seed}: crash in {name}")
    losses = list(story.losses(random, mixes=4, ignoring=""))
    for moment in random.sample(losses, min(_LOSSES, len(losses))):
        tally.losses += 1
        _try(moment, story, place / "moment", tally, f"seed {seed}: power loss in {name}")
    _refuse(seed, random, library, place, tally)
    _count(kill_rounds(place / "killed", random, kills=_KILLS, writers=_WRITERS), seed, tally)
    if server is not None:
        _count(_kill_before(server, random, place), seed, tally)


def _try(moment: Moment, story: Story, place: Path, tally: Tally, what: str) -> None:
    tally.reopens += 2
    try:
        examine(moment, story.portraits, place)
    except (AssertionError, PondError, OSError, ValueError) as exc:
        _report(tally, f"{what}, step {moment.step}: {exc!r}")
        tally.lost += isinstance(exc, Lost)
        tally.doubled += isinstance(exc, Doubled)
        shutil.rmtree(place, ignore_errors=True)


def _refuse(seed: int, random: Random, library: Path, place: Path, tally: Tally) -> None:
    name, fault = random.choice(_REFUSED), random.choice(sorted(FAULTS))
    every, report = str(random.randint(5, 9)), place / "refusals.json"
    module = "tests.faults.refusal"
    witness.run(library, module, str(place / "refused"), str(report), every, f"{name}:{fault}")
    for trial in json.loads(report.read_text()):
        tally.refusals += 1
        tally.reopens += 2
        if trial["broken"]:
            _report(tally, f"seed {seed}: {name}, {fault}, call {trial['call']}: {trial['broken']}")
            tally.lost += "Lost(" in trial["broken"]
            tally.doubled += "Doubled(" in trial["broken"]


def _kill_before(server: Server, random: Random, place: Path) -> Counts:
    """Kill writers on two machines before a bucket."""
    with running(server.endpoint) as proxy:
        machines = two_machines(server.environ, proxy, place)
        os.environ.update(machines[0], POND_CACHE=str(place / "looking"))
        proxy.judge = lossy(random, _LOST_SHARE)
        url = f"s3://{BUCKET}/{uuid.uuid4()}"
        return kill_rounds(url, random, kills=_KILLS // 4, writers=_WRITERS, machines=machines)


def _count(counts: Counts, seed: int, tally: Tally) -> None:
    tally.kills += counts.kills
    tally.reopens += counts.reopens
    tally.lost += counts.lost
    tally.doubled += counts.doubled
    for wrong in counts.wrong:
        _report(tally, f"seed {seed}: kill -9: {wrong}")


def _report(tally: Tally, text: str) -> None:
    tally.wrong.append(text)
    sys.stdout.write(f"WRONG {text}\n")
    sys.stdout.flush()


def main() -> int:
    """Play rounds until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    reason = witness.missing()
    if reason:
        sys.stdout.write(f"{reason}\n")
        return 2
    # Torn commits that are set aside, and upkeep that the disk refused, are warnings.
    logging.disable(logging.WARNING)
    seed = time.time_ns() % 1_000_000 if options.seed is None else options.seed
    end = time.monotonic() + 60 * options.minutes
    tally, number = Tally(), 0
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as ground:
        library = witness.build(Path(ground))
        server = Server(Path(ground) / "s3") if s3_is_there() else None
        while number < options.rounds and time.monotonic() < end:
            place = Path(ground) / str(number)
            place.mkdir()
            one_round(seed + number, library, place, tally, server)
            shutil.rmtree(place)
            sys.stdout.write(f"round {number}, seed {seed + number}: {tally.line()}\n")
            sys.stdout.flush()
            number += 1
        if server is not None:
            server.kill()
    sys.stdout.write(f"{tally.line()}\n")
    return 1 if tally.lost or tally.doubled or tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
