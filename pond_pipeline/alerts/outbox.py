"""Messages on their way: each is sent to its channel until it is taken, for a day. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pond_pipeline.alerts.notice import Notice
from pond_pipeline.plan import Alert

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)

_GIVEN_UP = timedelta(days=1)
"""So long a message is tried to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that a channel has not taken yet.

    Attributes:
        notice: The message.
        channel: Which channel of its alert, counted from 0.
        attempts: How often it was sent in vain.
        due: When it is sent next.
    """

    notice: Notice
    channel: int
    attempts: int = 0
    due: datetime

    @property
    def receiver(self) -> tuple[str, int]:
        """The alert, and which of its channels."""
        return self.notice.alert, self.channel


def owed_to(alert: Alert, notices: Iterable[Notice]) -> list[Owed]:
    """Return the messages that notices of an alert are: one for each of its channels."""
    return [
        Owed(notice=notice, channel=channel, due=notice.at)
        for notice in notices
        for channel in range(len(alert.channels))
    ]


def due_now(owed: Sequence[Owed], *, now: datetime) -> Iterator[Owed]:
    """Yield of each channel the first message, if it is due: they are sent in order.

    One that is due later than any wait is due now: the clock ran ahead, and was set right.
    """
    seen: set[tuple[str, int]] = set()
    for each in owed:
        if each.receiver not in seen:
            seen.add(each.receiver)
            if each.due <= now or each.due - now > _LONGEST_WAIT:
                yield each


def again(owed: Owed, *, now: datetime) -> Owed | None:
    """Return a message that was not taken as it is owed further; None once it is given up."""
    # Found in the future: the clock ran ahead, and was set right.
    notice = replace(owed.notice, at=min(owed.notice.at, now))
    if now - notice.at >= _GIVEN_UP:
        return None
    wait = min(_FIRST_WAIT * 2 ** min(owed.attempts, 10), _LONGEST_WAIT)
    return replace(owed, notice=notice, attempts=owed.attempts + 1, due=now + wait)
