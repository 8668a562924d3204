"""A world that stops answering when it is told to: runs can be met in their middle."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from typing_extensions import override

from pond_pipeline.simulator import Location, Names, Readings, World


class Gate(World):
    """A world that can be told to let only so many pages of readings through.

    As a context manager it is opened at the end: nobody waits for ever before it.

    Args:
        world: What is behind it.
        location_id: Whose pages are counted and held; None: everybody's.
    """

    def __init__(self, world: World, location_id: int | None = None) -> None:
        self._world = world
        self._location_id = location_id
        self._left: int | None = None
        self._open = threading.Event()
        self.held = threading.Event()
        """Somebody waits before the gate."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.open()

    def close_after(self, pages: int) -> None:
        """Hold the server at the next page but so many, until `open`."""
        self._open.clear()
        self.held.clear()
        self._left = pages

    def open(self) -> None:
        """Let everything through."""
        self._left = None
        self._open.set()

    @override
    def locations(self) -> Sequence[Location]:
        return self._world.locations()

    @override
    def names(self) -> Names:
        return self._world.names()

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        if self._location_id in (None, location_id) and self._left is not None:
            if not self._left:
                self.held.set()
                self._open.wait()
            else:
                self._left -= 1
        return self._world.readings(location_id, start_s, end_s, now_s=now_s)

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        return self._world.first_at(location_id, start_s, now_s=now_s)
