"""A copy follows its backup, and nothing that is no copy is ever replaced."""

from dataclasses import replace
from pathlib import Path

import pytest

from pond_core import Backups, DataError, Keep, NotFoundError, Pond, ReplicaError, StorageError
from pond_core.storage import Durability, Folder
from pond_pipeline import backups
from pond_pipeline.backups import back_up, update_copy
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, Copy
from tests.core.backup.counting import Counting
from tests.pipeline.services import plan_of, plug_in, write


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    plug_in(tmp_path)
    pond = Pond.init(tmp_path / "pond", durability="process")
    write(pond, "/a", b"1")
    return pond


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return next(each for each in plan_of(tmp_path).services if isinstance(each, Backup))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return next(each for each in plan_of(tmp_path).services if isinstance(each, Copy))


def content(place: Path) -> bytes:
    return Pond.open(place).snapshot().read_data("/a")


def test_the_folder_is_beside_the_resources_and_may_come_from_the_environment(
    pond: Pond, backup: Backup, tmp_path: Path
) -> None:
    back_up(backup, pond, {})
    assert (tmp_path / "stick" / "backup" / "ponds" / pond.id).is_dir()
    (tmp_path / "other").mkdir()
    back_up(backup, pond, {"STICK": str(tmp_path / "other")})
    assert (tmp_path / "other" / "backup" / "ponds" / pond.id).is_dir()


def test_a_disk_that_is_not_plugged_in_is_not_mistaken_for_an_empty_one(
    pond: Pond, backup: Backup, tmp_path: Path
) -> None:
    (tmp_path / "stick").rmdir()
    with pytest.raises(StorageError, match=r"there is no .*stick to make a backup in"):
        back_up(backup, pond, {})
    assert not (tmp_path / "stick").exists()


def test_a_backup_inside_the_pond_is_refused(pond: Pond, backup: Backup) -> None:
    with pytest.raises(ConfigError, match="in the pond itself"):
        back_up(backup, pond, {"STICK": str(pond.path)})


def test_moments_are_looked_at_once_a_day_and_other_pushes_cost_nothing_more(
    pond: Pond, backup: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = replace(backup, keep=Keep(daily=7))
    calls = {}
    for name, service in (("all", backup), ("some", keeping)):
        place = tmp_path / "stick" / name
        plain = Backups(place, durability="process")
        pond.push(plain)
        monkeypatch.setattr(backups, "backups_of", lambda *_, plain=plain: plain)
        first = back_up(service, pond, {})
        assert (first.expired is None) == (service is backup)
        write(pond, f"/{name}", b"small")
        counting = Counting(Folder(place, durability=Durability(full=False)))
        monkeypatch.setattr(backups, "backups_of", lambda *_, place=counting: Backups(place))
        assert back_up(service, pond, {}).expired is None
        calls[name] = counting.calls
    assert calls["all"] == calls["some"]


def test_a_copy_is_made_and_follows(pond: Pond, backup: Backup, copy: Copy, tmp_path: Path) -> None:
    back_up(backup, pond, {})
    first = update_copy(copy, {})
    assert (first.txn, first.pond, first.is_new) == (1, pond.id, True)
    assert content(tmp_path / "twin") == b"1"
    write(pond, "/a", b"2")
    assert not update_copy(copy, {}).is_new
    back_up(backup, pond, {})
    second = update_copy(copy, {})
    assert (second.txn, second.is_anew) == (2, False)
    assert content(tmp_path / "twin") == b"2"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pond", "stick", "twin"]


def test_a_copy_takes_no_changes(pond: Pond, backup: Backup, copy: Copy, tmp_path: Path) -> None:
    back_up(backup, pond, {})
    update_copy(copy, {})
    with pytest.raises(ReplicaError):
        write(Pond.open(tmp_path / "twin"), "/mine", b"mine")


def test_a_copy_that_goes_its_own_way_is_left_alone(
    pond: Pond, backup: Backup, copy: Copy, tmp_path: Path
) -> None:
    back_up(backup, pond, {})
    update_copy(copy, {})
    twin = Pond.open(tmp_path / "twin")
    twin.promote()
    write(twin, "/mine", b"mine")
    write(pond, "/a", b"2")
    back_up(backup, pond, {})
    with pytest.raises(DataError, match="is a pond of its own, and no replica"):
        update_copy(copy, {})
    assert Pond.open(tmp_path / "twin").snapshot().read_data("/mine") == b"mine"


def test_another_pond_is_never_replaced(
    pond: Pond, backup: Backup, copy: Copy, tmp_path: Path
) -> None:
    back_up(backup, pond, {})
    other = Pond.init(tmp_path / "twin")
    with pytest.raises(DataError, match="no replica"):
        update_copy(copy, {})
    assert Pond.open(tmp_path / "twin").id == other.id


def test_a_copy_of_nothing_says_so(copy: Copy) -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        update_copy(copy, {})


def test_a_folder_of_several_ponds_is_refused(
    pond: Pond, backup: Backup, copy: Copy, tmp_path: Path
) -> None:
    back_up(backup, pond, {})
    other = Pond.init(tmp_path / "other")
    back_up(backup, other, {})
    with pytest.raises(DataError, match="of 2 ponds"):
        update_copy(copy, {})
