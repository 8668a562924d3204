"""A replica shows what its pond had pushed, and follows it cheaply."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Backups, DataError, Keep, NotFoundError, Pond
from pond_core.oplog import LogFile, write_transcript
from pond_core.storage import Durability, Place
from tests.core.backup.counting import Counting
from tests.core.backup.cut_off import pull_cut_off
from tests.core.backup.histories import (
    LARGE,
    TXNS,
    assert_follows,
    shown,
    write_history,
    write_more,
)


def test_it_shows_every_moment_of_its_pond_under_the_same_uuid(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    pulled = backups.pull(to)
    assert (pulled.pond, pulled.txn, pulled.is_new, pulled.is_anew) == (lived.id, TXNS, True, True)
    assert pulled.ts_us == lived.log()[0].ts_us
    replica = Pond.open(to)
    assert (replica.id, replica.is_replica, lived.is_replica) == (lived.id, True, False)
    assert_follows(to, lived)


def test_it_follows_by_what_is_new(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    first = backups.pull(to)
    for _ in range(40):
        write_more(lived)
        lived.push(backups)
        pulled = backups.pull(to)
        assert (pulled.is_new, pulled.is_anew, pulled.objects) == (True, False, 0)
        assert pulled.bytes < first.bytes
    assert_follows(to, lived)


def test_several_pushes_are_taken_at_once(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    for _ in range(35):
        write_more(lived)
        lived.push(backups)
    assert backups.pull(to).txn == TXNS + 35
    assert_follows(to, lived)


def test_where_nothing_is_new_nothing_is_fetched(lived: Pond, target: Place, to: Path) -> None:
    lived.push(Backups(target, durability="process"))
    counting = Counting(target)
    backups = Backups(counting, durability="process")
    backups.pull(to)
    counting.calls.clear()
    pulled = backups.pull(to)
    assert (pulled.is_new, pulled.is_anew, pulled.objects, pulled.bytes) == (False, False, 0, 0)
    assert counting.calls.total() <= 4


def test_the_cost_of_one_transaction_more_does_not_grow(
    lived: Pond, target: Place, tmp_path: Path
) -> None:
    counting = Counting(target)
    backups = Backups(counting, durability="process")
    costs = []
    for name, more in (("short", 1), ("long", 300)):
        write_more(lived, more)
        lived.push(backups)
        backups.pull(tmp_path / name)
        write_more(lived)
        lived.push(backups)
        counting.calls.clear()
        backups.pull(tmp_path / name)
        costs.append(counting.calls.total())
    assert costs[1] <= costs[0]


def test_of_an_empty_pond_it_is_an_empty_pond(pond: Pond, backups: Backups, to: Path) -> None:
    pond.push(backups)
    assert backups.pull(to).txn == 0
    assert_follows(to, pond)
    write_history(pond)
    pond.push(backups)
    backups.pull(to)
    assert_follows(to, pond)


def test_a_sealed_backup_is_followed_too(lived: Pond, target: Place, to: Path) -> None:
    backups = Backups(target, key="a passphrase of some length", durability="process")
    lived.push(backups)
    backups.pull(to)
    write_more(lived)
    lived.push(backups)
    backups.pull(to)
    assert_follows(to, lived)


def test_of_several_ponds_it_follows_its_own(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path
) -> None:
    lived.push(backups)
    other = Pond.init(tmp_path / "other", durability="process")
    other.push(backups)
    with pytest.raises(DataError, match="of 2 ponds"):
        backups.pull(to)
    assert not to.exists()
    backups.pull(to, pond=lived.id)
    write_more(lived)
    lived.push(backups)
    assert backups.pull(to).txn == TXNS + 1
    with pytest.raises(DataError, match=f"is a replica of pond {lived.id}, not of {other.id}"):
        backups.pull(to, pond=other.id)
    assert_follows(to, lived)


def test_its_upkeep_changes_nothing_of_what_it_shows(
    lived: Pond, backups: Backups, to: Path
) -> None:
    for _ in range(20):
        write_more(lived)
        lived.push(backups)
        backups.pull(to)
        Pond.open(to, durability="process").maintain()
    assert_follows(to, lived)


def test_who_has_it_open_sees_what_is_pulled(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    replica = Pond.open(to)
    before = replica.snapshot()
    assert before.read_data("/large") == LARGE
    write_more(lived)
    lived.push(backups)
    backups.pull(to)
    assert replica.snapshot().txn == TXNS + 1
    assert before.txn == TXNS
    assert before.read_data("/large") == LARGE


def test_what_expires_in_the_backup_is_forgotten(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    for _ in range(3):
        write_more(lived)
        lived.push(backups)
    backups.pull(to)
    backups.expire(Keep(daily=1))
    pulled = backups.pull(to)
    assert (pulled.is_new, pulled.is_anew) == (False, False)
    replica = Pond.open(to)
    assert replica.snapshot().txn == TXNS + 3
    with pytest.raises(NotFoundError, match="was dropped"):
        replica.snapshot(TXNS)
    assert_follows(to, lived, first=TXNS + 3)


def test_what_expired_before_it_was_pulled_is_passed_over(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    backups.pull(to)
    replica = Pond.open(to, durability="process")
    for _ in range(3):
        write_more(lived)
        lived.push(backups)
    with lived.transaction() as changes:
        changes.remove("/s")
    lived.push(backups)
    backups.expire(Keep(daily=1))
    pulled = backups.pull(to)
    assert (pulled.is_new, pulled.is_anew, pulled.objects) == (True, True, 0)
    assert shown(replica, TXNS + 4) == shown(lived, TXNS + 4)
    with pytest.raises(NotFoundError, match="was dropped"):
        replica.snapshot(TXNS)
    assert_follows(to, lived, first=TXNS + 4)
    write_more(lived)
    lived.push(backups)
    assert not backups.pull(to).is_anew
    assert_follows(to, lived, first=TXNS + 4)


def test_kept_moments_are_kept_here_too(
    lived: Pond, backups: Backups, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.push(backups)
    backups.pull(to)
    for _ in range(3):
        write_more(lived)
        lived.push(backups)
    backups.pull(to)
    monkeypatch.setattr(Keep, "chosen", lambda _, found: {*sorted(found)[::2], max(found)})
    backups.expire(Keep(daily=1))
    backups.pull(to)
    replica = Pond.open(to)
    for txn in (TXNS, TXNS + 2, TXNS + 3):
        assert shown(replica, txn) == shown(lived, txn)
    with pytest.raises(NotFoundError, match="was dropped"):
        replica.snapshot(TXNS + 1)


def test_upkeep_beside_a_pull_takes_nothing_away_from_it(
    lived: Pond, backups: Backups, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.push(backups)
    backups.pull(to)
    write_more(lived, 3)
    lived.push(backups)

    def write_and_wait(pond: Path, rows: pa.Table, *, durability: Durability) -> Iterator[LogFile]:
        yield from write_transcript(pond, rows, durability=durability)
        for path in (to / "oplog").rglob("*.parquet"):
            os.utime(path, (0, 0))  # hours later
        Pond.open(to, durability="process").maintain()

    monkeypatch.setattr("pond_core.backup.replica.write_transcript", write_and_wait)
    assert backups.pull(to).txn == TXNS + 3
    assert_follows(to, lived)


def test_a_pull_that_is_cut_off_leaves_nothing_that_a_repair_takes_for_history(
    lived: Pond, backups: Backups, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.push(backups)
    backups.pull(to)
    write_more(lived, 3)
    lived.push(backups)
    pull_cut_off(backups, to, monkeypatch)
    assert Pond.open(to).verify().findings == ()
    assert Pond.repair(to).txns == TXNS
    backups.pull(to)
    assert_follows(to, lived)
