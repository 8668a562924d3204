"""What a page knows: the input it is made for, in the words of the original tool."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType

import pyarrow as pa

from pond_core import TIME_ONLY

_TIMESTAMP = TIME_ONLY.names[0]

_DOTTED = 4
"""Parts from which on a name without metadata is `<instrument>.<parameter>.<unit>.<aggregate>`."""

NAMES = frozenset(
    {"args", "columns", "export", "files", "first", "last", "name", "path", "rows", "schema"}
)
"""What a template may name without setting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to be made.

    Attributes:
        name: The page's own name, `BDock.md`; its end decides about escaping.
        path: The pond path of its input.
        captures: What the wildcards of the input's pattern stand for.
        schema: The input's, with field metadata.
        rows: How many rows the input has.
        first: The input's first instant; None without rows.
        last: Its last one.
        export: Exported files by captures, nested; it may lack whatever is asked of it. Each is a
            map with the keys `file`, `start_time` and `end_time`.
        files: Those of the page's own input, in order of time.
    """

    name: str
    path: str
    captures: Sequence[str] = ()
    schema: pa.Schema = TIME_ONLY
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    export: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    files: Sequence[Mapping[str, object]] = ()

    @property
    def known(self) -> dict[str, object]:
        """What the template is told, by `NAMES`.

        `args` are the captures; where there is none, the page's name without its end. `schema` has
        one key, `fields`: for each column but the instant `column`, `instrument`, `name`, `unit`
        and `agg`, each a text, perhaps empty.
        """
        fields = list(_fields(self.schema))
        return {
            "args": list(self.captures) or [PurePosixPath(self.name).stem],
            "columns": [each["column"] for each in fields],
            "export": _Export(self.export),
            "files": list(self.files),
            "first": self.first,
            "last": self.last,
            "name": self.name,
            "path": self.path,
            "rows": self.rows,
            "schema": {"fields": fields},
        }


class _Export(dict[str, object]):
    """Exported files by captures: what is not there is empty, at every depth."""

    def __init__(self, entries: Mapping[str, object]) -> None:
        nested = (
            (key, _Export(value) if isinstance(value, Mapping) else value)
            for key, value in entries.items()
        )
        super().__init__(nested)

    def __missing__(self, key: str) -> "_Export":
        return _Export({})


def _fields(schema: pa.Schema) -> Iterator[dict[str, str]]:
    """Yield what is known about each column but the instant."""
    for column in schema:
        if column.name.lower() == _TIMESTAMP:
            continue
        facts = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
        if facts.get("parameter"):
            yield _stated(column.name, facts)
        else:
            yield _split(column.name)


def _stated(column: str, facts: Mapping[str, str]) -> dict[str, str]:
    """Return what metadata says; the instrument is what stands before that in the name."""
    parameter, unit = facts["parameter"], facts.get("unit", "")
    aggregate = facts.get("aggregate", "")
    scope = facts.get("scope")
    if scope is None:
        stem = column.removesuffix(f".{aggregate}") if aggregate else column
        before, _, after = stem.rpartition(f"{parameter}.{unit}" if unit else parameter)
        # What may come after is a mark: `Temperature.C [46]`.
        is_whole = before.endswith(".") and (not after or after.startswith(" ["))
        scope = before[:-1] if is_whole else ""
    return _facts(column, scope, parameter, unit, aggregate)


def _split(column: str) -> dict[str, str]:
    """Return what the name alone says: as the original tool made it, or nothing."""
    parts = column.split(".")
    if len(parts) < _DOTTED:
        return _facts(column, "", column, "", "")
    instrument, *parameter, unit, aggregate = parts
    return _facts(column, instrument, ".".join(parameter), unit, aggregate)


def _facts(column: str, scope: str, parameter: str, unit: str, aggregate: str) -> dict[str, str]:
    return {
        "column": column,
        "instrument": scope,
        "name": parameter,
        "unit": unit,
        "agg": aggregate,
    }
