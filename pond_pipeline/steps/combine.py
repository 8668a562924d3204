"""Instruments joined into a site."""

from collections.abc import Sequence

import pyarrow as pa

from pond_core import TIME_ONLY, JoinInput, ReadFS, join
from pond_pipeline.months import Month
from pond_pipeline.plan import CombineStep
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps.derived import Due, due_months, whole_months


def combine(step: CombineStep, fs: ReadFS, months: Sequence[Month]) -> SeriesUpdate:
    """Return what the site shall hold in the months that are behind.

    Raises:
        DataError: Two inputs give one column a value at one instant, and no priority decides.
    """

    def compute(month: Month) -> pa.Table:
        return join(
            [
                JoinInput(
                    _read(fs, part.path, month),
                    label=part.path,
                    scope=part.scope,
                    window=part.window,
                    rename=part.rename,
                    priority=part.priority,
                )
                for part in step.parts
            ]
        )

    return whole_months(combine_due(step, fs, months), compute, fingerprint=step.fingerprint)


def combine_due(step: CombineStep, fs: ReadFS, months: Sequence[Month]) -> list[Due]:
    """Return the months in which the site is behind its instruments."""
    return due_months(
        fs,
        step.outputs[0],
        months,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda month: month.window,
    )


def _read(fs: ReadFS, path: str, month: Month) -> pa.Table:
    if not fs.exists(path):
        return TIME_ONLY.empty_table()
    return fs.read_series(path, month.window)
