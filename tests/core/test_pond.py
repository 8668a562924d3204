"""The pond's face: making, opening, transactions and snapshots."""

import multiprocessing
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pond_core import (
    ClosedError,
    ConflictError,
    ExistsError,
    FormatTooNewError,
    NotAPondError,
    NotFoundError,
    Pond,
    PondError,
    Provenance,
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


def test_the_random_numbers_of_a_program_are_those_of_its_seed_whatever_a_pond_does(
    pond: Pond,
) -> None:
    random.seed(1)
    before = random.getstate()
    pond.transact(interfere(pond, 3), sleep=lambda _s: None)
    assert random.getstate() == before


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
    change(pond, lambda tx: tx.write_window("/s", readings({1: 1.0}), MONTH))
    snapshot = pond.snapshot()
    change(pond, lambda tx: tx.write_window("/s", readings({1: 2.0, 5: 1.0}), MONTH))
    change(pond, lambda tx: tx.rename("/s", "/t"))
    assert values(snapshot.read_series("/s")) == {1: 1.0}
    assert not snapshot.exists("/t")


def test_a_snapshot_has_no_way_to_write(pond: Pond) -> None:
    assert not hasattr(pond.snapshot(), "write_data")


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
    assert ours.poll(60)
    message, hint = ours.recv()
    process.join()
    assert message.startswith("this Pond was opened in another process")
    assert "spawn" in hint
