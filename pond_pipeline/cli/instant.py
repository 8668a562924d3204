"""Moments as people write and read them: instants in ISO 8601, durations ago, txns, runs."""

import re
from datetime import UTC, date, datetime, time, timedelta

import click
from typing_extensions import override

from pond_core import AsOf, Window, from_us

_ERA_US = 146_097 * 86_400 * 1_000_000
"""400 years, after which the Gregorian calendar repeats itself to the day."""

_LASTING = re.compile(r"([0-9]{1,6})([smhdw])")
_RUN = re.compile(
    r"run:(?P<named>.+)|(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.DOTALL
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def iso(instant_us: int) -> str:
    """Return microseconds since the epoch as ISO 8601 with `Z`.

    A year beyond four digits is written as the standard has it, with a sign: an instrument with a
    bad clock stamps readings so, and `datetime` cannot hold them.

    >>> iso(1_700_000_000_000_000), iso(10**18)
    ('2023-11-14T22:13:20Z', '+33658-09-27T01:46:40Z')
    """
    eras, within_us = divmod(instant_us, _ERA_US)
    moment = from_us(within_us)
    year = moment.year + 400 * eras
    written = f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"  # noqa: PLR2004 -- ISO 8601
    return written + moment.replace(tzinfo=None).isoformat()[4:] + "Z"


def span(window: Window) -> str:
    """Return a window as text; midnight is left out, and so is a side that is open.

    >>> span(Window(1_700_006_400_000_000, None))
    '2023-11-15 ..'
    """
    start, end = (
        "" if each is None else iso(each).removesuffix("T00:00:00Z")
        for each in (window.start_us, window.end_us)
    )
    return f"{start} .. {end}".strip() if start or end else "always"


def instant(text: str) -> datetime:
    """Return the instant that a text means: ISO 8601, in UTC unless it says otherwise, or `7d` ago.

    Raises:
        ValueError: It means none.
    """
    try:
        if _LASTING.fullmatch(text):
            return datetime.now(UTC) - lasting(text)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        what = f"{text!r} is no instant; write 2024-03-01, 2024-03-01T12:00Z, or 7d (ago)"
        raise ValueError(what) from exc


def lasting(text: str) -> timedelta:
    """Return the duration that a text means, such as `12h`.

    Raises:
        ValueError: It means none.
    """
    found = _LASTING.fullmatch(text)
    if found is None:
        what = f"{text!r} is no duration; write 12h, 7d or 2w"
        raise ValueError(what)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(text: str) -> AsOf:
    """Return the moment that a text means.

    Digits are a txn, a UUID is a Dagster run, `run:...` a run of any name, a date the end of that
    day, and all else an instant.

    Raises:
        ValueError: It means none.
    """
    if text.isascii() and text.isdecimal():
        return int(text)
    if (run := _RUN.fullmatch(text)) is not None:
        return run["named"] or run["id"]
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return datetime.combine(day, time.max, UTC)
    try:
        return instant(text)
    except ValueError as exc:
        what = (
            f"{text!r} is no moment; write a txn, a run, 2024-03-01, 2024-03-01T12:00Z, or 7d (ago)"
        )
        raise ValueError(what) from exc


class InstantType(click.ParamType[datetime]):
    """`2024-03-01`, `2024-03-01T12:00`, with a zone or in UTC; or `7d`: that long ago."""

    name = "time"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return instant(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


class AsOfType(click.ParamType[AsOf]):
    """The number of a transaction, an instant, or a Dagster run."""

    name = "txn|time|run"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> AsOf:
        if isinstance(value, int | datetime):
            return value
        try:
            return moment(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


class RunType(click.ParamType[str]):
    """A Dagster run, with or without `run:`."""

    name = "run"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return str(value).removeprefix("run:")


as_of_option = click.option(
    "--as-of",
    type=AsOfType(),
    help="The pond as of a txn (see `pond log`), a time or a Dagster run; now if left out.",
)
"""Every command that reads has it."""
