"""What Python does to files, as its audit events tell."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HEARD: list[tuple[str, list[str]]] = []
"""Who listens: a folder, and the events below it. A hook can never be taken away."""

_HOOKED: list[bool] = []


@contextmanager
def counted(folder: Path) -> Iterator[list[str]]:
    """Collect the events below a folder: opening, renaming, listing ..."""
    if not _HOOKED:
        _HOOKED.append(True)
        sys.addaudithook(_hear)
    events: list[str] = []
    _HEARD.append((str(folder), events))
    try:
        yield events
    finally:
        _HEARD.clear()


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    for folder, events in _HEARD:
        if arguments and str(arguments[0]).startswith(folder) and event.startswith(("open", "os.")):
            events.append(event)
