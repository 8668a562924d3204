"""What all steps share that make series out of series: which periods are behind, and from what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pond_core import ReadFS, Window
from pond_pipeline.periods import Period
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.versions import Versions, input_versions


@dataclass(frozen=True, slots=True)
class Due:
    """A period to compute.

    Attributes:
        period: The partition.
        inputs: The versions of what it will be made from, by path.
        has_reason: Whether it was made before, or there is something to make it from.
    """

    period: Period
    inputs: Mapping[str, str]
    has_reason: bool = True


def due_periods(
    fs: ReadFS,
    path: str,
    periods: Sequence[Period],
    *,
    inputs: Sequence[str],
    fingerprint: str,
    needs: Callable[[Period], Window | None],
    versions: Callable[[ReadFS, str], Versions] = input_versions,
    driving: Sequence[str] | None = None,
    again: bool = False,
) -> list[Due]:
    """Return the periods of an output that are not made from the inputs that are there now.

    Args:
        fs: The pond now.
        path: The output.
        periods: The candidates.
        inputs: The paths that it is made from.
        fingerprint: The step's version.
        needs: The range of the inputs that a period is made from; None: it is made from nothing.
        versions: How the versions of an input are told.
        driving: Those of the inputs without which there is nothing to make; all by default.
        again: Return all of them, whatever they are made from.
    """
    marks = fs.node(path).marks if fs.exists(path) else {}
    version_of = {each: versions(fs, each) for each in inputs}
    reasons = {each: input_versions(fs, each) for each in (inputs if driving is None else driving)}
    due = []
    for period in periods:
        window = needs(period)
        told = {each: "" if window is None else version_of[each](window) for each in inputs}
        facts = marks.get(period.window)
        is_current = (
            facts is not None and facts["inputs"] == told and facts["fingerprint"] == fingerprint
        )
        if again or not is_current:
            has_input = window is not None and any(
                told[each] and version(window) for each, version in reasons.items()
            )
            due.append(Due(period, told, has_reason=facts is not None or has_input))
    return due


def whole_periods(
    due: Sequence[Due], compute: Callable[[Period], pa.Table], *, fingerprint: str
) -> SeriesUpdate:
    """Return an update of one batch, one slice per period, each of exactly that period."""
    slices = [
        Slice(
            each.period,
            compute(each.period),
            span=each.period.window,
            reach=(each.period.window,),
            inputs=each.inputs,
        )
        for each in due
    ]
    return SeriesUpdate([slices] if slices else [], fingerprint=fingerprint)
