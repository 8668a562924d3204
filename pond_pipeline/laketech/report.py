"""The HydroVu report export, `HydroVu_<location>_<date>_Export.htm`.

It is an HTML page made to be opened in Excel. VuSitu, the vendor's telephone application, writes
the same page with the sensors' serial numbers in the header and a "Time Offset" property.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial

import polars as pl
import pyarrow as pa

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech.clock import parse_wall, parse_zone, required_zone, to_instants
from pond_pipeline.laketech.column import Column, fields, split_unit
from pond_pipeline.laketech.export import Export, tabulate, timestamps
from pond_pipeline.laketech.number import read_numbers
from pond_pipeline.laketech.page import HeaderCell, Page, Property, read_page

_SHOWN_IN = "Time shown in "
_LAST_MS = 2**63 // 1000 - 1
"""The last millisecond that fits a count of microseconds in 64 bits."""


def read_report(text: str, *, name: str, timezone: str | None = None) -> Export:
    """Return what a report export holds; it may have no reading and no parameter.

    Instants come from the `isi-hv-timestamp` of a row (milliseconds since the epoch, UTC). Where a
    row has none, its printed time is read in the zone that the file states ("Time shown in UTC"),
    else in `timezone`. The two are not compared. Of two rows for one instant the later counts,
    cell by cell, where it has a value.

    Args:
        text: The page.
        name: The name of the file, for errors and for `Export.file`.
        timezone: What `parse_zone` reads, for files that do not state a zone.

    Raises:
        ExportError: The page is no export or is cut off, or a cell or a time cannot be read.
    """
    page = read_page(text, name=name)
    location = _find(page.properties, "LocationProperties.Name")
    if not location:
        raise ExportError(
            f"{name}: a report without a location name among its properties",
            hint="export the location from HydroVu as .htm again",
        )
    return Export(
        file=name,
        location=location,
        readings=_readings(page, name=name, timezone=timezone),
        location_id=_find(page.properties, "LocationProperties.GUID"),
        created=_created(page.metadata),
        serials=_serials(page),
        properties=_sections(page.properties),
    )


def _readings(page: Page, *, name: str, timezone: str | None) -> pa.Table:
    time_at = _time_at(page.header, name=name)
    printed = [row.cells[time_at].strip() for row in page.rows]
    columns = {at: _column(cell) for at, cell in enumerate(page.header) if _is_parameter(cell)}
    columns.pop(time_at, None)
    named = fields(list(columns.values()), file=name)
    frame = {"timestamp": timestamps(_instants(page, printed, name=name, timezone=timezone))}
    for at, field in zip(columns, named, strict=True):
        frame[field.name] = read_numbers(
            [row.cells[at] for row in page.rows],
            place=partial(_place, name, printed, page.header[at].text),
        )
    return tabulate([pl.DataFrame(frame)], fields=named)


def _place(name: str, printed: Sequence[str], column: str, at: int) -> str:
    return f"{name}: row {printed[at]}, column {column}"


def _time_at(header: Sequence[HeaderCell], *, name: str) -> int:
    for at, cell in enumerate(header):
        if cell.attributes.get("isi-data-column-header") == "DateTime" or cell.text == "Date Time":
            return at
    raise ExportError(
        f"{name}: the table of readings has no column `Date Time`",
        hint="only .htm files exported from HydroVu are read",
    )


def _is_parameter(cell: HeaderCell) -> bool:
    """Say whether a column holds readings; VuSitu's `Marked`, for one, does not."""
    return cell.attributes.get("isi-data-column-header", "Parameter") == "Parameter"


def _column(cell: HeaderCell) -> Column:
    """Return what a header cell says; VuSitu repeats the sensor's serial number in the text."""
    attributes = cell.attributes
    serial = attributes.get("isi-sensor-serial-number", "")
    parameter, unit = split_unit(cell.text.removesuffix(f"({serial})"))
    return Column(
        parameter,
        unit,
        parameter_id=attributes.get("isi-parameter-hv-id", ""),
        unit_id=attributes.get("isi-unit-hv-id", ""),
        serial=serial,
    )


def _instants(page: Page, printed: Sequence[str], *, name: str, timezone: str | None) -> list[int]:
    """Return the instant of each row, in microseconds since the epoch."""
    instants: dict[int, int] = {}
    walls: dict[int, datetime] = {}
    for at, row in enumerate(page.rows):
        place = f"{name}: row {printed[at]}"
        if row.stamp is None:
            walls[at] = parse_wall(printed[at], place=place)
        else:
            instants[at] = _from_stamp(row.stamp, place=place)
    if walls:
        zone = _stated_zone(page.properties) or required_zone(timezone, file=name)
        instants |= zip(walls, to_instants(list(walls.values()), zone=zone), strict=True)
    return [instants[at] for at in range(len(page.rows))]


def _from_stamp(stamp: str, *, place: str) -> int:
    try:
        milliseconds = int(stamp)
    except ValueError:
        milliseconds = _LAST_MS + 1
    if abs(milliseconds) > _LAST_MS:
        raise ExportError(
            f"{place}: isi-hv-timestamp {stamp!r} is no count of milliseconds",
            hint="the file is damaged: export it again",
        )
    return milliseconds * 1000


def _stated_zone(properties: Sequence[Property]) -> tzinfo | None:
    """Return the zone of printed times, if the file states one that can be read."""
    offset = _find(properties, "ReportProperties.TimeOffset")
    stated = [offset if offset.startswith("-") else f"+{offset}"]
    stated += [
        entry.value.removeprefix(_SHOWN_IN)
        for entry in properties
        if entry.value.startswith(_SHOWN_IN)
    ]
    for text in stated:
        try:
            return parse_zone(text)
        except ValueError:
            continue
    return None


def _find(properties: Sequence[Property], key: str) -> str:
    return next((entry.value for entry in properties if entry.key == key), "")


def _sections(properties: Sequence[Property]) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    for entry in properties:
        label = entry.label or entry.key.rpartition(".")[2]
        sections.setdefault(entry.section, {})[label] = entry.value
    return sections


def _created(metadata: Mapping[str, str]) -> datetime | None:
    """Return when the file was made; one that does not say so is only older than all others."""
    try:
        created = datetime.fromisoformat(metadata.get("isi-report-created", ""))
    except ValueError:
        return None
    return created.replace(tzinfo=created.tzinfo or UTC)


def _serials(page: Page) -> tuple[str, ...]:
    stated = [entry.value for entry in page.properties if entry.key.endswith(".SerialNumber")]
    stated += [cell.attributes.get("isi-device-serial-number", "") for cell in page.header]
    return tuple(dict.fromkeys(serial for serial in stated if serial))
