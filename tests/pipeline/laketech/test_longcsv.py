from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_pipeline.errors import ExportError
from pond_pipeline.laketech import Export, parse_zone
from pond_pipeline.laketech.longcsv import read_long_csv

HEADER = "Timestamp,Series Name,Location,Parameter,Value,Offset"
PACIFIC = "America/Los_Angeles"
TWO_PASSES = [f"03 {time}" for time in ("07:30", "08:00", "08:30", "09:00", "09:30", "10:00")]


def read(
    *lines: str, zone: str | None = PACIFIC, subtract_offset: Sequence[str] = ()
) -> list[Export]:
    text = "\n".join((HEADER, *lines))
    return read_long_csv(text, name="pier.csv", timezone=zone, subtract_offset=subtract_offset)


def temperatures(*times: str, zone: str = PACIFIC) -> Export:
    """Read one series that counts 0, 1, 2 ... at these times."""
    lines = (f"{time},Temp,Pier,Temperature (C),{at}," for at, time in enumerate(times))
    (export,) = read(*lines, zone=zone)
    return export


def instants(export: Export) -> list[str]:
    return [f"{at:%d %H:%M}" for at in export.readings["timestamp"].to_pylist()]


def values(export: Export, column: str) -> list[float | None]:
    cells: list[float | None] = export.readings[column].to_pylist()
    return cells


def test_a_line_gives_a_reading_of_its_location() -> None:
    (export,) = read("2024-01-01 04:00,Surface DO,Pier,DO (mg/L),8.5,")
    assert (export.file, export.location, export.created) == ("pier.csv", "Pier", None)
    assert export.readings.to_pylist() == [
        {"timestamp": datetime(2024, 1, 1, 12, tzinfo=UTC), "DO.mg/L": 8.5}
    ]
    assert export.readings.schema.field("DO.mg/L").metadata == {
        b"parameter": b"DO",
        b"parameter_id": b"",
        b"unit": b"mg/L",
        b"unit_id": b"",
        b"series": b"Surface DO",
    }


def test_each_location_of_a_file_is_an_export_of_its_own() -> None:
    exports = read(
        "2024-01-01 04:00,DO,Pier,DO (mg/L),1,",
        "2024-01-01 04:00,Temp,Dock,Temperature (C),2,",
        "2024-01-01 05:00,DO,Pier,DO (mg/L),3,",
    )
    assert [(export.location, export.readings.shape) for export in exports] == [
        ("Pier", (2, 2)),
        ("Dock", (1, 2)),
    ]


def test_series_of_one_location_share_the_rows_of_their_instants() -> None:
    (export,) = read(
        "2024-01-01 05:00,pH,Pier,pH,7,",
        "2024-01-01 04:00,DO,Pier,DO (mg/L),1,",
        "2024-01-01 05:00,DO,Pier,DO (mg/L),2,",
    )
    assert values(export, "DO.mg/L") == [1, 2]
    assert values(export, "pH") == [None, 7]


def test_series_that_give_one_parameter_are_told_apart_by_their_names() -> None:
    (export,) = read(
        "2024-01-01 04:00,Surface Temp,Pier,Temperature (C),1,",
        "2024-01-01 04:00,Bottom Temp,Pier,Temperature (C),2,",
        "2024-01-01 04:00,DO,Pier,DO (mg/L),3,",
    )
    assert export.readings.schema.names == [
        "timestamp", "Surface Temp.C", "Bottom Temp.C", "DO.mg/L",
    ]  # fmt: skip
    assert export.readings.schema.field("Bottom Temp.C").metadata[b"parameter"] == b"Bottom Temp"


def test_the_later_of_two_values_for_one_instant_counts_unless_it_is_missing() -> None:
    (export,) = read(
        "2024-01-01 04:00,DO,Pier,DO,1,",
        "2024-01-01 05:00,DO,Pier,DO,2,",
        "2024-01-01 04:00,DO,Pier,DO,3,",
        "2024-01-01 05:00,DO,Pier,DO,--,",
    )
    assert values(export, "DO") == [3, 2]


@pytest.mark.parametrize("cell", ["", " ", "NaN", "--"])
def test_a_value_that_is_missing_is_null(cell: str) -> None:
    (export,) = read(f"2024-01-01 04:00,DO,Pier,DO,{cell},")
    assert values(export, "DO") == [None]


def test_the_offset_is_subtracted_only_where_that_is_asked() -> None:
    lines = (
        "2024-01-01 04:00,Depth,Pier,Depth (ft),10,2.5",
        "2024-01-01 05:00,Depth,Pier,Depth (ft),10,",
        "2024-01-01 06:00,Depth,Pier,Depth (ft),--,1",
        "2024-01-01 04:00,DO,Pier,DO (mg/L),8,1",
    )
    (plain,) = read(*lines)
    (corrected,) = read(*lines, subtract_offset=["Depth"])
    assert values(plain, "Depth.ft") == [10, 10, None]
    assert values(corrected, "Depth.ft") == [7.5, 10, None]
    assert values(corrected, "DO.mg/L") == [8, None, None]


def test_an_offset_that_is_no_number_is_refused_where_it_is_needed() -> None:
    line = "2024-01-01 04:00,Depth,Pier,Depth (ft),10,deep"
    read(line)
    with pytest.raises(ExportError, match=r"line 2 \(2024-01-01 04:00\), Offset: 'deep'"):
        read(line, subtract_offset=["Depth"])


def test_the_hour_that_clocks_show_twice_is_read_in_the_order_of_lines() -> None:
    times = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    export = temperatures(*(f"2024-11-03 {time}" for time in times))
    assert instants(export) == TWO_PASSES
    assert values(export, "Temperature.C") == [0, 1, 2, 3, 4, 5]


def test_hourly_readings_show_the_same_time_twice() -> None:
    times = ["00:00", "01:00", "01:00", "02:00"]
    export = temperatures(*(f"2024-11-03 {time}" for time in times))
    assert instants(export) == ["03 07:00", "03 08:00", "03 09:00", "03 10:00"]


def test_an_hour_that_is_there_once_is_the_first_of_the_two() -> None:
    times = ["00:30", "01:00", "01:30", "02:00"]
    export = temperatures(*(f"2024-11-03 {time}" for time in times))
    assert instants(export) == ["03 07:30", "03 08:00", "03 08:30", "03 10:00"]


def test_a_repeated_line_is_no_second_pass_through_the_hour() -> None:
    times = ["01:00", "01:00", "01:30", "01:30", "02:00", "02:00"]
    export = temperatures(*(f"2024-11-03 {time}" for time in times))
    assert instants(export) == ["03 08:00", "03 08:30", "03 10:00"]
    assert values(export, "Temperature.C") == [1, 3, 5]


def test_a_file_that_begins_with_the_newest_reading_is_read_backward() -> None:
    times = ["02:00", "01:30", "01:00", "01:30", "01:00", "00:30"]
    export = temperatures(*(f"2024-11-03 {time}" for time in times))
    assert instants(export) == TWO_PASSES
    assert values(export, "Temperature.C") == [5, 4, 3, 2, 1, 0]


def test_each_series_passes_through_the_hour_by_itself() -> None:
    lines = [
        f"2024-11-03 01:00,{series},Pier,{series} (C),{value},"
        for series, value in [("A", 1), ("B", 2), ("A", 3), ("B", 4)]
    ]
    (export,) = read(*lines)
    assert instants(export) == ["03 08:00", "03 09:00"]
    assert values(export, "B.C") == [2, 4]


def test_a_time_that_clocks_skip_is_shifted_forward() -> None:
    export = temperatures("2024-03-10 01:30", "2024-03-10 02:30", "2024-03-10 04:00")
    assert instants(export) == ["10 09:30", "10 10:30", "10 11:00"]


def test_a_fixed_offset_knows_no_daylight_time() -> None:
    export = temperatures("2024-07-01 01:00", "2024-11-03 01:00", zone="UTC-08:00")
    assert instants(export) == ["01 09:00", "03 09:00"]


@pytest.mark.parametrize(
    "printed",
    [
        "2024-01-05 15:04", "2024-01-05T15:04:00", "2024-01-05 15:04:00.000", "2024-1-5 15:04",
        "1/5/2024 15:04", "01/05/2024 3:04 PM", "1/5/2024 3:04:00 pm", "1/5/2024, 3:04:00 PM",
    ],
)  # fmt: skip
def test_a_time_is_read_in_either_form(printed: str) -> None:
    assert instants(temperatures(f'"{printed}"', zone="UTC")) == ["05 15:04"]


def test_noon_and_midnight_of_an_american_clock_are_told_apart() -> None:
    export = temperatures("1/5/2024 12:00 AM", "1/5/2024 12:00 PM", zone="UTC")
    assert instants(export) == ["05 00:00", "05 12:00"]


def test_fractions_of_a_second_are_kept() -> None:
    export = temperatures("2024-01-05 00:00:01.25", zone="UTC")
    assert export.readings["timestamp"][0].value == 1_704_412_801_250_000


@pytest.mark.parametrize(
    "printed",
    [
        "13/05/2024 01:00", "5/13/24 01:00", "5.1.2024 01:00", "2024-01-05", "2024-02-30 01:00",
        "1/5/2024 13:00 PM", "1/5/2024 0:30 AM", "2024-01-05 24:00", "1704067200", "noon",
    ],
)  # fmt: skip
def test_a_time_that_is_wrong_or_ambiguous_is_refused_by_line(printed: str) -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: line 3: '.*' is no date and time") as caught:
        temperatures("2024-01-05 00:00", printed)
    assert "month first" in caught.value.hint


def test_local_times_need_a_zone() -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: .*without a zone") as caught:
        read("2024-01-01 04:00,DO,Pier,DO,1,", zone=None)
    assert "timezone:" in caught.value.hint


def test_a_zone_that_is_unknown_is_refused() -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: 'Atlantis' is no time zone"):
        read("2024-01-01 04:00,DO,Pier,DO,1,", zone="Atlantis")


def test_columns_may_stand_in_any_order_and_case_and_some_may_lack() -> None:
    text = " value ,LOCATION,Remark,Parameter,timestamp\r\n\r\n5,Pier,x,DO (mg/L),1/5/2024 1:00\r\n"
    (export,) = read_long_csv(text, name="pier.csv", timezone="UTC")
    assert values(export, "DO.mg/L") == [5]
    assert b"series" not in export.readings.schema.field("DO.mg/L").metadata


def test_a_file_without_readings_has_no_location() -> None:
    assert read() == []


def test_columns_that_lack_are_named() -> None:
    with pytest.raises(ExportError, match=r"pier\.csv: line 1: no column Location, Value"):
        read_long_csv("Timestamp,Parameter\n", name="pier.csv", timezone="UTC")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2024-01-01 04:00,DO,Pier,DO", "no Value"),
        ("2024-01-01 04:00,DO", "no Location"),
        ("2024-01-01 04:00,DO,Pier,,5,", "no Parameter"),
        ("2024-01-01 04:00,DO,Pier,DO,7,5,0", "7 cells, the first line has 6"),
        ("2024-01-01 04:00,DO,Pier,DO,high,", r"\(2024-01-01 04:00\), Value: 'high' is no number"),
        ('2024-01-01 04:00,DO,Pier,DO,"5', "unexpected end of data"),
    ],
)
def test_a_line_that_is_wrong_is_named(line: str, complaint: str) -> None:
    with pytest.raises(ExportError, match=f"line 3.*{complaint}"):
        read("2024-01-01 04:00,DO,Pier,DO,1,", line)


ZONES = st.sampled_from(
    [PACIFIC, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "UTC-08:00"]
)


@settings(deadline=None)
@given(
    zone=ZONES,
    start=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # made aware below
    minutes=st.integers(1, 30),
)
def test_readings_written_as_local_time_are_read_back_at_the_same_instants(
    zone: str, start: datetime, minutes: int
) -> None:
    hung = parse_zone(zone)
    first = start.replace(second=0, microsecond=0, tzinfo=UTC)
    written = [first + timedelta(minutes=minutes * at) for at in range(300)]
    while written[0].astimezone(hung).fold:  # a file that begins in a second pass cannot say so
        written.pop(0)
    printed = [f"{at.astimezone(hung):%Y-%m-%d %H:%M}" for at in written]
    assert temperatures(*printed, zone=zone).readings["timestamp"].to_pylist() == written


def test_any_day_of_clock_changes_is_read_back() -> None:
    """Half-hourly readings over the years, so that each change of clocks is met."""
    hung = parse_zone(PACIFIC)
    first = datetime(2023, 1, 1, tzinfo=UTC)
    written = [first + timedelta(minutes=30 * at) for at in range(48 * 365)]
    printed = [f"{at.astimezone(hung):%m/%d/%Y %I:%M %p}" for at in written]
    assert temperatures(*printed).readings["timestamp"].to_pylist() == written


def test_a_file_written_by_polars_is_read(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "Timestamp": ["2024-01-01 04:00", "2024-01-01 05:00"],
            "Location": ["Pier, north", 'the "Dock"'],
            "Parameter": ["DO (mg/L)"] * 2,
            "Value": [8.25, None],
        }
    )
    frame.write_csv(tmp_path / "pier.csv")
    exports = read_long_csv((tmp_path / "pier.csv").read_text(), name="pier.csv", timezone=PACIFIC)
    assert [(export.location, values(export, "DO.mg/L")) for export in exports] == [
        ("Pier, north", [8.25]),
        ('the "Dock"', [None]),
    ]
