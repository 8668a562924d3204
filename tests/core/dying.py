"""Work in a process that dies before the n-th change that Python makes to the files."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

_CHANGES = {"os.link", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.utime"}
_DIED = 9

Act = Callable[[Path, int], None]
"""Works at a place, and calls `die_after` with the steps when it is ready, `end` when it is done.

It is a function of a module: another process finds it by its name.
"""


def nursery(*modules: str) -> ForkServerContext:
    """Return what starts processes fast: one that has imported all and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    return context


def die_after(steps: int) -> None:
    """Let this process die before so many changes."""
    left = steps

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if event in _CHANGES or writes:
            left -= 1
            if left < 0:
                os._exit(_DIED)  # as when it is killed: nothing is put right on the way out

    sys.addaudithook(count)


def end(steps: int) -> None:
    """End this process, which is done."""
    assert steps >= 0
    os._exit(0)


def dies(context: ForkServerContext, act: Act, place: Path, steps: int) -> bool:
    """Let a process do something; say whether it died."""
    process = context.Process(target=act, args=(place, steps))
    process.start()
    process.join()
    assert process.exitcode in (0, _DIED)
    return process.exitcode == _DIED
