"""Backups in a process that dies before the n-th change that Python makes to the files."""

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path

from pond_core import Backups, Pond

_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.utime"}
_DIED = 9


def push(place: Path, steps: int) -> None:
    """Push the pond of a place; die before so many changes."""
    pond = Pond.open(place / "pond", durability="process")
    _die_after(steps)
    pond.push(Backups(place / "backup", durability="process"))
    _end(steps)


def restore(place: Path, steps: int) -> None:
    """Restore the backup of a place; die before so many changes."""
    backups = Backups(place / "backup", durability="process")
    _die_after(steps)
    backups.restore(place / "restored")
    _end(steps)


def nursery() -> ForkServerContext:
    """Return what starts processes fast: one that has imported all and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _die_after(steps: int) -> None:
    left = steps

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if event in _CHANGES or writes:
            left -= 1
            if left < 0:
                os._exit(_DIED)  # as when it is killed: nothing is put right on the way out

    sys.addaudithook(count)


def _end(steps: int) -> None:
    assert steps >= 0
    os._exit(0)


def dies(context: ForkServerContext, act: object, place: Path, steps: int) -> bool:
    """Run `push` or `restore` in a process; say whether it died."""
    process = context.Process(target=act, args=(place, steps))  # type: ignore[arg-type]  # one of these two
    process.start()
    process.join()
    assert process.exitcode in (0, _DIED)
    return process.exitcode == _DIED
