"""tick: what the daemon pays each minute in a lake of 2,000 assets, to one of 100.

Both lakes consist of sources of 100 assets with 24 months each: 51 series that are made up, 8
sites, five resolutions of each, one series across the sites. Everything is made, and Dagster knows
it. There are two things that the sensors of a source do:

- `tick`: Dagster evaluates the automation conditions, with the cursor of the tick before; nothing
  has changed since, as it is nearly always.
- `catch_up`: the pond is opened, and every asset compared with its inputs, month by month. The
  sensor does so when the pond has changed; nothing is behind.

`tick` is that of one source. `catch_up` is that of all sources, one after the other, divided by
their number: assets of a large lake must not cost more than those of a small one. One source is
filled as runs fill it, the others are copies of it with their own paths and fingerprints; Dagster
is told of one source's assets. Seconds are those of the cores.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg

from benchmarks.inputs import Inputs
from benchmarks.lake import plan_of, scribbles
from benchmarks.measure import Result, core_seconds_of, in_turns, medians, slower, within
from benchmarks.scale import Scale
from pond_core import Pond, Provenance, Snapshot, Transaction, Window
from pond_pipeline.build import build_definitions
from pond_pipeline.due import periods_of, stale
from pond_pipeline.instance import open_instance
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import Plan, Step
from pond_pipeline.record import SeriesUpdate, record
from pond_pipeline.steps import Request, make
from pond_pipeline.sync import sync_dagster

_FIRST = Period.parse("2024-01")
_LONGER = 1.5
_TICK_S = 1
_CATCH_UP_S = 0.5


def measure(inputs: Inputs) -> list[Result]:
    """Return tick and catch_up."""
    scale = inputs.scale
    with (
        inputs.scratch() as scratch,
        _lake(scratch / "few", scale, sources=1) as few,
        _lake(scratch / "many", scale, sources=scale.sources) as many,
    ):
        runs = {
            "tick few": lambda: core_seconds_of(few.tick),
            "tick many": lambda: core_seconds_of(many.tick),
            "catch_up few": lambda: core_seconds_of(few.catch_up),
            "catch_up many": lambda: core_seconds_of(many.catch_up) / scale.sources,
        }
        few.tick()  # the first tick of all has no cursor
        many.tick()
        took = medians(in_turns(runs, rounds=scale.rounds))
    sizes = f"{few.assets} of {many.assets:,} assets x {scale.partitions} months"
    return [
        within("tick", f"an automation tick, {sizes}", took["tick many"], limit=_TICK_S, unit="s"),
        slower(
            "tick ratio",
            "the same, to a lake of 100 assets",
            took["tick many"],
            took["tick few"],
            limit=_LONGER,
        ),
        within(
            "tick catch_up",
            f"what of {sizes} is behind",
            took["catch_up many"],
            limit=_CATCH_UP_S,
            unit="s",
        ),
        slower(
            "tick catch_up ratio",
            "the same, to a lake of 100 assets",
            took["catch_up many"],
            took["catch_up few"],
            limit=_LONGER,
        ),
    ]


class _Lake:
    """A pond and its Dagster, at one instant."""

    def __init__(
        self, plan: Plan, pond: Path, instance: dg.DagsterInstance, *, now: datetime
    ) -> None:
        self._plan = plan
        self._pond = pond
        self._instance = instance
        self._now = now
        self._definitions = build_definitions(plan, root=pond, pond=pond)
        first = plan.sources[0].name
        keys = [path_to_key(path) for step in _steps(plan, first) for path in step.assets]
        self._one_source = dg.AssetSelection.assets(*keys)
        self._cursor: dg.AssetDaemonCursor | None = None

    @property
    def assets(self) -> int:
        """How many assets there are."""
        return sum(len(step.assets) for step in self._plan.steps)

    def tick(self) -> None:
        """Evaluate the automation conditions of one source."""
        result = dg.evaluate_automation_conditions(
            self._definitions,
            self._instance,
            asset_selection=self._one_source,
            evaluation_time=self._now,
            cursor=self._cursor,
        )
        assert result.total_requested == 0  # noqa: S101 -- everything is made
        self._cursor = result.cursor

    def catch_up(self) -> None:
        """Compare the assets of every source with their inputs, as its sensor does."""
        for source in self._plan.sources:
            snapshot = Pond.open(self._pond).snapshot()
            steps = _steps(self._plan, source.name)
            assert not stale(self._plan, steps, snapshot, now=self._now)  # noqa: S101 -- as above


@contextmanager
def _lake(folder: Path, scale: Scale, *, sources: int) -> Iterator[_Lake]:
    """Give a lake in which everything is made."""
    start = _FIRST.start.date().isoformat()
    one, all_ = (
        plan_of(scribbles(count, sites=scale.sites, start=start, interval="5d"))
        for count in (1, sources)
    )
    last = _FIRST
    for _ in range(scale.partitions - 1):
        last = last.next()
    now = last.start.replace(day=15)
    pond = Pond.init(folder / "pond")
    model = _steps(all_, all_.sources[0].name)
    for step in model:
        _make(all_, step, pond, now)
    for source in all_.sources[1:]:
        with pond.transaction() as tx:
            _copy(tx, pond.snapshot(), model, _steps(all_, source.name))
    with open_instance(folder / "home") as instance:
        sync_dagster(instance, one, pond=pond.path)
        yield _Lake(all_, pond.path, instance, now=now)


def _steps(plan: Plan, source: str) -> list[Step]:
    return [step for step in plan.steps if plan.homes.get(step.outputs[0]) == source]


def _make(plan: Plan, step: Step, pond: Pond, now: datetime) -> None:
    periods = periods_of(plan, step, now=now)
    for path, update in make(step, pond.snapshot(), periods, Request(now=now)).items():
        assert isinstance(update, SeriesUpdate)  # noqa: S101 -- there are only series in this lake
        list(record(pond, path, update, provenance=Provenance()))


def _copy(tx: Transaction, fs: Snapshot, model: Sequence[Step], steps: Sequence[Step]) -> None:
    """Write what a source's steps made once more, under the paths of another's."""
    renamed = {
        path: twin
        for step, other in zip(model, steps, strict=True)
        for path, twin in zip(step.outputs, other.outputs, strict=True)
    }
    for step, other in zip(model, steps, strict=True):
        for path in step.outputs:
            tx.mkdir(renamed[path].rpartition("/")[0], parents=True, exist_ok=True)
            marks = fs.node(path).marks
            span = Window(min(w.start_us or 0 for w in marks), max(w.end_us or 0 for w in marks))
            tx.write_window(renamed[path], fs.read_series(path), span)
            for window, facts in marks.items():
                made_from = facts["inputs"]
                assert isinstance(made_from, dict)  # noqa: S101 -- as `record` writes it
                inputs = {renamed.get(each, each): version for each, version in made_from.items()}
                own = {"inputs": inputs, "fingerprint": other.fingerprint}
                tx.set_mark(renamed[path], {**facts, **own}, window)
