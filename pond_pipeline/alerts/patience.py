"""How long a look may wait for those that it tells.

Dagster's daemon cuts a sensor's tick off after 60 s (`DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS`).
"""

import contextlib
import time
from collections.abc import Callable, Iterator

_WINDOW_S = 60.0

_SPENT_S = 25.0
"""What may be spent in a window: a tick may reach into the next one, and spend as much there."""

_ATTEMPT_S = 5.0
"""What a last attempt, begun in time, may take beyond what is left."""

_LEAST_S = 1.0


class Patience:
    """Seconds that are left for one slow receiver in this minute: it spends nobody else's.

    Args:
        receivers: How many there are; they share what a tick may take.
        clock: Tells seconds since any moment.
    """

    def __init__(self, receivers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._whole_s = max(_SPENT_S / receivers - _ATTEMPT_S, _LEAST_S)
        self._clock = clock
        self._began_s = clock()
        self._spent_s = 0.0

    @property
    def left_s(self) -> float:
        """What is left; not above 0 when nothing is."""
        if self._clock() - self._began_s >= _WINDOW_S:
            self._began_s, self._spent_s = self._clock(), 0.0
        return self._whole_s - self._spent_s

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time of a block."""
        began_s = self._clock()
        try:
            yield
        finally:
            self._spent_s += self._clock() - began_s
