"""How long ago something was, on a machine that may sleep and whose clock may be set."""

import time


class Since:
    """A moment of this process.

    One clock stands still while the machine sleeps, the other one can be set: the longer time
    counts, since what asks here must not be too late.
    """

    def __init__(self) -> None:
        self._monotonic_s = time.monotonic()
        self._clock_s = time.time()

    @property
    def seconds(self) -> float:
        """How long ago it is."""
        return max(time.monotonic() - self._monotonic_s, time.time() - self._clock_s)
