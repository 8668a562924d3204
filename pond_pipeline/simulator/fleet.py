"""The harbor that is served without arguments: its sites, its instruments, and where they stood.

All dates are fixed, so that a configuration written for it stays valid; its history only grows. The
ids are made up, and as long as real ones.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pond_pipeline.simulator.world import SeriesKey

HARBOR_START = datetime(2024, 11, 1, tzinfo=UTC)
"""The instant of the first readings."""

REPLACED = datetime(2026, 1, 15, 18, tzinfo=UTC)
"""When the sonde at the Wharf was replaced by a new one with another id."""

MOVED = datetime(2026, 5, 20, 21, tzinfo=UTC)
"""When a logger was carried from the Basin to the Mouth."""

POWER_LOST = datetime(2025, 2, 3, 5, tzinfo=UTC)
"""From when on a logger stamped `HOURS_WITHOUT_CLOCK` readings from 1970 on."""

HOURS_WITHOUT_CLOCK = 5
"""How long that logger took to find the time again."""


class Quantity(StrEnum):
    """What a sensor measures."""

    WATER_TEMPERATURE = "water temperature"
    SPECIFIC_CONDUCTIVITY = "specific conductivity"
    SALINITY = "salinity"
    OXYGEN = "oxygen"
    OXYGEN_SATURATION = "oxygen saturation"
    PH = "pH"
    DEPTH = "depth"
    TURBIDITY = "turbidity"
    PRESSURE = "pressure"
    BATTERY = "battery"
    AIR_TEMPERATURE = "air temperature"


class Clock(StrEnum):
    """How an instrument stamps its readings."""

    GOOD = "good"
    LOSES_POWER = "loses power"  # once, from `POWER_LOST` on: 0, 3600, 7200 ... seconds
    MISCOUNTS_WEEKS = "miscounts weeks"  # now and then 1,024 weeks ahead, as receivers of GPS do


@dataclass(frozen=True, slots=True)
class Sensor:
    """One parameter of an instrument.

    Attributes:
        key: Its ids in the API.
        quantity: What it measures.
        noise: Standard deviation of its noise, in its unit.
        since: When it was fitted; readings begin then.
    """

    key: SeriesKey
    quantity: Quantity
    noise: float
    since: datetime = HARBOR_START


@dataclass(frozen=True, slots=True)
class Site:
    """A place, and what the water is like there.

    Attributes:
        name: Of the place.
        latitude: Degrees north.
        longitude: Degrees east.
        river: How much of a river's water comes by: 0 is the open sea.
        warmth_c: Degrees above the harbor's mean.
        depth_m: Of a sonde there, at mean tide.
    """

    name: str
    latitude: float
    longitude: float
    river: float
    warmth_c: float
    depth_m: float


@dataclass(frozen=True, slots=True)
class Stay:
    """Where an instrument stood in `[start, end)`; None is to this day."""

    site: Site
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One location of the API.

    Attributes:
        id: In the API.
        name: In the API.
        scope: What tells its columns from those of its neighbors at a site.
        sensors: In the order of their ids.
        stays: In order, without a gap.
        clock: How it stamps.
    """

    id: int
    name: str
    scope: str
    sensors: tuple[Sensor, ...]
    stays: tuple[Stay, ...]
    clock: Clock = Clock.GOOD


HOURLY_S = 3600
"""All instruments read on the full hour."""

_WHARF = Site("Wharf", 39.4236, -123.8063, river=0.5, warmth_c=0.2, depth_m=3.1)
_BASIN = Site("Basin", 39.4221, -123.8012, river=1.0, warmth_c=0.8, depth_m=2.2)
_MOUTH = Site("Mouth", 39.4262, -123.8117, river=0.2, warmth_c=-0.3, depth_m=4.6)

HARBOR_SITES = (_WHARF, _BASIN, _MOUTH)
"""The sites."""

_TURBIDITY = Sensor(SeriesKey("25", "194"), Quantity.TURBIDITY, 0.05)
_WITHOUT_TURBIDITY = (
    Sensor(SeriesKey("1", "1"), Quantity.WATER_TEMPERATURE, 0.02),
    Sensor(SeriesKey("3", "35"), Quantity.DEPTH, 0.005),
    Sensor(SeriesKey("10", "65"), Quantity.SPECIFIC_CONDUCTIVITY, 60.0),
    Sensor(SeriesKey("12", "97"), Quantity.SALINITY, 0.04),
    Sensor(SeriesKey("17", "145"), Quantity.PH, 0.01),
    Sensor(SeriesKey("20", "117"), Quantity.OXYGEN, 0.03),
    Sensor(SeriesKey("21", "177"), Quantity.OXYGEN_SATURATION, 0.3),
)
_SONDE = (*_WITHOUT_TURBIDITY, _TURBIDITY)
_LATE_TURBIDITY = Sensor(
    _TURBIDITY.key,
    _TURBIDITY.quantity,
    _TURBIDITY.noise,
    since=datetime(2025, 6, 11, 17, tzinfo=UTC),
)
_LOGGER = (
    Sensor(SeriesKey("1", "1"), Quantity.AIR_TEMPERATURE, 0.1),
    Sensor(SeriesKey("16", "17"), Quantity.PRESSURE, 0.001),
    Sensor(SeriesKey("33", "241"), Quantity.BATTERY, 0.1),
)

HARBOR = (
    Instrument(
        id=4_811_790_026_301_440,
        name="WharfAT500_1",
        scope="AT500_Surface",
        sensors=_SONDE,
        stays=(Stay(_WHARF, HARBOR_START, REPLACED),),
    ),
    Instrument(
        id=6_420_113_958_277_120,
        name="WharfAT500_2 (replaces 1)",
        scope="AT500_Surface",
        sensors=_SONDE,
        stays=(Stay(_WHARF, REPLACED),),
    ),
    Instrument(
        id=5_103_667_482_910_720,
        name="Wharf VuLink",
        scope="Vulink",
        sensors=_LOGGER,
        stays=(Stay(_WHARF, HARBOR_START),),
        clock=Clock.LOSES_POWER,
    ),
    Instrument(
        id=5_590_284_771_635_200,
        name="BasinAT500_1",
        scope="AT500_Surface",
        sensors=(*_WITHOUT_TURBIDITY, _LATE_TURBIDITY),
        stays=(Stay(_BASIN, HARBOR_START),),
    ),
    Instrument(
        id=6_077_951_340_584_960,
        name="Basin-VuLink",
        scope="Vulink",
        sensors=_LOGGER,
        stays=(Stay(_BASIN, HARBOR_START, MOVED), Stay(_MOUTH, MOVED)),
    ),
    Instrument(
        id=6_845_330_117_242_880,
        name="MouthAT500_1",
        scope="AT500_Surface",
        sensors=_SONDE,
        stays=(Stay(_MOUTH, HARBOR_START),),
        clock=Clock.MISCOUNTS_WEEKS,
    ),
)
"""The instruments, in the order of the location list."""
