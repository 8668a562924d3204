"""What the UI says of an asset's content: which checks a step has, and what they found."""

from collections.abc import Iterator, Sequence

import dagster as dg

from pond_core import ReadFS
from pond_pipeline.assets.derive import input_results, input_specs
from pond_pipeline.assets.files import file_results, file_specs
from pond_pipeline.assets.series import series_results, series_specs
from pond_pipeline.plan import (
    CombineStep,
    DeriveStep,
    ExportStep,
    FilesStep,
    InboxStep,
    NormalizeStep,
    Step,
)
from pond_pipeline.steps import CheckedFiles, Made, SeriesFolder


def check_specs(step: Step) -> Sequence[dg.AssetCheckSpec] | None:
    """Return the checks of a step; None when it has none."""
    match step:
        case FilesStep() | InboxStep():
            return file_specs(step)
        case DeriveStep():
            return input_specs(step)
        case NormalizeStep() | ExportStep() | CombineStep():
            return series_specs(step)
        case _:
            return None


def check_results(step: Step, made: Made, fs: ReadFS) -> Iterator[dg.AssetCheckResult]:
    """Yield what the checks of a step found in what it made.

    Args:
        step: What was made.
        made: What it gave.
        fs: The pond with it.
    """
    if isinstance(step, NormalizeStep | ExportStep | CombineStep):
        yield from series_results(step, fs)
    for value in made.values():
        if isinstance(step, FilesStep | InboxStep) and isinstance(value, CheckedFiles):
            yield from file_results(step, value)
        if isinstance(step, DeriveStep) and isinstance(value, SeriesFolder):
            yield from input_results(step, value)
