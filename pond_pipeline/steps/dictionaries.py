"""An account's dictionaries: what ids are called, and where instruments stand."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from pond_core import ReadFS
from pond_pipeline.hydrovu import HydroVuClient, Location, Names
from pond_pipeline.plan import DictionariesStep

_NAMES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # the API's id
        pa.field("name", pa.string(), nullable=False),  # what it calls it
    ]
)
"""One row per id, sorted by it, unique."""

_LOCATIONS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),  # about 16 digits
        pa.field("name", pa.string(), nullable=False),  # may change, may occur twice
        pa.field("description", pa.string(), nullable=False),  # often empty
        pa.field("latitude", pa.float64()),  # degrees north; null where not given
        pa.field("longitude", pa.float64()),  # degrees east; null where not given
    ]
)
"""One row per location, sorted by id, unique."""


def dictionaries(step: DictionariesStep, fs: ReadFS, client: HydroVuClient) -> dict[str, pa.Table]:
    """Ask for an account's dictionaries and return them by the paths that hold them.

    A name that the API no longer tells is kept: columns are called by it.
    """
    names = client.names()
    units, parameters, locations = step.outputs
    return {
        units: names_table({**_read(fs, units), **names.units}),
        parameters: names_table({**_read(fs, parameters), **names.parameters}),
        locations: locations_table(client.locations()),
    }


def read_names(fs: ReadFS, *, units: str, parameters: str) -> Names:
    """Return the dictionary that `dictionaries` stored at two paths."""
    return Names(parameters=_read(fs, parameters), units=_read(fs, units))


def names_table(names: Mapping[str, str]) -> pa.Table:
    """Return names by id as `/raw/<source>/units` and `.../parameters` have them.

    Columns `id` and `name`, text without nulls; one row per id, sorted by it.
    """
    rows = [{"id": key, "name": name} for key, name in sorted(names.items())]
    return pa.Table.from_pylist(rows, schema=_NAMES)


def locations_table(locations: Iterable[Location]) -> pa.Table:
    """Return locations as `/raw/<source>/locations` has them.

    Columns `id` (int64), `name`, `description`, and `latitude` and `longitude` in degrees (float64,
    null where not known); one row per location, sorted by `id`.
    """
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "description": each.description,
            "latitude": each.latitude,
            "longitude": each.longitude,
        }
        for each in sorted(locations, key=lambda location: location.id)
    ]
    return pa.Table.from_pylist(rows, schema=_LOCATIONS)


def _read(fs: ReadFS, path: str) -> dict[str, str]:
    if not fs.exists(path):
        return {}
    table = fs.read_table(path)
    return dict(zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True))
