"""Which columns of its inputs each column of a series comes from.

Told by field metadata and by the step's own rules. A column of which neither says it, such as one
that was converted to another unit after a join, is left out: no lineage is better than a wrong one.
"""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from pond_core import ReadFS
from pond_pipeline.periods import Period
from pond_pipeline.plan import CombineStep, NormalizeStep, PivotStep, ReduceStep, Step
from pond_pipeline.quality import is_flag
from pond_pipeline.steps.inputs import series_at
from pond_pipeline.steps.pivot import labels_of

Lineage = Mapping[str, Sequence[tuple[str, str]]]
"""By column, the columns that it comes from: of each the asset, and its name there."""

_VALUE = "value"
"""The column of raw readings that holds what was measured."""


def lineage_of(step: Step, fs: ReadFS, schema: pa.Schema, period: Period) -> Lineage:
    """Return where the columns of a period come from.

    Args:
        step: What made it.
        fs: The pond, with the inputs.
        schema: The columns.
        period: The partition.
    """
    columns = [each for each in schema if each.metadata and not is_flag(each)]
    match step:
        case NormalizeStep():
            return {each.name: [(step.inputs[0], _VALUE)] for each in columns}
        case ReduceStep():
            return {each.name: [(step.inputs[0], _reduced(each))] for each in columns}
        case PivotStep():
            return _pivoted(step, fs, columns)
        case CombineStep():
            return _combined(step, fs, columns, period)
        case _:
            return {}


def _reduced(column: pa.Field) -> str:
    """Return the name of the column of which a bucket tells one aggregate."""
    return str(column.name).removesuffix(f".{_told(column, b'aggregate')}")


def _pivoted(step: PivotStep, fs: ReadFS, columns: Sequence[pa.Field]) -> Lineage:
    assets = {label: _asset_of(step, path) for path, label in labels_of(step, fs).items()}
    return {
        each.name: [(assets[label], str(each.name).removeprefix(f"{label}."))]
        for each in columns
        if (label := _told(each, b"scope")) in assets
    }


def _asset_of(step: PivotStep, path: str) -> str:
    """Return the asset that a series is, or lies in."""
    return next(
        part.asset for part in step.parts if path == part.asset or path.startswith(f"{part.asset}/")
    )


def _combined(
    step: CombineStep, fs: ReadFS, columns: Sequence[pa.Field], period: Period
) -> Lineage:
    found: dict[str, list[tuple[str, str]]] = {}
    names = {each.name for each in columns}
    for asset, given, name in _given(step, fs, period):
        if name in names and (asset, given) not in found.setdefault(name, []):
            found[name].append((asset, given))
    return found


def _given(step: CombineStep, fs: ReadFS, period: Period) -> Iterator[tuple[str, str, str]]:
    """Yield each input's asset and columns, and what these are called in the site."""
    for part in step.parts:
        window = period.window.intersect(part.window)
        for path in [] if window.is_empty else series_at(fs, part.path, part.asset):
            for given in fs.read_series(path, window).schema.names[1:]:
                name = part.rename.get(given, given)
                yield part.asset, given, name if part.scope is None else f"{part.scope}.{name}"


def _told(column: pa.Field, key: bytes) -> str:
    return bytes((column.metadata or {}).get(key, b"")).decode()
