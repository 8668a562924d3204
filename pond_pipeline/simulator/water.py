"""What a harbor is like at an instant: tides, days, seasons, storms, and what follows from them.

Expressions over the column `t` (Int64, seconds since 1970). The numbers are those of a small
harbor on the coast of northern California, to a reader's eye; they are no model of a real one.
"""

import math

import polars as pl

from pond_pipeline.simulator.fleet import Quantity, Site
from pond_pipeline.simulator.noise import Noise

T = pl.col("t")

_HOUR_S = 3600
_DAY_S = 86_400
_YEAR_S = 31_556_952

_CONSTITUENTS = {
    "M2": (12.4206012, 0.90, 3.1),
    "S2": (12.0, 0.23, 1.7),
    "K1": (23.93447213, 0.38, 8.0),
    "O1": (25.81933871, 0.24, 15.3),
}
"""Period in hours, as Doodson gives it; amplitude in meters and phase in hours are made up."""

_STORM_BLOCK_S = 6 * _DAY_S
_STORM_CALM = 0.55
"""Six days have a storm if their number in [0, 1) is above this; its strength grows from there."""

_BATTERY_LIFE_S = 170 * _DAY_S


class Water:
    """All quantities of one site.

    They are computed in three steps over named columns, not as one expression each: what many of
    them share (a storm alone is 60 operations) would be repeated, and a page would take 240 ms.
    """

    def __init__(self, seed: int, site: Site) -> None:
        self._steps = (_causes(seed, site), _states(site), _effects(site))

    def at(self, instants: pl.DataFrame) -> pl.DataFrame:
        """Add a Float64 column per `Quantity` to a frame with the column `t`."""
        for step in self._steps:
            instants = instants.with_columns(**step)
        return instants


def tide_m() -> pl.Expr:
    """Return the height of the tide over its mean, in meters."""
    waves = (
        _wave(period_h * _HOUR_S, peak_s=phase_h * _HOUR_S) * amplitude_m
        for period_h, amplitude_m, phase_h in _CONSTITUENTS.values()
    )
    return pl.sum_horizontal(*waves)


def storm(seed: int) -> pl.Expr:
    """Return how much of a storm there is: 0 is none, 1 a strong one; winter has more."""
    start, strength = Noise(seed, "storm start"), Noise(seed, "storm strength")
    ages = []
    for back in range(3):  # after two blocks more than e^-4 of a storm is gone
        block = T // _STORM_BLOCK_S - back
        age_s = T - (block + start.uniform(block)) * _STORM_BLOCK_S
        force = (strength.uniform(block) - _STORM_CALM).clip(lower_bound=0) / (1 - _STORM_CALM)
        hours = age_s.clip(lower_bound=0) / _HOUR_S
        ages.append(force * (-hours / 36).exp() * (1 - (-hours / 5).exp()))
    winter = 0.55 + 0.45 * _wave(_YEAR_S, peak_s=15 * _DAY_S)
    return (pl.sum_horizontal(*ages) * winter * 1.5).clip(upper_bound=1)


def _wave(period_s: float, *, peak_s: float) -> pl.Expr:
    return ((T - peak_s) * (2 * math.pi / period_s)).cos()


def _causes(seed: int, site: Site) -> dict[str, pl.Expr]:
    """Return what moves the water; `wander` is within [-1, 1]."""

    def wander(name: str, *, days: float) -> pl.Expr:
        return Noise(seed, name).smooth(T, period_s=int(days * _DAY_S))

    return {
        "tide": tide_m(),
        "storm": storm(seed),
        "winter": _wave(_YEAR_S, peak_s=20 * _DAY_S),
        # 21:00Z is early afternoon at the coast: the sun is at work.
        "sun": _wave(_DAY_S, peak_s=21 * _HOUR_S),
        "air_tide": _wave(_DAY_S / 2, peak_s=6 * _HOUR_S),
        "pressure_wander": wander("pressure", days=4),
        "temperature_wander": wander(f"{site.name} temperature", days=6),
        "salinity_wander": wander(f"{site.name} salinity", days=4),
        "oxygen_wander": wander(f"{site.name} oxygen", days=5),
        "turbidity_wander": wander(f"{site.name} turbidity", days=0.4),
        "air_wander": wander(f"{site.name} air", days=3),
    }


def _states(site: Site) -> dict[str, pl.Expr]:
    """Return what others follow from."""
    mean_c = 11.8 + site.warmth_c - 1.6 * pl.col("winter") + 0.3 * pl.col("sun")
    # Rivers bring more in winter and after storms; at low tide more of it is in the harbor.
    runoff_psu = site.river * (1.5 + 1.5 * pl.col("winter") + 26 * pl.col("storm"))
    fresh_psu = runoff_psu * (1 - 0.35 * pl.col("tide")).clip(lower_bound=0.3)
    sea_psu = 33.4 + 0.4 * pl.col("salinity_wander")
    return {
        Quantity.WATER_TEMPERATURE: (
            mean_c - 0.25 * pl.col("tide") + 0.9 * pl.col("temperature_wander")
        ),
        Quantity.SALINITY: (sea_psu - fresh_psu).clip(lower_bound=0.3),
        Quantity.OXYGEN_SATURATION: (
            95 + 5 * pl.col("sun") + 7 * pl.col("oxygen_wander") - 6 * pl.col("storm")
        ),
    }


def _effects(site: Site) -> dict[str, pl.Expr]:
    storm_now = pl.col("storm")
    temperature, salinity = pl.col(Quantity.WATER_TEMPERATURE), pl.col(Quantity.SALINITY)
    saturation = pl.col(Quantity.OXYGEN_SATURATION)
    air_mean_c = 12.5 - 2.5 * pl.col("winter") + (3.2 - 2 * storm_now) * pl.col("sun")
    swapped_s = int(abs(site.longitude) * 1e7) % _BATTERY_LIFE_S
    used = ((T + swapped_s) % _BATTERY_LIFE_S) / _BATTERY_LIFE_S
    return {
        # A fit by eye: 53,087 µS/cm at 35 psu; within 3 % of real sondes from 1 psu up.
        Quantity.SPECIFIC_CONDUCTIVITY: 53_087 * (salinity / 35) ** 0.93,
        Quantity.OXYGEN: saturation / 100 * _oxygen_at_saturation(temperature, salinity),
        Quantity.PH: 7.6 + salinity / 80 + (saturation - 96) / 80,
        Quantity.DEPTH: site.depth_m + pl.col("tide") + 0.15 * storm_now,
        Quantity.TURBIDITY: (1.5 + pl.col("turbidity_wander") + (5 + 90 * site.river) * storm_now),
        Quantity.PRESSURE: (
            14.74 + 0.1 * pl.col("pressure_wander") - 0.2 * storm_now + 0.012 * pl.col("air_tide")
        ),
        # Slowly down to a quarter, then someone brings a new one.
        Quantity.BATTERY: 99.5 - 75 * used,
        Quantity.AIR_TEMPERATURE: air_mean_c + 2.5 * pl.col("air_wander"),
    }


def _oxygen_at_saturation(temperature_c: pl.Expr, salinity_psu: pl.Expr) -> pl.Expr:
    """Return mg/L that water holds, within 2 % of the usual tables between 0 and 25 °C."""
    fresh = 14.6 - 0.394 * temperature_c + 0.0071 * temperature_c**2 - 0.0000646 * temperature_c**3
    return fresh * (salinity_psu * (-0.0062)).exp()
