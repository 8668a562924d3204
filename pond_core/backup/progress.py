"""How far a push, a restoration or an inspection has come: whom it is told."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Is told how many objects and bytes were sent so far."""

Fetched = Callable[[int, int, int], None]
"""Is told how many objects and bytes were fetched, or looked at, so far, and of about how many
bytes; 0 where that is not known."""


def silent(_objects: int, _bytes: int, _total: int = 0, /) -> None:
    """Tell nobody."""
