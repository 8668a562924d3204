"""One instrument's raw readings as a wide table, and those of a wrong clock apart."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from pond_core import ReadFS, Window, concat
from pond_pipeline import hydrovu
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA
from pond_pipeline.periods import Period
from pond_pipeline.plan import NormalizeStep
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.derived import Due, due_periods
from pond_pipeline.steps.dictionaries import read_names
from pond_pipeline.steps.extent import UTC, Extent, clock_margin_us, widened
from pond_pipeline.steps.flagging import (
    Surroundings,
    flagged,
    tests_of,
    versions_around,
)
from pond_pipeline.steps.treatment import treated


def normalize(
    step: NormalizeStep,
    fs: ReadFS,
    periods: Sequence[Period],
    *,
    now: datetime,
    again: bool = False,
) -> SeriesUpdate:
    """Return what the table, and beside it the quarantine, shall hold in the periods behind.

    Args:
        step: The instrument.
        fs: The pond now.
        periods: The partitions to bring up to date.
        now: The present instant; its period's quarantine ends at infinity, as its raw period does.
        again: Compute what is up to date, too.
    """
    raw, units, parameters = step.inputs
    _, quarantine = step.outputs
    due = normalize_due(step, fs, periods, again=again)
    margin_us = clock_margin_us(step)
    extent = Extent.of(step, now=now)
    tables, asides = [], []
    if not due:
        return SeriesUpdate([])
    names = read_names(fs, units=units, parameters=parameters)
    tests, around = tests_of(step), Surroundings.of(fs, [raw])

    def result(window: Window, reach: Window) -> hydrovu.Normalized:
        readings = [RAW_SCHEMA.empty_table()]
        if fs.exists(raw):  # else nothing was collected yet: the account did not answer, for one
            readings.append(fs.read_series(raw, widened(reach, 2 * margin_us)))
        return hydrovu.normalize(
            concat(readings).select(RAW_SCHEMA.names),
            names,
            window=window,
            clock_floor=step.source.clock_floor,
            clock=None if step.clock == UTC else ZoneInfo(step.clock),
            raw_window=reach,
        )

    def table(window: Window) -> pa.Table:
        return treated(result(window.intersect(step.window), window).table, step.treatment)

    for each in due:
        reach = _reach(extent, each.period)
        span = widened(each.period.window, margin_us)
        window = span.intersect(step.window)
        made = result(window, reach)
        wide = flagged(treated(made.table, step.treatment), window, tests, around, table)
        tables.append(Slice(each.period, wide, span, (each.period.window,), each.inputs))
        # The table's mark says what both are made from.
        asides.append(Slice(each.period, made.quarantine, reach, (reach,)))
    aside = SeriesUpdate([asides], key=RAW_KEY)
    return SeriesUpdate([tables], fingerprint=step.fingerprint, beside={quarantine: aside})


def normalize_due(
    step: NormalizeStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> list[Due]:
    """Return the periods in which the table is behind the raw readings or the dictionaries."""
    return due_periods(
        fs,
        step.outputs[0],
        periods,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda period: widened(period.window, clock_margin_us(step)),
        versions=versions_around(tests_of(step)),
        driving=step.inputs[:1],
        again=again,
    )


def _reach(extent: Extent, period: Period) -> Window:
    """Return the range of raw stamps of which the period's quarantine tells."""
    ranges = extent.reach(period)
    return Window(ranges[0].start_us, ranges[-1].end_us)
