"""Which months of which step are behind: a pure question to the pond and the plan."""

from collections.abc import Sequence
from typing import assert_never

from pond_core import ReadFS
from pond_pipeline.months import Month
from pond_pipeline.plan import (
    CombineStep,
    DictionariesStep,
    ExportStep,
    FilesStep,
    NormalizeStep,
    PullStep,
    ReduceStep,
    Step,
)
from pond_pipeline.steps.combine import combine_due
from pond_pipeline.steps.export import export_due
from pond_pipeline.steps.normalize import normalize_due
from pond_pipeline.steps.pull import pull_due
from pond_pipeline.steps.reduce import reduce_due


def months_behind(step: Step, fs: ReadFS, months: Sequence[Month]) -> list[Month]:
    """Return the months that a step has never made, or made from other inputs than are there now.

    A pull is also behind where readings may still come; steps without months are never behind.
    """
    match step:
        case PullStep():
            return pull_due(step, fs, months)
        case DictionariesStep() | FilesStep():
            return []
        case NormalizeStep():
            due = normalize_due(step, fs, months)
        case ExportStep():
            due = export_due(step, fs, months)
        case CombineStep():
            due = combine_due(step, fs, months)
        case ReduceStep():
            due = reduce_due(step, fs, months)
        case _:
            assert_never(step)
    return [each.month for each in due]
