from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import from_us, to_us
from pond_pipeline.cli.instant import AsOfType, InstantType, iso
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


def test_a_date_is_no_number_of_a_transaction() -> None:
    assert AsOfType().convert("2024-03-01", None, None) == datetime(2024, 3, 1, tzinfo=UTC)
