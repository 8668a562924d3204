"""What the daemon does by itself."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Pond, Window
from pond_pipeline.periods import Period
from pond_pipeline.simulator import Simulator, harbor
from tests.operations.station import PIER, questions
from tests.operations.up import Up
from tests.operations.waiting import until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

TABLE = "/normalized/tide/Pier"
RESOURCES = f"""
kind: HydroVu
name: tide
spec:
  key: demo
  secret: demo
  base_url: {{url}}
  start: {{start:%Y-%m-%d}}
  overlap: 1d
  schedule: "* * * * *"
  devices: [{{{{name: Pier, id: {PIER}, interval: 1h}}}}]
"""


@dataclass(slots=True)
class Clock:
    """A clock that somebody turns."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=6))

    def __call__(self) -> datetime:
        return self.now

    @property
    def hour(self) -> datetime:
        """When the last reading was taken."""
        return self.now.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Watch:
    """What the test looks at.

    Attributes:
        up: UI and daemon.
        simulator: The API that they ask.
        clock: The API's clock.
    """

    up: Up
    simulator: Simulator
    clock: Clock

    def newest(self) -> datetime | None:
        """Return the instant of the newest reading that is in the pond."""
        if not self.up.pond.exists():
            return None
        snapshot = Pond.open(self.up.pond).snapshot()
        if not snapshot.exists(TABLE):
            return None
        stamps = snapshot.read_series(TABLE, Window(), ["timestamp"])["timestamp"]
        return stamps[-1].as_py() if len(stamps) else None


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    clock = Clock()
    with Simulator(harbor(), clock=clock, rate_per_minute=100_000) as simulator:
        start = clock.now - timedelta(days=70)
        with Up(tmp_path, RESOURCES.format(url=simulator.base_url, start=start)) as up:
            yield Watch(up, simulator, clock)


def test_each_tick_collects_what_is_new(watch: Watch) -> None:
    ui, clock = watch.up.ui, watch.clock
    until(lambda: watch.newest() == clock.hour, "reading of the first tick")
    before = len(watch.simulator.log)
    clock.now += timedelta(hours=3)
    until(lambda: watch.newest() == clock.hour, "reading of a later tick")

    asked = questions(watch.simulator, PIER, since=before)
    assert min(each.start for each in asked) >= clock.hour - timedelta(days=1, hours=3)
    status, ticks = ui.ticks("tide_schedule")
    assert status == "RUNNING"
    assert {ui.end_of(run) for _, runs in ticks for run in runs} == {"SUCCESS"}
    # Another tick may have come meanwhile, and freshness is looked at by the quarter of an hour.
    runs = [run for run in ui.runs() if run.job != "tide_freshness"]
    assert {run.tags.get("dagster/schedule_name") for run in runs} == {"tide_schedule"}
    first, last = runs[-1].span
    assert Period.parse(first).next() < Period.parse(last)
    assert Pond.open(watch.up.pond).verify().ok
