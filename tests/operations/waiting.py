"""Waiting on what is to come true, never on time."""

import time
from collections.abc import Callable

PATIENCE_S = 300
"""A daemon looks at backfills twice a minute, and a test machine may be busy."""

_POLL_S = 0.2


def until(ready: Callable[[], object], what: str) -> None:
    """Wait until something is true; how long it takes is not what is tested."""
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S} s"
        time.sleep(_POLL_S)
