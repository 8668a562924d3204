"""Which moments of a backup are kept: the last one of each of the newest days, months and so on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from pond_core.errors import DataError
from pond_core.window import from_us

_PERIODS: Mapping[str, Callable[[datetime], tuple[int, ...]]] = {
    "hourly": lambda at: (at.year, at.month, at.day, at.hour),
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: tuple(at.isocalendar()[:2]),
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A moment that can be restored.

    Attributes:
        txn: The transaction.
        ts_us: When it committed, microseconds since the epoch.
    """

    txn: int
    ts_us: int


@dataclass(frozen=True, slots=True)
class Keep:
    """How many moments are kept, of which kind; the newest of all always is. All in UTC.

    A period without a moment does not count: seven days are the newest seven that have one.

    Attributes:
        hourly: The last one of each of so many hours.
        daily: The last one of each of so many days.
        weekly: The last one of each of so many ISO weeks.
        monthly: The last one of each of so many months.
        yearly: The last one of each of so many years.
    """

    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0

    def __post_init__(self) -> None:
        counts = {field.name: getattr(self, field.name) for field in fields(self)}
        if min(counts.values()) < 0 or not any(counts.values()):
            told = ", ".join(f"{name}={count}" for name, count in counts.items())
            msg = f"{told} keeps nothing"
            raise DataError(msg, hint="say for example daily=7, monthly=12")

    def chosen(self, moments: Iterable[Moment]) -> set[Moment]:
        """Return those of some moments that are kept."""
        newest_first = sorted(moments, key=lambda each: each.txn, reverse=True)
        chosen = set(newest_first[:1])
        for name, period in _PERIODS.items():
            last: dict[tuple[int, ...], Moment] = {}
            for each in newest_first:
                last.setdefault(period(from_us(each.ts_us)), each)
            chosen.update(list(last.values())[: getattr(self, name)])
        return chosen
