"""What a command cost, told on stderr when it is over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pond_core import Tally
from pond_pipeline.cli.terminal import say


@contextmanager
def cost_told() -> Iterator[None]:
    """Count while the block runs, and say what that came to, also when it fails."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    with Tally.counting() as tally:
        try:
            yield
        finally:
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            _say(tally, wall_s, cpu_s)


def _say(tally: Tally, wall_s: float, cpu_s: float) -> None:
    say(f"cost: {wall_s:.2f} s, {cpu_s:.2f} s of it computing")
    say(f"  log files     {tally.log_files}, {tally.log_bytes:,} B read")
    say(f"  objects       {tally.objects}, {tally.object_bytes:,} B read")
    say(f"  written       {tally.files_written} files, {tally.bytes_written:,} B")
    say(f"  transactions  {tally.transactions}")
    if tally.requests:
        sent, fetched = f"{tally.bytes_sent:,} B sent", f"{tally.bytes_fetched:,} B fetched"
        say(f"  bucket        {tally.requests} requests, {fetched}, {sent}")
