"""Places on a map: where they lie to each other, without a tile server."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

from pond_pipeline.plan import Place

WIDTH, HEIGHT = 640.0, 360.0
_EDGE = 70.0
_M_PER_DEGREE = 111_320.0
_LEAST_M = 200.0
"""How much a map shows at least: of one place there is no distance."""

_HALF_TURN = 180.0
"""Degrees; places that are farther apart lie on both sides of the date line."""

_LENGTHS_M = [step * 10**power for power in range(1, 7) for step in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map.

    Attributes:
        place: Which.
        x: To the right, in the map's units.
        y: Down.
        is_left: Whether its name stands to its left, where there is more room.
    """

    place: Place
    x: float
    y: float
    is_left: bool


@dataclass(frozen=True, slots=True)
class Map:
    """A map of places.

    Attributes:
        spots: The places that say where they are.
        scale: How long the bar is, in the map's units.
        scale_text: What it stands for.
    """

    spots: Sequence[Spot]
    scale: float
    scale_text: str


def map_of(places: Sequence[Place]) -> Map | None:
    """Return a map; None where fewer than two places say where they are.

    Degrees are drawn as meters at the middle latitude: fine for what one utility looks after.
    """
    known = [
        (place, place.latitude, place.longitude)
        for place in places
        if place.latitude is not None and place.longitude is not None
    ]
    if len(known) < 2:  # noqa: PLR2004 -- one place has no distance to others
        return None
    if max(each[2] for each in known) - min(each[2] for each in known) > _HALF_TURN:
        known = [
            (place, latitude, longitude % (2 * _HALF_TURN)) for place, latitude, longitude in known
        ]
    middle = sum(latitude for _, latitude, _ in known) / len(known)
    meters = [
        (place, longitude * _M_PER_DEGREE * cos(radians(middle)), latitude * _M_PER_DEGREE)
        for place, latitude, longitude in known
    ]
    east, north = [x for _, x, _ in meters], [y for _, _, y in meters]
    width_m, height_m = max(east) - min(east), max(north) - min(north)
    per_m = min(
        (WIDTH - 2 * _EDGE) / max(width_m, _LEAST_M), (HEIGHT - 2 * _EDGE) / max(height_m, _LEAST_M)
    )
    center_x, center_y = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2
    spots = [
        Spot(
            place,
            x=round(WIDTH / 2 + (x - center_x) * per_m, 1),
            y=round(HEIGHT / 2 - (y - center_y) * per_m, 1),
            is_left=x > center_x,
        )
        for place, x, y in meters
    ]
    length_m = max((each for each in _LENGTHS_M if each * per_m <= WIDTH / 4), default=10)
    text = f"{length_m // 1000} km" if length_m >= 1000 else f"{length_m} m"  # noqa: PLR2004
    return Map(spots, round(length_m * per_m, 1), text)
