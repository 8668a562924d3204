"""What a simulator serves: locations, names and readings, without any HTTP.

A world is asked with `now_s`, so that a reading that was not taken yet does not exist. Instants are
integers here: seconds since 1970-01-01T00:00Z, as the HydroVu API has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import polars as pl


@dataclass(frozen=True, slots=True)
class Location:
    """One entry of the location list: what users know as an instrument.

    Attributes:
        id: About 16 digits, as the real ones; fits int64.
        name: As the users gave it; any text, not unique.
        description: Often empty.
        latitude: Degrees north.
        longitude: Degrees east.
    """

    id: int
    name: str
    description: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Names:
    """The "friendly names" of the API: names by id."""

    parameters: Mapping[str, str]
    units: Mapping[str, str]


class SeriesKey(NamedTuple):
    """What tells one list of readings of a location from another."""

    parameter_id: str
    unit_id: str
    custom: bool = False


Readings = Mapping[SeriesKey, pl.DataFrame]
"""Readings of one location by what was measured; no frame is empty.

Each frame: `timestamp` Int64 seconds, sorted; `value` Float64; no nulls.
"""


class World(Protocol):
    """What is served. Every method is pure: the same question has the same answer."""

    def locations(self) -> Sequence[Location]:
        """Return all locations, in the order of the list."""
        ...

    def names(self) -> Names:
        """Return the names of parameters and units."""
        ...

    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        """Return the readings stamped in `[start_s, end_s]` (both inclusive) that exist at `now_s`.

        An unknown location has none.
        """
        ...

    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        """Return the earliest stamp at or after `start_s` that exists at `now_s`, or None.

        Cheap: empty stretches are skipped with it.
        """
        ...
