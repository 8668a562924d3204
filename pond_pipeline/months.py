"""Months as partitions: keys such as `2026-11`, UTC, and the windows that they stand for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from typing_extensions import override

from pond_core import Window


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month in UTC.

    >>> Month.parse("2026-11").key, str(Month(2026, 12).next())
    ('2026-11', '2027-01')
    """

    year: int
    number: int

    @classmethod
    def parse(cls, key: str) -> "Month":
        """Read a key such as `2026-11`.

        Raises:
            ValueError: It is no month.
        """
        parsed = datetime.strptime(key, "%Y-%m").replace(tzinfo=UTC)
        return cls(parsed.year, parsed.month)

    @classmethod
    def of(cls, instant: datetime | date) -> "Month":
        """Return the month in which an instant lies."""
        day = instant.astimezone(UTC) if isinstance(instant, datetime) else instant
        return cls(day.year, day.month)

    @override
    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The partition key."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def window(self) -> Window:
        """The half-open range from the first of the month to the first of the next."""
        return Window.of(self.start, self.next().start)

    def next(self) -> "Month":
        """Return the month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)


def months_between(first: Month, last: Month) -> list[Month]:
    """Return the months from `first` to `last`, both included."""
    months = []
    month = first
    while month <= last:
        months.append(month)
        month = month.next()
    return months


def contiguous(months: Iterable[Month]) -> list[Sequence[Month]]:
    """Return months as runs without gaps, in order."""
    runs: list[list[Month]] = []
    for month in sorted(set(months)):
        if runs and runs[-1][-1].next() == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return list(runs)
