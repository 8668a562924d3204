"""Readers see whole transactions, whatever writers, merges and clean-ups do beside them."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pond_core import ConflictError, Pond, Snapshot, Transaction, Window
from pond_core.oplog import Operation
from tests.concurrency.conftest import Gather
from tests.concurrency.crew import Stage
from tests.conformance.filesystem import readings, values

LONG_AGO = 1_000_000_000


def write_pair(tx: Transaction, number: int) -> None:
    """Write one number to two files, a window and a mark: they belong together."""
    text = str(number).encode()
    tx.write_data("/left/number", text)
    tx.write_data("/right/number", text * 40_000)  # an object, soon
    tx.write_window("/rows", readings({number: float(number)}), Window(number, number + 1))
    tx.write_window("/newest", readings({0: float(number)}), Window(0, 1))
    tx.mark("/newest", {"number": number}, Window(0, 1))


def check_pair(snapshot: Snapshot) -> int:
    """Say which number a snapshot holds; all that it holds belongs together."""
    number = int(snapshot.read_data("/left/number"))
    assert snapshot.read_data("/right/number") == str(number).encode() * 40_000
    assert values(snapshot.read_series("/newest")) == {0: float(number)}
    assert snapshot.node("/newest").marks[Window(0, 1)] == {"number": number}
    assert list(values(snapshot.read_series("/rows"))) == list(range(number + 1))
    assert snapshot.txn == number + 1
    return number


def keep_writing(stage: Stage, count: int) -> int:
    """Write pair after pair."""
    pond = stage.open()
    for number in range(1, count + 1):
        pond.transact(lambda tx, number=number: write_pair(tx, number))  # type: ignore[misc]  # a lambda's default
    stage.done.set()
    return count


def keep_reading(stage: Stage) -> tuple[int, int]:
    """Check snapshots, new and old ones, until the writer is done; say how many, and the last."""
    pond = stage.open()
    kept = {check_pair(snapshot := pond.snapshot()): snapshot}
    count = 0
    while not stage.done.is_set() or count == 0:
        snapshot = pond.snapshot()
        number = check_pair(snapshot)
        assert number >= max(kept), "a later snapshot is never an earlier one"
        for old, earlier in kept.items():
            assert check_pair(earlier) == old
        past = pond.snapshot(number // 2 + 1)
        assert check_pair(past) == number // 2
        if len(kept) < 3:
            kept[number] = snapshot
        count += 1
    return count, check_pair(pond.snapshot())


def keep_opening(stage: Stage) -> int:
    """Open the pond anew for each look, as short-lived processes do."""
    stage.open()
    count = 0
    while not stage.done.is_set() or count == 0:
        check_pair(Pond.open(stage.place).snapshot())
        count += 1
    return count


def keep_maintaining(stage: Stage) -> int:
    """Merge and delete all that may go, as if it was long ago that it was replaced."""
    pond = stage.open()
    count = 0
    while not stage.done.is_set() or count == 0:
        age_replaced(stage.place)
        pond.maintain()
        count += 1
    return count


def age_replaced(place: str) -> None:
    """Let each log file look as if it had been written long ago: what was replaced may then go.

    In a bucket nothing is aged: what is taken away there is aside for a day.

    Objects are left: one that no row names yet may belong to a transaction that is being written.
    """
    for path in Path(place, "oplog").rglob("*.parquet"):
        try:
            os.utime(path, (LONG_AGO, LONG_AGO))
        except FileNotFoundError:
            continue


@pytest.fixture
def pond(pond: Pond) -> Iterator[Pond]:
    with pond.transaction() as tx:
        tx.mkdir("/left")
        tx.mkdir("/right")
        write_pair(tx, 0)
    yield pond
    assert pond.verify().ok


def test_snapshots_are_whole_beside_writers_merges_and_clean_ups(
    pond: Pond, gather: Gather
) -> None:
    crew = gather(4)
    writer = crew.start(keep_writing, 80)
    reader = crew.start(keep_reading)
    opener = crew.start(keep_opening)
    maintainer = crew.start(keep_maintaining)
    assert writer.receive() == 80
    assert reader.receive()[1] == 80
    assert opener.receive() > 0
    assert maintainer.receive() > 0
    assert check_pair(pond.snapshot()) == 80
    assert [check_pair(pond.snapshot(txn)) for txn in (1, 17, 64, 81)] == [0, 16, 63, 80]


def test_two_who_maintain_at_once_multiply_nothing(pond: Pond, gather: Gather) -> None:
    for number in range(1, 16):
        with pond.transaction() as tx:
            write_pair(tx, number)
    before = operations(pond)
    crew = gather(2)
    crew.start(maintain_often, 4)
    crew.start(maintain_often, 4)
    crew.results()
    assert check_pair(pond.snapshot()) == 15
    again = Pond.open(pond.label)
    assert operations(again) == before
    report = again.verify()
    assert (report.ok, report.unreferenced) == (True, ())
    assert [check_pair(again.snapshot(txn)) for txn in range(1, 17)] == list(range(16))


def operations(pond: Pond) -> list[Operation]:
    """Return what was done; not since when it counts no more, which upkeep finds out."""
    rows = pond._log.operations(after=0, upto=pond.snapshot().txn)
    return [replace(row, until=None) for row in rows]


def maintain_often(stage: Stage, times: int) -> None:
    pond = stage.open()
    for _ in range(times):
        age_replaced(stage.place)
        pond.maintain()


def test_a_handle_that_was_left_for_long_goes_on(pond: Pond, gather: Gather) -> None:
    """More than 200 commits of somebody else pass, with merges, and its Delta log is cleaned."""
    left = pond.snapshot()
    with pond.transaction() as late:
        late.write_window("/rows", readings({9000: 1.0}), Window(9000, 9001))
        crew = gather(1)
        crew.start(write_and_maintain, 102)
        crew.results()
        assert check_pair(left) == 0
    assert late.header is not None
    assert late.header.txn == 206
    assert check_pair(left) == 0
    assert pond.snapshot(205).read_data("/left/number") == b"204"
    pond.transact(lambda tx: tx.write_data("/after", b"x"))
    assert Pond.open(pond.label).snapshot().read_data("/after") == b"x"
    rows = values(pond.snapshot().read_series("/rows"))
    assert list(rows) == [*range(205), 9000]


def write_and_maintain(stage: Stage, count: int) -> None:
    """Write so often, twice; put all in order after each."""
    pond = stage.open()
    for first in (1, count + 1):
        for number in range(first, first + count):
            with pond.transaction() as tx:
                tx.write_data("/left/number", str(number).encode())
                tx.write_window("/rows", readings({number: 1.0}), Window(number, number + 1))
        age_replaced(stage.place)
        pond.maintain()


def test_maintenance_makes_no_transaction_fail(pond: Pond) -> None:
    """It may put many small windows together; that is no change of the series."""
    for number in range(1, 71):
        with pond.transaction() as tx:
            tx.write_window("/rows", readings({number: float(number)}), Window(number, number + 1))
    with pond.transaction(read=["/rows", "/left/**", "/"]) as tx:
        tx.write_window("/rows", readings({3: -1.0}), Window(3, 4))
        tx.write_data("/left/number", b"1")
        Pond.open(pond.label, durability="process").maintain()
    rows = values(pond.snapshot().read_series("/rows"))
    assert rows == {number: float(number) for number in range(71)} | {3: -1.0}


def test_what_others_did_counts_also_when_upkeep_has_put_it_aside(pond: Pond) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/new", b"ours")
        other = Pond.open(pond.label, durability="process")
        other.transact(lambda theirs: theirs.write_data("/new", b"theirs"))
        other.transact(lambda theirs: theirs.remove("/new"))
        other.maintain()
    assert info.value.other == 2


def test_a_transaction_that_began_in_a_past_that_was_dropped_is_refused(pond: Pond) -> None:
    with pytest.raises(ConflictError, match="dropped") as info, pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/left/ours", b"ours")
        other = Pond.open(pond.label, durability="process")
        other.transact(lambda theirs: theirs.remove("/left", recursive=True))
        other.transact(lambda theirs: theirs.write_data("/f", b""))
        other.maintain(forget_before=3)
    assert info.value.base == 1
    assert pond.snapshot().txn == 3
