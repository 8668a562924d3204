"""Instants as people write and read them: ISO 8601, or a duration ago."""

import re
from datetime import UTC, datetime, timedelta

import click
from typing_extensions import override

from pond_core import from_us

_ERA_US = 146_097 * 86_400 * 1_000_000
"""400 years, after which the Gregorian calendar repeats itself to the day."""

_AGO = re.compile(r"([0-9]{1,6})([smhdw])")
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


class InstantType(click.ParamType[datetime]):
    """`2024-03-01`, `2024-03-01T12:00`, with a zone or in UTC; or `7d`: that long ago."""

    name = "time"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value)
        ago = _AGO.fullmatch(text)
        try:
            if ago is not None:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            instant = datetime.fromisoformat(text)
            return (
                instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
            )
        except (ValueError, OverflowError):
            what = f"{text!r} is no instant; write 2024-03-01, 2024-03-01T12:00Z, or 7d (ago)"
            self.fail(what, param, ctx)


class AsOfType(click.ParamType[int | datetime]):
    """The number of a transaction, or an instant."""

    name = "txn|time"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | datetime:
        if isinstance(value, int):
            return value
        text = str(value)
        is_txn = text.isascii() and text.isdecimal()
        return int(text) if is_txn else InstantType().convert(text, param, ctx)


as_of_option = click.option(
    "--as-of",
    type=AsOfType(),
    help="The pond as of a txn (see `pond log`) or a time; now if left out.",
)
"""Every command that reads has it."""
