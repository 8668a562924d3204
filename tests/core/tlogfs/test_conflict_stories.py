"""What is there after two transactions from one snapshot, and what the one that lost is told."""

import pytest

from pond_core import ConflictError, NotFoundError, Pond, Provenance, Transaction, Window
from tests.conformance.filesystem import readings, values
from tests.core.tlogfs.changes import (
    Change,
    both,
    data,
    lay_out,
    race,
    remove,
    rename,
    replace_month,
    text_window,
    window,
)


@pytest.fixture
def pond(pond: Pond) -> Pond:
    """A pond with something in it."""
    pond.transact(lay_out)
    return pond


def test_a_change_of_type_in_a_disjoint_window_is_refused_without_a_race(pond: Pond) -> None:
    with pytest.raises(ValueError, match="'value'"):
        race(pond, window("/s", 10, 20), text_window("/s", 20, 30))


def test_both_windows_of_one_series_are_there_afterwards(pond: Pond) -> None:
    race(pond, window("/s", 10, 20), window("/s", 20, 30))
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 10: 9.0, 20: 9.0}


def test_a_file_written_while_it_was_renamed_has_its_new_name_and_content(pond: Pond) -> None:
    race(pond, lambda tx: tx.rename("/f", "/z/f"), lambda tx: tx.write_data("/f", b"1"))
    assert pond.snapshot().read_data("/z/f") == b"1"
    assert not pond.snapshot().exists("/f")


def test_what_is_made_in_a_directory_that_was_moved_is_found_where_it_went(pond: Pond) -> None:
    race(pond, rename("/d", "/z/d"), both(data("/d/new", b"1"), data("/d/e/f", b"2")))
    snapshot = pond.snapshot()
    assert (snapshot.read_data("/z/d/new"), snapshot.read_data("/z/d/e/f")) == (b"1", b"2")
    assert not snapshot.exists("/d")


def test_a_range_that_was_replaced_may_be_written_to_afterwards(pond: Pond) -> None:
    race(pond, replace_month({1: 1.0, 50: 5.0, 90: 1.0}), window("/month", 60, 65))
    expected = {1: 1.0, 50: 5.0, 60: 9.0, 90: 1.0}
    assert values(pond.snapshot().read_series("/month")) == expected


def test_a_range_that_was_replaced_holds_what_its_writer_gave(pond: Pond) -> None:
    first, second = {1: 1.0, 50: 5.0, 90: 1.0}, {1: 1.0, 70: 7.0, 90: 1.0}
    with pond.transaction() as tx:
        replace_month(first)(tx)
    with pytest.raises(ConflictError):
        race(pond, window("/month", 60, 65), replace_month(second))
    pond.transact(replace_month(second))
    assert values(pond.snapshot().read_series("/month")) == second


def test_a_range_that_was_found_as_it_should_be_stays_so(pond: Pond) -> None:
    stored = {1: 1.0, 50: 5.0, 90: 1.0}
    pond.transact(replace_month(stored))
    with pytest.raises(ConflictError):
        race(pond, window("/month", 60, 65), both(replace_month(stored), data("/note", b"same")))


def test_two_who_add_to_one_range_are_told_and_both_are_there_after_a_rerun(pond: Pond) -> None:
    def adding(at: int) -> Change:
        return lambda tx: tx.merge_window("/s", readings({at: 9.0}), Window(0, 100))

    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        adding(70)(tx)
        if tries == 1:
            pond.transact(adding(30))

    pond.transact(ours, sleep=lambda _s: None)
    assert tries == 2
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 30: 9.0, 70: 9.0}


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        (data("/d/new"), data("/d/new"), "changed the name '/d/new' too"),
        (
            rename("/d", "/y/d"),
            rename("/z", "/y/z"),
            "moved the directory 'd' while this one moves 'z'",
        ),
        (
            remove("/d"),
            data("/d/e/f"),
            "removed 'd', and with it '/d/e/f', which this one changes",
        ),
        (
            data("/d/e/f"),
            remove("/d"),
            "changed 'd', or what lies in it, which this one removes",
        ),
        (data("/to_f"), data("/f"), "changed '/f' too"),
        (
            window("/month", 60, 70),
            replace_month({1: 1.0, 50: 5.0, 90: 1.0}),
            "wrote to '/month' in the same range",
        ),
    ],
)
def test_a_clash_says_what_it_is_about(
    pond: Pond, theirs: Change, ours: Change, message: str
) -> None:
    with pytest.raises(ConflictError) as info:
        race(pond, theirs, ours)
    assert str(info.value) == f"txn 2 {message} (this transaction began at txn 1)"
    assert info.value.hint == "run it again: it will start from the newest txn"


def test_the_txn_that_clashes_is_named_among_many(pond: Pond) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/f", b"ours")
        for path in ("/a", "/b", "/f", "/c"):
            pond.transact(data(path))
    assert (info.value.base, info.value.other) == (1, 4)


def test_what_others_removed_in_several_transactions_counts_as_one_removal(pond: Pond) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/d/e/f", b"ours")
        pond.transact(rename("/d", "/z/d"))
        pond.transact(remove("/z"))
    assert info.value.other == 3


def test_what_was_moved_out_of_a_directory_that_goes_may_be_written(pond: Pond) -> None:
    race(pond, data("/d/e/f", b"1"), both(rename("/d/e/f", "/new"), remove("/d")))
    assert pond.snapshot().read_data("/new") == b"1"


def test_a_removed_directory_is_listed_whoever_comes_between(pond: Pond) -> None:
    with pond.transaction() as tx:
        for number in range(50):
            tx.mkdir(f"/d/e/{number}")
            tx.write_data(f"/d/e/{number}/f", b"")
    race(pond, data("/f"), remove("/d"))
    assert not pond.snapshot().exists("/d")
    with pytest.raises(NotFoundError):
        race(pond, data("/d/e/49/f"), remove("/z"))


def test_a_commit_that_is_tried_again_after_a_clash_clashes_again(pond: Pond) -> None:
    with pytest.raises(ConflictError), pond.transaction() as tx:  # noqa: PT012  # the second is the point
        tx.remove("/d", recursive=True)
        pond.transact(data("/d/new"))
        with pytest.raises(ConflictError):
            tx.commit(Provenance())
        tx.remove("/z")
    assert pond.snapshot().exists("/d/new")
    assert pond.verify().ok


LARGE = bytes(range(256)) * 300


def test_a_rerun_that_writes_the_same_large_content_leaves_nothing_over(pond: Pond) -> None:
    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.write_data("/f", LARGE)
        if tries == 1:
            pond.transact(data("/f"))

    pond.transact(ours, sleep=lambda _s: None)
    report = pond.verify()
    assert (tries, report.ok, report.unreferenced) == (2, True, ())
    assert pond.snapshot().read_data("/f") == LARGE


def test_a_rerun_that_writes_other_large_content_loses_nothing(pond: Pond) -> None:
    tries = 0

    def ours(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.write_data("/f", LARGE + bytes([tries]))
        if tries == 1:
            pond.transact(data("/f"))

    pond.transact(ours, sleep=lambda _s: None)
    assert pond.snapshot().read_data("/f") == LARGE + b"\x02"
    report = pond.verify()
    assert report.ok
    assert len(report.unreferenced) == 1, "what the first try wrote waits for the clean-up"


def test_others_large_content_stays_when_ours_is_refused(pond: Pond) -> None:
    with pytest.raises(ConflictError):
        race(pond, data("/f", LARGE), data("/f", LARGE))
    assert pond.snapshot().read_data("/f") == LARGE
    assert pond.verify().ok
