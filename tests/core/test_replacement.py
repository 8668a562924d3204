"""Windows of a series are written only where they differ; marks likewise."""

from collections.abc import Mapping, Sequence

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    ALWAYS,
    DataError,
    Pond,
    SchemaError,
    Transaction,
    Window,
)
from tests.conformance.filesystem import readings, values

MONTH = Window(0, 100)


def replaced(pond: Pond, rows: Mapping[int, float | None], window: Window = MONTH) -> Window | None:
    with pond.transaction() as tx:
        return tx.replace_window("/s", readings(rows), window)


def stored(pond: Pond) -> dict[int, float | None]:
    return values(pond.snapshot().read_series("/s"))


def pieces(pond: Pond) -> list[tuple[int | None, int | None, int | None]]:
    """Return start, end and txn of each window of the series."""
    found = pond.snapshot().node("/s").pieces
    return [(piece.window.start_us, piece.window.end_us, piece.txn) for piece in found]


# replace_window


def test_a_series_is_made_by_its_first_window(pond: Pond) -> None:
    assert replaced(pond, {1: 1.0}) == MONTH
    assert stored(pond) == {1: 1.0}
    assert dict(pond.snapshot().node("/s").attributes) == {"key": ["timestamp"]}
    assert pieces(pond) == [(0, 100, 1)]


def test_rows_are_sorted_when_they_are_not(pond: Pond) -> None:
    table = readings({1: 1.0, 2: 2.0}).take([1, 0])
    pond.transact(lambda tx: tx.replace_window("/s", table, MONTH))
    assert stored(pond) == {1: 1.0, 2: 2.0}


def test_no_difference_is_no_transaction(pond: Pond) -> None:
    rows = {1: 1.0, 5: None, 7: float("inf")}
    replaced(pond, rows)
    assert replaced(pond, rows) is None
    assert replaced(pond, {5: None}, Window(3, 6)) is None
    assert pond.snapshot().txn == 1


def test_late_readings_are_written_alone(pond: Pond) -> None:
    replaced(pond, {1: 1.0, 9: 1.0})
    assert replaced(pond, {1: 1.0, 4: 2.0, 9: 1.0}) == Window(4, 5)
    assert stored(pond) == {1: 1.0, 4: 2.0, 9: 1.0}
    assert pieces(pond) == [(0, 4, 1), (4, 5, 2), (5, 100, 1)]


def test_a_correction_in_the_middle_is_written_alone(pond: Pond) -> None:
    rows: dict[int, float | None] = dict.fromkeys(range(0, 100, 10), 1.0)
    replaced(pond, rows)
    assert replaced(pond, rows | {40: 2.0, 60: None}) == Window(40, 61)
    assert stored(pond) == rows | {40: 2.0, 60: None}


def test_rows_that_are_no_longer_there_are_removed(pond: Pond) -> None:
    replaced(pond, {1: 1.0, 4: 2.0, 9: 1.0})
    assert replaced(pond, {1: 1.0, 9: 1.0}) == Window(4, 5)
    assert stored(pond) == {1: 1.0, 9: 1.0}


def test_rows_at_the_end_make_one_window_to_the_end(pond: Pond) -> None:
    replaced(pond, {1: 1.0})
    assert replaced(pond, {1: 1.0, 50: 2.0}) == Window(50, 100)
    assert pieces(pond) == [(0, 50, 1), (50, 100, 2)]


def test_a_window_may_reach_to_the_end_of_time(pond: Pond) -> None:
    newest = Window(0, None)
    replaced(pond, {1: 1.0}, newest)
    assert replaced(pond, {1: 1.0, 50: 2.0}, newest) == Window(50, None)
    assert replaced(pond, {1: 1.0, 50: 2.0}, newest) is None
    # When the month is over, its window ends; the next one begins there.
    assert replaced(pond, {1: 1.0, 50: 2.0, 60: 3.0}, MONTH) == Window(60, 100)
    assert replaced(pond, {100: 4.0}, Window(100, None)) == Window(100, None)
    assert stored(pond) == {1: 1.0, 50: 2.0, 60: 3.0, 100: 4.0}


def test_all_of_time_is_a_window(pond: Pond) -> None:
    replaced(pond, {-5: 1.0, 5: 1.0}, ALWAYS)
    assert replaced(pond, {-5: 1.0, 5: 2.0}, ALWAYS) == Window(5, None)
    assert replaced(pond, {-9: 1.0, -5: 1.0, 5: 2.0}, ALWAYS) == Window(-9, -8)
    assert stored(pond) == {-9: 1.0, -5: 1.0, 5: 2.0}


def test_a_range_without_rows_is_remembered(pond: Pond) -> None:
    assert replaced(pond, {}) == MONTH
    assert replaced(pond, {}) is None
    assert replaced(pond, {}, Window(50, 200)) == Window(100, 200)
    assert pieces(pond) == [(0, 100, 1), (100, 200, 2)]


def test_what_was_looked_at_is_covered_without_a_hole(pond: Pond) -> None:
    for start, end in [(0, 5), (30, 35), (60, 65)]:
        replaced(pond, {start: 1.0}, Window(start, end))
    replaced(pond, {0: 1.0, 30: 1.0, 32: 2.0, 60: 1.0})
    windows = pieces(pond)
    assert [end for _, end, _ in windows[:-1]] == [start for start, _, _ in windows[1:]]
    assert (windows[0][0], windows[-1][1]) == (0, 100)
    assert stored(pond) == {0: 1.0, 30: 1.0, 32: 2.0, 60: 1.0}


ROWS = st.dictionaries(st.integers(0, 9), st.none() | st.sampled_from([0.0, 1.0]), max_size=6)
RANGES = st.builds(Window, st.none() | st.integers(0, 4), st.none() | st.integers(5, 9))
STEPS = st.lists(st.tuples(RANGES, ROWS, st.booleans()), max_size=6)


@settings(max_examples=40)
@given(steps=STEPS)
def test_a_series_holds_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory,
    steps: Sequence[tuple[Window, dict[int, float | None], bool]],
) -> None:
    pond = Pond.init(tmp_path_factory.mktemp("p") / "pond", durability="process")
    model: dict[int, float | None] = {}
    with pond.transaction() as tx:
        tx.create_series("/s")
        for window, rows, merges in steps:
            inside = {us: value for us, value in rows.items() if window.contains(us)}
            kept = {us: v for us, v in model.items() if merges or not window.contains(us)}
            write = tx.merge_window if merges else tx.replace_window
            write("/s", readings(inside), window)
            model = kept | inside
            read = tx.read_series("/s")
            assert (values(read) if read.num_rows else {}) == model
            covered = [piece.window for piece in tx.node("/s").pieces]
            assert all(
                any(w.contains(us) for w in covered) for us in range(10) if window.contains(us)
            )
            assert write("/s", readings(inside), window) is None, "the second time, no difference"


def test_an_ignored_column_alone_is_no_difference(pond: Pond) -> None:
    def fetched(rows: Mapping[int, float | None], at: int) -> pa.Table:
        table = readings(rows)
        return table.append_column("fetched_at", pa.array([at] * len(table), pa.int64()))

    with pond.transaction() as tx:
        tx.replace_window("/s", fetched({1: 1.0, 2: 2.0}, 7), MONTH, ignore=["fetched_at"])
    with pond.transaction() as tx:
        again = fetched({1: 1.0, 2: 2.0}, 8)
        assert tx.replace_window("/s", again, MONTH, ignore=["fetched_at"]) is None
        more = fetched({1: 1.0, 2: 9.0, 3: 3.0}, 8)
        written = tx.replace_window("/s", more, MONTH, ignore=["fetched_at"])
    assert written == Window(2, 100)
    read = pond.snapshot().read_series("/s")
    assert read.column("fetched_at").to_pylist() == [7, 8, 8]


def test_a_long_table_is_unique_on_its_key(pond: Pond) -> None:
    key = ("timestamp", "parameter")
    instants = pa.array([1, 1], pa.timestamp("us", tz="UTC"))
    table = pa.table({"timestamp": instants, "parameter": ["b", "a"], "value": [2.0, 1.0]})
    with pond.transaction() as tx:
        tx.replace_window("/s", table, MONTH, key=key)
        assert tx.replace_window("/s", table, MONTH, key=key) is None
    read = pond.snapshot().read_series("/s")
    assert read.column("parameter").to_pylist() == ["a", "b"]
    assert dict(pond.snapshot().node("/s").attributes) == {"key": list(key)}


def test_a_column_may_be_added_and_is_null_before(pond: Pond) -> None:
    replaced(pond, {1: 1.0})
    table = readings({1: 1.0, 50: 2.0}).append_column("depth", pa.array([None, 3.0]))
    with pond.transaction() as tx:
        assert tx.replace_window("/s", table, MONTH) == Window(50, 100)
    read = pond.snapshot().read_series("/s")
    assert read.column("depth").to_pylist() == [None, 3.0]
    with pond.transaction() as tx:
        assert tx.replace_window("/s", readings({101: 1.0}), Window(100, 200)) is not None
    assert pond.snapshot().read_series("/s").column("depth").to_pylist() == [None, 3.0, None]


@pytest.mark.parametrize("window", [MONTH, Window(100, 200)], ids=["same window", "another one"])
def test_a_column_that_changes_its_type_is_refused_by_name(pond: Pond, window: Window) -> None:
    replaced(pond, {1: 1.0})
    start = window.start_us or 0
    text = readings({start: 0.0}).set_column(1, "value", pa.array(["high"]))
    for write in (Transaction.replace_window, Transaction.merge_window):
        with pytest.raises(SchemaError, match=r"'value'.*double.*string"), pond.transaction() as tx:
            write(tx, "/s", text, window)
    assert pond.snapshot().txn == 1


def test_rows_outside_the_window_or_with_one_key_are_refused(pond: Pond) -> None:
    with pytest.raises(DataError, match="outside"):
        replaced(pond, {100: 1.0})
    twice = pa.concat_tables([readings({1: 1.0}), readings({1: 2.0})])
    with pytest.raises(DataError, match="more than one row at"), pond.transaction() as tx:
        tx.replace_window("/s", twice, MONTH)
    assert pond.snapshot().txn == 0


# merge_window


def test_merging_keeps_rows_that_are_not_given(pond: Pond) -> None:
    replaced(pond, {1: 1.0, 5: 5.0})
    with pond.transaction() as tx:
        assert tx.merge_window("/s", readings({5: 6.0, 9: 9.0}), MONTH) == Window(5, 100)
    assert stored(pond) == {1: 1.0, 5: 6.0, 9: 9.0}


def test_merging_makes_the_series_if_there_is_none(pond: Pond) -> None:
    with pond.transaction() as tx:
        assert tx.merge_window("/s", readings({1: 1.0}), MONTH) == MONTH
    assert stored(pond) == {1: 1.0}


def test_merging_what_is_stored_is_no_transaction(pond: Pond) -> None:
    replaced(pond, {1: 1.0, 5: 5.0})
    with pond.transaction() as tx:
        assert tx.merge_window("/s", readings({5: 5.0}), MONTH) is None
    assert pond.snapshot().txn == 1


# set_mark


def test_a_mark_is_written_once(pond: Pond) -> None:
    replaced(pond, {1: 1.0})
    facts = {"inputs": [["/raw/a", "ab12"]], "rows": 1}
    with pond.transaction() as tx:
        assert tx.set_mark("/s", facts, MONTH)
    with pond.transaction() as tx:
        assert not tx.set_mark("/s", facts, MONTH)
    assert pond.snapshot().txn == 2
    with pond.transaction() as tx:
        assert tx.set_mark("/s", facts | {"rows": 2}, MONTH)
        assert tx.set_mark("/s", facts, Window(0, 50))
    marks = pond.snapshot().node("/s").marks
    assert {window: facts["rows"] for window, facts in marks.items()} == {
        MONTH: 2,
        Window(0, 50): 1,
    }
