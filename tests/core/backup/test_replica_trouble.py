"""A replica where something is wrong: other histories, damage, and others at work meanwhile."""

import hashlib
import itertools
import shutil
from pathlib import Path

import pytest

from pond_core import (
    Backups,
    Contacts,
    CorruptionError,
    DataError,
    ExistsError,
    Keep,
    NotFoundError,
    Pond,
    PondDivergedError,
)
from pond_core.storage import Place
from tests.core.backup.histories import LARGE, TXNS, assert_follows, write_more


def test_one_that_is_behind_has_nothing_to_push(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    write_more(lived)
    lived.push(backups)
    with pytest.raises(PondDivergedError, match="is a replica, and behind") as caught:
        Pond.open(to).push(backups)
    assert caught.value.hint == "pull first"


def test_a_new_beginning_of_the_backup_is_followed(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    with lived.transaction() as changes:
        changes.remove("/s")
    write_more(lived, 5)
    lived.maintain(forget_before=TXNS + 3)
    lived.maintain()  # of what was removed not even that is left
    lived.push(backups)
    assert backups.pull(to).is_anew
    assert_follows(to, lived, first=TXNS + 3)


def test_a_backup_that_went_back_is_no_news(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    lived.push(Backups(older))
    write_more(lived)
    lived.push(backups)
    backups.pull(to)
    pulled = Backups(older).pull(to)
    assert (pulled.is_new, pulled.txn) == (False, TXNS + 1)
    assert_follows(to, lived)


@pytest.mark.parametrize("more", [(1, 1), (1, 3), (3, 1)])
def test_another_history_of_its_pond_is_refused(
    lived: Pond, backups: Backups, to: Path, tmp_path: Path, more: tuple[int, int]
) -> None:
    shutil.copytree(lived.path, tmp_path / "twin")
    twin = Pond.open(tmp_path / "twin", durability="process")
    for pond, count in zip((lived, twin), more, strict=True):
        write_more(pond, count)
    lived.push(backups)
    backups.pull(to)
    others = Backups(tmp_path / "others", durability="process")
    twin.push(others)
    with pytest.raises(PondDivergedError, match="tell different histories"):
        others.pull(to)
    others.expire(Keep(daily=1))
    with pytest.raises(PondDivergedError, match="tell different histories"):
        others.pull(to)
    assert_follows(to, lived)


def test_the_pond_itself_and_other_ponds_are_never_pulled_into(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    before = lived.snapshot().txn
    with pytest.raises(DataError, match="is that pond itself, and no replica"):
        backups.pull(lived.path)
    Pond.init(to)
    with pytest.raises(DataError, match="is a pond of its own, and no replica"):
        backups.pull(to)
    assert (Pond.open(to).snapshot().txn, lived.snapshot().txn) == (0, before)


def test_a_directory_with_something_else_in_it_is_left_alone(
    lived: Pond, backups: Backups, to: Path
) -> None:
    lived.push(backups)
    to.mkdir()
    (to / "photo.jpg").write_bytes(b"photo")
    with pytest.raises(ExistsError, match="is not empty"):
        backups.pull(to)
    assert [each.name for each in to.iterdir()] == ["photo.jpg"]


def test_it_is_not_made_in_a_bucket(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    with pytest.raises(DataError, match="is in a bucket"):
        backups.pull("s3://lake/replica")


def test_without_a_backup_nothing_is_made(backups: Backups, to: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no backup"):
        backups.pull(to)
    assert not to.exists()


@pytest.mark.parametrize("folder", ["objects", "segments"])
@pytest.mark.parametrize("is_missing", [True, False])
def test_a_damaged_backup_leaves_it_as_it_was(
    lived: Pond, backups: Backups, target: Place, to: Path, folder: str, *, is_missing: bool
) -> None:
    lived.push(backups)
    backups.pull(to)
    known = {each.name for each in target.files(folder)}
    with lived.transaction() as changes:
        changes.write_data("/other", LARGE[::-1])
    lived.push(backups)
    [new] = [each.name for each in target.files(folder) if each.name not in known]
    data = target.read(new) or b""
    target.delete([new])
    if not is_missing:
        target.write(new, data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(CorruptionError, match="missing" if is_missing else "damaged"):
        backups.pull(to)
    assert Pond.open(to).snapshot().txn == TXNS
    assert Pond.open(to).verify().findings == ()
    [contact] = Contacts(to).all()
    assert (contact.way, contact.txn) == ("pull", TXNS)
    assert new in contact.error
    target.write(new, data)
    backups.pull(to)
    assert_follows(to, lived)
    assert [each.error for each in Contacts(to).all()] == [""]


def test_two_pulls_at_once_do_no_harm(
    lived: Pond, target: Place, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = Backups(target, durability="process")
    lived.push(backups)
    backups.pull(to)
    write_more(lived, 3)
    lived.push(backups)
    read = type(target).read
    is_first = itertools.count()

    def read_after_another(place: Place, name: str) -> bytes | None:
        if "segments/" in name and next(is_first) == 0:
            backups.pull(to)
        data: bytes | None = read(place, name)
        return data

    monkeypatch.setattr(type(target), "read", read_after_another)
    pulled = backups.pull(to)
    assert (pulled.txn, pulled.is_new) == (TXNS + 3, False)
    assert_follows(to, lived)


def test_an_object_that_a_clean_up_takes_away_meanwhile_is_fetched_again(
    lived: Pond, target: Place, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = Backups(target, durability="process")
    lived.push(backups)
    backups.pull(to)
    with lived.transaction() as changes:
        changes.copy("/large", "/again")
        changes.write_data("/other", LARGE[::-1])
    lived.push(backups)
    digest = hashlib.sha256(LARGE).hexdigest()
    there = to / "objects" / digest[:2] / digest
    download = type(target).download

    def download_beside_a_clean_up(place: Place, name: str, to: Path) -> bool:
        done: bool = download(place, name, to)
        if not name.endswith(digest):
            there.unlink(missing_ok=True)
        return done

    monkeypatch.setattr(type(target), "download", download_beside_a_clean_up)
    assert backups.pull(to).objects == 2
    assert_follows(to, lived)


def test_it_can_be_repaired_and_stays_a_replica(lived: Pond, backups: Backups, to: Path) -> None:
    lived.push(backups)
    backups.pull(to)
    newest = max((to / "oplog" / "_delta_log").glob("*.checkpoint.parquet"))
    newest.write_bytes(b"junk")
    Pond.repair(to)
    assert Pond.open(to).is_replica
    write_more(lived)
    lived.push(backups)
    backups.pull(to)
    assert_follows(to, lived)


def test_it_can_be_backed_up_itself_and_heal_the_backup(
    lived: Pond, backups: Backups, target: Place, to: Path, tmp_path: Path
) -> None:
    lived.push(backups)
    backups.pull(to)
    replica = Pond.open(to)
    elsewhere = Backups(tmp_path / "elsewhere", durability="process")
    replica.push(elsewhere)
    assert elsewhere.pull(tmp_path / "third").txn == TXNS
    assert_follows(tmp_path / "third", lived)
    target.delete([next(iter(target.files("objects"))).name])
    assert replica.heal(backups).ok
