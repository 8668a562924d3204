"""Dated corrections: what is added, from when, until when, and what stays."""

import json
import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import Window, concat, slice_window, to_us
from pond_pipeline.errors import ConfigError
from pond_pipeline.quality import Correction, Target, correct
from tests.pipeline.quality.tables import SERIES, START, a_series, a_table, at, hourly

X = Target(column="x")


def a_correction(
    start: float, end: float | None = None, *, offset: float = 0.0, drift: float = 0.0
) -> Correction:
    """Return a correction of `x`; both times are in hours."""
    return Correction(
        target=X,
        start=at(start),
        end=None if end is None else at(end),
        offset=offset,
        drift=drift,
    )


def test_an_offset_is_added_from_its_instant_on() -> None:
    corrected = correct(hourly(x=[1.0, 1.0, 1.0]), [a_correction(1, offset=0.5)])
    assert corrected["x"].to_pylist() == [1.0, 1.5, 1.5]


def test_the_end_is_not_in_it() -> None:
    corrected = correct(hourly(x=[1.0, 1.0, 1.0]), [a_correction(0, 2, offset=0.5)])
    assert corrected["x"].to_pylist() == [1.5, 1.5, 1.0]


def test_drift_grows_from_zero_by_the_day() -> None:
    table = a_table([at(0), at(12), at(24), at(48)], x=[1.0] * 4)
    corrected = correct(table, [a_correction(0, offset=1.0, drift=-0.5)])
    assert corrected["x"].to_pylist() == [2.0, 1.75, 1.5, 1.0]


@pytest.mark.parametrize("turned", [False, True])
def test_the_next_correction_takes_the_place_of_the_one_before(*, turned: bool) -> None:
    corrections = [a_correction(0, offset=1.0, drift=24.0), a_correction(2, offset=10.0)]
    table = hourly(x=[0.0] * 4)
    corrected = correct(table, corrections[::-1] if turned else corrections)
    assert corrected["x"].to_pylist() == [1.0, 2.0, 10.0, 10.0]


def test_what_a_later_correction_took_the_place_of_does_not_come_back() -> None:
    corrections = [a_correction(0, offset=1.0), a_correction(1, 2, offset=10.0)]
    assert correct(hourly(x=[0.0] * 4), corrections)["x"].to_pylist() == [1.0, 10.0, 0.0, 0.0]


def test_a_correction_may_begin_where_another_ends() -> None:
    corrections = [a_correction(0, 1, offset=1.0), a_correction(1, offset=2.0)]
    assert correct(hourly(x=[0.0] * 2), corrections)["x"].to_pylist() == [1.0, 2.0]


def test_a_correction_of_nothing_ends_the_one_before_and_leaves_values_to_the_bit() -> None:
    corrections = [a_correction(0, offset=1.0), a_correction(1)]
    corrected = correct(hourly(x=[0.0, -0.0]), corrections)["x"].to_pylist()
    assert (corrected[0], math.copysign(1, corrected[1])) == (1.0, -1.0)


def test_missing_values_and_other_columns_stay() -> None:
    corrected = correct(hourly(x=[None, math.nan], y=[1.0, 2.0]), [a_correction(0, offset=1.0)])
    missing, nan = corrected["x"].to_pylist()
    assert missing is None
    assert math.isnan(nan)
    assert corrected["y"].to_pylist() == [1.0, 2.0]


def test_corrections_of_a_parameter_and_of_a_column_follow_each_other() -> None:
    corrections = [
        Correction(target=Target(parameter="x"), start=at(0), offset=1.0),
        a_correction(1, offset=5.0),
    ]
    assert correct(hourly(x=[0.0, 0.0]), corrections)["x"].to_pylist() == [1.0, 5.0]


def test_a_column_says_how_it_was_corrected_also_where_nothing_was_yet() -> None:
    table = hourly(x=[1.0], y=[1.0])
    corrections = [a_correction(9, 10, offset=0.5), a_correction(3, drift=0.25)]
    corrected = correct(table, corrections)
    metadata = corrected.schema.field("x").metadata
    assert metadata[b"parameter"] == b"x"
    assert json.loads(metadata[b"corrected"]) == [
        {"from": "2025-01-01T03:00:00+00:00", "until": None, "offset": 0.0, "drift": 0.25},
        {
            "from": "2025-01-01T09:00:00+00:00",
            "until": "2025-01-01T10:00:00+00:00",
            "offset": 0.5,
            "drift": 0.0,
        },
    ]
    assert b"corrected" not in corrected.schema.field("y").metadata
    assert corrected.equals(table)


def test_a_column_that_is_not_there_and_a_table_without_rows_are_no_error() -> None:
    table = hourly(y=[1.0])
    assert correct(table, [a_correction(0, offset=1.0)]).equals(table)
    assert len(correct(a_table([], x=[]), [a_correction(0, offset=1.0)])) == 0


@given(
    SERIES,
    st.lists(st.integers(0, 200_000), unique=True, max_size=4),
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.integers(0, 200_000),
)
def test_corrected_values_are_what_the_definition_says_whole_or_in_parts(
    values: dict[int, float | None], starts: list[int], offset: float, drift: float, cut: int
) -> None:
    corrections = [
        Correction(
            target=X, start=START + timedelta(seconds=start), offset=offset + place, drift=drift
        )
        for place, start in enumerate(starts)
    ]
    table = a_series(values)
    expected: list[float | None] = []
    for second, value in sorted(values.items()):
        begun = [start for start in starts if start <= second]
        if value is None or not begun:
            expected.append(value)
            continue
        start = max(begun)
        days = (second - start) * 1_000_000 / 86_400_000_000
        own = offset + starts.index(start)
        expected.append(value + (own + drift * days) if (own, drift) != (0, 0) else value)
    whole = correct(table, corrections)
    assert str(expected) == str(whole["x"].to_pylist())
    cut_us = to_us(START + timedelta(seconds=cut))
    sides = [slice_window(table, each) for each in (Window(None, cut_us), Window(cut_us, None))]
    parts = concat(correct(side, corrections) for side in sides)
    assert str(whole.to_pylist()) == str(parts.to_pylist())


@pytest.mark.parametrize(
    ("corrections", "what"),
    [
        ([a_correction(1, offset=1), a_correction(1, offset=2)], "two corrections begin at"),
        ([a_correction(0, 2, offset=1), a_correction(1, offset=2)], "begins before the one"),
    ],
)
def test_corrections_that_contradict_each_other_are_refused(
    corrections: list[Correction], what: str
) -> None:
    with pytest.raises(ConfigError, match=f"column 'x': .*{what}"):
        correct(hourly(x=[1.0]), corrections)


@pytest.mark.parametrize(
    ("start", "end", "offset", "what"),
    [
        (datetime(2025, 1, 1), None, 1.0, "has no time zone"),  # noqa: DTZ001 -- it is what is refused
        (at(1), at(1), 1.0, "before it begins"),
        (at(1), None, math.inf, "adds inf"),
        (at(1), None, math.nan, "adds nan"),
    ],
)
def test_a_correction_that_cannot_be_meant_is_refused(
    start: datetime, end: datetime | None, offset: float, what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        Correction(target=X, start=start, end=end, offset=offset)
