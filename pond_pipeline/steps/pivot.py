"""One parameter, or one column, of several series side by side."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pond_core import DataError, JoinInput, ReadFS, join, render, select_meaning
from pond_pipeline.periods import Period
from pond_pipeline.plan import PivotInput, PivotStep
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps.derived import Due, due_periods, whole_periods
from pond_pipeline.steps.inputs import inputs_of


def pivot(
    step: PivotStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> SeriesUpdate:
    """Return what the series shall hold in the periods that are behind.

    Raises:
        DataError: Two series are called the same.
    """
    labels = labels_of(step, fs)

    def compute(period: Period) -> pa.Table:
        return join(
            [
                JoinInput(_meant(step, fs, path, period), label=path, scope=label)
                for path, label in labels.items()
            ]
        )

    due = pivot_due(step, fs, periods, again=again)
    return whole_periods(due, compute, fingerprint=step.fingerprint)


def pivot_due(
    step: PivotStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> list[Due]:
    """Return the periods in which it is behind its series."""
    return due_periods(
        fs,
        step.outputs[0],
        periods,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda period: period.window,
        again=again,
    )


def labels_of(step: PivotStep, fs: ReadFS) -> dict[str, str]:
    """Return what each series is called, by its path.

    Raises:
        DataError: Two are called the same.
    """
    paths: dict[str, str] = {}
    for part in step.parts:
        for path, label in _series(part, fs):
            if label in paths:
                msg = f"both {paths[label]} and {path} are called {label!r}"
                raise DataError(msg, hint="set `label` to a text with $0, $1")
            paths[label] = path
    return {path: label for label, path in paths.items()}


def _series(part: PivotInput, fs: ReadFS) -> Iterator[tuple[str, str]]:
    """Yield the series that a part is, each with what it is called."""
    if fs.exists(part.path):
        yield part.path, part.label or _last_name(part.path)
        return
    for found in inputs_of(fs, part.path, [part.asset]):
        label = None if part.label is None else render(part.label, found.captures)
        yield found.path, label or _last_name(found.path)


def _last_name(path: str) -> str:
    return path.rpartition("/")[2]


def _meant(step: PivotStep, fs: ReadFS, path: str, period: Period) -> pa.Table:
    """Return the columns of one series that are shown, in rows that have one of them."""
    table = fs.read_series(path, period.window)
    if step.column is not None:  # it may begin later
        table = table.select([n for n in table.column_names if n in ("timestamp", step.column)])
    return select_meaning(table, step.meaning)
