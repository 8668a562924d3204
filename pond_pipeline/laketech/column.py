"""A column of an export: what was measured, in which unit, and what the column is called."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pond_pipeline.errors import ExportError

TIMESTAMP = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
"""The first column of every table made from an export: the instant of the reading."""


@dataclass(frozen=True, slots=True)
class Column:
    """One measured quantity; what a source does not give is empty.

    Attributes:
        parameter: The vendor's name, `DO`.
        unit: The vendor's unit as printed, `mg/L`.
        parameter_id: The vendor's identifier of the parameter, `do`.
        unit_id: The vendor's identifier of the unit, `milligramsPerLiter`.
        series: The name of the series in a long CSV, `Surface DO`.
        serial: The serial number of the sensor.
    """

    parameter: str
    unit: str = ""
    parameter_id: str = ""
    unit_id: str = ""
    series: str = ""
    serial: str = ""

    @property
    def label(self) -> str:
        """`<Parameter>.<unit>`, or `<Parameter>` alone; not unique within a file."""
        return f"{self.parameter}.{self.unit}" if self.unit else self.parameter

    def field(self, name: str) -> pa.Field:
        """Return a nullable float64 field of that name that carries what is known, as metadata.

        `parameter`, `parameter_id`, `unit` and `unit_id` are always there, perhaps empty; `series`
        and `serial` only when the source gives them.
        """
        metadata = {
            "parameter": self.parameter,
            "parameter_id": self.parameter_id,
            "unit": self.unit,
            "unit_id": self.unit_id,
        }
        source = {"series": self.series, "serial": self.serial}
        metadata |= {key: value for key, value in source.items() if value}
        return pa.field(name, pa.float64(), metadata=metadata)


def split_unit(text: str) -> tuple[str, str]:
    """Split `DO (mg/L)` into parameter and unit: the last parenthesis, nested ones included.

    Characters stay as the vendor prints them, which is how the HydroVu API spells them too: the
    `Ω` of `Ω-cm` is U+2126, the `µ` of `µS/cm` is U+00B5.

    >>> split_unit("Chl-a (blue)  (RFU)")
    ('Chl-a (blue)', 'RFU')
    >>> split_unit("pH")
    ('pH', '')
    """
    text = " ".join(text.split())
    if not text.endswith(")"):
        return text, ""
    depth = 0
    for at in range(len(text) - 1, 0, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            return text[:at].strip(), text[at + 1 : -1].strip()
    return text, ""


def fields(columns: Sequence[Column], *, file: str) -> list[pa.Field]:
    """Return one field per column, in order, each with a name of its own.

    Columns with one label are told apart by what differs between them: the parameter's identifier,
    else the sensor's serial number, else the unit's identifier, as in `Depth.ft [level]`.

    Raises:
        ExportError: Two columns cannot be told apart, or one has no name or that of the instant.
    """
    groups = defaultdict(list)
    for column in columns:
        groups[column.label].append(column)
    marks = {label: _mark(group, file=file) for label, group in groups.items()}
    names = [column.label + marks[column.label](column) for column in columns]
    taken = {"", TIMESTAMP.name}
    for name in names:
        if name in taken:
            raise _ambiguous(name, file=file)
        taken.add(name)
    return [column.field(name) for column, name in zip(columns, names, strict=True)]


_DIFFERENCES: tuple[Callable[[Column], str], ...] = (
    lambda column: column.parameter_id,
    lambda column: column.serial,
    lambda column: column.unit_id,
)


def _mark(group: Sequence[Column], *, file: str) -> Callable[[Column], str]:
    """Return what to append to the label of each column of a group that shares it."""
    if len(group) == 1:
        return lambda _: ""
    for difference in _DIFFERENCES:
        values = {difference(column) for column in group}
        if len(values) == len(group) and "" not in values:
            return lambda column: f" [{difference(column)}]"
    raise _ambiguous(group[0].label, file=file)


def _ambiguous(name: str, *, file: str) -> ExportError:
    return ExportError(
        f"{file}: more than one column would be named {name!r}"
        if name
        else f"{file}: a column without a name",
        hint="export the file again with each parameter once",
    )
