"""What charts and tables have to know of the columns of a series."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pond_core import Aggregate
from pond_pipeline.quality import is_flag
from pond_pipeline.template import slugify
from pond_pipeline.units import find_unit

_MAIN = (
    Aggregate.AVG,
    Aggregate.LAST,
    Aggregate.FIRST,
    Aggregate.SUM,
    Aggregate.MAX,
    Aggregate.MIN,
    Aggregate.COUNT,
)
"""What a line shows: the first of these that there is."""

_SYMBOLS = {"C": "°C", "F": "°F", "pH": ""}
"""Units as people write them, where instruments write something else."""

_DIGITS = 6
_SHOWN = 40
"""Of a name, so that somebody who looks into a data file finds it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of readings, and what its buckets tell of it.

    Attributes:
        id: What it is called in data files.
        name: Its name in the pond, without an aggregate.
        parameter: What it measures; the name where nobody said.
        unit: In what; empty where nobody said.
        scope: Which instrument of the site; empty for none.
        aggregates: The columns of its buckets by `line`, `min` and `max`; none of readings.
    """

    id: str
    name: str
    parameter: str
    unit: str
    scope: str
    aggregates: Mapping[str, str]

    @property
    def meaning(self) -> tuple[str, str]:
        """What charts are drawn by: parameter and unit."""
        return self.parameter, self.unit


def bucket_columns(schema: pa.Schema) -> list[Column]:
    """Return the columns that a downsampled series tells of, in order."""
    told: dict[str, dict[Aggregate, pa.Field]] = {}
    for field in schema:
        aggregate = _facts(field).get("aggregate")
        if aggregate is not None:
            name = field.name.removesuffix(f".{aggregate}")
            told.setdefault(name, {})[Aggregate(aggregate)] = field
    return [_bucket_column(name, by_aggregate) for name, by_aggregate in told.items()]


def reading_columns(schema: pa.Schema) -> list[Column]:
    """Return the columns of readings that are numbers, whoever described them, in order."""
    return [
        _column(field.name, _facts(field), {})
        for field in schema
        if (pa.types.is_floating(field.type) or pa.types.is_integer(field.type))
        and not is_flag(field)
    ]


def shown_unit(unit: str) -> str:
    """Return a unit as people write it."""
    return _SYMBOLS.get(unit, unit)


def by_meaning(columns: Iterable[Column]) -> dict[tuple[str, str], list[Column]]:
    """Return columns by parameter and unit, in the order in which these first appear."""
    found: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        found.setdefault(column.meaning, []).append(column)
    return found


def _bucket_column(name: str, told: Mapping[Aggregate, pa.Field]) -> Column:
    main = next(each for each in _MAIN if each in told)
    aggregates = {"line": told[main].name}
    if main is Aggregate.AVG and {Aggregate.MIN, Aggregate.MAX} <= told.keys():
        aggregates |= {"min": told[Aggregate.MIN].name, "max": told[Aggregate.MAX].name}
    return _column(name, _facts(told[main]), aggregates)


def _column(name: str, facts: Mapping[str, str], aggregates: Mapping[str, str]) -> Column:
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    scope = facts.get("scope", "")
    parameter, unit = _meaning(name.removeprefix(f"{scope}.") if scope else name, facts)
    return Column(
        id=f"{slugify(name)[:_SHOWN]}-{digest}".lstrip("-"),
        name=name,
        parameter=parameter,
        unit=shown_unit(unit),
        scope=scope,
        aggregates=aggregates,
    )


def _meaning(name: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return parameter and unit; of what SQL made, and nobody described, as its name has them."""
    if "parameter" in facts:
        return facts["parameter"], facts.get("unit", "")
    parameter, _, unit = name.rpartition(".")
    return (parameter, unit) if parameter and find_unit(unit) else (name, "")


def _facts(field: pa.Field) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
