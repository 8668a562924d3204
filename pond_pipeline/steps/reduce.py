"""One series downsampled at several resolutions, from one pass over it."""

from collections.abc import Sequence

import pyarrow as pa

from pond_core import Aggregate, ReadFS, Window, cover_all, downsample
from pond_pipeline.months import Month
from pond_pipeline.plan import ReduceStep
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.derived import Due, due_months


def reduce(step: ReduceStep, fs: ReadFS, months: Sequence[Month]) -> dict[str, SeriesUpdate]:
    """Return, by path, what each resolution shall hold in the months that are behind.

    A bucket that reaches over the edge of a month is computed in whole, from both sides of it.
    """
    (source,) = step.inputs
    slices: dict[str, list[Slice]] = {path: [] for path in step.outputs}
    for each in reduce_due(step, fs, months):
        month = each.month
        readings = _read(step, fs, source, cover_all(step.resolutions, month.window))
        buckets = downsample(
            readings,
            resolutions=step.resolutions,
            aggregates=[Aggregate(each) for each in step.aggregates],
            window=month.window,
        )
        for path, resolution in zip(step.outputs, step.resolutions, strict=True):
            span = resolution.cover(month.window)
            slices[path].append(
                Slice(month, buckets[resolution], span, (month.window,), each.inputs)
            )
    return {
        path: SeriesUpdate([made] if made else [], fingerprint=step.fingerprint)
        for path, made in slices.items()
    }


def reduce_due(step: ReduceStep, fs: ReadFS, months: Sequence[Month]) -> list[Due]:
    """Return the months in which any resolution is behind the series."""
    due: dict[Month, Due] = {}
    for path in step.outputs:
        for each in due_months(
            fs,
            path,
            months,
            inputs=step.inputs,
            fingerprint=step.fingerprint,
            needs=lambda month: cover_all(step.resolutions, month.window),
        ):
            due.setdefault(each.month, each)
    return [due[month] for month in sorted(due)]


def _read(step: ReduceStep, fs: ReadFS, source: str, window: Window) -> pa.Table:
    readings = fs.read_series(source, window)
    if step.columns is None:
        return readings
    return readings.select([n for n in readings.column_names if n in ("timestamp", *step.columns)])
