"""Running the pipeline from a program: the same assets and the same instance as the UI."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from typing_extensions import override

from pond_core import Pattern, near_miss_hint
from pond_pipeline.assets import ALLOW_SHRINK_TAG, REFETCH_TAG, REPROCESS_TAG
from pond_pipeline.build import build_definitions
from pond_pipeline.config import Severity
from pond_pipeline.errors import ConfigError
from pond_pipeline.freshness import freshness_keys
from pond_pipeline.paths import key_to_path, path_to_key
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import Plan, Step
from pond_pipeline.runs.lost import running
from pond_pipeline.runs.reason import reason_of
from pond_pipeline.runs.tags import span_tags

_PROGRESS = "progress"

Progress = Callable[[str], None]
"""Told the name of each step's op when the step is done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed.

    Attributes:
        path: The asset.
        reason: What happened and what to do, without a traceback.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that failed.

    Attributes:
        path: The asset.
        check: The check's name.
        reason: What it found.
        severity: `warn` or `error`.
    """

    path: str
    check: str
    reason: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run came to.

    Attributes:
        run_id: Dagster's id of it.
        periods: The partitions that it was about.
        failures: Steps that failed, in order.
        skipped: Assets that were not made because something before them failed.
        warnings: Checks that failed.
    """

    run_id: str
    periods: tuple[Period, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[str, ...]
    warnings: tuple[FailedCheck, ...]


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
            outputs = [path for step in plan.steps for path in step.outputs]
            otherwise = "`pond apply --json` lists the assets"
            raise ConfigError(msg, hint=near_miss_hint(glob.text, outputs, otherwise=otherwise))
    return [
        step
        for step in plan.steps
        if any(glob.match(path) is not None for path in step.outputs for glob in globs)
    ]


def run(
    plan: Plan,
    steps: Sequence[Step],
    periods: Sequence[Period],
    *,
    root: Path,
    pond: str | Path,
    instance: dg.DagsterInstance,
    refetch: bool = False,
    allow_shrink: bool = False,
    reprocess: bool = False,
    progress: Progress = lambda _step: None,
) -> Iterator[RunReport]:
    """Make assets, one Dagster run for each cadence and each range of periods without a gap.

    Args:
        plan: What there is.
        steps: Which of it to make.
        periods: The partitions; what has none is made in each run.
        root: Where `resources.yaml` and its `.env` stand.
        pond: The pond's directory or URL.
        instance: Dagster's instance; runs appear in its UI.
        refetch: Ask sources for whole periods again.
        allow_shrink: Let a refetch replace readings by fewer.
        reprocess: Compute what is up to date, too.
        progress: Told what is done.

    Raises:
        KeyboardInterrupt: Ctrl-C ended a run; what it had written stays, and no other run begins.
    """
    definitions = build_definitions(
        plan, root=root, pond=pond, loggers={_PROGRESS: _progress_logger(progress)}
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    of_the_present = set(freshness_keys(plan))
    flags = {
        REFETCH_TAG: refetch,
        ALLOW_SHRINK_TAG: allow_shrink,
        REPROCESS_TAG: reprocess,
    }
    asked = {tag: "true" for tag, is_set in flags.items() if is_set}
    with running(instance) as tags:
        for block in contiguous(periods) or [[]]:  # without periods, one run of none
            keys = set(_keys(steps, block))
            own = definitions.resolve_asset_graph().get_check_keys_for_assets(keys)
            # Freshness is about the present, whatever the run is about.
            subset = job.get_subset(
                asset_selection=keys, asset_check_selection=own - of_the_present
            )
            try:
                result = subset.execute_in_process(
                    instance=instance,
                    tags={**tags, **span_tags(block), **asked},
                    run_config={"loggers": {_PROGRESS: {}}},
                    raise_on_error=False,
                )
            except dg.DagsterExecutionInterruptedError:  # between two steps
                raise KeyboardInterrupt from None
            if _was_interrupted(result):
                raise KeyboardInterrupt
            yield _report(result, tuple(block), definitions)


def _keys(steps: Sequence[Step], block: Sequence[Period]) -> list[dg.AssetKey]:
    """Return the assets that a run over some periods makes."""
    cadences = {None, *(period.cadence for period in block)}
    made = [step for step in steps if step.cadence in cadences]
    return [path_to_key(path) for step in made for path in step.assets]


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Say whether Ctrl-C ended it, which Dagster takes for the failure of a step."""
    errors = (e.step_failure_data.error for e in result.all_events if e.is_step_failure)
    name = dg.DagsterExecutionInterruptedError.__name__
    return any(error is not None and error.cls_name == name for error in errors)


def _report(
    result: dg.ExecuteInProcessResult, periods: tuple[Period, ...], definitions: dg.Definitions
) -> RunReport:
    paths = _paths_by_step(definitions)
    failures = [
        Failure(paths[event.step_key or ""], reason_of(event))
        for event in result.all_events
        if event.is_step_failure
    ]
    ended = {e.step_key for e in result.all_events if e.is_step_success or e.is_step_failure}
    skipped = [paths[node.name] for node in result.job_def.nodes if node.name not in ended]
    warnings = [
        FailedCheck(
            key_to_path(check.asset_key),
            check.check_name,
            check.description or "",
            Severity(check.severity.value.lower()),
        )
        for check in result.get_asset_check_evaluations()
        if not check.passed
    ]
    return RunReport(result.run_id, periods, tuple(failures), tuple(skipped), tuple(warnings))


def _paths_by_step(definitions: dg.Definitions) -> dict[str, str]:
    assets = definitions.resolve_asset_graph().assets_defs
    return {
        each.op.name: key_to_path(next(iter(each.keys_by_output_name.values())))
        for each in assets
        if each.keys  # freshness has an op that makes nothing
    }


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
