"""What the columns of a normalized table are called.

A column is one parameter in one unit. Its name is decided by its two ids and the dictionary alone,
never by what else a window happens to hold, so that every month of an instrument gives the same
reading the same name; and two columns never share a name, whatever the dictionary says:

- `<Parameter>.<unit>`, e.g. `DO.mg/L`; `<Parameter>` alone where the unit's name is blank;
- an id that the dictionary lacks, or leaves blank, is its own name;
- of several parameter ids with one name the numerically lowest in the dictionary has it plain, the
  others are marked with their id: `Temperature.C [46]`;
- of several unit ids likewise: `Temperature.C [unit 301]`;
- a name that holds `.`, `[` or `]`, or is `timestamp`, is always marked: unmarked, `A.B` in `C`
  and `A` in `B.C` would be one column. So is an id that has to serve as a name and has blanks at
  its ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pyarrow as pa

from pond_pipeline.hydrovu.records import Names

_CONFUSING = frozenset(".[]")
_TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Column:
    """One parameter in one unit.

    Attributes:
        name: Unique per pair of ids.
        parameter: What the dictionary calls the parameter, e.g. `Temperature`.
        parameter_id: The API's id.
        unit: What the dictionary calls the unit, e.g. `C`; empty for a pure number.
        unit_id: The API's id.
    """

    name: str
    parameter: str
    parameter_id: str
    unit: str
    unit_id: str

    @classmethod
    def of(cls, parameter_id: str, unit_id: str, *, names: Names) -> "Column":
        """Return the column of a pair of ids."""
        parameter = names.parameters.get(parameter_id, "").strip() or parameter_id
        unit = names.units.get(unit_id, unit_id).strip()
        name = f"{parameter}.{unit}" if unit else parameter
        if not _has_plain_name(parameter_id, parameter, names.parameters):
            name += f" [{quote(parameter_id, safe='')}]"
        if not _has_plain_name(unit_id, unit, names.units):
            name += f" [unit {quote(unit_id, safe='')}]"
        return cls(name, parameter, parameter_id, unit, unit_id)

    @property
    def field(self) -> pa.Field:
        """The Arrow field: nullable float64, with the four facts as metadata."""
        facts = {
            "parameter": self.parameter,
            "parameter_id": self.parameter_id,
            "unit": self.unit,
            "unit_id": self.unit_id,
        }
        return pa.field(self.name, pa.float64(), nullable=True, metadata=facts)


def _has_plain_name(own_id: str, name: str, dictionary: Mapping[str, str]) -> bool:
    if name == _TIMESTAMP or not _CONFUSING.isdisjoint(name):
        return False
    if own_id not in dictionary and name != own_id:
        return False  # an id with blanks around it
    carriers = [entry for entry, text in dictionary.items() if text.strip() == name]
    return own_id == min(carriers, key=_numerically, default=own_id)


def _numerically(entry_id: str) -> tuple[bool, int, str]:
    is_number = entry_id.isascii() and entry_id.isdecimal()
    return not is_number, int(entry_id) if is_number else 0, entry_id
