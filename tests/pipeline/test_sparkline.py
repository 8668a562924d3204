"""A line of values as one word of block characters."""

import math

import pyarrow as pa
import pytest

from pond_core import Window
from pond_pipeline.sparkline import sparkline

DAY_US = 24 * 3_600_000_000
DAY = Window(0, DAY_US)


def line(values: dict[float, float | None]) -> str:
    """Return the line of a day, of values by hour."""
    instants = pa.array([int(hour * 3_600_000_000) for hour in values])
    stamps = pa.chunked_array([instants.cast(pa.timestamp("us", tz="UTC"))])
    return sparkline(stamps, pa.chunked_array([pa.array(list(values.values()), pa.float64())]), DAY)


def test_the_lowest_and_the_highest_value_are_the_lowest_and_the_highest_block() -> None:
    assert line({hour: float(hour) for hour in range(24)}) == "▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███"


def test_a_part_without_a_value_is_a_dot() -> None:
    assert line({0: 1.0, 1: None, 2: math.nan, 3: math.inf, 23: 2.0}) == f"▁{'·' * 22}█"


def test_a_value_that_stays_is_a_line_in_the_middle() -> None:
    assert line(dict.fromkeys(range(24), 7.0)) == "▅" * 24


def test_values_of_one_part_are_averaged() -> None:
    assert line({0: 0.0, 0.5: 8.0, 1: 0.0, 2: 8.0})[:3] == "▅▁█"


def test_without_values_there_are_dots_alone() -> None:
    assert line({}) == "·" * 24


def test_values_outside_of_the_window_are_left_out() -> None:
    assert line({-1: 9.0, 0: 1.0, 24: 9.0}) == f"▅{'·' * 23}"


def test_a_window_without_an_end_has_no_length() -> None:
    with pytest.raises(ValueError, match="no length"):
        sparkline(pa.chunked_array([[]]), pa.chunked_array([[]]), Window())
