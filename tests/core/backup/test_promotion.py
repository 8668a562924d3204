"""A replica takes no changes, until it is promoted: then it is a new pond that goes its own way."""

import itertools
import shutil
from pathlib import Path

import pytest

from pond_core import Backups, DataError, Pond, ReplicaError, Transaction
from pond_core.storage import Place
from tests.core.backup import dying
from tests.core.backup.cut_off import pull_cut_off
from tests.core.backup.histories import TXNS, assert_follows, write_more
from tests.core.dying import dies, nursery


def test_no_change_is_taken(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    replica = Pond.open(to)
    with pytest.raises(ReplicaError, match=f"is a replica of pond {lived.id}, and only follows it"):
        write_more(replica)
    with pytest.raises(ReplicaError, match="only follows"):
        replica.transact(lambda changes: changes.remove("/s"))
    with pytest.raises(ReplicaError, match="only follows"):
        replica.maintain(forget_before=3)
    assert_follows(to, lived)


def test_a_change_is_refused_before_it_is_made(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    with pytest.raises(ReplicaError), Pond.open(to).transaction():
        pytest.fail("it was begun")


def test_who_had_begun_a_change_before_it_became_a_replica_is_refused_at_its_end(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    backups.pull(to)
    elsewhere = to.with_name("elsewhere")
    to.rename(elsewhere)
    backups.restore(to)
    pond = Pond.open(to)

    def change(changes: Transaction) -> None:
        changes.write_data("/mine", b"mine")
        shutil.rmtree(to)
        elsewhere.rename(to)

    with pytest.raises(ReplicaError):
        pond.transact(change)
    assert_follows(to, lived)


def test_promoted_it_is_a_new_pond_that_knows_its_parent(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path
) -> None:
    lived.push(backups)
    backups.pull(to)
    replica = Pond.open(to)
    seen_by_another = Pond.open(to)
    replica.promote()
    for pond in (replica, seen_by_another, Pond.open(to)):
        assert not pond.is_replica
        assert pond.id == replica.id != lived.id
    [own, before, *_] = replica.log()
    assert (own.pond, own.parent, own.operations) == (replica.id, lived.id, 0)
    assert before == lived.log()[0]
    write_more(replica)
    assert replica.verify().findings == ()
    replica.push(backups)
    assert backups.restore(tmp_path / "restored", pond=replica.id).txn == TXNS + 2
    with pytest.raises(DataError, match="is a pond of its own, and no replica"):
        backups.pull(to, pond=lived.id)
    with pytest.raises(DataError, match="is no replica"):
        replica.promote()


def test_what_a_pull_left_is_nothing_to_a_promoted_one(
    lived: Pond, backups: Backups, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.push(backups)
    backups.pull(to)
    write_more(lived, 3)
    lived.push(backups)
    pull_cut_off(backups, to, monkeypatch)
    pond = Pond.open(to)
    pond.promote()
    write_more(pond)
    assert pond.verify().findings == ()
    repaired = Pond.repair(to)
    assert (repaired.txns, repaired.pond_id) == (TXNS + 2, pond.id)


def test_a_pull_that_a_promotion_overtakes_changes_nothing(
    lived: Pond, target: Place, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = Backups(target, durability="process")
    lived.push(backups)
    backups.pull(to)
    write_more(lived, 3)
    lived.push(backups)
    read = type(target).read

    def read_and_promote(place: Place, name: str) -> bytes | None:
        if "segments/" in name:
            Pond.open(to, durability="process").promote()
        data: bytes | None = read(place, name)
        return data

    monkeypatch.setattr(type(target), "read", read_and_promote)
    with pytest.raises(DataError, match="was promoted meanwhile"):
        backups.pull(to)
    pond = Pond.open(to)
    assert (pond.snapshot().txn, pond.verify().findings) == (TXNS + 1, ())


def test_a_replica_that_shows_nothing_yet_is_not_promoted(
    pond: Pond, backups: Backups, to: Path
) -> None:
    pond.push(backups)
    backups.pull(to)
    with pytest.raises(DataError, match="shows nothing yet"):
        Pond.open(to).promote()


def test_a_promotion_that_is_killed_at_any_step_is_done_by_the_next(
    lived: Pond, tmp_path: Path
) -> None:
    backups = Backups(tmp_path / "backup", durability="process")
    lived.push(backups)
    backups.pull(tmp_path / "start" / "replica")
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(tmp_path / "start", place)
        died = dies(context, dying.promote, place, steps)
        pond = Pond.open(place / "replica", durability="process")
        if pond.snapshot().txn == TXNS:
            pond.promote()
        own, before = pond.log(limit=2)
        assert (own.pond, own.parent, own.operations) == (pond.id, lived.id, 0)
        assert (before.pond, pond.is_replica) == (lived.id, False)
        assert pond.verify().findings == ()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 3
