"""How far long work has come: who wants to show it is handed what is worked on."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Track(Protocol):
    """Sees one thing after the other go by."""

    def __call__(self, things: Sequence[T], /) -> Iterable[T]:
        """Return the things in their order; each is done when the next one is asked for."""


def untracked(things: Sequence[T], /) -> Iterable[T]:
    """Return the things: nobody looks."""
    return things
