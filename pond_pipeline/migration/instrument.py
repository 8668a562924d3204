"""The instruments of an original HydroVu resource: what is known of each, and its series.

A location of the API is one instrument, under whatever names its series were collected. The spec
says what the instruments are called now; those that it no longer names keep the name of their
series, and are not asked any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pond_pipeline.config import checked_name
from pond_pipeline.errors import ConfigError
from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.listing import FileType, Item
from pond_pipeline.migration.resource import OldResource

_DATA = "data"
_TABLES = ("units", "params", "locations", "temporal")

_RESERVED = ("units", "parameters", "locations")
"""What stands beside the instruments of an account in `/raw`."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument.

    Attributes:
        location_id: The API's id.
        name: What its asset is called; unique in its resource.
        scope: What its columns begin with, where it is combined; empty: with nothing.
        scopes: All that they ever began with.
        comment: For people; may be empty.
        active: Whether the resource still names it.
        series: The names of its series in the old pond, that of its present name last.
    """

    location_id: int
    name: str
    scope: str
    scopes: frozenset[str]
    comment: str
    active: bool
    series: tuple[str, ...]


def find_instruments(resource: OldResource) -> list[Instrument]:
    """Return the instruments of a resource: those of its spec in their order, then former ones."""
    current = {device.location_id: device for device in reversed([*_devices(resource.spec)])}
    said = [device for spec in (*resource.former, resource.spec) for device in _devices(spec)]
    known = {device.location_id: device for device in said} | current
    series: dict[int, list[str]] = {}
    for name, location_id in _series(resource):
        series.setdefault(location_id, []).append(name)
    taken = set(_RESERVED)
    found = []
    for location_id in dict.fromkeys([*reversed(current), *series]):
        names = series.get(location_id, [])
        device = known.get(location_id) or _Device(_name_in(names[-1]), location_id)
        name = safe_name(device.name, otherwise=str(location_id))
        name = f"{name}-{location_id}" if name in taken else name
        taken.add(name)
        own = f"{device.name}-{location_id}"
        instrument = Instrument(
            location_id=location_id,
            name=name,
            scope=device.scope,
            scopes=frozenset(d.scope for d in said if d.location_id == location_id and d.scope),
            comment=device.comment,
            active=location_id in current,
            series=tuple(sorted(names, key=own.__eq__)),
        )
        found.append(instrument)
    return found


def tell_others(resource: OldResource) -> None:
    """Note what is in the tree of a resource and belongs to no account."""
    folder, data = resource.folder, data_folder(resource)
    for item in () if folder is None else folder.items:
        is_own = item.name in _TABLES if item.file_type is FileType.TABLE else item.name == _DATA
        if folder is not None and not is_own:
            folder.tell_foreign(item)
    for item in () if data is None else data.items:
        if data is not None and item.file_type is not FileType.SERIES:
            data.tell_foreign(item)


def nameless_series(resource: OldResource) -> list[tuple[Folder, Item]]:
    """Return the files of series whose names end with no location: of no known instrument."""
    data = data_folder(resource)
    if data is None:
        return []
    series = [item for item in data.items if item.file_type is FileType.SERIES]
    return [(data, item) for item in series if _location_of(item.name) is None]


def data_folder(resource: OldResource) -> Folder | None:
    """Return the directory of a resource's series."""
    return None if resource.folder is None else resource.folder.trees.get(_DATA)


def safe_name(text: str, *, otherwise: str) -> str:
    """Return a name as `resources.yaml` can have it; where that cannot be, another one."""
    try:
        return checked_name(text)
    except ConfigError:
        return otherwise


@dataclass(frozen=True, slots=True)
class _Device:
    name: str
    location_id: int
    scope: str = ""
    comment: str = ""


def _devices(spec: Mapping[str, object] | None) -> Iterator[_Device]:
    listed = (spec or {}).get("devices")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict):
            continue
        location_id, name = each.get("id"), each.get("name")
        if isinstance(location_id, int) and location_id > 0 and isinstance(name, str):
            scope, comment = each.get("scope") or "", each.get("comment") or ""
            yield _Device(name, location_id, str(scope), str(comment))


def _series(resource: OldResource) -> Iterator[tuple[str, int]]:
    """Yield the series of a resource with the locations that they are of."""
    data = data_folder(resource)
    for name in () if data is None else data.names(FileType.SERIES):
        location_id = _location_of(name)
        if location_id is not None:
            yield name, location_id


def _name_in(series: str) -> str:
    return series.rpartition("-")[0]


def _location_of(series: str) -> int | None:
    digits = series.rpartition("-")[2]
    if not _name_in(series) or not (digits.isascii() and digits.isdecimal()):
        return None
    return int(digits) if 0 < int(digits) < 2**63 else None
