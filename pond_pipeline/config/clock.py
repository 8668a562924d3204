"""How time is written in `resources.yaml`: instants, durations, zones and schedules."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pond_core import near_miss_hint
from pond_pipeline.config.field import as_json, from_text
from pond_pipeline.errors import ConfigError

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?P<time>[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
# As the JSON Schema tells it, where no code says what a missing zone is.
_ZONED_INSTANT = re.compile(_INSTANT.pattern.removesuffix("?)?") + ")?")
_FIRST_YEAR = 1970  # instruments and the HydroVu API count from the epoch

_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_LONGEST = timedelta(days=36_500)
"""A century: an instant of today and this still are in the calendar."""

_OFFSET = re.compile(r"UTC[+-](0\d|1[0-4]):[0-5]\d")

# The five fields of a cron schedule and their ranges (crontab(5)).
_CRON_FIELDS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (0, 7),
}
_CRON_ITEM = re.compile(r"(?:\*|(?P<low>\d{1,2})(?:-(?P<high>\d{1,2}))?)(?:/[1-9]\d?)?")


def _instant(text: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no instant", hint="write 2024-03-01 or 2025-10-16T21:00Z")
    if found["time"] and not found["zone"]:
        raise ConfigError(f"{text!r} has no time zone", hint=f"write {text}Z if it is UTC")
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.astimezone(UTC) if found["zone"] else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r} is not in the calendar") from None
    if instant.year < _FIRST_YEAR:
        raise ConfigError(f"{text!r} is before {_FIRST_YEAR}")
    return instant


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise ConfigError(f"{text!r} is no duration", hint="write 15m, 1h, 3d or 2w")
    duration = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if duration > _LONGEST:
        raise ConfigError(f"{text!r} is longer than {_LONGEST.days} days", hint="shorten it")
    return duration


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text.upper() == "UTC":
        return "UTC"
    if text not in _zones():
        hint = near_miss_hint(text, _zones(), otherwise="write a name such as America/Los_Angeles")
        raise ConfigError(f"{text!r} is no time zone", hint=hint)
    return text


def _zone_or_offset(text: str) -> str:
    return text if _OFFSET.fullmatch(text) else _zone(text)


def _schedule(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_CRON_FIELDS):
        hint = 'write minute, hour, day, month, weekday: "*/15 * * * *"'
        raise ConfigError(f"{text!r} is no schedule of five fields", hint=hint)
    for written, (name, (least, most)) in zip(fields, _CRON_FIELDS.items(), strict=True):
        if not all(_is_cron_item(item, least, most) for item in written.split(",")):
            raise ConfigError(f"the {name} {written!r} is no number or range within {least}-{most}")
    return " ".join(fields)


def _is_cron_item(item: str, least: int, most: int) -> bool:
    found = _CRON_ITEM.fullmatch(item)
    if found is None:
        return False
    low = int(found["low"] or least)
    high = int(found["high"] or low)
    return least <= low <= high <= most


Instant = Annotated[
    datetime,
    from_text(_instant),
    as_json("2024-03-01", "2025-10-16T21:00Z", title="instant", pattern=_ZONED_INSTANT),
]
"""An aware `datetime` in UTC; a date is its midnight in UTC."""

Duration = Annotated[
    timedelta, from_text(_duration), as_json("15m", "1h", "3d", title="duration", pattern=_DURATION)
]
"""A positive length of time: `15m`, `1h`, `3d`, `2w`."""

Zone = Annotated[
    str, from_text(_zone), as_json("UTC", "America/Los_Angeles", title="zone", minLength=1)
]
"""`UTC` or a name of the IANA time zone database."""

ZoneOrOffset = Annotated[
    str,
    from_text(_zone_or_offset),
    as_json("America/Los_Angeles", "UTC-08:00", title="zone or offset", minLength=1),
]
"""A `Zone`, or a fixed offset: `UTC-08:00`."""

Schedule = Annotated[
    str,
    from_text(_schedule),
    as_json("*/15 * * * *", title="schedule", pattern=r"^\s*\S+(\s+\S+){4}\s*$"),
]
"""A cron schedule of five numeric fields."""
