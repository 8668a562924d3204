"""B9 and load: what a pipeline costs above bare Dagster of the same shape.

B9 runs one source of 100 assets over one month, in process: 51 series of 2,976 readings that are
made up, 8 sites, five resolutions of each, and one series across the sites. The run is the first
one, in which all is written. What it takes longer than bare assets (`bare.py`) is divided by the
number of assets: by the clock, and again in seconds of the cores, which tell more on a machine that
has other work.

Load is the way from the text of `resources.yaml` to a repository of which Dagster has checked and
resolved every job: what happens when `pond up` starts and when somebody edits the file. It has
HydroVu accounts of 100 assets each, with their checks, jobs, schedules and sensors. The bare side
begins with the shape; both import nothing any more. Its seconds are those of the cores.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from benchmarks.bare import Shape, bare
from benchmarks.inputs import Inputs
from benchmarks.lake import accounts, plan_of, scribbles
from benchmarks.measure import (
    Result,
    core_seconds_of,
    in_turns,
    medians,
    seconds_of,
    slower,
    within,
)
from pond_pipeline.build import build_definitions

_MONTH = "2025-01"
_ASSET_S = 0.05
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def running(inputs: Inputs) -> list[Result]:
    """Return B9."""
    plan = plan_of(scribbles(1, sites=inputs.scale.sites, start=f"{_MONTH}-01", interval="15m"))
    assets = sum(len(step.assets) for step in plan.steps)
    with inputs.scratch() as scratch:
        ponds = (scratch / f"pond{number}" for number in range(inputs.scale.rounds))

        def ours() -> dg.Definitions:
            return build_definitions(plan, root=scratch, pond=next(ponds))

        shape = Shape.of(build_definitions(plan, root=scratch, pond=scratch / "none"))
        turns = [(_run(ours()), _run(bare(shape))) for _ in range(inputs.scale.rounds)]
    clock = _medians((run.seconds, other.seconds) for run, other in turns)
    cores = _medians((run.core_seconds, other.core_seconds) for run, other in turns)
    what = f"our work per asset, above bare Dagster's {clock[1] / assets * 1000:.1f} ms"
    what_cores = f"the same, of the cores, above {cores[1] / assets * 1000:.1f} ms"
    return [
        within("B9", what, (clock[0] - clock[1]) / assets, limit=_ASSET_S, unit="s"),
        within("B9 cores", what_cores, (cores[0] - cores[1]) / assets, limit=_ASSET_S, unit="s"),
    ]


def loading(inputs: Inputs) -> list[Result]:
    """Return load."""
    resources = accounts(inputs.scale.sources, sites=inputs.scale.sites)
    pond = Path("/nowhere")

    def ours() -> dg.Definitions:
        return build_definitions(plan_of(resources), root=pond, pond=pond)

    shape = Shape.of(ours())
    assets = sum(len(each.keys) for each in shape.assets)
    runs = {
        "ours": lambda: core_seconds_of(lambda: _load(ours())),
        "bare": lambda: core_seconds_of(lambda: _load(bare(shape))),
    }
    in_turns(runs, rounds=1)  # the first of a process fills caches
    took = medians(in_turns(runs, rounds=inputs.scale.rounds))
    what = f"load {assets:,} assets, to bare Dagster of that shape"
    return [slower("load", what, took["ours"], took["bare"], limit=1.5)]


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run took: by the clock, and of the cores."""

    seconds: float
    core_seconds: float


def _run(definitions: dg.Definitions) -> _Run:
    """Carry out a run over all assets and one month."""
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:

        def run() -> None:
            job.execute_in_process(instance=instance, partition_key=_MONTH, run_config=_QUIET)

        took: list[float] = []
        core_seconds = core_seconds_of(lambda: took.append(seconds_of(run)))
        return _Run(took[0], core_seconds)


def _medians(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    ours, others = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(others)


def _load(definitions: dg.Definitions) -> None:
    definitions.get_repository_def()
    dg.Definitions.validate_loadable(definitions)
