"""QARTOD as ioos-qc 3.0 does it, asked with our settings.

Two of its answers are not ours, as the decision about it tells: of the first row it says whether
the second one came late, and it calls flat what it hardly saw. `expected` has ours instead.
"""

import warnings
from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ioos_qc import qartod  # type: ignore[import-untyped]  # it ships no types

from pond_pipeline.quality import (
    ColumnTests,
    FlatLineTest,
    GapTest,
    GrossRangeTest,
    RateOfChangeTest,
    SpikeTest,
)

Flags = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Instants = npt.NDArray[np.datetime64]

_OPEN = 1e300
"""ioos-qc has no open side of a span."""


def median_interval(table: pa.Table) -> timedelta:
    """Return what ioos-qc takes for the interval of a series, in whole seconds."""
    median = np.median(np.diff(_instants(table)))
    return timedelta(seconds=int(median.astype("timedelta64[s]").astype(int)))


def expected(table: pa.Table, column: str, entry: ColumnTests) -> Mapping[str, Flags]:
    """Return the right flags by test, and by `""` ioos-qc's roll-up of them.

    The table has three rows or more, and every test both thresholds.
    """
    values, instants = values_of(table, column), _instants(table)
    flags: dict[str, Flags] = {}
    for test in entry.tests:
        match test:
            case GrossRangeTest():
                found = _ask("gross_range_test", values, _span(test.fail), _span(test.suspect))
            case SpikeTest():
                found = _ask("spike_test", values, test.suspect, test.fail, str(test.method))
            case RateOfChangeTest():
                seconds = test.per.total_seconds()
                rates = [None if each is None else each / seconds for each in _thresholds(test)]
                found = _ask("rate_of_change_test", values, instants, *rates)
            case FlatLineTest():
                found = _flat_line(values, instants, test)
            case GapTest():
                found = _gap(values, instants, test)
            case _:
                raise AssertionError(test)
        flags[test.name] = found
    rolled_up = qartod.qartod_compare(list(flags.values()))
    return {**flags, "": np.asarray(rolled_up, dtype=np.int64)}


def flat_line(table: pa.Table, column: str, test: FlatLineTest) -> Flags:
    """Return exactly what ioos-qc says."""
    durations = [_seconds(test.suspect_after), _seconds(test.fail_after)]
    values = values_of(table, column)
    return _ask("flat_line_test", values, _instants(table), *durations, test.tolerance)


def values_of(table: pa.Table, column: str) -> Values:
    """Return a column with NaN where nothing is."""
    return np.array(table[column].to_pylist(), dtype=np.float64)


def _flat_line(values: Values, instants: Instants, test: FlatLineTest) -> Flags:
    flags = np.full(len(values), 1)
    for flag, duration in ((3, test.suspect_after), (4, test.fail_after)):
        seconds = _seconds(duration)
        is_flat = _ask("flat_line_test", values, instants, seconds, seconds, test.tolerance) == 4
        rows = seconds // _seconds(test.interval) + 1
        stretches = [values[max(0, end - rows) : end] for end in range(1, len(values) + 1)]
        is_dense = np.array([np.isfinite(each).sum() * 2 >= rows for each in stretches])
        if flag == 3:
            flags[is_flat & ~is_dense] = 2
        flags[is_flat & is_dense] = flag
    flags[~np.isfinite(values)] = 9
    return flags


def _gap(values: Values, instants: Instants, test: GapTest) -> Flags:
    flags = np.full(len(values), 1)
    for flag, duration in ((3, test.suspect_after), (4, test.fail_after)):
        flags[_ask("time_gap_test", instants, _seconds(duration) / 3600) == 4] = flag
    flags[0] = 2
    flags[~np.isfinite(values)] = 9
    return flags


def _ask(test: str, *args: object) -> Flags:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(getattr(qartod, test)(*args), dtype=np.int64)


def _instants(table: pa.Table) -> Instants:
    microseconds: Instants = table["timestamp"].cast(pa.int64()).to_numpy().astype("M8[us]")
    return microseconds


def _thresholds(test: RateOfChangeTest) -> tuple[float | None, float | None]:
    return test.suspect, test.fail


def _span(span: tuple[float | None, float | None] | None) -> tuple[float, float]:
    low, high = span or (None, None)
    return -_OPEN if low is None else low, _OPEN if high is None else high


def _seconds(duration: timedelta | None) -> int:
    assert duration is not None
    return int(duration.total_seconds())
