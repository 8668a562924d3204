"""Are the readings good? QARTOD tests, dated corrections, and checks of a series.

Pure: wide tables and settings in, tables and verdicts out. Values are corrected first, then tested,
then left out where a flag says so; each is a function of its own.
"""

from pond_pipeline.quality.checks import (
    AHEAD,
    BatteryCheck,
    FreshnessCheck,
    Gap,
    GapCheck,
    Limit,
    OrderCheck,
    check_battery,
    check_freshness,
    check_gaps,
    check_order,
)
from pond_pipeline.quality.column_tests import ColumnTests, flag
from pond_pipeline.quality.context import Context, context_of
from pond_pipeline.quality.correction import Correction, check_apart, correct
from pond_pipeline.quality.exclusion import drop_flagged
from pond_pipeline.quality.facts import facts
from pond_pipeline.quality.flag import Flag, flags_of, is_flag, roll_ups
from pond_pipeline.quality.flat_line import FlatLineTest
from pond_pipeline.quality.gap import GapTest
from pond_pipeline.quality.gross_range import GrossRangeTest
from pond_pipeline.quality.profile import (
    BATTERY_LEVEL,
    BATTERY_VOLTAGE,
    BatteryProfile,
    Profile,
    profile,
)
from pond_pipeline.quality.rate_of_change import RateOfChangeTest
from pond_pipeline.quality.spike import SpikeMethod, SpikeTest
from pond_pipeline.quality.target import Target

__all__ = [
    "AHEAD",
    "BATTERY_LEVEL",
    "BATTERY_VOLTAGE",
    "BatteryCheck",
    "BatteryProfile",
    "ColumnTests",
    "Context",
    "Correction",
    "Flag",
    "FlatLineTest",
    "FreshnessCheck",
    "Gap",
    "GapCheck",
    "GapTest",
    "GrossRangeTest",
    "Limit",
    "OrderCheck",
    "Profile",
    "RateOfChangeTest",
    "SpikeMethod",
    "SpikeTest",
    "Target",
    "check_apart",
    "check_battery",
    "check_freshness",
    "check_gaps",
    "check_order",
    "context_of",
    "correct",
    "drop_flagged",
    "facts",
    "flag",
    "flags_of",
    "is_flag",
    "profile",
    "roll_ups",
]
