"""How an instrument is: batteries and gaps, from what is kept with each period of its readings."""

from collections.abc import Sequence
from dataclasses import dataclass

from pond_core import ReadFS
from pond_pipeline.plan import Instrument
from pond_pipeline.profiles import profiles_of
from pond_pipeline.quality import (
    BATTERY_LEVEL,
    BATTERY_VOLTAGE,
    BatteryCheck,
    Gap,
    Limit,
    check_battery,
    check_gaps,
)
from pond_pipeline.record import Totals
from pond_pipeline.website.column import shown_unit

_LISTED = 20
"""The longest gaps are listed."""

_ANY = {BATTERY_LEVEL: Limit(float("-inf"), "%"), BATTERY_VOLTAGE: Limit(float("-inf"), "V")}
"""A page shows batteries; who judges them are checks and alerts."""


@dataclass(frozen=True, slots=True)
class Battery:
    """One column that tells about a battery.

    Attributes:
        title: What it is called, without the unit.
        newest: What was found.
        unit: The column's, as people write it.
    """

    title: str
    newest: BatteryCheck
    unit: str


@dataclass(frozen=True, slots=True)
class Health:
    """How an instrument is.

    Attributes:
        totals: Its readings.
        batteries: What tells about its batteries.
        gaps: The longest times without readings, in order of time.
        gap_count: How many there are of them.
    """

    totals: Totals
    batteries: tuple[Battery, ...]
    gaps: tuple[Gap, ...]
    gap_count: int


def health_of(fs: ReadFS, instrument: Instrument) -> Health:
    """Return how an instrument is; nothing is read of its series but what is not kept."""
    if not fs.exists(instrument.series):
        return Health(Totals(0, None, None), (), (), 0)
    parts = [*profiles_of(fs, instrument.series, limit=instrument.gap).values()]
    gaps = () if instrument.gap is None else check_gaps(parts, limit=instrument.gap).gaps
    return Health(
        totals=Totals.of(fs.node(instrument.series)),
        batteries=tuple(
            Battery(each.column.removesuffix(f".{each.unit}"), each, shown_unit(each.unit))
            for each in check_battery(parts, limits=_ANY)
        ),
        gaps=_longest(gaps),
        gap_count=len(gaps),
    )


def _longest(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    longest = sorted(gaps, key=lambda gap: gap.length, reverse=True)[:_LISTED]
    return tuple(sorted(longest, key=lambda gap: gap.begin))
