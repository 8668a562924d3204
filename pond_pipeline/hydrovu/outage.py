"""A server that nobody reaches: whoever asks next does not wait as long as who found that out.

A run asks for one instrument after another. Where the network is down, each of them would be asked
for five times, and fifty would take a quarter of an hour to fail.
"""

import threading
from datetime import datetime, timedelta

_LASTS = timedelta(minutes=1)

_shared: dict[str, "Outage"] = {}
_shared_lock = threading.Lock()


class Outage:
    """Whether a server was out of reach a moment ago; safe to share between threads."""

    def __init__(self) -> None:
        self._until: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Note that it could not be reached, however often it was tried."""
        self._until = now + _LASTS

    def end(self) -> None:
        """Note that it answered."""
        self._until = None

    def lasts(self, now: datetime) -> bool:
        """Say whether it is most likely still out of reach."""
        until = self._until
        # The second bound heals a clock that was set back.
        return until is not None and now < until <= now + _LASTS


def shared_outage(base_url: str) -> Outage:
    """Return what this process knows of a server."""
    with _shared_lock:
        return _shared.setdefault(base_url, Outage())
