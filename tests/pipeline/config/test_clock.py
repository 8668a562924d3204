from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pond_pipeline.config.clock import Duration, Instant, Schedule, Zone, ZoneOrOffset

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
SCHEDULE: TypeAdapter[str] = TypeAdapter(Schedule)
ZONE: TypeAdapter[str] = TypeAdapter(Zone)
ZONE_OR_OFFSET: TypeAdapter[str] = TypeAdapter(ZoneOrOffset)


def problem(
    adapter: TypeAdapter[datetime] | TypeAdapter[timedelta] | TypeAdapter[str], text: str
) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(text)
    (error,) = caught.value.errors()
    return f"{error['ctx']['what']}; {error['ctx']['hint']}"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2025-10-16T21:00Z", datetime(2025, 10, 16, 21, tzinfo=UTC)),
        ("2025-10-16 21:00:30Z", datetime(2025, 10, 16, 21, 0, 30, tzinfo=UTC)),
        ("2025-10-16T14:00-07:00", datetime(2025, 10, 16, 21, tzinfo=UTC)),
        ("2025-10-16T14:00:00.5-0700", datetime(2025, 10, 16, 21, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_an_instant_is_aware_and_in_utc(text: str, instant: datetime) -> None:
    parsed = INSTANT.validate_python(text)

    assert parsed == instant
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", "'yesterday' is no instant; write 2024-03-01 or 2025-10-16T21:00Z"),
        ("2024-W10-1", "'2024-W10-1' is no instant; write 2024-03-01 or 2025-10-16T21:00Z"),
        ("2024-02-30", "'2024-02-30' is not in the calendar; "),
        ("9999-12-31T23:00-07:00", "'9999-12-31T23:00-07:00' is not in the calendar; "),
        ("0204-03-01", "'0204-03-01' is before 1970; "),
        (
            "2024-03-01T12:00",
            "'2024-03-01T12:00' has no time zone; write 2024-03-01T12:00Z if it is UTC",
        ),
    ],
)
def test_what_is_no_instant_is_an_error_that_says_how_to_write_one(text: str, message: str) -> None:
    assert problem(INSTANT, text) == message


@given(st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_any_instant_reads_back_whatever_its_zone(instant: datetime) -> None:
    whole = instant.astimezone(UTC)

    assert INSTANT.validate_python(whole.isoformat()) == whole


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("3d", timedelta(days=3)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert DURATION.validate_python(text) == duration


@pytest.mark.parametrize(
    "text", ["", "h", "1", "0h", "-1h", "1.5h", "1 h", "1y", "1h30m", "9999999d"]
)
def test_what_is_no_duration_is_an_error(text: str) -> None:
    assert problem(DURATION, text) == f"{text!r} is no duration; write 15m, 1h, 3d or 2w"


@pytest.mark.parametrize("text", ["36501d", "999999w"])
def test_a_duration_that_leads_out_of_the_calendar_is_an_error(text: str) -> None:
    assert problem(DURATION, text) == f"{text!r} is longer than 36500 days; shorten it"


@pytest.mark.parametrize("text", ["UTC", "utc"])
def test_utc_may_be_written_small(text: str) -> None:
    assert ZONE.validate_python(text) == "UTC"


def test_a_zone_is_one_of_the_database() -> None:
    assert ZONE.validate_python("America/Los_Angeles") == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "America/LosAngeles",
            "'America/LosAngeles' is no time zone; did you mean 'America/Los_Angeles'?",
        ),
        ("../etc", "'../etc' is no time zone; write a name such as America/Los_Angeles"),
        ("UTC-08:00", "'UTC-08:00' is no time zone; write a name such as America/Los_Angeles"),
    ],
)
def test_what_is_no_zone_is_an_error_with_a_suggestion(text: str, message: str) -> None:
    assert problem(ZONE, text) == message


@pytest.mark.parametrize("text", ["UTC-08:00", "UTC+05:30", "America/Los_Angeles"])
def test_printed_times_may_stand_at_a_fixed_offset(text: str) -> None:
    assert ZONE_OR_OFFSET.validate_python(text) == text


@pytest.mark.parametrize(
    "text", ["*/15 * * * *", "0 6 * * 1-5", "5,35 0-23/2 1 1,7 0", "0 0 31 12 7"]
)
def test_a_schedule_has_five_fields(text: str) -> None:
    assert SCHEDULE.validate_python(text) == text


def test_blanks_of_a_schedule_are_evened_out() -> None:
    assert SCHEDULE.validate_python("  0   6 * * * ") == "0 6 * * *"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "hourly",
            (
                "'hourly' is no schedule of five fields; "
                'write minute, hour, day, month, weekday: "*/15 * * * *"'
            ),
        ),
        ("60 * * * *", "the minute '60' is no number or range within 0-59; "),
        ("0 5-3 * * *", "the hour '5-3' is no number or range within 0-23; "),
        ("0 0 0 * *", "the day '0' is no number or range within 1-31; "),
        ("0 0 * JAN *", "the month 'JAN' is no number or range within 1-12; "),
        ("0 0 * * 1,", "the weekday '1,' is no number or range within 0-7; "),
        ("*/0 * * * *", "the minute '*/0' is no number or range within 0-59; "),
    ],
)
def test_what_is_no_schedule_is_an_error_that_names_the_field(text: str, message: str) -> None:
    assert problem(SCHEDULE, text) == message
