"""Places in which something happens between two calls, as others do who use them too."""

from collections.abc import Callable, Iterable
from typing import Any

from pond_core.storage import Place


class Interrupted:
    """A place where something happens once, before the first call that `when` says yes to."""

    def __init__(self, place: Place, when: Callable[..., bool], then: Callable[[], object]) -> None:
        self._place = place
        self._when = when
        self._then: Callable[[], object] | None = then

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever a place can do
        found = getattr(self._place, name)

        def call(*arguments: Any) -> Any:  # noqa: ANN401 -- as above
            if self._then is not None and self._when(name, *arguments):
                then, self._then = self._then, None
                then()
            return found(*arguments)

        return call if callable(found) else found


class Watched:
    """A place that deletes one file after another, and lets somebody look after each.

    Attributes:
        deleted: How many are deleted so far.
    """

    def __init__(self, place: Place, look: Callable[[], object], *, backwards: bool) -> None:
        self.deleted = 0
        self._place = place
        self._look = look
        self._backwards = backwards

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever a place can do
        return getattr(self._place, name)

    def delete(self, names: Iterable[str]) -> None:
        wanted = list(names)
        for name in reversed(wanted) if self._backwards else wanted:
            self._place.delete([name])
            self.deleted += 1
            self._look()
