"""Reading a file that was put into the inbox, whatever kind of export it is."""

from collections.abc import Sequence

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech.export import Export
from pond_pipeline.laketech.longcsv import read_long_csv
from pond_pipeline.laketech.report import read_report


def read_export(
    data: bytes,
    *,
    name: str,
    timezone: str | None = None,
    subtract_offset: Sequence[str] = (),
) -> list[Export]:
    """Return what an exported file holds: a report has one location, a long CSV any number.

    What the file is shows in its content; only where that says nothing, its name decides.

    Args:
        data: The file, UTF-8 with or without byte order mark.
        name: The name of the file, for errors and for `Export.file`.
        timezone: `America/Los_Angeles` or `UTC-08:00`: the zone of times in files that do not
            state one. A long CSV never does.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.

    Raises:
        ExportError: It is no export, is damaged, or needs a `timezone`; the file, the line and
            what to do are named.
    """
    text = _decode(data, name=name)
    beginning = text[:1000].lstrip().lower()
    if beginning.startswith("<"):
        return [read_report(text, name=name, timezone=timezone)]
    if "timestamp" in beginning.partition("\n")[0] or name.lower().endswith(".csv"):
        return read_long_csv(text, name=name, timezone=timezone, subtract_offset=subtract_offset)
    raise ExportError(
        f"{name}: neither an HTML page nor a CSV file with a column Timestamp",
        hint="put report exports (.htm) and long CSV exports (.csv) of HydroVu here, nothing else",
    )


def _decode(data: bytes, *, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{name}: byte {error.start} is not UTF-8 text",
            hint="a damaged or binary file; a CSV from Excel is saved as `CSV UTF-8`",
        ) from error
    if not text.strip():
        raise ExportError(f"{name}: the file is empty", hint="copy it again when it is complete")
    return text
