import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech import Export, read_export

REPORT = (
    '<html><table><tr><td isi-group-member="LocationProperties" isi-property="Name">Name = Pier'
    "</td></tr><tr isi-data-table><td>Date Time</td><td>DO (mg/L)</td></tr>"
    '<tr isi-hv-timestamp="0"><td></td><td>5</td></tr></table></html>'
)
LONG_CSV = "Timestamp,Location,Parameter,Value\r\n1/1/2024 0:00,Pier,DO (mg/L),5\r\n"


@pytest.mark.parametrize("name", ["pier.htm", "pier.csv", "pier"])
@pytest.mark.parametrize("text", [REPORT, LONG_CSV])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_content_says_what_a_file_is(name: str, text: str, mark: bytes) -> None:
    (export,) = read_export(mark + text.encode(), name=name, timezone="UTC")
    assert (export.file, export.location) == (name, "Pier")
    assert export.readings["DO.mg/L"].to_pylist() == [5]


def test_a_csv_file_of_another_kind_is_refused_with_the_columns_it_lacks() -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: line 1: no column Timestamp") as caught:
        read_export(b'"Date Time","DO (mg/L)"\n', name="pier.csv")
    assert ".htm" in caught.value.hint


def test_a_text_of_another_kind_is_refused() -> None:
    with pytest.raises(ExportError, match=r"notes\.txt: neither an HTML page nor a CSV file"):
        read_export(b"the sonde was cleaned", name="notes.txt")


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(ExportError, match=r"pier\.htm: the file is empty"):
        read_export(data, name="pier.htm")


@pytest.mark.parametrize("data", [b"PK\x03\x04\xff", "Timestamp,°C".encode("latin-1")])
def test_a_file_that_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: byte \d+ is not UTF-8"):
        read_export(data, name="pier.csv")


def assert_read_or_refused(data: bytes) -> None:
    for name in ("pier.htm", "pier.csv", "pier"):
        refusal = None
        exports: list[Export] = []
        try:
            exports = read_export(data, name=name, timezone="UTC", subtract_offset=["DO"])
        except ExportError as error:
            refusal = error
        assert all(export.readings.schema.names[0] == "timestamp" for export in exports)
        assert refusal is None or (str(refusal).startswith(name) and refusal.hint)


@settings(deadline=None)
@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)


PAGE_PIECES = [
    *("<table>", "<tr>", "<td>", "</td>", "</tr>", "</table>", "</html>", "5", "--", "<!--", "\0"),
    *("<tr isi-data-table>", "Date Time", "DO (mg/L)", "2024-01-01 00:00", "()", "2024"),
    *('<td isi-property="Name" isi-group-member="LocationProperties">Name = A',),
    *("<tr isi-hv-timestamp='7'>", "<td isi-property='TimeOffset'>x = 8:00", REPORT),
]
CSV_PIECES = [
    *(",", "\n", "\r", '"', "A", "5", ";", "()", "\0", "DO (mg/L)", "1/1/2024 1:00 AM"),
    *("Timestamp,Location,Parameter,Value,Offset\n", "2024-01-01 00:00,A,DO,1", LONG_CSV),
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PAGE_PIECES), max_size=25))
def test_a_page_of_random_pieces_is_read_or_refused(pieces: list[str]) -> None:
    assert_read_or_refused("".join(pieces).encode())


@settings(deadline=None)
@given(st.lists(st.sampled_from(CSV_PIECES), max_size=25))
def test_a_csv_of_random_pieces_is_read_or_refused(pieces: list[str]) -> None:
    assert_read_or_refused(
        "".join(["Timestamp,Location,Parameter,Value,Offset\n", *pieces]).encode()
    )
