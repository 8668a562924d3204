from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech import Export
from pond_pipeline.laketech.report import read_report

DO = '<td isi-data-column-header="Parameter" isi-parameter-hv-id="do">DO (mg/L)</td>'
LOCATION = (
    '<tr class="sectionHeader"><td isi-group="LocationProperties">Location Properties</td></tr>'
    '<tr class="sectionMember"><td isi-group-member="LocationProperties" isi-property="Name">'
    "<span>Location Name</span> = <span>Pier</span></td></tr>"
)


def page(*rows: str, header: str = DO, zone: str = "UTC", properties: str = "") -> str:
    """Return a report export with its property rows, its header and these rows."""
    shown = (
        f"<tr><td isi-property='TimeAdjustment'><span>\n Time shown in {zone}\n</span></td></tr>"
    )
    return (
        '<html><head><meta name="isi-report-created" content="2025-10-12 16:25:20.456"/></head>'
        f'<body><table id="isi-report">{LOCATION}{shown if zone else ""}{properties}'
        '<tr><td></td></tr><tr class="dataHeader" isi-data-table="">'
        f'<td isi-data-column-header="DateTime">Date Time</td>{header}</tr>'
        f"{''.join(rows)}</table></body></html>"
    )


def row(time: str, *cells: str, stamp: int | str | None = None) -> str:
    attribute = "" if stamp is None else f' isi-hv-timestamp="{stamp}"'
    return (
        f'<tr class="data" isi-data-row=""{attribute}><td class="dateTime">{time}</td>'
        f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    )


def read(text: str, *, timezone: str | None = None) -> Export:
    return read_report(text, name="pier.htm", timezone=timezone)


def instants(export: Export) -> list[str]:
    return [f"{at:%Y-%m-%d %H:%M}" for at in export.readings["timestamp"].to_pylist()]


def values(export: Export, column: str = "DO.mg/L") -> list[float | None]:
    cells: list[float | None] = export.readings[column].to_pylist()
    return cells


def test_a_reading_has_its_instant_its_column_and_its_identifiers() -> None:
    export = read(page(row("2024-01-01 00:00:00.000", "8.5", stamp=1704067200000)))
    assert export.readings.schema.equals(
        pa.schema(
            [
                pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),
                pa.field(
                    "DO.mg/L",
                    pa.float64(),
                    metadata={
                        "parameter": "DO",
                        "parameter_id": "do",
                        "unit": "mg/L",
                        "unit_id": "",
                    },
                ),
            ]
        ),
        check_metadata=True,
    )
    assert export.readings.to_pylist() == [
        {"timestamp": datetime(2024, 1, 1, tzinfo=UTC), "DO.mg/L": 8.5}
    ]


def test_the_stamp_of_a_row_counts_and_not_its_printed_time() -> None:
    export = read(page(row("nonsense", "1", stamp=1704067200000), zone="Atlantis"))
    assert instants(export) == ["2024-01-01 00:00"]


def test_a_row_without_a_stamp_is_read_in_the_zone_that_the_file_states() -> None:
    export = read(page(row("2024-07-01 12:00:00", "1"), zone="America/Los_Angeles"))
    assert instants(export) == ["2024-07-01 19:00"]


def test_the_zone_that_the_file_states_counts_and_not_the_one_that_is_set() -> None:
    text = page(row("2024-07-01 12:00:00", "1"), zone="UTC-08:00")
    assert instants(read(text, timezone="Asia/Tokyo")) == ["2024-07-01 20:00"]


def test_a_time_offset_of_the_report_is_a_zone() -> None:
    offset = (
        '<tr><td isi-group-member="ReportProperties" isi-property="TimeOffset">'
        "Time Offset = 08:00:00</td></tr>"
    )
    export = read(page(row("2024-10-09 16:29", "1"), zone="", properties=offset))
    assert instants(export) == ["2024-10-09 08:29"]


def test_a_zone_that_nobody_knows_is_replaced_by_the_one_that_is_set() -> None:
    text = page(row("2024-01-01 12:00:00", "1"), zone="Harbor Time")
    assert instants(read(text, timezone="America/Los_Angeles")) == ["2024-01-01 20:00"]


def test_local_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ExportError, match=r"pier\.htm: .*without a zone") as caught:
        read(page(row("2024-01-01 12:00:00", "1"), zone=""))
    assert "timezone:" in caught.value.hint


def test_rows_with_and_without_a_stamp_may_stand_in_one_file() -> None:
    export = read(page(row("x", "2", stamp=1704070800000), row("2024-01-01 00:00:00", "1")))
    assert instants(export) == ["2024-01-01 00:00", "2024-01-01 01:00"]
    assert values(export) == [1, 2]


def test_the_hour_that_is_printed_twice_is_read_as_two_hours() -> None:
    times = ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    rows = [row(f"2024-11-03 {time}", str(at)) for at, time in enumerate(times)]
    export = read(page(*rows, zone="America/Los_Angeles"))
    assert [at[-5:] for at in instants(export)] == [
        "07:00", "07:30", "08:00", "08:30", "09:00", "09:30", "10:00",
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["", " ", "NaN", "nan", "--", "&nbsp;", "-Infinity", "<br/>"])
def test_a_cell_without_a_value_is_null(cell: str) -> None:
    assert values(read(page(row("", cell, stamp=0)))) == [None]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.82E7", 18_200_000), ("-3.5e-4", -0.00035), (" 7 ", 7), ("<b>2</b>.5", 2.5), ("0", 0)],
)
def test_a_number_is_read_as_it_is_printed(cell: str, value: float) -> None:
    assert values(read(page(row("", cell, stamp=0)))) == [value]


@pytest.mark.parametrize("cell", ["7,5", "12 mg/L", "1_000", "1e999", "high", "0x1F"])
def test_a_cell_that_is_no_number_is_refused_by_row_and_column(cell: str) -> None:
    text = page(row("2024-01-01 00:00", "1", stamp=0), row("2024-01-01 01:00", cell, stamp=1))
    with pytest.raises(ExportError, match=r"pier\.htm: row 2024-01-01 01:00, column DO \(mg/L\)"):
        read(text)


def test_the_later_of_two_rows_for_one_instant_counts_where_it_has_a_value() -> None:
    header = "<td>DO (mg/L)</td><td>pH (pH)</td>"
    export = read(page(row("", "1", "7", stamp=0), row("", "2", "", stamp=0), header=header))
    assert values(export) == [2]
    assert values(export, "pH.pH") == [7]


def test_rows_come_out_in_the_order_of_time() -> None:
    export = read(page(row("", "2", stamp=60_000), row("", "1", stamp=0)))
    assert values(export) == [1, 2]


def test_columns_of_one_name_are_told_apart_by_the_identifier_of_the_parameter() -> None:
    header = "".join(f'<td isi-parameter-hv-id="{key}">Depth (ft)</td>' for key in ("a", "b"))
    export = read(page(row("", "1", "2", stamp=0), header=header))
    assert export.readings.schema.names == ["timestamp", "Depth.ft [a]", "Depth.ft [b]"]


def test_columns_of_one_sonde_are_told_apart_by_the_serial_number_of_the_sensor() -> None:
    header = "".join(
        f'<td isi-device-serial-number="9" isi-sensor-serial-number="{serial}">'
        f"Temperature (C) ({serial})</td>"
        for serial in (11, 12)
    )
    export = read(page(row("", "1", "2", stamp=0), header=header))
    assert export.readings.schema.names == [
        "timestamp", "Temperature.C [11]", "Temperature.C [12]",
    ]  # fmt: skip
    assert export.serials == ("9",)


def test_the_same_column_twice_is_refused() -> None:
    with pytest.raises(ExportError, match=r"pier\.htm: more than one column .*'DO\.mg/L'"):
        read(page(header=DO + DO))


def test_a_column_named_like_the_instant_is_refused() -> None:
    with pytest.raises(ExportError, match="'timestamp'"):
        read(page(header="<td>timestamp</td>"))


def test_a_column_without_a_name_is_refused() -> None:
    with pytest.raises(ExportError, match="without a name"):
        read(page(header="<td></td>"))


def test_a_column_that_holds_no_readings_is_left_out() -> None:
    header = DO + '<td isi-data-column-header="Marked">Marked</td>'
    export = read(page(row("", "1", "yes", stamp=0), header=header))
    assert export.readings.schema.names == ["timestamp", "DO.mg/L"]


def test_the_instant_need_not_be_the_first_column() -> None:
    text = page(row("1", "2024-01-01 00:00"), header="<td>Date Time</td>")
    text = text.replace('<td isi-data-column-header="DateTime">Date Time</td>', DO)
    assert values(read(text)) == [1]


def test_properties_keep_their_sections() -> None:
    device = (
        '<tr><td isi-group="DeviceProperties">Device Properties</td></tr>'
        '<tr><td isi-group-member="DeviceProperties" isi-property="SerialNumber">'
        "Serial Number = 1084669</td></tr>"
    )
    export = read(page(properties=device))
    assert export.properties == {
        "Location Properties": {"Location Name": "Pier", "TimeAdjustment": "Time shown in UTC"},
        "Device Properties": {"Serial Number": "1084669"},
    }
    assert export.serials == ("1084669",)


def test_a_page_with_loose_html_is_read() -> None:
    text = page(row("", "1", stamp=0), row("", "2", stamp=1)).upper()
    for name in ("isi-hv-timestamp", "isi-group-member", "isi-property", "isi-data-table"):
        text = text.replace(name.upper(), name)
    text = text.replace("LOCATIONPROPERTIES", "LocationProperties").replace('"NAME"', '"Name"')
    text = text.replace("DATE TIME", "Date Time").replace("</TD>", "").replace("</TR>", "")
    text = text.replace('ISI-DATA-COLUMN-HEADER="PARAMETER"', "")
    assert values(read(text), "DO.MG/L") == [1, 2]


def test_a_file_that_does_not_say_when_it_was_made_is_read() -> None:
    assert read(page().replace("2025-10-12 16:25:20.456", "yesterday")).created is None


def test_a_page_without_a_table_of_readings_is_refused() -> None:
    with pytest.raises(ExportError, match=r"pier\.htm: a page without a table of readings"):
        read("<html><body><table><tr><td>5</td></tr></table></body></html>")


def test_a_page_without_a_column_of_instants_is_refused() -> None:
    with pytest.raises(ExportError, match="no column `Date Time`"):
        read(page().replace("DateTime", "Parameter").replace("Date Time", "Day"))


def test_a_page_without_a_location_is_refused() -> None:
    with pytest.raises(ExportError, match="without a location name"):
        read(page().replace("Pier", ""))


def test_a_page_with_two_tables_is_refused() -> None:
    with pytest.raises(ExportError, match="2 tables of readings"):
        read(page().replace("</body></html>", page()))


def test_two_pages_in_one_file_are_refused() -> None:
    with pytest.raises(ExportError, match="after the end of the page"):
        read(page() + page())


def test_a_table_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ExportError, match="cut off"):
        read(page(row("", "1", stamp=0)).partition("</table>")[0])


def test_a_row_that_lacks_a_cell_is_refused() -> None:
    with pytest.raises(ExportError, match=r"row '2024-01-01 00:00' has 1 cells, the header has 2"):
        read(page(row("2024-01-01 00:00", stamp=0)))


@pytest.mark.parametrize("stamp", ["", "noon", "1.5", str(2**63), str(2**63 // 1000)])
def test_a_stamp_that_is_no_instant_is_refused(stamp: str) -> None:
    with pytest.raises(ExportError, match="row 2024-01-01 00:00: isi-hv-timestamp"):
        read(page(row("2024-01-01 00:00", "1", stamp=stamp)))


def test_a_page_that_the_parser_gives_up_on_is_refused() -> None:
    with pytest.raises(ExportError, match=r"pier\.htm: line 1: "):
        read("<div>" * 5000 + page())
