"""One series downsampled at several resolutions, from one pass over it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import (
    TIME_ONLY,
    Aggregate,
    ReadFS,
    Resolution,
    Window,
    cover_all,
    downsample,
    slice_window,
    to_us,
)
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import ReduceStep
from pond_pipeline.quality import drop_flagged, roll_ups
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.derived import Due, due_periods

_AGGREGATE = b"aggregate"
"""The key in a column's metadata that says which aggregate it is."""

_LONGEST = 366
"""Days that are read at once: a year of months, so that a year's bucket is read once, not twelve
times; and no more, so that ten years' readings are not in memory."""


def reduce(
    step: ReduceStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> dict[str, SeriesUpdate]:
    """Return, by path, what each resolution shall hold in the periods that are behind.

    A bucket that reaches over the edge of a period is computed in whole, from both sides of it.
    All resolutions are persisted with the first: a reading is in all of them, or in none.
    """
    due = _due_by_path(step, fs, periods, again=again)
    updates = {
        path: SeriesUpdate(made, fingerprint=step.fingerprint)
        for path, made in _batches(step, fs, due).items()
    }
    first, *others = step.outputs
    updates[first].beside = {path: updates[path] for path in others}
    return updates


def reduce_due(step: ReduceStep, fs: ReadFS, periods: Sequence[Period]) -> list[Due]:
    """Return the periods in which any resolution is behind the series."""
    due: dict[Period, Due] = {}
    for by_period in _due_by_path(step, fs, periods, again=False).values():
        for period, each in by_period.items():
            if period not in due or each.has_reason:
                due[period] = each
    return [due[period] for period in sorted(due)]


def _due_by_path(
    step: ReduceStep, fs: ReadFS, periods: Sequence[Period], *, again: bool
) -> dict[str, dict[Period, Due]]:
    """Return what each resolution lacks: a bucket is of the period in which it begins.

    A reading in June puts January behind in a series of years, and June alone in one of days.
    """
    return {
        path: {
            each.period: each
            for each in due_periods(
                fs,
                path,
                _with_owners(fs, path, resolution, periods),
                inputs=(step.series,),
                fingerprint=step.fingerprint,
                needs=lambda period, width=resolution: _buckets_of(width, period),  # type: ignore[misc]  # a default binds the loop's resolution
                again=again,
            )
        }
        for path, resolution in zip(step.outputs, step.resolutions, strict=True)
    }


def _with_owners(
    fs: ReadFS, path: str, resolution: Resolution, periods: Sequence[Period]
) -> list[Period]:
    """Return periods, and before them those that were made and have a bucket that reaches in."""
    marks = fs.node(path).marks if fs.exists(path) else {}
    firsts = ((each, resolution.cover(each.window).start) for each in periods)
    owners = {Period.of(start, each.cadence) for each, start in firsts if start is not None}
    return sorted({*periods, *(each for each in owners if each.window in marks)})


def _buckets_of(resolution: Resolution, period: Period) -> Window | None:
    """Return the range of the buckets that begin in a period; None: it has none."""
    start_us = resolution.ceil_us(to_us(period.start))
    window = Window(start_us, resolution.cover(period.window).end_us)
    return window if period.window.contains(start_us) else None


def _batches(
    step: ReduceStep, fs: ReadFS, due: Mapping[str, Mapping[Period, Due]]
) -> dict[str, list[list[Slice]]]:
    """Return a batch of slices for each block of periods that lack the same resolutions."""
    widths = dict(zip(step.outputs, step.resolutions, strict=True))
    batches: dict[str, list[list[Slice]]] = {path: [] for path in step.outputs}
    for paths, block in _blocks(due):
        window = Window(block[0].window.start_us, block[-1].window.end_us)
        buckets = _buckets(step, fs, [widths[path] for path in paths], window)
        for path in paths:
            slices = [_slice(buckets[widths[path]], widths[path], due[path][p]) for p in block]
            batches[path].append(slices)
    return batches


def _blocks(
    due: Mapping[str, Mapping[Period, Due]],
) -> Iterator[tuple[tuple[str, ...], Sequence[Period]]]:
    """Yield periods without a gap that lack the same resolutions, and these."""

    def lacking(period: Period) -> tuple[str, ...]:
        return tuple(path for path, by_period in due.items() if period in by_period)

    periods = sorted({period for by_period in due.values() for period in by_period})
    for paths, same in groupby(periods, lacking):
        for run in contiguous(same):
            days = (run[0].next().start - run[0].start).days
            size = max(1, _LONGEST // days)
            for first in range(0, len(run), size):
                yield paths, run[first : first + size]


def _buckets(
    step: ReduceStep, fs: ReadFS, resolutions: Sequence[Resolution], window: Window
) -> dict[Resolution, pa.Table]:
    readings = _read(step, fs, cover_all(resolutions, window))
    aggregates = [Aggregate(each) for each in step.aggregates]
    made = downsample(readings, resolutions=resolutions, aggregates=aggregates, window=window)
    return {resolution: _without_zeros(buckets) for resolution, buckets in made.items()}


def _without_zeros(buckets: pa.Table) -> pa.Table:
    """Return buckets in which no reading of a column is no count of it either.

    What is stored before a column appears has null there, and must be what it would be if all were
    made at once.
    """
    for at, field in enumerate(buckets.schema):
        if (field.metadata or {}).get(_AGGREGATE) == Aggregate.COUNT.encode():
            counts = pc.if_else(pc.greater(buckets[at], 0), buckets[at], None)
            buckets = buckets.set_column(at, field, counts)
    return buckets


def _slice(buckets: pa.Table, resolution: Resolution, due: Due) -> Slice:
    """Return the buckets that a period touches; those on its edges belong to its neighbor, too."""
    span = resolution.cover(due.period.window)
    return Slice(due.period, slice_window(buckets, span), span, (due.period.window,), due.inputs)


def _read(step: ReduceStep, fs: ReadFS, window: Window) -> pa.Table:
    """Return the columns that are downsampled, without the values whose flags are excluded."""
    if not fs.exists(step.series):
        return TIME_ONLY.empty_table()
    readings = fs.read_series(step.series, window)
    if step.columns is not None:
        flags = [each for name, each in roll_ups(readings.schema).items() if name in step.columns]
        wanted = ("timestamp", *step.columns, *flags)
        readings = readings.select([n for n in readings.column_names if n in wanted])
    return drop_flagged(readings, step.exclude_flags)
