"""What the API says about locations and names, as values.

Readings are not here: they come by the million and go into Arrow columns at once, see `page`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pond_pipeline.hydrovu.shape import ShapeError, member


@dataclass(frozen=True, slots=True)
class Location:
    """One location, which is one instrument: a sonde and its VuLink are two.

    Attributes:
        id: About 16 digits; the only thing that never changes.
        name: May change, hold any characters, and occur twice.
        description: Often empty.
        latitude: Degrees north; None where the API gives no position.
        longitude: Degrees east; None where the API gives no position.
    """

    id: int
    name: str
    description: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The API's dictionary: what parameter and unit ids are called.

    Attributes:
        parameters: Name by parameter id, e.g. `{"1": "Temperature"}`.
        units: Name by unit id, e.g. `{"1": "C"}`; the unit of a pure number is called `" "`.
    """

    parameters: Mapping[str, str]
    units: Mapping[str, str]


def read_locations(document: object) -> list[Location]:
    """Turn one page of `locations/list` into locations, in the order given.

    Raises:
        ShapeError: The page is not what the API is known to answer.
    """
    if not isinstance(document, list):
        msg = "the list of locations is no list"
        raise ShapeError(msg)
    return [_location(item, where=f"location [{index}]") for index, item in enumerate(document)]


def read_names(document: object) -> Names:
    """Turn one page of `sispec/friendlynames` into names.

    Raises:
        ShapeError: The page is not what the API is known to answer.
    """
    return Names(
        parameters=_dictionary(document, "parameters"), units=_dictionary(document, "units")
    )


def _location(item: object, *, where: str) -> Location:
    location_id = member(item, "id", int, where=where)
    name = member(item, "name", str, where=where)
    details = item if isinstance(item, dict) else {}
    description = details.get("description")
    gps = details.get("gps") or {}
    return Location(
        id=location_id,
        name=name,
        description=description if isinstance(description, str) else "",
        latitude=_degrees(gps, "latitude", where=where),
        longitude=_degrees(gps, "longitude", where=where),
    )


def _degrees(gps: object, key: str, *, where: str) -> float | None:
    found: object = gps.get(key) if isinstance(gps, dict) else gps
    if found is None:
        return None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    msg = f"`gps.{key}` of {where} is no number"
    raise ShapeError(msg)


def _dictionary(document: object, key: str) -> dict[str, str]:
    entries = member(document, key, dict, where="the dictionary of names")
    return {
        entry_id: member(entries, entry_id, str, where=f"`{key}` of the dictionary of names")
        for entry_id in entries
    }
