"""The harbor of `fleet` as a world: its readings are a pure function of a seed and the instant."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import polars as pl
from typing_extensions import override

from pond_pipeline.simulator.dictionary import PARAMETERS, UNITS
from pond_pipeline.simulator.fleet import (
    HARBOR,
    HARBOR_START,
    HOURLY_S,
    HOURS_WITHOUT_CLOCK,
    POWER_LOST,
    Clock,
    Instrument,
    Sensor,
    Stay,
)
from pond_pipeline.simulator.noise import Noise
from pond_pipeline.simulator.water import T, Water
from pond_pipeline.simulator.world import Location, Names, Readings, SeriesKey, World

_WEEKS_MISCOUNTED_S = 1024 * 7 * 86_400
_MISCOUNTS_FIRST_S = 701 * HOURLY_S
_MISCOUNTS_EVERY_S = 2003 * HOURLY_S
"""About four times a year; a prime number of hours, so that it happens at all times of day."""

_NEVER_S = 2**60
"""Later than any clock."""

_BLOCK_S = 366 * 86_400
"""How much is computed at once: a year takes hardly longer than a day (60 ms)."""


def harbor(seed: int = 1, *, now: datetime | None = None) -> World:
    """Return the harbor: 3 sites, 6 instruments (`HARBOR`), hourly readings since `HARBOR_START`.

    A reading exists as soon as its instant has come by the simulator's clock, whatever its stamp:
    two instruments have bad clocks.

    Args:
        seed: Other seeds give other weather and other noise, never other instruments or instants.
        now: No reading is taken after this instant; None: time goes on.
    """
    return _Harbor(seed, last_s=None if now is None else _seconds(now))


class _Harbor(World):
    def __init__(self, seed: int, *, last_s: int | None) -> None:
        self._seed = seed
        self._last_s = last_s
        self._instruments = {instrument.id: instrument for instrument in HARBOR}

    @override
    def locations(self) -> Sequence[Location]:
        return [
            Location(
                id=instrument.id,
                name=instrument.name,
                description="",
                latitude=instrument.stays[-1].site.latitude,
                longitude=instrument.stays[-1].site.longitude,
            )
            for instrument in HARBOR
        ]

    @override
    def names(self) -> Names:
        return Names(PARAMETERS, UNITS)

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        instrument = self._instruments.get(location_id)
        if instrument is None:
            return {}
        now_s = self._now(now_s)
        first_s = max(start_s, _seconds(HARBOR_START))
        taken = set(range(first_s // _BLOCK_S, min(end_s, now_s) // _BLOCK_S + 1))
        for instant, stamp in _slips(instrument, until_s=now_s).items():
            if start_s <= stamp <= end_s:
                taken.add(instant // _BLOCK_S)
        wanted = pl.col("timestamp").is_between(start_s, end_s) & (pl.col("t") <= now_s)
        found: dict[SeriesKey, pl.DataFrame] = {}
        if taken:
            blocks = [_block(self._seed, instrument, index).filter(wanted) for index in taken]
            read = pl.concat(blocks).sort("timestamp")
            for sensor in instrument.sensors:
                value = pl.col(sensor.quantity).alias("value")
                frame = read.select("timestamp", value).drop_nulls()
                if frame.height:
                    found[sensor.key] = frame
        return found

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        instrument = self._instruments.get(location_id)
        if instrument is None:
            return None
        now_s = self._now(now_s)
        slips = _slips(instrument, until_s=now_s)
        stamps = [stamp for stamp in slips.values() if stamp >= start_s]
        tick_s = _full_hour(max(start_s, _seconds(instrument.stays[0].start)))
        while tick_s in slips:
            tick_s += HOURLY_S
        if tick_s <= min(now_s, _last_s(instrument)):
            stamps.append(tick_s)
        return min(stamps, default=None)

    def _now(self, now_s: int) -> int:
        return now_s if self._last_s is None else min(now_s, self._last_s)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _full_hour(instant_s: int) -> int:
    """Return the first full hour at or after an instant."""
    return -(-instant_s // HOURLY_S) * HOURLY_S


def _last_s(instrument: Instrument) -> int:
    """Return an instant after which an instrument did not read."""
    end = instrument.stays[-1].end
    return _NEVER_S if end is None else _seconds(end) - 1


def _slips(instrument: Instrument, *, until_s: int) -> dict[int, int]:
    """Return the wrong stamps of what was read so far, by the instant of the reading."""
    match instrument.clock:
        case Clock.GOOD:
            return {}
        case Clock.LOSES_POWER:
            lost_s = _seconds(POWER_LOST)
            stamps = range(0, HOURS_WITHOUT_CLOCK * HOURLY_S, HOURLY_S)
            return {lost_s + stamp: stamp for stamp in stamps if lost_s + stamp <= until_s}
        case Clock.MISCOUNTS_WEEKS:
            first_s = _seconds(HARBOR_START) + _MISCOUNTS_FIRST_S
            instants = range(first_s, until_s + 1, _MISCOUNTS_EVERY_S)
            return {instant: instant + _WEEKS_MISCOUNTED_S for instant in instants}


@lru_cache(maxsize=32)
def _block(seed: int, instrument: Instrument, index: int) -> pl.DataFrame:
    """Return what an instrument reads in one block of time, whatever the clock says.

    One row per reading, sorted by `t` (Int64), when it was taken; `timestamp` (Int64) is its stamp;
    a Float64 column per `Quantity` of the sensors, null before a sensor was fitted.
    """
    first_s = max(index * _BLOCK_S, _seconds(instrument.stays[0].start))
    end_s = min((index + 1) * _BLOCK_S, _last_s(instrument) + 1)
    slips = _slips(instrument, until_s=end_s)
    instants = range(_full_hour(first_s), end_s, HOURLY_S)
    ticks = pl.DataFrame(
        {"t": instants, "timestamp": [slips.get(instant, instant) for instant in instants]},
        schema={"t": pl.Int64, "timestamp": pl.Int64},
    )
    true = pl.concat(
        Water(seed, stay.site).at(ticks.filter(_within(stay))) for stay in instrument.stays
    )
    return true.select("t", "timestamp", *(_read(seed, instrument, s) for s in instrument.sensors))


def _within(stay: Stay) -> pl.Expr:
    after = pl.col("t") >= _seconds(stay.start)
    return after if stay.end is None else after & (pl.col("t") < _seconds(stay.end))


def _read(seed: int, instrument: Instrument, sensor: Sensor) -> pl.Expr:
    """Return what a sensor makes of the truth: with noise, and with the float32 of the API."""
    noise = Noise(seed, f"{instrument.id} {sensor.quantity}").white(T // HOURLY_S)
    read = (pl.col(sensor.quantity) + sensor.noise * noise).cast(pl.Float32).cast(pl.Float64)
    return pl.when(pl.col("t") >= _seconds(sensor.since)).then(read).alias(sensor.quantity)
