"""A HydroVu server that stops answering when it is told to: runs can be met in their middle."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.harbor import NOW


class Gate:
    """Lets so many requests pass, and those that come later when it is opened.

    Args:
        passes: How many; None: all.
    """

    def __init__(self, passes: int | None = None) -> None:
        self._left = passes
        self._open = threading.Event()
        self.reached = threading.Event()
        """Somebody waits before the gate."""

    def pass_through(self) -> datetime:
        """Wait if need be; the simulator asks for the time at each request."""
        if self._left == 0 and not self._open.is_set():
            self.reached.set()
            self._open.wait()
        elif self._left:
            self._left -= 1
        return NOW

    def open(self) -> None:
        """Let everybody through from now on."""
        self._open.set()


@contextmanager
def gated_harbor(gate: Gate) -> Iterator[dict[str, str]]:
    """Serve the harbor behind a gate, and give the variables of its account."""
    world = harbor(now=NOW)
    with Simulator(world, page_days=31, rate_per_minute=100_000, clock=gate.pass_through) as server:
        try:
            yield {
                "HYDROVU_URL": server.base_url,
                "HYDROVU_KEY": "demo",
                "HYDROVU_SECRET": "demo",
            }
        finally:
            gate.open()
