"""What is expected of batteries, by the checks of a series: judged by the newest values."""

from pond_pipeline.plan import Judgement
from pond_pipeline.quality import BATTERY_LEVEL, BATTERY_VOLTAGE, Limit


def battery_limits(judgement: Judgement) -> dict[str, Limit]:
    """Return what is expected of the batteries of a series, by the columns' parameter."""
    settings = judgement.checks.battery
    limits = {BATTERY_LEVEL: Limit(settings.level, "%")}
    if settings.voltage is not None:
        limits[BATTERY_VOLTAGE] = Limit(settings.voltage, "V")
    return limits
