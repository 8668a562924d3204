"""The pond's face: transactions, snapshots, and series that are written only where they differ."""

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    ALWAYS,
    ClosedError,
    ConflictError,
    DataError,
    ExistsError,
    FormatTooNewError,
    NotAPondError,
    NotFoundError,
    Pond,
    PondError,
    Provenance,
    SchemaError,
    StorageError,
    Transaction,
    Window,
    from_us,
)
from tests.conformance.filesystem import readings, values

MONTH = Window(0, 100)


def change(pond: Pond, act: Callable[[Transaction], object]) -> int:
    """Commit one change and return the newest txn."""
    with pond.transaction() as tx:
        act(tx)
    return pond.snapshot().txn


def writing(path: str, data: bytes) -> Callable[[Transaction], None]:
    return lambda tx: tx.write_data(path, data)


def replaced(pond: Pond, rows: Mapping[int, float | None], window: Window = MONTH) -> Window | None:
    with pond.transaction() as tx:
        return tx.replace_window("/s", readings(rows), window)


def stored(pond: Pond) -> dict[int, float | None]:
    return values(pond.snapshot().read_series("/s"))


def pieces(pond: Pond) -> list[tuple[int | None, int | None, int | None]]:
    """Return start, end and txn of each window of the series."""
    found = pond.snapshot().node("/s").pieces
    return [(piece.window.start_us, piece.window.end_us, piece.txn) for piece in found]


# Making and opening


def test_a_new_pond_is_empty(pond: Pond) -> None:
    assert (pond.snapshot().txn, pond.snapshot().ls("/"), pond.log()) == (0, [], [])
    assert pond.verify().ok


def test_a_pond_that_is_opened_is_the_one_that_was_made(pond: Pond) -> None:
    change(pond, writing("/f", b"x"))
    again = Pond.open(str(pond.path))
    assert (again.id, again.snapshot().read_data("/f")) == (pond.id, b"x")


def test_two_ponds_have_two_ids(pond: Pond, tmp_path: Path) -> None:
    assert Pond.init(tmp_path / "other").id != pond.id


def test_a_pond_is_not_made_over_another(pond: Pond) -> None:
    change(pond, writing("/f", b"x"))
    with pytest.raises(ExistsError, match="there is a pond at") as info:
        Pond.init(pond.path)
    assert info.value.hint == "open it, or choose another place"
    assert Pond.init(pond.path, exist_ok=True).snapshot().read_data("/f") == b"x"


def test_a_place_without_a_pond_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(NotAPondError, match="there is no pond at"):
        Pond.open(tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_a_pond_is_not_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        Pond.init(tmp_path / "file" / "pond")


def test_an_unknown_durability_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'full' or 'process', not 'fast'"):
        Pond.init(tmp_path / "pond", durability="fast")


def test_errors_of_opening_are_errors_of_the_pond() -> None:
    assert issubclass(NotAPondError, PondError)
    assert issubclass(FormatTooNewError, PondError)


# Transactions


def test_changes_are_visible_when_the_block_ends(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/d")
        tx.write_data("/d/f", b"x")
        assert tx.read_data("/d/f") == b"x"
        assert not pond.snapshot().exists("/d")
    assert pond.snapshot().read_data("/d/f") == b"x"


def test_an_error_in_the_block_undoes_all_of_it(pond: Pond) -> None:
    with pytest.raises(NotFoundError), pond.transaction() as tx:  # noqa: PT012  # two steps, one error
        tx.write_data("/f", b"x")
        tx.read_data("/gone")
    assert (pond.snapshot().txn, pond.snapshot().exists("/f")) == (0, False)


def test_a_transaction_without_changes_is_none(pond: Pond) -> None:
    with pond.transaction() as tx:
        assert not tx.exists("/f")
    assert (tx.header, pond.log()) == (None, [])


def test_a_header_tells_who_and_why(pond: Pond) -> None:
    provenance = Provenance("ada", "first", "run-1", "/raw/a", ("2024-03",))
    with pond.transaction(provenance) as tx:
        tx.write_data("/f", b"x")
    assert tx.header is not None
    assert (tx.header.txn, tx.header.provenance) == (1, provenance)
    assert pond.log() == [tx.header]


@pytest.mark.parametrize("fails", [False, True])
def test_a_transaction_that_is_over_refuses_changes(pond: Pond, *, fails: bool) -> None:
    with pytest.raises(KeyError), pond.transaction() as tx:  # noqa: PT012  # the end is the point
        if fails:
            raise KeyError
        tx.write_data("/f", b"x")
        tx.commit(Provenance())
        raise KeyError
    with pytest.raises(ClosedError, match="this transaction is over"):
        tx.write_data("/g", b"lost")


def test_committing_early_commits_once(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_data("/f", b"x")
        header = tx.commit(Provenance(message="early"))
    assert tx.header == header
    assert pond.log() == [header]


def test_the_log_is_newest_first_and_can_be_cut(pond: Pond) -> None:
    for name in "abc":
        change(pond, writing(f"/{name}", b""))
    assert [header.txn for header in pond.log()] == [3, 2, 1]
    assert [header.txn for header in pond.log(limit=2)] == [3, 2]
    assert pond.log(limit=0) == []
    assert len(pond.log(limit=99)) == 3


# transact


def interfere(pond: Pond, times: int) -> Callable[[Transaction], int]:
    """Return a change that somebody else gets ahead of, so many times."""
    runs = 0

    def act(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        tx.write_data("/f", b"ours")
        if runs <= times:
            change(pond, lambda other: other.write_data("/f", b"theirs"))
        return runs

    return act


def test_transact_returns_what_the_change_returned(pond: Pond) -> None:
    result, header = pond.transact(interfere(pond, 0), Provenance(message="m"))
    assert (result, header) == (1, pond.log()[0])
    assert pond.transact(lambda tx: tx.exists("/f")) == (True, None)


def test_transact_runs_again_from_a_fresh_snapshot(pond: Pond) -> None:
    waits: list[float] = []
    result, header = pond.transact(interfere(pond, 3), sleep=waits.append)
    assert (result, header) == (4, pond.log()[0])
    assert pond.snapshot().read_data("/f") == b"ours"
    assert len(waits) == 3
    assert all(0 <= wait <= 0.0125 * 2**tries for tries, wait in enumerate(waits, start=1))


def test_transact_gives_up_after_eight_tries(pond: Pond) -> None:
    waits: list[float] = []
    with pytest.raises(ConflictError):
        pond.transact(interfere(pond, 100), sleep=waits.append)
    assert len(waits) == 7
    assert pond.snapshot().read_data("/f") == b"theirs"


def test_transact_passes_other_errors_on_at_once(pond: Pond) -> None:
    with pytest.raises(NotFoundError):
        pond.transact(lambda tx: tx.read_data("/gone"), sleep=lambda _s: pytest.fail("waited"))


# Snapshots


def test_a_snapshot_is_as_of_a_transaction(pond: Pond) -> None:
    for text in (b"1", b"2", b"3"):
        change(pond, writing("/f", text))
    assert [pond.snapshot(txn).read_data("/f") for txn in (2, 1, 3)] == [b"2", b"1", b"3"]
    assert not pond.snapshot(0).exists("/f")
    assert pond.snapshot().txn == 3


def test_a_snapshot_is_as_of_an_instant(pond: Pond) -> None:
    for text in (b"1", b"2"):
        change(pond, writing("/f", text))
    second, first = pond.log()
    step = timedelta(microseconds=1)
    assert pond.snapshot(from_us(first.ts_us)).txn == 1
    assert pond.snapshot(from_us(second.ts_us) - step).txn == 1
    assert pond.snapshot(from_us(second.ts_us)).txn == 2
    assert pond.snapshot(datetime(2000, 1, 1, tzinfo=UTC)).txn == 0
    assert pond.snapshot(datetime(9999, 1, 1, tzinfo=UTC)).txn == 2


def test_a_naive_instant_names_no_transaction(pond: Pond) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        pond.snapshot(datetime(2024, 3, 1))  # noqa: DTZ001  # that it is naive is the point


@pytest.mark.parametrize("txn", [-1, 1])
def test_a_transaction_that_is_not_there_has_no_snapshot(pond: Pond, txn: int) -> None:
    with pytest.raises(NotFoundError, match=f"there is no txn {txn}; the newest is 0"):
        pond.snapshot(txn)


def test_a_snapshot_does_not_see_what_is_committed_later(pond: Pond) -> None:
    replaced(pond, {1: 1.0})
    snapshot = pond.snapshot()
    replaced(pond, {1: 2.0, 5: 1.0})
    change(pond, lambda tx: tx.rename("/s", "/t"))
    assert values(snapshot.read_series("/s")) == {1: 1.0}
    assert not snapshot.exists("/t")


def test_a_snapshot_has_no_way_to_write(pond: Pond) -> None:
    assert not hasattr(pond.snapshot(), "write_data")


# replace_window


def test_a_series_is_made_by_its_first_window(pond: Pond) -> None:
    assert replaced(pond, {1: 1.0}) == MONTH
    assert stored(pond) == {1: 1.0}
    assert dict(pond.snapshot().node("/s").attributes) == {"key": ["timestamp"]}
    assert pieces(pond) == [(0, 100, 1)]


def test_rows_are_sorted_when_they_are_not(pond: Pond) -> None:
    table = readings({1: 1.0, 2: 2.0}).take([1, 0])
    change(pond, lambda tx: tx.replace_window("/s", table, MONTH))
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


# Processes


def use_in_child(pond: Pond, answer: Connection) -> None:
    try:
        pond.snapshot()
    except ClosedError as error:
        answer.send((str(error), error.hint))
    else:
        answer.send(("no error", ""))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forking with threads
def test_a_forked_process_may_not_use_the_pond_of_its_parent(pond: Pond) -> None:
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    process = fork.Process(target=use_in_child, args=(pond, theirs))
    process.start()
    assert ours.poll(30)
    message, hint = ours.recv()
    process.join()
    assert message.startswith("this Pond was opened in another process")
    assert "spawn" in hint
