"""Places on a map: where they lie to each other, without a tile server.

A map is drawn in percent of its width and height, its names in pixels. What fits on the narrowest
screen fits on all: there marks are closest to each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, radians, sin
from unicodedata import category, east_asian_width

from pond_pipeline.plan import Place

_WIDTH, _HEIGHT = 280.0, 186.0
"""Pixels of a map on the narrowest screen, which is 320 wide; the stylesheet has the same ratio."""

_EDGE = 26.0
"""Pixels beside the outermost places: half a mark's, and as much as it may be moved."""

_APART = 26.0
"""Pixels between two marks with numbers: each is as large as a fingertip needs it, and a gap."""

_DOT = 12.0
"""Pixels from the middle of a dot to its name."""

_LINE = 18.0
"""Pixels that a line of text is high."""

_LETTER, _WIDE_LETTER = 9.5, 15.0
"""Pixels that a letter of a name is wide, in the broadest of the usual fonts."""

_ROUNDS = 300
_MOST_PAIRS = 400_000
"""Of marks that are looked at: so many do not fit anyway."""

_TURN = 2.4
"""Radians between the ways in which marks of the same position go: no two are alike."""

_M_PER_DEGREE = 111_320.0
_LEAST_M = 200.0
"""How much a map shows at least: of one place there is no distance."""

_HALF_TURN = 180.0
"""Degrees; places that are farther apart lie on both sides of the date line."""

_LENGTHS_M = [step * 10**power for power in range(1, 7) for step in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Name:
    """A name beside its dot.

    Attributes:
        x: Where it is anchored, in pixels to the right of the dot.
        y: Its base line, in pixels below the dot.
        anchor: Which part of it is anchored: `start`, `middle` or `end`.
    """

    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map.

    Attributes:
        place: Which.
        x: Where it is, in percent of the width, to the right.
        y: The same of the height, down.
        mark_x: Where its mark is: beside it if marks would hide each other.
        mark_y: The same of the height.
        number: What stands for its name where names do not fit.
        name: Where its name is where they do.
    """

    place: Place
    x: float
    y: float
    mark_x: float
    mark_y: float
    number: int | None
    name: Name | None

    @property
    def is_moved(self) -> bool:
        """Whether its mark is elsewhere."""
        return (self.x, self.y) != (self.mark_x, self.mark_y)


@dataclass(frozen=True, slots=True)
class Map:
    """A map of places.

    Attributes:
        spots: The places that say where they are.
        scale: How long the bar is, in percent of the width.
        scale_text: What it stands for.
    """

    spots: Sequence[Spot]
    scale: float
    scale_text: str

    @property
    def numbers(self) -> dict[str, int]:
        """What stands for the places' names, by their datasets; nothing where names fit."""
        return {each.place.dataset: each.number for each in self.spots if each.number is not None}


_Position = tuple[float, float]
_Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def map_of(places: Sequence[Place]) -> Map | None:
    """Return a map; None where fewer than two places say where they are.

    Degrees are drawn as meters at the middle latitude: fine for what one utility looks after.
    Places are named where all names fit; else all are numbered.
    """
    known = [
        (place, place.latitude, place.longitude)
        for place in places
        if place.latitude is not None and place.longitude is not None
    ]
    if len(known) < 2:  # noqa: PLR2004 -- one place has no distance to others
        return None
    shown = [place for place, _, _ in known]
    at, per_m = _positions([(latitude, longitude) for _, latitude, longitude in known])
    names = _names([place.title for place in shown], at)
    marks = at if names else _apart(at)
    spots = [
        Spot(
            place,
            *_percent(at[index]),
            *_percent(marks[index]),
            number=None if names else index + 1,
            name=names[index] if names else None,
        )
        for index, place in enumerate(shown)
    ]
    length_m = max((each for each in _LENGTHS_M if each * per_m <= _WIDTH / 4), default=10)
    text = f"{length_m // 1000} km" if length_m >= 1000 else f"{length_m} m"  # noqa: PLR2004
    return Map(spots, round(100 * length_m * per_m / _WIDTH, 2), text)


def _positions(known: Sequence[tuple[float, float]]) -> tuple[list[_Position], float]:
    """Return where latitudes and longitudes lie, in pixels, and how many of these a meter has."""
    turned = [longitude for _, longitude in known]
    if max(turned) - min(turned) > _HALF_TURN:
        turned = [longitude % (2 * _HALF_TURN) for longitude in turned]
    middle = sum(latitude for latitude, _ in known) / len(known)
    east = [longitude * _M_PER_DEGREE * cos(radians(middle)) for longitude in turned]
    north = [latitude * _M_PER_DEGREE for latitude, _ in known]
    per_m = min(
        (_WIDTH - 2 * _EDGE) / max(max(east) - min(east), _LEAST_M),
        (_HEIGHT - 2 * _EDGE) / max(max(north) - min(north), _LEAST_M),
    )
    center_x, center_y = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2
    return [
        (_WIDTH / 2 + (x - center_x) * per_m, _HEIGHT / 2 - (y - center_y) * per_m)
        for x, y in zip(east, north, strict=True)
    ], per_m


def _names(titles: Sequence[str], at: Sequence[_Position]) -> list[Name] | None:
    """Return where names stand so that nothing hides anything; None where there is no such way."""
    taken: list[_Box] = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in at]
    if any(_overlap(one, other) for one, other in combinations(taken, 2)):
        return None
    names = []
    for title, (x, y) in zip(titles, at, strict=True):
        width = sum(_width(letter) for letter in title)
        sides = [
            (Name(_DOT, 5, "start"), (x + _DOT, y - _LINE / 2, x + _DOT + width, y + _LINE / 2)),
            (Name(-_DOT, 5, "end"), (x - _DOT - width, y - _LINE / 2, x - _DOT, y + _LINE / 2)),
        ]
        if x > _WIDTH / 2:
            sides.reverse()
        half = width / 2
        above, below = y - _DOT - _LINE, y + _DOT + _LINE
        sides += [
            (Name(0, -_DOT - 3, "middle"), (x - half, above, x + half, y - _DOT)),
            (Name(0, _DOT + 12, "middle"), (x - half, y + _DOT, x + half, below)),
        ]
        free = ((name, box) for name, box in sides if _is_free(box, taken))
        found = next(free, None)
        if found is None:
            return None
        names.append(found[0])
        taken.append(found[1])
    return names


def _width(letter: str) -> float:
    is_wide = east_asian_width(letter) in "WF" or category(letter) == "So"
    return _WIDE_LETTER if is_wide else _LETTER


def _is_free(box: _Box, taken: Sequence[_Box]) -> bool:
    left, top, right, bottom = box
    is_inside = left >= 0 and top >= 0 and right <= _WIDTH and bottom <= _HEIGHT
    return is_inside and not any(_overlap(box, each) for each in taken)


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _apart(at: Sequence[_Position]) -> list[_Position]:
    """Return where marks go so that they are apart: each pair pushes itself asunder.

    They grow while they do, so that neighbors stay on the sides on which they are.
    """
    marks = list(at)
    pairs = list(combinations(range(len(marks)), 2))
    rounds = min(_ROUNDS, _MOST_PAIRS // len(pairs))
    for done in range(rounds):
        apart = _APART * min(1, 2 * (done + 1) / rounds)
        is_calm = apart == _APART
        for one, other in pairs:
            (x, y), (other_x, other_y) = marks[one], marks[other]
            dx, dy = other_x - x, other_y - y
            distance = hypot(dx, dy)
            if distance >= apart:
                continue
            is_calm = False
            if distance == 0:
                dx, dy, distance = cos(_TURN * other), sin(_TURN * other), 1.0
            push = (apart + 0.5 - distance) / distance / 2
            marks[one] = _inside(x - dx * push, y - dy * push)
            marks[other] = _inside(other_x + dx * push, other_y + dy * push)
        if is_calm:
            break
    return marks


def _inside(x: float, y: float) -> _Position:
    half = _APART / 2
    return min(max(x, half), _WIDTH - half), min(max(y, half), _HEIGHT - half)


def _percent(position: _Position) -> _Position:
    x, y = position
    return round(100 * x / _WIDTH, 2), round(100 * y / _HEIGHT, 2)
