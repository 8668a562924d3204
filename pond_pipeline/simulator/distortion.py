"""A world as a server with faults knows it: late, incomplete, corrected, on a wrong clock."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
from typing_extensions import override

from pond_pipeline.simulator.faults import Correction, Faults, UnitChange
from pond_pipeline.simulator.world import Location, Names, Readings, SeriesKey, World

FACTORY_LOCATION = Location(
    id=4_990_000_000_000_001,
    name="default-1090675",
    description="",
    latitude=40.58833,
    longitude=-105.06587,
)
"""An instrument that nobody set up: the vendor's default name and the place of its headquarters."""

UNKNOWN_PARAMETER = SeriesKey("9001", "241", custom=True)
"""A custom parameter that the friendly names do not have."""

_ZONE_REACH_S = 15 * 3600
"""No zone is further than this from UTC."""

_SEARCH_S = 31 * 86_400
"""How much is looked at in one go for the first reading that faults leave over."""


class DistortedWorld(World):
    """Another world behind faults; itself a world, so that the API need not know."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    @override
    def locations(self) -> Sequence[Location]:
        names = self._faults.renames
        listed = [
            replace(location, name=names.get(location.id, location.name))
            for location in self._world.locations()
            if location.id not in self._faults.location_missing
        ]
        return [*listed, FACTORY_LOCATION] if self._faults.factory_location else listed

    @override
    def names(self) -> Names:
        return self._world.names()

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        faults = self._faults.at(location_id)
        reach_s = 0 if faults.clock_zone is None else _ZONE_REACH_S
        true = self._world.readings(
            self._origin(location_id),
            start_s - reach_s,
            end_s + reach_s,
            now_s=now_s - int(faults.late_by.total_seconds()),
        )
        distorted: dict[SeriesKey, pl.DataFrame] = {}
        for key, frame in true.items():
            kept = _without(_corrected(frame, key, faults.corrections), faults.gaps)
            for unit_key, part in _in_units(kept, key, faults.unit_changes):
                stamped = part if faults.clock_zone is None else _local(part, faults.clock_zone)
                found = stamped.filter(pl.col("timestamp").is_between(start_s, end_s))
                if found.height:
                    distorted[unit_key] = found
        if faults.unknown_parameter and distorted:
            distorted[UNKNOWN_PARAMETER] = next(iter(distorted.values()))
        return distorted

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        faults = self._faults.at(location_id)
        late_s = now_s - int(faults.late_by.total_seconds())
        origin = self._origin(location_id)
        if not faults.gaps and faults.clock_zone is None:
            return self._world.first_at(origin, start_s, now_s=late_s)
        reach_s = 0 if faults.clock_zone is None else _ZONE_REACH_S
        from_s = start_s - reach_s
        while (true_s := self._world.first_at(origin, from_s, now_s=late_s)) is not None:
            until_s = true_s + _SEARCH_S - reach_s
            found = self.readings(location_id, max(start_s, true_s - reach_s), until_s, now_s=now_s)
            if found:
                return min(_first_stamp(frame) for frame in found.values())
            # Nothing is stamped up to `until_s`, so what is left was taken after this instant.
            from_s = until_s - reach_s + 1
        return None

    def _origin(self, location_id: int) -> int:
        """Return whose readings a location serves."""
        if self._faults.factory_location and location_id == FACTORY_LOCATION.id:
            return self._world.locations()[0].id
        return location_id


def _first_stamp(frame: pl.DataFrame) -> int:
    return int(frame["timestamp"][0])


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _within(start: datetime, end: datetime) -> pl.Expr:
    return pl.col("timestamp").is_between(_seconds(start), _seconds(end), closed="left")


def _corrected(
    frame: pl.DataFrame, key: SeriesKey, corrections: Sequence[Correction]
) -> pl.DataFrame:
    for correction in corrections:
        if correction.parameter_id == key.parameter_id:
            changed = pl.col("value") + correction.offset
            touched = _within(correction.start, correction.end)
            frame = frame.with_columns(pl.when(touched).then(changed).otherwise("value"))
    return frame


def _without(frame: pl.DataFrame, gaps: Sequence[tuple[datetime, datetime]]) -> pl.DataFrame:
    for start, end in gaps:
        frame = frame.filter(~_within(start, end))
    return frame


def _in_units(
    frame: pl.DataFrame, key: SeriesKey, changes: Sequence[UnitChange]
) -> Iterator[tuple[SeriesKey, pl.DataFrame]]:
    """Yield what comes in the old unit, then what comes in each new one."""
    for change in changes:
        if change.parameter_id == key.parameter_id:
            since = pl.col("timestamp") >= _seconds(change.since)
            yield key, frame.filter(~since)
            frame = frame.filter(since).with_columns(pl.col("value") * change.scale)
            key = key._replace(unit_id=change.unit_id)
    yield key, frame


def _local(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Stamp local wall time as if it were UTC; in autumn an hour of stamps comes twice."""
    utc = pl.from_epoch("timestamp", time_unit="s").dt.replace_time_zone("UTC")
    wall = utc.dt.convert_time_zone(zone.key).dt.replace_time_zone(None)
    return frame.with_columns(timestamp=wall.dt.epoch("s")).sort("timestamp", maintain_order=True)
