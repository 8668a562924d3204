"""The API's limit: so many requests a minute for one credential.

The server counts in minutes whose beginning nobody knows, so the client keeps to a sliding minute:
that never exceeds the limit in a minute of anybody's. A `RateLimit` neither sleeps nor reads a
clock; it says how long to wait.
"""

import threading
from collections import deque
from datetime import datetime, timedelta

PER_MINUTE = 1000
"""HydroVu API, documented limit per client id."""

MINUTE_S = 60.0
"""No wait for the limit is longer than this."""

_MINUTE = timedelta(seconds=MINUTE_S)
_shared: dict[tuple[str, str], "RateLimit"] = {}
_shared_lock = threading.Lock()


class RateLimit:
    """How many requests one credential may still make; safe to share between threads."""

    def __init__(self, *, per_minute: int = PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._recent: deque[datetime] = deque(maxlen=per_minute)
        self._held_until: datetime | None = None
        self._lock = threading.Lock()

    def reserve(self, now: datetime) -> float:
        """Take the next free place, and return how many seconds to wait for it: 0 to 60."""
        with self._lock:
            start = now
            if len(self._recent) == self._per_minute:
                start = max(start, self._recent[0] + _MINUTE)
            if self._held_until is not None:
                start = max(start, self._held_until)
            # The cap also heals a clock that was set back.
            start = min(start, now + _MINUTE)
            self._recent.append(start)
            return (start - now).total_seconds()

    def observe(self, now: datetime, *, used: float, reset_s: float | None) -> None:
        """Heed what the server counted: at its limit, nothing goes out before its minute is over.

        Args:
            now: When the answer came.
            used: The API's `x-isi-requests-this-minute`.
            reset_s: The API's `x-isi-requests-timeout`, taken for the seconds until the count
                starts again (nobody documents it); None waits a whole minute.
        """
        if used < self._per_minute:
            return
        wait_s = MINUTE_S if reset_s is None else min(max(reset_s, 0.0), MINUTE_S)
        with self._lock:
            self._held_until = now + timedelta(seconds=wait_s)


def shared_rate(base_url: str, key: str) -> RateLimit:
    """Return the one `RateLimit` of a credential in this process."""
    with _shared_lock:
        return _shared.setdefault((base_url, key), RateLimit())
