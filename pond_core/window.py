"""Half-open time ranges: the unit in which a series is written and read.

Instants are integers here: microseconds since 1970-01-01T00:00Z, the values of Arrow's
`timestamp[us, UTC]`. A bad clock can stamp a reading in the year 33658, which Arrow holds and
`datetime` does not; the public face converts at its edge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def to_us(instant: datetime) -> int:
    """Return an aware `datetime` as microseconds since the epoch.

    Raises:
        ValueError: The instant is naive: its zone would be a guess.
    """
    if instant.tzinfo is None:
        msg = f"{instant} has no time zone; write e.g. {instant.isoformat()}Z"
        raise ValueError(msg)
    return (instant - _EPOCH) // _MICROSECOND


def from_us(instant_us: int) -> datetime:
    """Return microseconds since the epoch as an aware `datetime` in UTC, clamped to its range."""
    try:
        return _EPOCH + instant_us * _MICROSECOND
    except OverflowError:
        return _LATEST if instant_us > 0 else _EARLIEST


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range `[start_us, end_us)`; None is open on that side.

    >>> Window(0, 10).cut(Window(3, 5))
    [Window(start_us=0, end_us=3), Window(start_us=5, end_us=10)]
    """

    start_us: int | None = None
    end_us: int | None = None

    @classmethod
    def of(cls, start: datetime | None = None, end: datetime | None = None) -> "Window":
        """Return the window between two aware instants."""
        return cls(None if start is None else to_us(start), None if end is None else to_us(end))

    @property
    def start(self) -> datetime | None:
        """The inclusive start as `datetime`; None is open."""
        return None if self.start_us is None else from_us(self.start_us)

    @property
    def end(self) -> datetime | None:
        """The exclusive end as `datetime`; None is open."""
        return None if self.end_us is None else from_us(self.end_us)

    @property
    def is_empty(self) -> bool:
        """True when no instant can be inside."""
        return (
            self.start_us is not None and self.end_us is not None and self.start_us >= self.end_us
        )

    def contains(self, instant_us: int) -> bool:
        """Say whether an instant lies inside."""
        return (self.start_us is None or instant_us >= self.start_us) and (
            self.end_us is None or instant_us < self.end_us
        )

    def covers(self, other: "Window") -> bool:
        """Say whether all of `other` lies inside."""
        return other.is_empty or self.intersect(other) == other

    def overlaps(self, other: "Window") -> bool:
        """Say whether any instant lies in both."""
        return not self.intersect(other).is_empty

    def intersect(self, other: "Window") -> "Window":
        """Return what lies in both; it may be empty."""
        start_us, end_us = self.start_us, self.end_us
        if start_us is None or (other.start_us is not None and other.start_us > start_us):
            start_us = other.start_us
        if end_us is None or (other.end_us is not None and other.end_us < end_us):
            end_us = other.end_us
        return Window(start_us, end_us)

    def cut(self, hole: "Window") -> "list[Window]":
        """Return what is left of this window outside `hole`, in order: none, one or two parts."""
        if not self.overlaps(hole):
            return [] if self.is_empty else [self]
        return list(self._sides(hole))

    def _sides(self, hole: "Window") -> "Iterator[Window]":
        if hole.start_us is not None and (self.start_us is None or self.start_us < hole.start_us):
            yield Window(self.start_us, hole.start_us)
        if hole.end_us is not None and (self.end_us is None or hole.end_us < self.end_us):
            yield Window(hole.end_us, self.end_us)


ALWAYS = Window(None, None)
"""The window that holds every instant."""
