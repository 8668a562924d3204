"""Instruments joined into a site."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pond_core import JoinInput, ReadFS, Window, join
from pond_pipeline.periods import Period
from pond_pipeline.plan import CombineInput, CombineStep
from pond_pipeline.quality import correct, drop_flagged, flags_of
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps.derived import Due, due_periods, whole_periods
from pond_pipeline.steps.flagging import (
    Surroundings,
    flagged,
    tests_of,
    versions_around,
)
from pond_pipeline.steps.inputs import series_at
from pond_pipeline.units import convert_table


def combine(
    step: CombineStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> SeriesUpdate:
    """Return what the site shall hold in the periods that are behind.

    Raises:
        DataError: Two inputs give one column a value at one instant, and no priority decides.
        ConfigError: A column measures something else than the unit that is asked for.
    """
    due = combine_due(step, fs, periods, again=again)
    inputs = [(part, path) for part in step.parts for path in series_at(fs, part.path, part.asset)]

    def joined(window: Window) -> pa.Table:
        return join([_input(step, fs, part, path, window) for part, path in inputs])

    tests, around = tests_of(step), Surroundings.of(fs, [path for _, path in inputs])

    def compute(period: Period) -> pa.Table:
        window = period.window
        return flagged(joined(window), window, tests, around, joined)

    return whole_periods(due, compute, fingerprint=step.fingerprint)


def combine_due(
    step: CombineStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> list[Due]:
    """Return the periods in which the site is behind its instruments."""
    return due_periods(
        fs,
        step.outputs[0],
        periods,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda period: period.window,
        versions=versions_around(tests_of(step)),
        again=again,
    )


def _input(
    step: CombineStep, fs: ReadFS, part: CombineInput, path: str, window: Window
) -> JoinInput:
    """Return what one series gives: corrected, in the site's units, its columns renamed.

    Where the site has tests of its own, their flags stand in the place of the instruments'.
    """
    table = correct(fs.read_series(path, window), [each.entry() for each in part.corrections])
    if step.treatment.quality:
        table = drop_flagged(table, ())
    called = _names_in_units(table, step.treatment.units)
    table = _converted(table, called, step.treatment.units)
    # `rename` may name a column as the instrument has it, or as it is called in the site's units.
    rename = {called.get(old, old): new for old, new in part.rename.items()}
    return JoinInput(
        table,
        label=path,
        scope=part.scope,
        window=part.window,
        rename=_with_flags(rename, table),
        priority=part.priority,
    )


def _names_in_units(table: pa.Table, units: Mapping[str, str]) -> dict[str, str]:
    """Return what the columns that are called otherwise in other units are called there."""
    nothing = table.slice(0, 0)
    called: dict[str, str] = {}
    for name in table.column_names[1:]:
        new = convert_table(nothing.select(["timestamp", name]), units).column_names[1]
        called |= {name: new} if new != name else {}
    return called


def _converted(table: pa.Table, called: Mapping[str, str], units: Mapping[str, str]) -> pa.Table:
    """Return a table in other units, the flags of each column named as it is called then."""
    converted = convert_table(table, units)
    names = _with_flags(called, table)
    return converted.rename_columns([names.get(name, name) for name in converted.column_names])


def _with_flags(rename: Mapping[str, str], table: pa.Table) -> dict[str, str]:
    """Return new names of columns, and of the flags beside them."""
    flags = flags_of(table.schema)
    return {
        name: name.replace(old, new, 1)
        for old, new in rename.items()
        for name in (old, *flags.get(old, ()))
    }
