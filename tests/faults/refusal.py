"""Lets each call of a commit fail in turn, and says what came of it. Runs with the witness loaded.

The report is a list of trials as JSON: which call failed how, how the commit ended, and what of
the rules did not hold afterwards.
"""

import errno
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pond_core import Pond, StorageError
from tests.faults.portrait import Portrait, with_file
from tests.faults.scene import SCENES, commit, data
from tests.faults.stage import POND, play, prepare
from tests.faults.story import check
from tests.faults.witness import CHANGES, GROWS, Kind, Mode, Witness

FOR_EVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Fault:
    """Which calls fail, and how.

    Attributes:
        error: The errno.
        kinds: The calls that count.
        last: How many calls fail from the first one on.
        mode: What they do nevertheless.
        where: Only calls on paths that contain this.
    """

    error: int
    kinds: Sequence[Kind] = CHANGES
    last: int = 1
    mode: Mode = Mode.FAIL
    where: str = ""


FAULTS = {
    "one error": Fault(errno.EIO),
    "full for a while": Fault(errno.ENOSPC, GROWS, mode=Mode.FAIL_HALFWAY),
    "full": Fault(errno.ENOSPC, GROWS, last=FOR_EVER),
    "quota": Fault(errno.EDQUOT, GROWS, last=FOR_EVER),
    "read-only": Fault(errno.EROFS, last=FOR_EVER),
    "denied": Fault(errno.EACCES, last=FOR_EVER),
    "no checkpoint": Fault(errno.ENOSPC, GROWS, where=".checkpoint"),
    "lost reply": Fault(
        errno.EIO, (Kind.LINK, Kind.RENAME), mode=Mode.FAIL_AFTERWARDS, where="_delta_log/"
    ),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One scene in which one call failed.

    Attributes:
        scene: What was done.
        fault: How calls failed.
        call: Which call was the first.
        told: What the writer was told: nothing for success, else the error.
        landed: Whether what it was told about is in the pond nevertheless.
        broken: What did not hold; empty when all is well.
    """

    scene: str
    fault: str
    call: int
    told: str
    landed: bool
    broken: str


def trials(name: str, fault: str, every: int, place: Path, witness: Witness) -> Iterator[Trial]:
    """Let every so many-th call of a scene's steps fail, until none is left."""
    scene, base, disk = SCENES[name], place / f"{name}-{fault}", place / "disk"
    shown = prepare(scene, base, witness)
    shutil.copytree(base, disk)
    play(scene, Pond.open(disk / POND), witness, shown)
    shutil.rmtree(disk)
    call = 1
    while True:
        shutil.copytree(base, disk)
        trial, counted = _trial(name, fault, call, shown=shown, disk=disk, witness=witness)
        shutil.rmtree(disk)
        if counted < call:
            return
        yield trial
        call += every


def _trial(
    name: str, fault: str, call: int, *, shown: list[Portrait], disk: Path, witness: Witness
) -> tuple[Trial, int]:
    """Play a scene in which calls fail; return how it ended, and how many calls there were."""
    witness.watch(disk, Path(os.devnull))
    pond = Pond.open(disk / POND)
    chosen, scene = FAULTS[fault], SCENES[name]
    head = pond.snapshot().txn
    told, broken = "", []
    witness.fail(
        chosen.error,
        kinds=chosen.kinds,
        where=chosen.where,
        first=call,
        last=call - 1 + chosen.last,
        mode=chosen.mode,
    )
    try:
        for number, change in enumerate(scene.steps):
            if number in scene.maintains:
                forget_before = head if scene.forgets else None
                pond.maintain(forget_before=forget_before, keep=[1] if scene.forgets else [])
            commit(pond, change, head + 1)
            head += 1
    except StorageError as exc:
        told = str(exc)
        if not _is_clear(told, chosen.error):
            broken.append(f"unclear: {told}")
    except Exception as exc:  # noqa: BLE001 -- whatever else it is, it is the finding
        told = repr(exc)
        broken.append(f"no StorageError: {told}")
    counted = witness.counted()
    witness.relent()
    landed = False
    try:
        landed = pond.snapshot().txn > head
        assert told or not landed, "there is more than was asked for"
        _go_on(pond, head + landed, shown)
    except Exception as exc:  # noqa: BLE001 -- as above
        broken.append(f"afterwards: {exc!r}")
    return Trial(name, fault, call, told, landed, "; ".join(broken)), counted


def _go_on(pond: Pond, head: int, shown: list[Portrait]) -> None:
    """Check that the pond is as before or as after, and goes on through the same handle."""
    check(pond, head, shown[head])
    commit(pond, data("/next", b"next"), head + 1)
    check(Pond.open(pond.path), head + 1, with_file(shown[head], "/next", b"next"))


def _is_clear(message: str, error: int) -> bool:
    words = {
        errno.ENOSPC: ("disk is full", "No space left"),
        errno.EDQUOT: ("quota",),
        errno.EROFS: ("read-only", "Read-only"),
        errno.EACCES: ("permission denied", "Permission denied"),
    }
    return any(each in message for each in words.get(error, (os.strerror(error),)))


def main() -> None:
    """Run the trials: where to, into which file, every how many-th call, then `scene:fault` ..."""
    place, report, every, *wanted = sys.argv[1:]
    # Failed upkeep is a warning, and there will be many.
    logging.disable(logging.WARNING)
    witness = Witness()
    Path(place).mkdir(parents=True)
    found = [
        asdict(trial)
        for each in wanted
        for trial in trials(*_pair(each), int(every), Path(place), witness)
    ]
    Path(report).write_text(json.dumps(found))


def _pair(text: str) -> tuple[str, str]:
    name, _, fault = text.partition(":")
    return name, fault


if __name__ == "__main__":
    main()
