"""Which function does a step's work, and what it needs from the outside: clock and credentials."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import dagster as dg

from pond_core import Snapshot
from pond_pipeline import steps
from pond_pipeline.assets.files import check_results
from pond_pipeline.config import read_environment
from pond_pipeline.hydrovu import RAW_KEY, HydroVuClient
from pond_pipeline.months import Month
from pond_pipeline.plan import (
    CombineStep,
    DictionariesStep,
    ExportStep,
    FilesStep,
    HydroVuSource,
    NormalizeStep,
    PullStep,
    ReduceStep,
    Step,
)
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps import Request

REFETCH_TAG = "pond/refetch"
"""A run with this tag set to `true` asks the API again for whole months."""


ALLOW_SHRINK_TAG = "pond/allow_shrink"
"""A refetch with this tag set to `true` may replace readings by fewer."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a step made.

    Attributes:
        outputs: By pond path, what the IO manager persists. An update may still be lazy.
        checks: What is to be said of it.
    """

    outputs: Mapping[str, object]
    checks: Sequence[dg.AssetCheckResult] = field(default=())


Work = Callable[[dg.AssetExecutionContext, Snapshot, Sequence[Month]], Result]
"""From the run, the pond and the run's months to what shall be stored."""


def work_of(step: Step, *, root: Path) -> Work:
    """Return the function that does a step's work."""

    def work(context: dg.AssetExecutionContext, fs: Snapshot, months: Sequence[Month]) -> Result:
        if isinstance(step, DictionariesStep | PullStep | FilesStep):
            return _collected(step, context, fs, months, root)
        return _derived(step, fs, months)

    return work


@contextmanager
def open_client(source: HydroVuSource, *, root: Path) -> Iterator[HydroVuClient]:
    """Open a session with an account; its credentials are read here, when a run needs them."""
    environ = read_environment(root).values
    with HydroVuClient(
        source.base_url.resolve(environ),
        source.key.resolve(environ),
        source.secret.resolve(environ),
    ) as client:
        yield client


def _collected(
    step: DictionariesStep | PullStep | FilesStep,
    context: dg.AssetExecutionContext,
    fs: Snapshot,
    months: Sequence[Month],
    root: Path,
) -> Result:
    match step:
        case DictionariesStep():
            with open_client(step.source, root=root) as client:
                return Result(dict(steps.dictionaries(step, fs, client)))
        case PullStep():
            request = Request(
                datetime.now(UTC),
                refetch=context.run.tags.get(REFETCH_TAG) == "true",
                allow_shrink=context.run.tags.get(ALLOW_SHRINK_TAG) == "true",
            )
            return Result({step.outputs[0]: _pulled(step, fs, months, request, root)})
        case FilesStep():
            files = steps.collect_files(step, fs, read_environment(root).values)
            return Result({step.outputs[0]: files}, check_results(step, files))
    assert_never(step)


def _derived(
    step: NormalizeStep | ExportStep | CombineStep | ReduceStep,
    fs: Snapshot,
    months: Sequence[Month],
) -> Result:
    path = step.outputs[0]
    match step:
        case NormalizeStep():
            return Result({path: steps.normalize(step, fs, months, now=datetime.now(UTC))})
        case ExportStep():
            return Result({path: steps.export(step, fs, months)})
        case CombineStep():
            return Result({path: steps.combine(step, fs, months)})
        case ReduceStep():
            return Result(dict(steps.reduce(step, fs, months)))
    assert_never(step)


def _pulled(
    step: PullStep, fs: Snapshot, months: Sequence[Month], request: Request, root: Path
) -> SeriesUpdate:
    """Return an update whose session is open while its batches are taken."""

    def batches() -> Iterator[Sequence[Slice]]:
        with open_client(step.source, root=root) as client:
            yield from steps.pull(step, fs, client, months, request).batches

    return SeriesUpdate(batches(), key=RAW_KEY, fingerprint=step.fingerprint)
