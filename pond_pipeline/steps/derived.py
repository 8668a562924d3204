"""What all steps share that make series out of series: which months are behind, and from what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pond_core import ReadFS, Window
from pond_pipeline.months import Month
from pond_pipeline.record import SeriesUpdate, Slice, input_version, is_current


@dataclass(frozen=True, slots=True)
class Due:
    """A month to compute.

    Attributes:
        month: The partition.
        inputs: The versions of what it will be made from, by path.
    """

    month: Month
    inputs: Mapping[str, str]


def due_months(
    fs: ReadFS,
    path: str,
    months: Sequence[Month],
    *,
    inputs: Sequence[str],
    fingerprint: str,
    needs: Callable[[Month], Window],
    version: Callable[[ReadFS, str, Window], str] = input_version,
) -> list[Due]:
    """Return the months of an output that are not made from the inputs that are there now.

    Args:
        fs: The pond now.
        path: The output.
        months: The candidates.
        inputs: The paths that it is made from.
        fingerprint: The step's version.
        needs: The range of the inputs that a month is made from.
        version: How the version of an input in a range is told.
    """
    due = []
    for month in months:
        versions = {each: version(fs, each, needs(month)) for each in inputs}
        if not is_current(fs, path, month, inputs=versions, fingerprint=fingerprint):
            due.append(Due(month, versions))
    return due


def whole_months(
    due: Sequence[Due], compute: Callable[[Month], pa.Table], *, fingerprint: str
) -> SeriesUpdate:
    """Return an update of one batch, one slice per month, each of exactly that month."""
    slices = [
        Slice(
            each.month,
            compute(each.month),
            span=each.month.window,
            reach=(each.month.window,),
            inputs=each.inputs,
        )
        for each in due
    ]
    return SeriesUpdate([slices] if slices else [], fingerprint=fingerprint)
