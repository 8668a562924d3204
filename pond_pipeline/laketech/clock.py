"""From printed local times to instants.

Exports print wall times. Where clocks are set back, an hour is printed twice: the order of the
rows tells which is which. Where clocks are set forward, an hour does not exist: a time in it is
shifted forward, as a clock that was not set in time would have it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from pond_pipeline.errors import ExportError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::00)?", re.ASCII | re.IGNORECASE)

_HOURS = {
    (hour, half): hour % 12 + 12 * (half == "PM") for hour in range(1, 13) for half in ("AM", "PM")
}
"""The hour of the day for each hour on a clock's face and half of the day."""

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
_PRINTED = (
    re.compile(
        rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})[T ] *{_TIME}", re.ASCII
    ),
    re.compile(
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}),? +{_TIME} *(?P<half>[AP]M)?",
        re.ASCII | re.IGNORECASE,
    ),
)


def parse_zone(text: str) -> tzinfo:
    """Return the zone that `America/Los_Angeles`, `UTC`, `UTC-08:00` or `-8` names.

    Raises:
        ValueError: It names none that this machine knows.
    """
    name = text.strip().replace("−", "-")
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    try:
        if match := _OFFSET.fullmatch(name):
            sign, hours, minutes = match.groups(default="0")
            size = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(-size if sign == "-" else size)
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        msg = f"{text!r} is no time zone"
        raise ValueError(msg) from None


def required_zone(timezone: str | None, *, file: str) -> tzinfo:
    """Return the zone that is set for a file which does not state one itself.

    Raises:
        ExportError: None is set, or it is no zone.
    """
    hint = "set `timezone:` of the resource, e.g. America/Los_Angeles or UTC-08:00"
    if timezone is None:
        raise ExportError(f"{file}: its times are local times without a zone", hint=hint)
    try:
        return parse_zone(timezone)
    except ValueError as error:
        raise ExportError(f"{file}: {error}", hint=hint) from error


def parse_wall(text: str, *, place: str) -> datetime:
    """Return the naive local time that an export prints.

    Two forms are read: `2024-12-31 22:00[:00[.000]]` (a `T` may stand between) and the American
    `12/31/2024 10:00[:00] [PM]`. Nothing is guessed: a year has four digits, the month is first.

    Args:
        text: The time as printed.
        place: Where it stands, for the error.

    Raises:
        ExportError: It is in neither form, or is no time of any calendar day.
    """
    try:
        return next(_time(m) for form in _PRINTED if (m := form.fullmatch(text.strip())))
    except (ValueError, KeyError, StopIteration):
        raise ExportError(
            f"{place}: {text.strip()!r} is no date and time in one of the two forms that are read",
            hint="write 2024-12-31 22:00:00 or, month first, 12/31/2024 10:00:00 PM; both without "
            "a zone, which is `timezone` of the resource",
        ) from None


def _time(match: re.Match[str]) -> datetime:
    part = match.groupdict(default="")
    year, month, day, hour, minute = (
        int(part[unit]) for unit in ("year", "month", "day", "hour", "minute")
    )
    if half := part.get("half"):
        hour = _HOURS[hour, half.upper()]
    second, microsecond = int(part["second"] or 0), int(part["fraction"].ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001  # the zone is known elsewhere


def to_instants(walls: Sequence[datetime], *, zone: tzinfo) -> list[int]:
    """Return the instants of one series of local times, in microseconds since the epoch, UTC.

    Args:
        walls: Naive local times of one series, in the order of the file, ascending or descending.
        zone: Where the clock hung.

    Returns:
        One instant per time. Of a time that exists twice, the first pass is daylight time and the
        second is standard time; a time that is there once is of the first pass. A time that does
        not exist is shifted forward.
    """
    if _runs_backward(walls):
        return list(reversed(list(_ascending(walls[::-1], zone=zone))))
    return list(_ascending(walls, zone=zone))


def _runs_backward(walls: Sequence[datetime]) -> bool:
    """Say whether the newest reading comes first: more steps back than forth."""
    return sum((b < a) - (b > a) for a, b in pairwise(walls)) > 0


def _ascending(walls: Sequence[datetime], *, zone: tzinfo) -> Iterator[int]:
    for is_repeated, group in groupby(walls, key=lambda wall: _is_repeated(wall, zone=zone)):
        run = list(group)
        turn = _turn(run) if is_repeated else len(run)
        for at, wall in enumerate(run):
            aware = wall.replace(tzinfo=zone, fold=int(at >= turn))
            yield (aware - _EPOCH) // _MICROSECOND


def _is_repeated(wall: datetime, *, zone: tzinfo) -> bool:
    """Say whether clocks showed this time twice: the later reading has the smaller offset."""
    first = zone.utcoffset(wall)
    second = zone.utcoffset(wall.replace(fold=1))
    return first is not None and second is not None and second < first


def _turn(run: Sequence[datetime]) -> int:
    """Return where the second pass through a repeated hour begins; the length if nowhere.

    Time going back is the sign. Hourly readings show the same time twice instead. Equal times
    beside others are repeated rows.
    """
    for at, (before, after) in enumerate(pairwise(run), start=1):
        if after < before:
            return at
    return (len(run) + 1) // 2 if len(set(run)) == 1 else len(run)
