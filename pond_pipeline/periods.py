"""Partitions: days, months or years in UTC, their keys, and the windows that they stand for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from typing_extensions import override

from pond_core import Window


class Cadence(StrEnum):
    """How long a partition is."""

    DAILY = "daily"
    MONTHLY = "monthly"
    YEARLY = "yearly"

    @property
    def key_format(self) -> str:
        """The format of the keys, as `strftime` has it."""
        return _FORMATS[self]


_FORMATS = {Cadence.DAILY: "%Y-%m-%d", Cadence.MONTHLY: "%Y-%m", Cadence.YEARLY: "%Y"}
_CADENCES = {len("2026-11-05"): Cadence.DAILY, len("2026-11"): Cadence.MONTHLY}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One partition: a calendar day, month or year in UTC.

    >>> Period.parse("2026-11").key, str(Period.parse("2026-12").next())
    ('2026-11', '2027-01')

    Attributes:
        first: Its first day.
        cadence: How long it is.
    """

    first: date
    cadence: Cadence = Cadence.MONTHLY

    @classmethod
    def parse(cls, key: str) -> "Period":
        """Read a key: `2026-11-05`, `2026-11` or `2026`.

        Raises:
            ValueError: It is none.
        """
        cadence = _CADENCES.get(len(key), Cadence.YEARLY)
        return cls(datetime.strptime(key, cadence.key_format).replace(tzinfo=UTC).date(), cadence)

    @classmethod
    def of(cls, instant: datetime | date, cadence: Cadence = Cadence.MONTHLY) -> "Period":
        """Return the period in which an instant lies."""
        day = instant.astimezone(UTC).date() if isinstance(instant, datetime) else instant
        match cadence:
            case Cadence.DAILY:
                return cls(day, cadence)
            case Cadence.MONTHLY:
                return cls(day.replace(day=1), cadence)
            case Cadence.YEARLY:
                return cls(day.replace(month=1, day=1), cadence)

    @override
    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The partition key."""
        return f"{self.first.isoformat():.{_KEY_LENGTHS[self.cadence]}}"

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def window(self) -> Window:
        """The half-open range from its first instant to that of the next."""
        return Window.of(self.start, self.next().start)

    def next(self) -> "Period":
        """Return the period after."""
        return Period.of(self.first + _MORE_THAN_ONE[self.cadence], self.cadence)


_KEY_LENGTHS = {Cadence.DAILY: 10, Cadence.MONTHLY: 7, Cadence.YEARLY: 4}

# From the first day of a period, some day of the next.
_MORE_THAN_ONE = {
    Cadence.DAILY: timedelta(days=1),
    Cadence.MONTHLY: timedelta(days=31),
    Cadence.YEARLY: timedelta(days=366),
}


def periods_between(first: Period, last: Period) -> list[Period]:
    """Return the periods from `first` to `last`, both included."""
    periods = []
    period = first
    while period <= last:
        periods.append(period)
        period = period.next()
    return periods


def contiguous(periods: Iterable[Period]) -> list[Sequence[Period]]:
    """Return periods as runs of one cadence without gaps, in order; each cadence by itself."""
    runs: list[list[Period]] = []
    for period in sorted(set(periods), key=lambda each: (each.cadence, each.first)):
        if runs and runs[-1][-1].next() == period:
            runs[-1].append(period)
        else:
            runs.append([period])
    return list(runs)
