"""Running the pipeline from a program: the same assets and the same instance as the UI."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from typing_extensions import override

from pond_core import Pattern, PondError
from pond_pipeline.assets import ALLOW_SHRINK_TAG, REFETCH_TAG, asset_outputs
from pond_pipeline.build import build_definitions
from pond_pipeline.errors import ConfigError
from pond_pipeline.lost_runs import running
from pond_pipeline.months import Month, contiguous
from pond_pipeline.paths import key_to_path, path_to_key
from pond_pipeline.plan import Plan, Step

# Dagster's names of a single run over a range of partitions (dagster 1.13, storage/tags.py).
_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"

_PROGRESS = "progress"
_CLASS_NAME = re.compile(r"^[\w.]+: ")

Progress = Callable[[str], None]
"""Told the name of each step's op when the step is done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, or a check that did.

    Attributes:
        path: The asset.
        reason: What happened and what to do, without a traceback.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run came to.

    Attributes:
        run_id: Dagster's id of it.
        months: The partitions that it was about.
        failures: Steps that failed, in order.
        skipped: Assets that were not made because something before them failed.
        warnings: Checks that failed.
    """

    run_id: str
    months: tuple[Month, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[str, ...]
    warnings: tuple[Failure, ...]


def select_steps(plan: Plan, patterns: Sequence[str]) -> list[Step]:
    """Return the steps of which an output matches one of the globs; all without globs.

    Raises:
        ConfigError: A glob matches nothing.
    """
    if not patterns:
        return list(plan.steps)
    globs = [Pattern.parse(text) for text in patterns]
    for glob in globs:
        if not any(glob.match(path) is not None for step in plan.steps for path in step.outputs):
            msg = f"{glob.text}: no asset matches"
            raise ConfigError(msg, hint="`pond apply --json` lists the assets")
    return [
        step
        for step in plan.steps
        if any(glob.match(path) is not None for path in step.outputs for glob in globs)
    ]


def run(
    plan: Plan,
    steps: Sequence[Step],
    months: Sequence[Month],
    *,
    root: Path,
    pond: Path,
    instance: dg.DagsterInstance,
    refetch: bool = False,
    allow_shrink: bool = False,
    progress: Progress = lambda _step: None,
) -> Iterator[RunReport]:
    """Make assets, one Dagster run for each range of months without a gap.

    Args:
        plan: What there is.
        steps: Which of it to make.
        months: The partitions.
        root: Where `resources.yaml` and its `.env` stand.
        pond: The pond's directory.
        instance: Dagster's instance; runs appear in its UI.
        refetch: Ask sources for whole months again.
        allow_shrink: Let a refetch replace readings by fewer.
        progress: Told what is done.
    """
    definitions = build_definitions(
        plan, root=root, pond=pond, loggers={_PROGRESS: _progress_logger(progress)}
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = [path_to_key(path) for step in steps for path in asset_outputs(step)]
    asked = {REFETCH_TAG: "true"} if refetch else {}
    asked |= {ALLOW_SHRINK_TAG: "true"} if allow_shrink else {}
    with running(instance) as tags:
        for block in contiguous(months):
            span = {_RANGE_START: block[0].key, _RANGE_END: block[-1].key}
            result = job.execute_in_process(
                instance=instance,
                asset_selection=keys,
                tags={**tags, **span, **asked},
                run_config={"loggers": {_PROGRESS: {}}},
                raise_on_error=False,
            )
            yield _report(result, tuple(block), definitions)


def _report(
    result: dg.ExecuteInProcessResult, months: tuple[Month, ...], definitions: dg.Definitions
) -> RunReport:
    paths = _paths_by_step(definitions)
    failures = [
        Failure(paths[event.step_key or ""], _reason(event))
        for event in result.all_events
        if event.is_step_failure
    ]
    ended = {e.step_key for e in result.all_events if e.is_step_success or e.is_step_failure}
    skipped = [paths[node.name] for node in result.job_def.nodes if node.name not in ended]
    warnings = [
        Failure(key_to_path(check.asset_key), check.description or "")
        for check in result.get_asset_check_evaluations()
        if not check.passed
    ]
    return RunReport(result.run_id, months, tuple(failures), tuple(skipped), tuple(warnings))


def _paths_by_step(definitions: dg.Definitions) -> dict[str, str]:
    assets = definitions.resolve_asset_graph().assets_defs
    return {
        each.op.name: key_to_path(next(iter(each.keys_by_output_name.values()))) for each in assets
    }


def _reason(event: dg.DagsterEvent) -> str:
    """Return our own error's words and hint, else the innermost error's.

    The layers around are Dagster's; what is below an error of ours is explained by it.
    """
    error = event.step_failure_data.error
    if error is None:
        return "failed without an error"
    chain = [error]
    while (cause := chain[-1].cause) is not None:
        chain.append(cause)
    ours = _names_of(PondError)
    told = next((each for each in chain if each.cls_name in ours), chain[-1])
    # "package.module.NotFoundError: what happened" without the name of the class
    return _CLASS_NAME.sub("", told.message.strip(), count=1)


def _names_of(cls: type[BaseException]) -> set[str]:
    return {cls.__name__}.union(*map(_names_of, cls.__subclasses__()))


def _progress_logger(progress: Progress) -> dg.LoggerDefinition:
    @dg.logger
    def make(_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("pond.progress")  # noqa: LOG001 -- one per run, none global
        logger.addHandler(_StepEnds(progress))
        return logger

    return make


class _StepEnds(logging.Handler):
    """Hears Dagster's events as log records and passes on which step ended."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    @override
    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None and event.event_type in _ENDS:
            self._progress(event.step_key or "")


_ENDS = (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE)
