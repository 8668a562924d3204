"""The page of a report export, taken apart: properties, header cells and rows, all still text.

The one table of the page begins with property rows (`Location Name = FB-Surface-1084669`) under
section headers, then has one header row, then one row per instant. Cells and rows carry what they
mean in attributes whose names begin with `isi-`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from pond_pipeline.errors import ExportError


@dataclass(frozen=True, slots=True)
class Property:
    """One property row.

    Attributes:
        section: The text of the section header above, `Location Properties`.
        key: The vendor's key, `LocationProperties.Name`: the same in every language.
        label: What stands before `=`; empty where the row is one sentence.
        value: What stands after it, or the sentence.
    """

    section: str
    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """The head of one column: its text, and its `isi-` attributes."""

    text: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of readings: its `isi-hv-timestamp`, if it has one, and the text of its cells."""

    stamp: str | None
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report export as text.

    Attributes:
        metadata: Content of the page's named `meta` elements.
        properties: Property rows, in order.
        header: Cells of the header row.
        rows: Rows of readings, in order; each has as many cells as the header.
    """

    metadata: Mapping[str, str]
    properties: tuple[Property, ...]
    header: tuple[HeaderCell, ...]
    rows: tuple[Row, ...]


def read_page(text: str, *, name: str) -> Page:
    """Take a page apart.

    Raises:
        ExportError: It has no table of readings, more than one, or one that is cut off; or a row
            does not have the columns of the header.
    """
    root = _parse(text, name=name)
    header = _header_row(root, name=name)
    _check_whole(text.lower(), name=name)
    table = next(header.iterancestors("table"))
    before, after = _split(table, header)
    head = tuple(HeaderCell(_text(cell).strip(), _attributes(cell)) for cell in _cells(header))
    return Page(
        metadata={meta.get("name", ""): meta.get("content", "") for meta in root.iter("meta")},
        properties=tuple(_properties(before)),
        header=head,
        rows=tuple(_rows(after, header=head, name=name)),
    )


def _parse(text: str, *, name: str) -> etree._Element:
    """Return the root element; a parser that gave up on the way would hide the rest of the page."""
    parser = etree.HTMLParser(encoding="utf-8")
    root = etree.fromstring(text.encode(), parser)
    for error in parser.error_log.filter_from_fatals():
        raise ExportError(
            f"{name}: line {error.line}: {error.message}",
            hint="the file is damaged: export it again",
        )
    if root is None:
        raise _no_export(name)
    return root


def _check_whole(lowered: str, *, name: str) -> None:
    """Refuse a page whose rows the parser would leave out, or whose end it would make up."""
    if lowered.rfind("</table") < lowered.rfind("<tr"):
        raise ExportError(
            f"{name}: the table of readings is cut off before its end",
            hint="the file was not written or copied in full: export or copy it again",
        )
    if "<tr" in lowered.partition("</html")[2]:
        raise ExportError(
            f"{name}: rows after the end of the page",
            hint="these are several exports in one file: keep one to a file",
        )


def _no_export(name: str) -> ExportError:
    return ExportError(
        f"{name}: a page without a table of readings (no header row with `Date Time`)",
        hint="only .htm files exported from HydroVu are read; if this is one, it is cut off: "
        "export or copy it again",
    )


def _header_row(root: etree._Element, *, name: str) -> etree._Element:
    headers = [
        row
        for row in root.iter("tr")
        if "isi-data-table" in row.attrib or "dataHeader" in row.get("class", "").split()
    ]
    if not headers or next(headers[0].iterancestors("table"), None) is None:
        raise _no_export(name)
    if len(headers) > 1:
        raise ExportError(
            f"{name}: {len(headers)} tables of readings in one file",
            hint="export one location to a file",
        )
    return headers[0]


def _split(
    table: etree._Element, header: etree._Element
) -> tuple[list[etree._Element], list[etree._Element]]:
    rows = list(table.iter("tr"))
    at = rows.index(header)
    return rows[:at], rows[at + 1 :]


def _properties(rows: list[etree._Element]) -> Iterator[Property]:
    section = ""
    for cell in (cell for row in rows for cell in _cells(row)):
        text = _text(cell).strip()
        if "isi-group" in cell.attrib:
            section = text
        elif text:
            label, is_pair, value = (part.strip() for part in text.partition("="))
            key = f"{cell.get('isi-group-member', '')}.{cell.get('isi-property', '')}"
            yield (
                Property(section, key, label, value)
                if is_pair
                else Property(section, key, "", text)
            )


def _rows(
    rows: list[etree._Element], *, header: tuple[HeaderCell, ...], name: str
) -> Iterator[Row]:
    for element in rows:
        row = Row(element.get("isi-hv-timestamp"), tuple(_text(cell) for cell in _cells(element)))
        if row.stamp is None and not any(cell.strip() for cell in row.cells):
            continue
        if len(row.cells) != len(header):
            raise ExportError(
                f"{name}: row {' '.join(row.cells[:1]).strip()!r} has {len(row.cells)} cells, "
                f"the header has {len(header)}",
                hint="the file is damaged: export it again",
            )
        yield row


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    return row.iterchildren("td", "th")


def _text(cell: etree._Element) -> str:
    """Return the text of a cell; most have no element inside, which is worth asking first."""
    if len(cell) == 0:
        return cell.text or ""
    return "".join(str(part) for part in cell.itertext())


def _attributes(cell: etree._Element) -> dict[str, str]:
    return {str(key): str(value) for key, value in cell.attrib.items()}
