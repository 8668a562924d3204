"""What the original tool knew of a HydroVu account: names of ids, locations, when it last asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pond_core import to_us
from pond_pipeline.config import HydroVuSpec
from pond_pipeline.hydrovu import Location, Names
from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.table import current_rows, table_rows

FLOOR = HydroVuSpec.model_fields["clock_floor"].default
"""Before it no reading is possible: 2000-01-01, in the original tool as here by default."""

US_PER_S = 1_000_000

_FLOOR_S = to_us(FLOOR) // US_PER_S


@dataclass(frozen=True, slots=True)
class ColumnIds:
    """Which readings a column holds.

    Attributes:
        column: The column's name in the old pond: `{scope}.{parameter}.{unit}`.
        parameter_id: The API's id; the parameter's name where no id has that name alone.
        unit_id: The API's id; the unit's name likewise.
        is_known: Whether the ids are the API's.
    """

    column: str
    parameter_id: str
    unit_id: str
    is_known: bool


class ColumnNames:
    """Turns the names of columns into the ids that they were made from.

    Args:
        names: The account's dictionary, as the old pond has it.
        scopes: What the instrument's columns may begin with.
    """

    def __init__(self, names: Names, scopes: Iterable[str]) -> None:
        self._scopes = sorted(scopes, key=len, reverse=True)
        self._ids: dict[str, list[tuple[str, str]]] = {}
        for parameter_id, parameter in names.parameters.items():
            for unit_id, unit in names.units.items():
                # The API's name for the unit of a pure number is blank.
                texts = {f"{parameter}.{unit}", f"{parameter}.{unit}".strip()}
                for text in texts:
                    self._ids.setdefault(text, []).append((parameter_id, unit_id))

    def resolve(self, column: str) -> ColumnIds:
        """Return the ids of a column.

        A scope that is no longer known is passed over. Where no pair of ids, or more than one, has
        the rest as its name, the name itself serves as the ids: so HydroVu's own custom parameters
        look, and nothing is mixed with what it may not be.
        """
        rests = [column.removeprefix(f"{s}.") for s in self._scopes if column.startswith(f"{s}.")]
        parts = column.split(".")
        rests = rests or [".".join(parts[start:]) for start in range(1, len(parts) - 1)]
        for rest in rests:
            found = self._ids.get(rest, [])
            if len(found) == 1:
                return ColumnIds(column, *found[0], is_known=True)
            if found:
                return self._named(column, rest)
        return self._named(column, rests[0] if rests else column)

    def _named(self, column: str, rest: str) -> ColumnIds:
        parameter, _, unit = rest.rpartition(".")
        if not parameter.strip() or not unit.strip():
            parameter, unit = rest or column or "unknown", "unknown"
        return ColumnIds(column, parameter, unit, is_known=False)


def read_dictionary(folder: Folder) -> Names:
    """Return the dictionary of an account; an id that is told twice has the name told last."""
    return Names(parameters=_names(folder, "params"), units=_names(folder, "units"))


def read_old_locations(folder: Folder) -> list[Location]:
    """Return the locations of an account, each once; what is no location is left out."""
    found: dict[int, Location] = {}
    for row in table_rows(folder, "locations"):
        location_id, name = row.get("id"), row.get("name")
        if isinstance(location_id, int) and isinstance(name, str) and 0 < location_id < 2**63:
            description, gps = row.get("description"), row.get("gps")
            found[location_id] = Location(
                id=location_id,
                name=name,
                description=description if isinstance(description, str) else "",
                latitude=_degrees(gps, "latitude"),
                longitude=_degrees(gps, "longitude"),
            )
    return list(found.values())


def read_fetches(folder: Folder, *, now_us: int) -> Mapping[int, int]:
    """Return by location when the original tool last recorded that it had asked for readings.

    Of `temporal`, the newest `record_time` (epoch seconds) of each location: no reading that the
    pond holds was asked for later. An older version of that table could not tell this, and a time
    that is impossible tells nothing.

    Returns:
        Microseconds since the epoch.
    """
    fetches: dict[int, int] = {}
    for row in current_rows(folder, "temporal"):
        location_id, recorded = row.get("location_id"), row.get("record_time")
        if not (isinstance(location_id, int) and isinstance(recorded, int)):
            continue
        if _FLOOR_S <= recorded <= now_us // US_PER_S:
            fetches[location_id] = max(recorded * US_PER_S, fetches.get(location_id, 0))
    return fetches


def _names(folder: Folder, table: str) -> dict[str, str]:
    found = {}
    for row in table_rows(folder, table):
        index, value = row.get("index"), row.get("value")
        if index is not None and isinstance(value, str):
            found[str(index)] = value
    return found


def _degrees(gps: object, key: str) -> float | None:
    value = gps.get(key) if isinstance(gps, dict) else None
    return float(value) if isinstance(value, float) else None
