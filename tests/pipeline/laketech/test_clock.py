from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from pond_pipeline.laketech import parse_zone


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("UTC-08:00", -8), ("UTC-8", -8), ("-08:00", -8), ("-0800", -8), ("−8", -8),
        ("UTC+05:30", 5.5), ("gmt+1", 1), ("+08:00:00", 8),
    ],
)  # fmt: skip
def test_a_fixed_offset_is_a_zone(text: str, hours: float) -> None:
    assert parse_zone(text) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize("text", ["UTC", " utc ", "GMT", "Z"])
def test_universal_time_has_several_names(text: str) -> None:
    assert parse_zone(text) is UTC


def test_a_name_of_the_zone_database_is_a_zone() -> None:
    assert parse_zone("America/Los_Angeles") == ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize("text", ["", "+", "PST", "America", "../UTC", "/UTC", "+25", "é", "8\0"])
def test_what_names_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        parse_zone(text)
