"""Long series are read in parts that no bucket lies across."""

import hypothesis.strategies as st
from hypothesis import given

from pond_core import ALWAYS, NodeId, Piece, Resolution, Window
from pond_core.factories.inputs import spans
from pond_core.series.grid import Grid, Steps

TEN = Resolution("10us", Grid(Steps(10)))
ENDS = st.lists(st.integers(1, 200), unique=True).map(sorted)
BOUNDS = st.none() | st.integers(0, 20)


def pieces_of(ends: list[int], *, rows: int = 5) -> list[Piece]:
    starts = [None, *ends]
    windows = [Window(start, end) for start, end in zip(starts, [*ends, None], strict=True)]
    return [Piece(NodeId("0" * 32), 1, window, rows=rows) for window in windows]


@given(ENDS, st.integers(1, 30), BOUNDS, BOUNDS)
def test_parts_are_the_window_cut_between_buckets(
    ends: list[int], rows: int, first: int | None, last: int | None
) -> None:
    window = Window(first and first * 10, last and last * 10)
    parts = list(spans(pieces_of(ends), window, TEN, rows=rows))
    if window.is_empty:
        assert parts == []
        return
    assert (parts[0].start_us, parts[-1].end_us) == (window.start_us, window.end_us)
    cuts = [part.end_us for part in parts[:-1]]
    assert cuts == [part.start_us for part in parts[1:]]
    assert all(cut is not None and cut % 10 == 0 for cut in cuts)
    assert not any(part.is_empty for part in parts)


def test_pieces_are_read_together_until_there_are_enough_rows() -> None:
    parts = list(spans(pieces_of([10, 20, 30, 40]), ALWAYS, TEN, rows=10))
    assert parts == [Window(None, 20), Window(20, 40), Window(40, None)]


def test_a_part_ends_with_a_whole_bucket() -> None:
    parts = list(spans(pieces_of([15, 27]), ALWAYS, TEN, rows=1))
    assert parts == [Window(None, 10), Window(10, 20), Window(20, None)]


def test_what_is_computed_is_read_at_once() -> None:
    assert list(spans([Piece(NodeId("0" * 32), 1)], ALWAYS, TEN)) == [ALWAYS]
