"""B12: a year of hourly pulls and all that is made of them, to one load of that year.

One instrument of the bundled simulator, over HTTP, whose clock goes on by an hour: seven minutes
past each hour the months that are behind are pulled, made wide, put into a site and downsampled at
five resolutions, as the schedule's run does, but without Dagster. Every midnight the pond is
maintained, as the nightly timer does; its files are made a day older before, since what a merge
replaced is deleted by its age. Bytes are those of every file in the pond, after a maintenance.

Four weeks are run; a year would take an hour. What a pond holds grows evenly with its hours: the
rest of the year is reckoned at the rate of the second half of what was run. Superseded rows, which
only snapshots of the past need, have a tier of their own. Of these the timer's command leaves those
of the last 30 days and those that the ends of months before need (`docs/systemd`): that is what the
budget is about. What one end of a month needs is measured in the middle of the run, once all other
history is forgotten. What is left where nothing is forgotten, or all, is told beside it. The
baseline is a pond in which the whole year is collected and made at once, and is not reckoned.

Once a day the same is asked again at the same instant: the API answers the overlap's three days
once more, nothing has changed, and no transaction may come of it.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Self

import pyarrow as pa

from benchmarks.inputs import Inputs
from benchmarks.lake import plan_of
from benchmarks.measure import MIB, Result
from benchmarks.stored import files
from pond_core import Pond, Provenance
from pond_pipeline.due import due_periods
from pond_pipeline.hydrovu import HydroVuClient, RateLimit
from pond_pipeline.periods import Period
from pond_pipeline.plan import DictionariesStep, PullStep, Step
from pond_pipeline.record import SeriesUpdate, record
from pond_pipeline.simulator import Simulator, harbor
from pond_pipeline.steps import Request, make
from pond_pipeline.steps.dictionaries import dictionaries
from pond_pipeline.steps.pull import pull

_START = datetime(2025, 1, 1, tzinfo=UTC)
_LATE = timedelta(minutes=7)
_DAY_S = 86_400
_DAY_H = 24
_NOON_H = 12
_YEAR_H = 365 * _DAY_H
_KEPT_H = 30 * _DAY_H
_MONTH_ENDS = 11
_MORE = 3
_RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  start: 2025-01-01
  devices: [{name: Wharf, id: 4811790026301440, scope: Wharf, interval: 1h}]
---
kind: Combine
name: bay
spec:
  sites: [{name: Wharf, inputs: [{pattern: /normalized/bay/Wharf}]}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: charts
      resolutions: [1h, 2h, 4h, 12h, 24h]
      datasets: [{in_pattern: "/combined/bay/*", out_pattern: "$0"}]
"""


def measure(inputs: Inputs) -> list[Result]:
    """Return B12."""
    hours = inputs.scale.hours
    with inputs.scratch() as scratch, _Station(scratch / "hourly") as hourly:
        idle, sizes = 0, []
        for hour in range(hours):
            hourly.now = _START + timedelta(hours=hour) + _LATE
            hourly.collect()
            if hour % _DAY_H == _NOON_H:
                idle += hourly.txns_of(hourly.collect)
            if hour % _DAY_H == _DAY_H - 1:
                hourly.maintain()
            if hour + 1 in (hours // 2, hours):
                sizes.append((hourly.size(), hourly.pond.snapshot().txn))
        (half, middle), (whole, txns) = sizes
        hourly.pond.maintain(forget_before=txns, keep=[middle])
        month_end = hourly.size().history
        with _Station(scratch / "once") as once:
            once.now = _START + timedelta(hours=_YEAR_H) + _LATE
            once.collect()
            baseline = once.size().present
    rate = (whole - half) * (1 / (hours - hours // 2))
    present = whole.present + rate.present * (_YEAR_H - hours)
    every = whole.history + rate.history * (_YEAR_H - hours)
    kept = rate.history * _KEPT_H + month_end * _MONTH_ENDS
    what = f"a year of hourly pulls, {txns / hours * _DAY_H:,.0f} txns a day, as the timer keeps it"
    return [
        _larger("B12", what, present + kept, baseline, limit=_MORE),
        _larger("B12 present", "the same, without history", present, baseline, limit=_MORE),
        _larger("B12 all", "the same, with every version", present + every, baseline),
        Result(
            "B12 idle", "txns of runs that brought nothing", str(idle), "-", idle, "0", not idle
        ),
    ]


def _larger(id_: str, what: str, ours: float, baseline: float, *, limit: float = inf) -> Result:
    ratio = ours / baseline
    sizes = (f"{ours / MIB:.2f} MiB", f"{baseline / MIB:.2f} MiB")
    budget = "-" if limit == inf else f"<= {limit:g}x"
    return Result(id_, what, *sizes, round(ratio, 2), budget, ratio <= limit)


@dataclass(frozen=True, slots=True)
class _Size:
    """Bytes of a pond: what its newest snapshot needs, and what only earlier ones do."""

    present: float
    history: float

    def __sub__(self, other: Self) -> "_Size":
        return _Size(self.present - other.present, self.history - other.history)

    def __mul__(self, times: float) -> "_Size":
        return _Size(self.present * times, self.history * times)


class _Station:
    """A pond, its resources, and a simulator whose clock is that of the pond's machine."""

    def __init__(self, path: Path) -> None:
        self.now = _START
        self.pond = Pond.init(path)
        self._plan = plan_of(_RESOURCES)
        self._simulator = Simulator(
            harbor(), clock=self._clock, page_days=31, rate_per_minute=1_000_000
        )

    def __enter__(self) -> Self:
        self._simulator.__enter__()
        self._client = HydroVuClient(
            self._simulator.base_url,
            "demo",
            "demo",
            clock=self._clock,
            rate=RateLimit(per_minute=1_000_000),
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()
        self._simulator.close()

    def _clock(self) -> datetime:
        return self.now

    def collect(self) -> None:
        """Pull what is behind, and make all that is made of it."""
        pulls = [step for step in self._plan.steps if isinstance(step, PullStep)]
        periods = due_periods(self._plan, pulls, pond=self.pond.path, now=self.now)
        for step in self._plan.steps:
            self._make(step, periods)

    def txns_of(self, work: Callable[[], object]) -> int:
        """Return how many transactions come of some work."""
        before = self.pond.snapshot().txn
        work()
        return self.pond.snapshot().txn - before

    def maintain(self) -> None:
        """Do the nightly upkeep."""
        for path, times in ((path, path.stat()) for path in files(self.pond.path)):
            os.utime(path, (times.st_atime - _DAY_S, times.st_mtime - _DAY_S))
        self.pond.maintain()

    def size(self) -> _Size:
        """Return the bytes of the pond, maintained until no merge leaves anything behind."""
        self.maintain()
        self.maintain()
        found = files(self.pond.path)
        past = sum(size for path, size in found.items() if "tier=cold" in path.parts)
        return _Size(sum(found.values()) - past, past)

    def _make(self, step: Step, periods: Sequence[Period]) -> None:
        fs, request = self.pond.snapshot(), Request(now=self.now)
        match step:
            case DictionariesStep():
                for path, table in dictionaries(step, fs, self._client).items():
                    self._keep(path, table)
            case PullStep():
                self._record(step.outputs[0], pull(step, fs, self._client, periods, request))
            case _:
                for path, update in make(step, fs, periods, request).items():
                    assert isinstance(update, SeriesUpdate)  # noqa: S101 -- all else are series
                    self._record(path, update)

    def _record(self, path: str, update: SeriesUpdate) -> None:
        for _ in record(self.pond, path, update, provenance=Provenance(asset=path)):
            pass

    def _keep(self, path: str, table: pa.Table) -> None:
        fs = self.pond.snapshot()
        if not fs.exists(path) or not fs.read_table(path).equals(table):
            with self.pond.transaction() as tx:
                tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
                tx.write_table(path, table)
