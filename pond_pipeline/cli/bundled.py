"""The bundled simulator, where a command needs a HydroVu account and nobody has one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pond_pipeline.account import KEY, URL, lacks_account
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_environment
from pond_pipeline.plan import Plan
from pond_pipeline.simulator import Simulator, harbor

_PAGE_DAYS = 31
_RATE = 100_000


@contextmanager
def simulator() -> Iterator[None]:
    """Serve the harbor while the block runs, in larger pages and faster than the real API does."""
    with Simulator(harbor(), page_days=_PAGE_DAYS, rate_per_minute=_RATE) as server:
        os.environ[URL] = server.base_url
        try:
            yield
        finally:
            del os.environ[URL]


@contextmanager
def simulator_if_needed(plan: Plan, folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of the UI's processes; without an account, with the simulator in it.

    It is needed where a source takes its address from a variable that nobody has set, nor a key.
    """
    environ = dict(read_environment(folder).values)
    if not any(lacks_account(source, environ) for source in plan.sources):
        yield environ
        return
    with simulator():
        say(f"no {KEY} is set: the bundled simulator answers instead of HydroVu")
        yield {**environ, URL: os.environ[URL]}
