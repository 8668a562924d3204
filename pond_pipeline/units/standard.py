"""What others call what we measure: UCUM codes of units, CF standard names of quantities.

CF names here are of the standard name table, version 83 or later
(https://cfconventions.org/standard-names.html). It knows natural water as `sea_water` alone, and
networks that publish lakes and rivers by it use these names, so we do too. A name is given only
where the parameter and what its unit measures leave no doubt, hence to none of these:

- `pH`: CF has the total scale; an electrode that is calibrated with buffers shows the NBS scale.
- `Pressure`: absolute (`sea_water_pressure`) without a vented cable and gauge
  (`sea_water_pressure_due_to_sea_water`) with one; nothing in the readings tells.
- `Level: Depth to Water`: counted from wherever the user wants.
- fluorescence, `ORP`, `Resistivity`, `Total Dissolved Solids`, voltages: CF has no name.
"""

import unicodedata

import pyarrow as pa

from pond_pipeline.units.unit import MASS_PER_VOLUME, RATIO, find_unit

_TEMPERATURE = "sea_water_temperature"
_OXYGEN = "mass_concentration_of_oxygen_in_sea_water"
_SATURATION = "fractional_saturation_of_oxygen_in_sea_water"
_CONDUCTIVITY = "sea_water_electrical_conductivity"
_SPECIFIC = "sea_water_electrical_conductivity_at_reference_temperature"
_CHLOROPHYLL = "mass_concentration_of_chlorophyll_a_in_sea_water"
_TURBIDITY = "sea_water_turbidity"

_STANDARD_NAMES = {
    ("actual conductivity", "conductivity"): _CONDUCTIVITY,
    ("baro", "pressure"): "air_pressure",
    ("barometric pressure", "pressure"): "air_pressure",
    ("chl-a", MASS_PER_VOLUME): _CHLOROPHYLL,
    ("chlorophyll-a", MASS_PER_VOLUME): _CHLOROPHYLL,
    ("conductivity", "conductivity"): _CONDUCTIVITY,
    ("density", MASS_PER_VOLUME): "sea_water_density",
    ("depth", "length"): "depth",
    ("do", MASS_PER_VOLUME): _OXYGEN,
    ("do", RATIO): _SATURATION,
    ("latitude", "angle"): "latitude",
    ("level: elevation", "length"): "water_surface_height_above_reference_datum",
    ("longitude", "angle"): "longitude",
    ("rdo concentration", MASS_PER_VOLUME): _OXYGEN,
    ("rdo saturation", RATIO): _SATURATION,
    ("% saturation o2", RATIO): _SATURATION,
    ("salinity", "practical salinity"): "sea_water_practical_salinity",
    ("specific conductivity", "conductivity"): _SPECIFIC,
    ("temp", "temperature"): _TEMPERATURE,
    ("temperature", "temperature"): _TEMPERATURE,
    ("turbidity", "turbidity in FNU"): _TURBIDITY,
    ("turbidity", "turbidity in FTU"): _TURBIDITY,
    ("turbidity", "turbidity in NTU"): _TURBIDITY,
}
"""CF standard names by parameter, in lower case, and by what its unit measures."""

_OF_WATER = frozenset(
    {
        "actual conductivity", "chl-a", "chl-a fluorescence", "chlorophyll-a", "conductivity",
        "density", "depth", "do", "level: depth to water", "level: elevation", "orp",
        "partial pressure o2", "ph", "ph mv", "rdo concentration", "rdo saturation", "resistivity",
        "% saturation o2", "salinity", "specific conductivity", "total dissolved solids",
        "turbidity",
    }
)  # fmt: skip
"""Parameters that only an instrument in water has."""


def annotate(table: pa.Table) -> pa.Table:
    """Return the table of one instrument with what others call its quantities.

    A temperature is that of water only where the instrument measures something else of water too:
    a VuLink or a BaroTROLL measures that of its own housing.

    Args:
        table: Columns whose metadata may say `parameter` and `unit`.

    Returns:
        The same columns and rows. The metadata of each column of a known unit has `ucum`, and of
        each known parameter `cf`; otherwise it lacks them, even if it had them.
    """
    parameters = {_parameter(column) for column in table.schema}
    in_water = not _OF_WATER.isdisjoint(parameters)
    fields = [_annotated(column, in_water=in_water) for column in table.schema]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def _annotated(column: pa.Field, *, in_water: bool) -> pa.Field:
    metadata = dict(column.metadata or {})
    unit = find_unit(metadata.get(b"unit", b"").decode())
    name = _STANDARD_NAMES.get((_parameter(column), unit.quantity if unit else ""), "")
    if name == _TEMPERATURE and not in_water:
        name = ""
    facts = {b"ucum": (unit.ucum if unit else "").encode(), b"cf": name.encode()}
    kept = {key: value for key, value in metadata.items() if key not in facts}
    told = kept | {key: value for key, value in facts.items() if value}
    return column.with_metadata(told) if told != metadata else column


def _parameter(column: pa.Field) -> str:
    text = (column.metadata or {}).get(b"parameter", b"").decode()
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
