"""Plays scenes, and leaves what is needed to play them again. Runs with the witness loaded.

For each scene a directory: `base`, the disk before what is watched; `disk`, the disk at the end;
`trace`, all that happened between; `portraits.json`, what the pond showed after each txn. A name
that is no scene's is that of a directory with a `base`, the disk that a power loss left.
"""

import json
import logging
import os
import shutil
import sys
import time
from pathlib import Path

from pond_core import Pond
from tests.faults.portrait import Portrait, portrait
from tests.faults.scene import SCENES, Scene, abandon, commit
from tests.faults.witness import Witness

POND = "pond"
"""The pond's directory below `base` and `disk`."""


def prepare(scene: Scene, disk: Path, witness: Witness) -> list[Portrait]:
    """Do what is not watched; return what the pond showed after each txn."""
    witness.shift_clock(-scene.age_s)
    disk.mkdir()
    if scene.makes:
        return []
    pond = Pond.init(disk / POND, durability="process")
    shown = [portrait(pond.snapshot())]
    for change in scene.before:
        commit(pond, change, len(shown))
        shown.append(portrait(pond.snapshot()))
    if scene.age_s:
        abandon(pond)
        past_s = time.time() - scene.age_s
        for path in disk.rglob("*"):
            os.utime(path, (past_s, past_s))
    witness.shift_clock(0)
    return shown


def play(scene: Scene, pond: Pond, witness: Witness, shown: list[Portrait]) -> None:
    """Do what is watched, marking each txn as soon as it is acknowledged."""
    for number, change in enumerate(scene.steps):
        if number in scene.maintains:
            forget_before = len(shown) - 1 if scene.forgets else None
            pond.maintain(forget_before=forget_before, keep=[1] if scene.forgets else [])
        commit(pond, change, len(shown))
        witness.mark(str(len(shown)))
        shown.append(portrait(pond.snapshot()))


def record(scene: Scene, place: Path, witness: Witness) -> None:
    """Prepare a scene and play it, watched."""
    disk = place / "disk"
    shown = prepare(scene, disk, witness)
    shutil.copytree(disk, place / "base")
    _watch(place, witness)
    if scene.makes:
        pond = Pond.init(disk / POND)
        shown = [portrait(pond.snapshot())]
    else:
        pond = Pond.open(disk / POND)
    witness.mark(str(len(shown) - 1))
    play(scene, pond, witness, shown)
    (place / "portraits.json").write_text(json.dumps(shown))


def record_recovery(place: Path, witness: Witness) -> None:
    """Open a pond as a power loss left it, and go on, watched.

    `base` is there already, and in `portraits.json` what its txns must show.
    """
    shutil.copytree(place / "base", place / "disk")
    _watch(place, witness)
    pond = Pond.open(place / "disk" / POND)
    head = pond.snapshot().txn
    witness.mark(str(head))
    shown = json.loads((place / "portraits.json").read_text())[: head + 1]
    play(SCENES["one"], pond, witness, shown)
    (place / "portraits.json").write_text(json.dumps(shown))


def _watch(place: Path, witness: Witness) -> None:
    disk = place / "disk"
    # The files' numbers are those of the disk that is watched, not those of its copy.
    inodes = {str(p.relative_to(disk)): p.stat().st_ino for p in disk.rglob("*")}
    (place / "inodes.json").write_text(json.dumps(inodes))
    witness.watch(disk, place / "trace")


def main() -> None:
    """Record the scenes that the command line names, below its first word."""
    place, *names = sys.argv[1:]
    logging.disable(logging.WARNING)  # a torn commit that is set aside
    witness = Witness()
    for name in names:
        here = Path(place) / name
        if name in SCENES:
            here.mkdir(parents=True)
            record(SCENES[name], here, witness)
        else:
            record_recovery(here, witness)


if __name__ == "__main__":
    main()
