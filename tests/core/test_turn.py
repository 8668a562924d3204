"""Taking turns: a courtesy between those who are about to begin, and never a trap."""

import threading
import time
from pathlib import Path

import pytest

from pond_core import ConflictError, Pond, Transaction
from pond_core.turn import await_turn, hold_turn


def test_who_begins_waits_for_the_one_whose_turn_it_is(tmp_path: Path) -> None:
    order: list[str] = []

    def begin() -> None:
        waiting.set()
        await_turn(tmp_path)
        order.append("the other")

    waiting = threading.Event()
    other = threading.Thread(target=begin)
    with hold_turn(tmp_path):
        other.start()
        waiting.wait(60)
        order.append("the holder")
    other.join(60)
    assert order == ["the holder", "the other"]


def test_nobody_waits_where_nobody_has_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _s: pytest.fail("waited"))
    await_turn(tmp_path)
    with hold_turn(tmp_path):
        pass
    await_turn(tmp_path)


def test_the_turn_ends_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError), hold_turn(tmp_path):
        raise KeyError
    monkeypatch.setattr(time, "sleep", lambda _s: pytest.fail("waited"))
    await_turn(tmp_path)


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds the turn may itself wait for the one at the door."""
    now = time.monotonic()
    ticks = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: now + next(ticks))
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    with hold_turn(tmp_path):
        await_turn(tmp_path)
        with hold_turn(tmp_path):
            pass


def test_a_directory_that_cannot_be_locked_is_no_obstacle(tmp_path: Path) -> None:
    await_turn(tmp_path / "gone")
    with hold_turn(tmp_path / "gone"):
        pass


def test_one_that_lost_three_times_has_the_turn(pond: Pond) -> None:
    began: list[int] = []

    def ours(tx: Transaction) -> None:
        began.append(tx.base)
        tx.write_data("/f", b"ours")
        if len(began) <= 3:
            with pond.transaction() as other:
                other.write_data("/f", b"theirs")
        else:
            newcomer.start()
            assert not done.wait(0.05), "it waits at the door"

    def begin() -> None:
        pond.transact(lambda tx: tx.write_data("/g", b""))
        done.set()

    done = threading.Event()
    newcomer = threading.Thread(target=begin)
    _, header = pond.transact(ours, sleep=lambda _s: None)
    newcomer.join(60)
    assert began == [0, 1, 2, 3]
    assert header is not None
    assert header.txn == 4
    assert pond.snapshot().txn == 5


def test_the_turn_is_given_back_by_one_that_gave_up(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ours(tx: Transaction) -> None:
        tx.write_data("/f", b"ours")
        with pond.transaction() as other:
            other.write_data("/f", b"theirs")

    with pytest.raises(ConflictError):
        pond.transact(ours, sleep=lambda _s: None)
    monkeypatch.setattr(time, "sleep", lambda _s: pytest.fail("waited"))
    pond.transact(lambda tx: tx.write_data("/g", b""))
