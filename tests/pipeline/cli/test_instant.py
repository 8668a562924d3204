from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import ALWAYS, Window, from_us, to_us
from pond_pipeline.cli.instant import AsOfType, InstantType, instant, iso, moment, span
from pond_pipeline.cli.rows import csv_chunks

ANY_YEAR = st.integers(-(2**63), 2**63 - 1)
EARLIEST_US = to_us(datetime.min.replace(tzinfo=UTC))
LATEST_US = to_us(datetime.max.replace(tzinfo=UTC))


@given(st.integers(EARLIEST_US, LATEST_US))
def test_an_instant_is_written_as_python_writes_it(instant_us: int) -> None:
    assert iso(instant_us) == from_us(instant_us).isoformat().replace("+00:00", "Z")


@given(st.lists(ANY_YEAR | st.integers(EARLIEST_US, LATEST_US)))
def test_a_column_of_instants_is_written_as_each_of_them(instants_us: list[int]) -> None:
    column = pa.array(instants_us, pa.int64()).cast(pa.timestamp("us", "UTC"))
    text = b"".join(csv_chunks(pa.table({"t": column}))).decode()
    assert text.splitlines() == ['"t"', *(f'"{iso(each)}"' for each in instants_us)]


@pytest.mark.parametrize(
    ("instant_us", "text"),
    [
        (10**18, "+33658-09-27T01:46:40Z"),
        (-62_135_596_800_000_001, "0000-12-31T23:59:59.999999Z"),
        (-62_198_755_200_000_000, "-0001-01-01T00:00:00Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00Z"),
    ],
)
def test_a_year_that_datetime_lacks_has_a_sign(instant_us: int, text: str) -> None:
    assert iso(instant_us) == text


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01T12:30", datetime(2024, 3, 1, 12, 30, tzinfo=UTC)),
        ("2024-03-01 12:30:15.5Z", datetime(2024, 3, 1, 12, 30, 15, 500_000, tzinfo=UTC)),
        ("2024-03-01T12:30-08:00", datetime(2024, 3, 1, 20, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_in_utc(text: str, instant: datetime) -> None:
    assert InstantType().convert(text, None, None) == instant


def test_a_duration_is_that_long_ago() -> None:
    day, week = (InstantType().convert(text, None, None) for text in ("1d", "1w"))
    assert round((day - week).total_seconds()) == 6 * 86_400


def test_digits_are_the_number_of_a_transaction() -> None:
    assert AsOfType().convert("20240301", None, None) == 20_240_301


def test_a_moment_of_a_day_is_its_end() -> None:
    end = datetime(2024, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moment("2024-03-01") == moment("2024-W09-5") == end
    assert moment("9999-12-31") == datetime.max.replace(tzinfo=UTC)
    assert instant("2024-03-01") == datetime(2024, 3, 1, tzinfo=UTC)


def test_a_moment_with_an_hour_is_that_instant() -> None:
    assert moment("2024-03-01T00:00") == datetime(2024, 3, 1, tzinfo=UTC)
    assert moment("2024-03-01T12:00-08:00") == datetime(2024, 3, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        ("9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2", "9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2"),
        ("run:9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2", "9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2"),
        ("run:nightly", "nightly"),
        ("run:57", "57"),
        ("run:2024-03-01", "2024-03-01"),
        ("run:two\nlines", "two\nlines"),
    ],
)
def test_a_uuid_is_a_run_and_a_prefix_makes_any_text_one(text: str, run_id: str) -> None:
    assert moment(text) == run_id


@pytest.mark.parametrize(
    "text",
    ["", "run:", "nightly", "-1", "5.7", "٣", "2024-13-01", "9f8b3c1e", "999999d", "7y", "/a"],
)
def test_other_text_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment; write a txn, a run, 2024-03-01"):
        moment(text)


DAY_US = 86_400_000_000


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(0, DAY_US), "1970-01-01 .. 1970-01-02"),
        (Window(1_000_000, DAY_US), "1970-01-01T00:00:01Z .. 1970-01-02"),
        (Window(None, 0), ".. 1970-01-01"),
        (Window(0, None), "1970-01-01 .."),
        (ALWAYS, "always"),
    ],
)
def test_a_window_is_written_without_midnight(window: Window, text: str) -> None:
    assert span(window) == text
