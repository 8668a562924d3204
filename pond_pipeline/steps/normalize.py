"""One instrument's raw readings as a wide table, and those of a wrong clock apart."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pond_core import ReadFS, Window, concat
from pond_pipeline import hydrovu
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA
from pond_pipeline.months import Month
from pond_pipeline.plan import NormalizeStep
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.derived import Due, due_months
from pond_pipeline.steps.dictionaries import read_names
from pond_pipeline.steps.extent import UTC, Extent, clock_margin_us, widened


def normalize(
    step: NormalizeStep, fs: ReadFS, months: Sequence[Month], *, now: datetime
) -> SeriesUpdate:
    """Return what the table, and beside it the quarantine, shall hold in the months behind.

    Args:
        step: The instrument.
        fs: The pond now.
        months: The partitions to bring up to date.
        now: The present instant; its month's quarantine ends at infinity, as its raw month does.
    """
    raw, units, parameters = step.inputs
    _, quarantine = step.outputs
    due = normalize_due(step, fs, months)
    margin_us = clock_margin_us(step)
    extent = Extent.of(step, now=now)
    tables, asides = [], []
    if not due:
        return SeriesUpdate([])
    names = read_names(fs, units=units, parameters=parameters)
    for each in due:
        reach = _reach(extent, each.month)
        span = widened(each.month.window, margin_us)
        readings = fs.read_series(raw, widened(reach, 2 * margin_us))
        result = hydrovu.normalize(
            concat([RAW_SCHEMA.empty_table(), readings]).select(RAW_SCHEMA.names),
            names,
            window=span.intersect(step.window),
            clock_floor=step.source.clock_floor,
            clock=None if step.clock == UTC else ZoneInfo(step.clock),
            raw_window=reach,
        )
        tables.append(Slice(each.month, result.table, span, (each.month.window,), each.inputs))
        asides.append(Slice(each.month, result.quarantine, reach, (reach,), each.inputs))
    aside = SeriesUpdate([asides], key=RAW_KEY, fingerprint=step.fingerprint)
    return SeriesUpdate([tables], fingerprint=step.fingerprint, beside={quarantine: aside})


def normalize_due(step: NormalizeStep, fs: ReadFS, months: Sequence[Month]) -> list[Due]:
    """Return the months in which the table is behind the raw readings or the dictionaries."""
    return due_months(
        fs,
        step.outputs[0],
        months,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda month: widened(month.window, clock_margin_us(step)),
    )


def _reach(extent: Extent, month: Month) -> Window:
    """Return the range of raw stamps of which the month's quarantine tells."""
    ranges = extent.reach(month)
    return Window(ranges[0].start_us, ranges[-1].end_us)
