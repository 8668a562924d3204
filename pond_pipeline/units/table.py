"""A wide table in the units that somebody wants: one quantity, one column.

What a column measures, and in which unit, is told by its field's metadata (`parameter`, `unit`),
never by its name. In the name only the unit is replaced, so that what stands before it (a scope)
and after it (the mark of a second id, `Temperature.C [46]`) keeps apart what was apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import SchemaError
from pond_pipeline.units.conversion import convert
from pond_pipeline.units.unit import find_unit, known_unit

_MARKS = r"(?P<marks>(?: \[[^\[\]]*\])*)"
_UNIT_MARK = re.compile(r" \[unit [^\[\]]*\]")
_OF_UNIT = ("unit", "unit_id", "ucum")


@dataclass(frozen=True, slots=True)
class _Part:
    """One column that goes into a column of the result."""

    name: str
    metadata: Mapping[str, str]
    values: pa.ChunkedArray
    is_wanted: bool
    was_in_unit: bool = False


def convert_table(table: pa.Table, wanted: Mapping[str, str]) -> pa.Table:
    """Return a table with the columns of some parameters in the units that are wanted.

    Columns that thereby get one name become one column, in the place of the first of them, as when
    `Depth.ft` was exported until spring and `Depth.m` since. At each instant it has the value that
    is there; where several are, that of the column which was in the wanted unit already counts,
    else that of the first.

    A column that is named differently (`rename`) is converted and keeps its name, unless that ends
    with its unit.

    Args:
        table: Wide: `timestamp`, and columns whose metadata may say `parameter` and `unit`. Not
            one of averages and counts.
        wanted: Units by parameter, as the user wrote both. A parameter that the table lacks is
            passed over, since a column may begin later.

    Returns:
        The same rows. Each column of such a parameter is a nullable float64 named
        `<Parameter>.<unit>` with the unit as the user wrote it, perhaps with a scope before and a
        mark behind. Its metadata has that `unit` and its `ucum`, if any, and no `unit_id`, which
        was the source's; of a `parameter_id` only what all its columns agree on; else what the
        column says that counts most. All other columns are as they were.

    Raises:
        ConfigError: A unit is unknown, or a column's is, or they measure different things.
        SchemaError: A column to convert is not float64, or a column of another parameter has the
            name that is needed.
    """
    for unit in wanted.values():
        known_unit(unit)
    groups: dict[str, list[_Part]] = {}
    for column, values in zip(table.schema, table.columns, strict=True):
        part = _part(column, values, wanted)
        groups.setdefault(part.name, []).append(part)
    fields, arrays = [], []
    for name, parts in groups.items():
        if not parts[0].is_wanted and len(parts) == 1:
            fields.append(table.schema.field(name))
            arrays.append(parts[0].values)
            continue
        _check_alike(name, parts)
        ranked = sorted(parts, key=lambda part: not part.was_in_unit)
        fields.append(pa.field(name, pa.float64(), metadata=_metadata(ranked)))
        arrays.append(pc.coalesce(*(part.values for part in ranked)))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _part(column: pa.Field, values: pa.ChunkedArray, wanted: Mapping[str, str]) -> _Part:
    facts = _facts(column)
    parameter, source = facts.get("parameter", ""), facts.get("unit", "")
    if parameter not in wanted:
        return _Part(column.name, facts, values, is_wanted=False)
    if column.type != pa.float64():
        msg = f"column {column.name!r} is {column.type}, not float64"
        raise SchemaError(msg, hint=f"convert {parameter} before it is counted or rounded")
    target = wanted[parameter]
    unit = known_unit(target)
    kept = {key: value for key, value in facts.items() if key not in _OF_UNIT}
    return _Part(
        name=_renamed(column.name, source, target),
        metadata=kept | {"unit": target} | ({"ucum": unit.ucum} if unit.ucum else {}),
        values=convert(values, source, target, parameter=parameter),
        is_wanted=True,
        was_in_unit=find_unit(source) == unit,
    )


def _renamed(name: str, source: str, target: str) -> str:
    """Replace the unit at the end of a name, before its marks; that of a unit's id goes."""
    found = re.fullmatch(rf"(?P<stem>.+)\.{re.escape(source)}{_MARKS}", name, re.DOTALL)
    if found is None:
        return name
    return f"{found['stem']}.{target}{_UNIT_MARK.sub('', found['marks'])}"


def _check_alike(name: str, parts: Sequence[_Part]) -> None:
    told = {(part.metadata.get("scope"), part.metadata.get("parameter")) for part in parts}
    if len(told) > 1 or not all(part.is_wanted for part in parts):
        msg = f"two columns that measure different things would be called {name!r}"
        raise SchemaError(msg, hint="rename one of them")


def _metadata(ranked: Sequence[_Part]) -> dict[str, str]:
    first = dict(ranked[0].metadata)
    if len({part.metadata.get("parameter_id") for part in ranked}) > 1:
        first.pop("parameter_id", None)
    return first


def _facts(column: pa.Field) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
