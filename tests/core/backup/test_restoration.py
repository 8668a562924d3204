"""A restored pond shows every moment that the backup holds, and is a pond of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import (
    Backups,
    CorruptionError,
    DataError,
    ExistsError,
    NotFoundError,
    Pond,
    SnapshotForgottenError,
    from_us,
)
from pond_core.storage import Bucket, Place
from tests.core.backup.histories import TXNS, shown, write_history, write_more
from tests.s3 import server as s3


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "restored"


def test_every_moment_reads_as_in_the_pond(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.restore(to)
    restored = Pond.open(to)
    assert [shown(restored, txn) for txn in range(TXNS + 1)] == [
        shown(lived, txn) for txn in range(TXNS + 1)
    ]
    assert restored.log(as_of=TXNS) == lived.log()


@pytest.mark.parametrize("txn", range(TXNS + 1))
def test_a_moment_of_the_past_is_restored(
    lived: Pond, backups: Backups, to: Path, txn: int
) -> None:
    lived.push(backups)
    assert backups.restore(to, as_of=txn).txn == txn
    restored = Pond.open(to)
    assert shown(restored, restored.snapshot().txn) == shown(lived, txn)
    assert restored.verify().ok


def test_an_instant_means_what_was_committed_until_then(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    for _ in range(3):
        write_more(lived)
        lived.push(backups)
    for header in lived.log():
        at = from_us(header.ts_us)
        assert backups.restore(tmp_path / f"{header.txn}", as_of=at).txn == header.txn
    first = from_us(lived.log()[-1].ts_us)
    assert backups.restore(tmp_path / "before", as_of=first - timedelta(seconds=1)).txn == 0
    assert (
        backups.restore(tmp_path / "after", as_of=datetime(9000, 1, 1, tzinfo=UTC)).txn == TXNS + 3
    )


def test_it_has_a_uuid_of_its_own_and_knows_its_parent(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    restored = backups.restore(to)
    pond = Pond.open(to)
    assert (restored.pond, restored.parent) == (pond.id, lived.id)
    assert pond.id != lived.id
    [own, before, *_] = pond.log()
    assert (own.pond, own.parent, own.operations) == (pond.id, lived.id, 0)
    assert (before.pond, before.parent) == (lived.id, "")


def test_it_is_sound_and_nothing_is_left_over(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.restore(to)
    report = Pond.open(to).verify()
    assert (report.findings, report.left_over, report.unreferenced) == ((), (), ())


def test_it_can_be_written_backed_up_and_restored_again(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path
) -> None:
    lived.push(backups)
    backups.restore(to)
    child = Pond.open(to)
    write_more(child)
    child.push(backups)
    backups.restore(tmp_path / "grandchild", pond=child.id)
    grandchild = Pond.open(tmp_path / "grandchild")
    assert grandchild.verify().ok
    ids = [(header.pond, header.parent) for header in grandchild.log(limit=4)]
    assert ids == [
        (grandchild.id, child.id),
        (child.id, ""),
        (child.id, lived.id),
        (lived.id, ""),
    ]


def test_a_repair_keeps_who_it_is(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    restored = backups.restore(to)
    for path in (to / "oplog" / "_delta_log").iterdir():
        path.unlink()
    assert Pond.repair(to).pond_id == restored.pond
    assert Pond.open(to).verify().ok


def test_the_pond_and_its_child_go_on_side_by_side(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.restore(to)
    child = Pond.open(to)
    write_more(child)
    write_more(lived)
    assert child.push(backups).is_new
    assert lived.push(backups).is_new
    assert backups.verify(full=True).ok


def test_what_was_forgotten_cannot_be_restored(lived: Pond, backups: Backups, to: Path) -> None:
    lived.maintain(forget_before=3)
    lived.push(backups)
    with pytest.raises(SnapshotForgottenError, match="txn 2 has expired, or was dropped"):
        backups.restore(to, as_of=2)
    backups.restore(to)
    restored = Pond.open(to)
    with pytest.raises(SnapshotForgottenError):
        restored.snapshot(2)
    assert [shown(restored, txn) for txn in range(3, TXNS + 1)] == [
        shown(lived, txn) for txn in range(3, TXNS + 1)
    ]
    assert restored.verify().ok


@pytest.mark.parametrize("txn", [-1, TXNS + 1])
def test_a_moment_that_it_does_not_have_is_refused(
    lived: Pond, backups: Backups, to: Path, txn: int
) -> None:
    lived.push(backups)
    with pytest.raises(NotFoundError, match=f"no txn {txn}"):
        backups.restore(to, as_of=txn)
    assert not to.exists()


def test_a_place_without_a_backup_is_refused(backups: Backups, to: Path) -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        backups.restore(to)


def test_where_there_are_several_ponds_one_is_named(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path
) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    write_history(other)
    lived.push(backups)
    other.push(backups)
    with pytest.raises(DataError, match="of 2 ponds"):
        backups.restore(to)
    assert backups.restore(to, pond=other.id).parent == other.id


def test_nothing_is_restored_over_something(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    to.mkdir()
    (to / "mine").write_text("mine")
    with pytest.raises(ExistsError, match="not empty"):
        backups.restore(to)
    with pytest.raises(ExistsError, match="not empty"):
        backups.restore(lived.path)
    assert [path.name for path in to.iterdir()] == ["mine"]


@pytest.mark.parametrize("kind", ["objects", "segments", "ponds"])
def test_a_damaged_backup_makes_no_pond(
    lived: Pond, backups: Backups, target: Place, to: Path, kind: str
) -> None:
    lived.push(backups)
    for each in list(target.files(kind)):
        data = target.read(each.name) or b""
        target.write(each.name, data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(CorruptionError, match="damaged"):
        backups.restore(to)
    assert not (to / "oplog").exists()


def test_a_pond_is_restored_into_a_bucket_with_its_history(
    lived: Pond, backups: Backups, s3_server: s3.Server, bucket_url: str
) -> None:
    lived.push(backups)
    url = f"{bucket_url}/moved"
    restored = backups.restore(url, access=s3_server.access)
    pond = Pond.open(url, access=s3_server.access)
    assert (restored.pond, restored.txn) == (pond.id, TXNS)
    assert [shown(pond, txn) for txn in range(TXNS + 1)] == [
        shown(lived, txn) for txn in range(TXNS + 1)
    ]
    write_more(pond, 2)
    assert pond.verify().findings == ()
    assert pond.push(backups).is_new


def test_a_pond_in_a_bucket_is_not_restored_over(
    lived: Pond, backups: Backups, s3_server: s3.Server, bucket_url: str
) -> None:
    lived.push(backups)
    url = f"{bucket_url}/taken"
    taken = Pond.init(url, access=s3_server.access)
    with pytest.raises(ExistsError, match="there is a pond at"):
        backups.restore(url, access=s3_server.access)
    assert Pond.open(url, access=s3_server.access).id == taken.id


def test_a_lost_reply_is_no_other_pond(
    lived: Pond,
    backups: Backups,
    s3_server: s3.Server,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lived.push(backups)
    create = Bucket.create

    def unheard(bucket: Bucket, name: str, data: bytes) -> bool:
        return create(bucket, name, data) and "_delta_log" not in name

    monkeypatch.setattr(Bucket, "create", unheard)
    url = f"{bucket_url}/moved"
    backups.restore(url, access=s3_server.access)
    pond = Pond.open(url, access=s3_server.access)
    assert shown(pond, TXNS) == shown(lived, TXNS)
