"""The points of a pond in their order: finding the newest, and adding the next.

A point's name is its number, and it is created, never written over: of two who push at once one
comes first, and the other one looks again. `newest` tells where to look; it may lag behind, or be
lost, and is never believed. Points are deleted from the first one on, so that whatever follows one
that is there is there as well.

A point has all that those before it had, but where a pond dropped history that was not pushed yet.
The point before such a new beginning is kept as an end.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator

from pond_core.backup.files import Files
from pond_core.backup.point import ENDS, FIRST, POINTS, Point, decode, encode, file_of
from pond_core.errors import CorruptionError

_HINT = "newest"

_NUMBERED = re.compile(r"(?P<number>[0-9]{20})\.json")
"""What points are named; other files beside them are somebody else's."""


class Points:
    """The points of one pond.

    Args:
        files: The pond's files.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    def newest(self) -> Point | None:
        """Return the newest point; None if there is none. Its cost does not grow with their number.

        Raises:
            CorruptionError: It is damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        number = self._hinted()
        found = None if number is None else self.find(number)
        if found is None:  # the hint is lost, or was one of another time
            numbers = self.numbers()
            if not numbers:
                return None
            found = self.get(numbers[-1])
        while (later := self.find(found.number + 1)) is not None:
            found = later
        return found

    def numbers(self, folder: str = POINTS) -> list[int]:
        """Return the numbers of the points that are there, or of the ends, in order."""
        found = (_NUMBERED.fullmatch(name) for name in self._files.names(folder))
        return [int(each["number"]) for each in found if each]

    def get(self, number: int, folder: str = POINTS) -> Point:
        """Return a point, or an end.

        Raises:
            CorruptionError: It is missing or damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        found = self.find(number, folder)
        if found is None:
            msg = f"{self._where(number, folder)} is missing"
            raise CorruptionError(msg, hint="docs/backup.md says what can be done about it")
        return found

    def find(self, number: int, folder: str = POINTS) -> Point | None:
        """Return a point, or an end; None if it is not there.

        Raises:
            CorruptionError: It is damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        if number < FIRST:
            return None
        data = self._files.read(file_of(number, folder=folder))
        if data is None:
            return None
        where = self._where(number, folder)
        point = decode(where, data)
        if (point.pond, point.number) != (self._files.pond, number):
            msg = f"{where} is a point of something else"
            raise CorruptionError(msg, hint="docs/backup.md says what can be done about it")
        return point

    def ends(self) -> list[Point]:
        """Return the points before new beginnings, the oldest first."""
        found = (self.find(number, ENDS) for number in self.numbers(ENDS))
        return [end for end in found if end is not None]  # one may expire while this looks

    def backwards(self) -> Iterator[Point]:
        """Iterate over the points, the newest first, and then over the ends."""
        numbers = self.numbers()
        first = FIRST
        for number in reversed(numbers):
            # Those before the first that has to be there may be deleted while this looks.
            point = self.get(number) if number >= first else self.find(number)
            if point is not None:
                first = max(first, point.first)
                yield point
        yield from (end for end in reversed(self.ends()) if end.number not in numbers)

    def end(self, point: Point) -> None:
        """Keep a point for itself: the next one begins anew."""
        self._files.write(file_of(point.number, folder=ENDS), encode(point))

    def drop_end(self, number: int) -> None:
        """Let an end go: nobody wants its moments."""
        self._files.delete([file_of(number, folder=ENDS)])

    def add(self, point: Point) -> bool:
        """Make a point the newest; False if another one has its number by now."""
        data = encode(point)
        name = file_of(point.number)
        if not self._files.create(name, data) and self._files.read(name) != data:
            return False
        self._files.write(_HINT, _hint_of(point))
        return True

    def mend_hint(self) -> None:
        """Let the hint tell of the newest point; who made that may have died before it did."""
        newest = self.newest()
        if newest is not None and self._files.read(_HINT) != _hint_of(newest):
            self._files.write(_HINT, _hint_of(newest))

    def check_hint(self, points: Iterable[Point]) -> None:
        """Check that what tells where to look is what was written with one of some points.

        Raises:
            CorruptionError: It is not.
        """
        data = self._files.read(_HINT)
        if data is not None and data not in {_hint_of(point) for point in points}:
            msg = f"{self._files.label}/{self._files.where(_HINT)} is damaged"
            raise CorruptionError(msg, hint="the next push writes it anew")

    def _hinted(self) -> int | None:
        with contextlib.suppress(CorruptionError):  # where it is sealed
            number, _, _ = (self._files.read(_HINT) or b"").partition(b" ")
            return int(number) if number.isdigit() else None
        return None

    def _where(self, number: int, folder: str) -> str:
        return f"{self._files.label}/{self._files.where(file_of(number, folder=folder))}"


def _hint_of(point: Point) -> bytes:
    return f"{point.number} {point.digest}".encode()
