"""How it is measured: in turns, as medians, in fresh processes, and what is said of it."""

import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
"""The project's directory: children are started there."""

MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table.

    Attributes:
        id: Which budget: `B1`, or `B1 mean` where one has several.
        what: What was measured.
        ours: Our figure, with its unit.
        baseline: What it is held against; `-` where the budget is absolute.
        ratio: Ours to the baseline, or to an absolute budget; for a speed the other way round.
        budget: What the ratio, or the figure, may be.
        ok: Whether it is.
    """

    id: str
    what: str
    ours: str
    baseline: str
    ratio: float
    budget: str
    ok: bool


def slower(id_: str, what: str, ours_s: float, baseline_s: float, *, limit: float) -> Result:
    """Return the result of a time that may be `limit` times the baseline's."""
    ratio = ours_s / baseline_s
    texts = (duration(ours_s), duration(baseline_s))
    return Result(id_, what, *texts, round(ratio, 2), f"<= {limit:g}x", ratio <= limit)


def faster(id_: str, what: str, ours_s: float, baseline_s: float, *, limit: float) -> Result:
    """Return the result of a speed that must be `limit` times the baseline's."""
    ratio = baseline_s / ours_s
    texts = (duration(ours_s), duration(baseline_s))
    return Result(id_, what, *texts, round(ratio, 2), f">= {limit:g}x speed", ratio >= limit)


def fewer(id_: str, what: str, ours: float, baseline: float, *, limit: float) -> Result:
    """Return the result of an amount of which the baseline must be `limit` times as much."""
    ratio = baseline / ours
    texts = (f"{ours:,.0f}", f"{baseline:,.0f}")
    return Result(id_, what, *texts, round(ratio, 1), f">= {limit:g}x fewer", ratio >= limit)


def within(id_: str, what: str, ours: float, *, limit: float, unit: str = "") -> Result:
    """Return the result of a figure with an absolute limit; in seconds, MiB or things."""
    show = duration if unit == "s" else lambda value: f"{value:,.0f} {unit}".strip()
    ratio = ours / limit
    return Result(id_, what, show(ours), "-", round(ratio, 2), f"<= {show(limit)}", ratio <= 1)


def at_least(id_: str, what: str, ours: float, *, limit: float, unit: str) -> Result:
    """Return the result of a figure that must not be below an absolute limit."""
    ratio = ours / limit
    texts = (f"{ours:,.0f} {unit}", "-")
    return Result(id_, what, *texts, round(ratio, 2), f">= {limit:,.0f} {unit}", ratio >= 1)


def duration(seconds: float) -> str:
    """Return seconds as a person reads them."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def core_seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call keeps cores of this process busy: what others do does not count.

    It begins without garbage: collecting that of the call before would double short ones.
    """
    gc.collect()
    start = time.process_time()
    run()
    return time.process_time() - start


def in_turns(runs: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Call each function once per round, one after the other, and return their figures by name.

    What disturbs the machine for a while disturbs all of them.
    """
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(run())
    return figures


def medians(figures: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each list."""
    return {name: statistics.median(values) for name, values in figures.items()}


def in_child(module: str, *arguments: object) -> dict[str, Any]:
    """Run one of these modules in a fresh Python and return the JSON that it prints."""
    done = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def peak_mib() -> float:
    """Return the most memory that this process has had resident, all of Python and its libraries.

    Linux counts what the parent had at the start into `getrusage`, so its own figure comes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / MIB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MIB if sys.platform == "darwin" else peak * 1024 / MIB
