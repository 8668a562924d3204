"""The rate limit: so many requests in each minute of the clock."""

import math
from dataclasses import dataclass

_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Usage:
    """How far the running minute is used up, this request included."""

    requests: int
    resets_in_s: int
    is_over: bool

    def headers(self) -> dict[str, str]:
        """Return the headers that the API sends with every reply."""
        return {
            "X-ISI-Requests-This-Minute": str(self.requests),
            "X-ISI-Requests-Timeout": str(self.resets_in_s),
        }


class MinuteLimit:
    """Counts requests in fixed minutes. A refused request counts too."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = -1
        self._requests = 0

    def count(self, *, now_s: float) -> Usage:
        """Count one request."""
        minute = math.floor(now_s / _MINUTE_S)
        if minute != self._minute:
            self._minute, self._requests = minute, 0
        self._requests += 1
        return Usage(
            requests=self._requests,
            resets_in_s=math.ceil((minute + 1) * _MINUTE_S - now_s),
            is_over=self._requests > self._per_minute,
        )
