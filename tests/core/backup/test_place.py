"""Where a backup may lie: not with a pond, and not where it has been lost without a word."""

from pathlib import Path

import pytest

from pond_core import Backups, Contacts, DataError, ExistsError, Pond, StorageError
from pond_core.storage import Bucket, Place
from tests.core.backup.histories import TXNS, files_in
from tests.s3 import server as s3


def test_a_place_that_has_lost_all_of_a_pond_is_not_believed(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    for folder in ("objects", "segments", "ponds"):
        target.delete([each.name for each in list(target.files(folder))])
    before = files_in(target)
    with pytest.raises(StorageError, match=f"nothing of this pond, and had all up to txn {TXNS}"):
        lived.push(backups)
    assert files_in(target) == before
    assert lived.push(backups, anew=True).is_new
    assert backups.verify(full=True).ok


def test_a_disk_under_its_mount_point_is_missed(lived: Pond, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    lived.push(tmp_path / "stick" / "backup")
    (tmp_path / "stick").rename(tmp_path / "unplugged")
    (tmp_path / "stick").mkdir()
    with pytest.raises(StorageError, match="nothing of this pond") as caught:
        lived.push(tmp_path / "stick" / "backup")
    assert "is the disk plugged in?" in caught.value.hint
    assert list((tmp_path / "stick").iterdir()) == []


def test_a_place_has_one_name_however_it_is_written(lived: Pond, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    for place in (tmp_path / "a" / ".." / "backup", tmp_path / "link" / "backup"):
        lived.push(place)
    assert [each.place for each in Contacts(lived.path).all()] == [str(tmp_path / "backup")]


def test_a_pond_and_a_backup_do_not_share_a_bucket_prefix(
    lived: Pond, bucket_url: str, s3_server: s3.Server
) -> None:
    access = s3_server.access
    Pond.init(f"{bucket_url}/pond", access=access)
    with pytest.raises(DataError, match=r"lies in the pond s3://.*/pond, and is no place"):
        lived.push(Backups(f"{bucket_url}/pond", access=access))
    lived.push(Backups(f"{bucket_url}/backup", access=access))
    with pytest.raises(ExistsError, match="there is a backup at s3://"):
        Pond.init(f"{bucket_url}/backup", access=access)


def test_where_a_pond_and_a_backup_share_a_place_nothing_is_cleaned_up(
    lived: Pond, bucket: Bucket
) -> None:
    backups = Backups(bucket)
    lived.push(backups)
    bucket.write("oplog/_delta_log/00000000000000000000.json", b"{}")
    with pytest.raises(DataError, match="lies in the pond"):
        backups.clean_up()


def test_a_pond_is_not_made_among_backups(lived: Pond, tmp_path: Path) -> None:
    lived.push(tmp_path / "backup")
    with pytest.raises(ExistsError, match="there is a backup at"):
        Pond.init(tmp_path / "backup")


def test_an_empty_text_names_no_place() -> None:
    with pytest.raises(DataError, match="empty text"):
        Backups("")


def test_a_disk_that_is_not_there_is_not_made(lived: Pond, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"there is no .*stick to make a backup in"):
        lived.push(tmp_path / "stick" / "backup")
    assert not (tmp_path / "stick").exists()


def test_a_pond_is_no_place_for_a_backup(lived: Pond, tmp_path: Path) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    (tmp_path / "link").symlink_to(lived.path / "objects")
    for pond, place in (
        (lived, lived.path),
        (other, other.path),
        (other, other.path / "backup"),
        (lived, tmp_path / "link" / "backup"),
    ):
        before = sorted(pond.path.rglob("*"))
        with pytest.raises(DataError, match=f"lies in the pond {pond.path}, and") as caught:
            lived.push(place)
        assert "another disk" in caught.value.hint
        assert sorted(pond.path.rglob("*")) == before
