"""Whose turn it is when transactions keep conflicting with each other.

Whoever wins starts again first, and so wins again: with eight that add to one number, five gave
up. So one that lost several times takes the turn, and all that begin meanwhile wait at the door.
It is a courtesy and no lock: nobody waits long, and nothing rests on it.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE_S = 2.0
"""Then one goes on without: what holds the turn may itself wait for this one."""

_LOOK_EVERY_S = 0.004


@contextlib.contextmanager
def hold_turn(directory: Path) -> Iterator[None]:
    """Let others wait that are about to begin.

    Args:
        directory: One that all of them know and that is always there; it is locked itself.
    """
    with _locked(directory, fcntl.LOCK_EX):
        yield


def await_turn(directory: Path) -> None:
    """Wait while somebody holds the turn."""
    with _locked(directory, fcntl.LOCK_SH):
        pass


@contextlib.contextmanager
def _locked(directory: Path, kind: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # what is wrong with it, the transaction will say
            descriptor = os.open(directory, os.O_RDONLY)
            stack.callback(os.close, descriptor)  # which releases it
            _wait(descriptor, kind)
        yield


def _wait(descriptor: int, kind: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return
            time.sleep(_LOOK_EVERY_S)
        else:
            return
