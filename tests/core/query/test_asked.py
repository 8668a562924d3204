"""Ranges of time out of the comparisons of a plan."""

import pytest

from pond_core.query.asked import all_of, any_of, compared, with_clock
from pond_core.window import ALWAYS, Window


@pytest.mark.parametrize(
    ("sign", "window"),
    [
        (">=", Window(5, None)),
        (">", Window(6, None)),
        ("<", Window(None, 5)),
        ("<=", Window(None, 6)),
        ("=", Window(5, 6)),
        ("!=", ALWAYS),
        ("", ALWAYS),
    ],
)
def test_a_comparison_is_a_range(sign: str, window: Window) -> None:
    assert compared(sign, 5) == window


def test_all_of_no_ranges_is_always() -> None:
    assert all_of([]) == ALWAYS


def test_all_of_several_is_what_they_share() -> None:
    assert all_of([Window(1, None), Window(None, 9), Window(3, 20)]) == Window(3, 9)


@pytest.mark.parametrize(
    ("windows", "around"),
    [
        ([], ALWAYS),
        ([Window(1, 2)], Window(1, 2)),
        ([Window(1, 2), Window(8, 9)], Window(1, 9)),
        ([Window(None, 2), Window(8, 9)], Window(None, 9)),
        ([Window(1, 2), ALWAYS], ALWAYS),
        ([Window(1, 2), Window(5, 5)], Window(1, 2)),
        ([Window(5, 5)], ALWAYS),
    ],
)
def test_any_of_several_is_a_range_around_them(windows: list[Window], around: Window) -> None:
    assert any_of(windows) == around


def test_a_range_that_ends_now_ends_later_when_the_query_is_run() -> None:
    window = Window(0, 100)
    assert with_clock(window, "SELECT 1 WHERE timestamp < now()") == Window(0, 60_000_100)
    assert with_clock(window, "SELECT 1 WHERE timestamp < '2024-01-01'") == window
    assert with_clock(Window(0, None), "SELECT now()") == Window(0, None)
