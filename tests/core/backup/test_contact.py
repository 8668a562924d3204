"""What is known of backups is noted by whoever pushes, and nothing rests on it."""

import json
import shutil
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from pond_core import Backups, Contact, Contacts, DataError, Pond, PondDivergedError, StorageError
from pond_core.storage import Bucket, Cache, Place
from tests.core.backup.histories import TXNS, write_more
from tests.s3.server import Server

STICK = "/media/stick/backup"


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    """Return those of a pond that has none yet."""
    (tmp_path / "pond").mkdir()
    return Contacts(tmp_path / "pond")


def only(contacts: Contacts) -> Contact:
    (found,) = contacts.all()
    return found


def test_a_pond_that_was_never_pushed_knows_of_no_backup(lived: Pond) -> None:
    assert Contacts(lived.path).all() == []
    assert not (lived.path / "contacts").exists()


def test_a_push_notes_what_is_there_now(lived: Pond, backups: Backups) -> None:
    pushed = lived.push(backups)
    found = only(Contacts(lived.path))
    assert (found.place, found.way, found.error) == (backups.label, "push", "")
    assert (found.txn, found.ts_us) == (TXNS, pushed.point.ts_us)
    assert found.done_us == found.tried_us
    assert found.tried_us > pushed.point.ts_us


def test_a_push_that_has_nothing_to_send_is_noted_as_well(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    first = only(Contacts(lived.path))
    lived.push(backups)
    assert only(Contacts(lived.path)).tried_us > first.tried_us


def test_a_push_that_fails_is_noted_beside_what_the_last_one_reached(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    done = only(Contacts(lived.path))
    shutil.copytree(lived.path, lived.path.with_name("other"))
    other = Pond.open(lived.path.with_name("other"), durability="process")
    for pond in (lived, other):
        write_more(pond)
    lived.push(backups)
    with pytest.raises(PondDivergedError):
        other.push(Backups(target))
    found = only(Contacts(other.path))
    assert "went apart" in found.error
    assert found.tried_us > done.tried_us
    assert (found.done_us, found.txn, found.ts_us) == (done.done_us, done.txn, done.ts_us)


def test_a_disk_that_is_not_there_is_noted(lived: Pond, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        lived.push(tmp_path / "stick" / "backup")
    found = only(Contacts(lived.path))
    assert "there is no" in found.error
    assert (found.done_us, found.txn, found.ts_us) == (None, None, None)


def test_a_place_that_can_be_no_backup_is_not_noted(lived: Pond) -> None:
    with pytest.raises(DataError):
        lived.push(lived.path)
    assert Contacts(lived.path).all() == []


def test_a_success_takes_the_error_away(contacts: Contacts) -> None:
    contacts.failed(STICK, "push", "the disk is full")
    contacts.succeeded(STICK, "push", txn=7, ts_us=70)
    assert (only(contacts).error, only(contacts).txn) == ("", 7)


def test_places_and_ways_are_apart(contacts: Contacts) -> None:
    contacts.succeeded(STICK, "push", txn=7, ts_us=70)
    contacts.succeeded(STICK, "pull", txn=8, ts_us=80)
    contacts.failed("s3://bucket/pond", "push", "refused")
    assert [(each.place, each.way, each.txn) for each in contacts.all()] == [
        (STICK, "pull", 8),
        (STICK, "push", 7),
        ("s3://bucket/pond", "push", None),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({**asdict(Contact(STICK, "push", 1)), "place": 1}).encode(),
    ],
)
def test_a_damaged_file_is_as_good_as_none_and_is_written_anew(
    contacts: Contacts, data: bytes
) -> None:
    contacts.failed(STICK, "push", "the disk is full")
    (file,) = contacts.folder.glob("*.json")
    file.write_bytes(data)
    assert contacts.all() == []
    contacts.succeeded(STICK, "push", txn=7, ts_us=70)
    assert only(contacts).txn == 7


def test_what_a_newer_version_says_besides_is_left_out(contacts: Contacts) -> None:
    contacts.failed(STICK, "push", "the disk is full")
    (file,) = contacts.folder.glob("*.json")
    known = only(contacts)
    file.write_text(json.dumps({**json.loads(file.read_text()), "speed": 1}))
    assert only(contacts) == known


def test_a_pond_that_may_only_be_read_is_pushed_all_the_same(lived: Pond, backups: Backups) -> None:
    # A file where the directory would be refuses everybody, root as well.
    (lived.path / "contacts").write_bytes(b"")
    lived.push(backups)
    assert backups.verify(full=True).ok
    assert Contacts(lived.path).all() == []


def test_a_place_whose_name_is_no_text_is_noted(contacts: Contacts) -> None:
    contacts.failed("/media/\udcff", "push", "the disk is full")
    assert only(contacts).place == "/media/\udcff"


def test_many_who_note_at_once_leave_one_whole_file_for_each_place(contacts: Contacts) -> None:
    def note(number: int) -> None:
        for txn in range(20):
            Contacts(contacts.folder.parent).succeeded(f"{number % 2}", "push", txn=txn, ts_us=txn)
            assert all(each.txn is not None for each in contacts.all())

    threads = [threading.Thread(target=note, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.place for each in contacts.all()] == ["0", "1"]
    assert sorted(path.suffix for path in contacts.folder.glob("*.*")) == [".json", ".json"]


def test_neither_verification_nor_upkeep_minds_them(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    known = Contacts(lived.path).all()
    lived.maintain()
    report = lived.verify()
    assert report.ok
    assert not [name for name in report.left_over if "contacts" in name]
    assert Contacts(lived.path).all() == known


def test_a_pond_in_a_bucket_keeps_them_among_its_copies(
    s3_server: Server, bucket: Bucket, tmp_path: Path
) -> None:
    pond = Pond.init(bucket.url, access=s3_server.access)
    pond.transact(lambda changes: changes.write_data("/a", b"a"))
    pond.push(tmp_path / "backup")
    assert not [each.name for each in bucket.files("") if "contact" in each.name]
    assert pond.verify().ok
    assert Cache.of(bucket.url, access=s3_server.access).root == pond.path
    Cache.of(bucket.url, access=s3_server.access).sweep()
    assert only(Contacts(pond.path)).txn == 1
