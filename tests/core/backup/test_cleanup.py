"""A clean-up deletes what nobody needs, a day after it said so, whoever pushes meanwhile."""

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Backups, Keep, NotFoundError, Pond, StorageError
from pond_core.backup import condemned, sending
from pond_core.storage import Durability, Folder, Place
from tests.core.backup.histories import LARGE, files_in, shown, write_more
from tests.core.backup.interrupted import Interrupted

NEWEST = Keep(daily=1)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

OBJECT = LARGE + b"1"


@pytest.fixture
def expired(pond: Pond, backups: Backups) -> Backups:
    """Backups whose clean-up has listed an object that was in the pond, and is no more."""
    for data in (OBJECT, b"small"):
        with pond.transaction() as changes:
            changes.write_data("/a", data)
        pond.push(backups)
    backups.expire(NEWEST)
    assert backups.clean_up().waiting > 0
    return backups


def write_again(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.write_data("/again", OBJECT)


def objects_in(target: Place) -> list[str]:
    return [name for name in files_in(target) if name.startswith("objects/")]


def test_what_is_listed_stays_for_a_day(expired: Backups, target: Place) -> None:
    before = files_in(target)
    assert expired.clean_up().deleted == 0
    assert files_in(target) == before


@pytest.mark.usefixtures("a_day_passes")
def test_what_is_needed_again_by_then_stays(
    expired: Backups, pond: Pond, target: Place, tmp_path: Path
) -> None:
    write_again(pond)
    pushed = pond.push(expired)
    assert pushed.objects == 1  # it is there, but it may be about to go
    expired.clean_up()
    assert len(objects_in(target)) == 1
    expired.restore(tmp_path / "restored")
    assert shown(Pond.open(tmp_path / "restored"), 3) == shown(pond, 3)


@pytest.mark.usefixtures("a_day_passes")
def test_what_another_pond_needs_stays(expired: Backups, target: Place, tmp_path: Path) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    write_again(other)
    other.push(expired)
    expired.clean_up()
    assert len(objects_in(target)) == 1
    assert expired.verify(full=True).findings == ()


@pytest.mark.usefixtures("a_day_passes")
def test_what_was_sent_again_stays_before_a_point_names_it(
    expired: Backups, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [name] = objects_in(target)
    monkeypatch.setattr(
        condemned.Condemned, "read", lambda _place: condemned.Condemned(frozenset([name]), LONG_AGO)
    )
    expired.clean_up()
    assert objects_in(target) == [name]


@pytest.mark.usefixtures("a_day_passes")
def test_a_push_waits_until_a_clean_up_has_deleted_and_looks_again(
    expired: Backups, pond: Pond, target: Place
) -> None:
    write_again(pond)
    [name] = objects_in(target)
    target.write("condemned/deleting", b"")

    def delete_meanwhile(_seconds: float) -> None:
        assert target.size(name) is not None
        target.delete([name, "condemned/deleting"])

    expired.push(pond._live_log, pond._objects, sleep=delete_meanwhile)
    assert target.size("condemned/deleting") is None  # it has waited
    assert expired.verify(full=True).findings == ()


def test_a_push_does_not_wait_for_a_clean_up_that_died(
    expired: Backups, pond: Pond, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_again(pond)
    target.write("condemned/deleting", b"")
    monkeypatch.setattr(condemned, "_DEAD", timedelta(0))
    assert pond.push(expired).is_new


@pytest.mark.usefixtures("a_day_passes")
def test_two_clean_ups_do_not_delete_at_once(expired: Backups, target: Place) -> None:
    before = files_in(target)
    target.write("condemned/deleting", b"")
    with pytest.raises(StorageError, match="another clean-up is deleting"):
        expired.clean_up()
    assert files_in(target) == before


@pytest.mark.usefixtures("a_day_passes")
def test_one_that_died_is_succeeded(
    expired: Backups, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.write("condemned/deleting", b"")
    monkeypatch.setattr(condemned, "_DEAD", timedelta(0))
    assert expired.clean_up().deleted > 0
    assert target.size("condemned/deleting") is None


@pytest.mark.usefixtures("a_day_passes")
def test_one_that_runs_out_of_time_goes_on_later(
    expired: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(condemned, "_DELETING_S", -1)
    stopped = expired.clean_up()
    assert (stopped.deleted, stopped.waiting > 0) == (0, True)
    monkeypatch.undo()


def test_a_push_that_takes_too_long_makes_no_point(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PUSH_S", 0)
    with pytest.raises(StorageError, match="has taken more than") as caught:
        lived.push(backups)
    assert "push again" in caught.value.hint
    assert backups.points() == []
    monkeypatch.undo()
    assert lived.push(backups).objects == 0


def test_the_time_that_a_machine_sleeps_counts(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake_s = time.clock_gettime
    slept_s = 0

    def fall_asleep(_objects: int, _bytes: int) -> None:
        nonlocal slept_s
        slept_s = condemned.PUSH_S

    monkeypatch.setattr(time, "clock_gettime", lambda clock: awake_s(clock) + slept_s)
    with pytest.raises(StorageError, match="has taken more than"):
        lived.push(backups, told=fall_asleep)
    assert backups.points() == []


READING_THE_LIST: dict[str, Callable[..., bool]] = {
    "before it is read": lambda name, *said: (name, *said) == ("read", "condemned/list.json"),
    "before its time is": lambda name, *said: (name, *said) == ("files", "condemned"),
    "before what is on it goes": lambda _name, *said: said[:1] == ("condemned/deleting",),
}


@pytest.mark.parametrize("moment", READING_THE_LIST)
def test_what_another_clean_up_lists_meanwhile_stays_for_a_day(
    pond: Pond, tmp_path: Path, moment: str
) -> None:
    folder = Folder(tmp_path / "backup", durability=Durability(full=False))
    backups = Backups(folder, durability="process")
    for data in (OBJECT, LARGE + b"2", b"small"):
        with pond.transaction() as changes:
            changes.write_data("/a", data)
        pond.push(backups)
    backups.expire(NEWEST)
    backups.clean_up()
    one, other = objects_in(folder)
    folder.write("condemned/list.json", json.dumps({"names": [one]}).encode())
    for path in folder.root.rglob("*"):
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    def list_another() -> None:
        folder.write("condemned/list.json", json.dumps({"names": [other]}).encode())

    Backups(Interrupted(folder, READING_THE_LIST[moment], list_another)).clean_up()
    assert objects_in(folder) == [one, other]


def test_one_that_was_taken_for_dead_stops(target: Place) -> None:
    with condemned.deleting(target) as may_go_on:
        assert may_go_on()
        target.write("condemned/deleting", b"of another one")
        assert not may_go_on()
    assert target.read("condemned/deleting") == b"of another one"


@pytest.mark.usefixtures("a_day_passes")
def test_without_an_expiry_nothing_is_deleted(lived: Pond, backups: Backups, target: Place) -> None:
    for _ in range(3):
        write_more(lived)
        lived.push(backups)
    before = files_in(target)
    assert (backups.clean_up().waiting, backups.clean_up().deleted) == (0, 0)
    assert files_in(target) == before


def test_where_no_backup_is_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no backup"):
        Backups(tmp_path / "not plugged in" / "backup").clean_up()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("a_day_passes")
def test_files_of_others_stay_wherever_they_lie(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    names = [
        "objects/photo.jpg",
        "objects/ab/cd/0123",
        "segments/notes.txt",
        f"ponds/{lived.id}/points/7.json",
        f"ponds/{lived.id}/points/notes.json",
        f"ponds/{lived.id}/points/\N{SUPERSCRIPT TWO}.json",
        f"ponds/{lived.id}/points/old/{1:020}.json",
    ]
    with target.writing():
        for name in names:
            target.write(name, b"of somebody else")
    for _ in range(3):
        assert backups.clean_up().deleted == 0
    assert all(target.size(name) for name in names)


@pytest.mark.usefixtures("a_day_passes")
def test_what_a_killed_push_left_goes(
    lived: Pond, backups: Backups, target: Place, tmp_path: Path
) -> None:
    lived.push(backups)
    other = Pond.init(tmp_path / "other", durability="process")
    write_again(other)
    other.push(backups)
    target.delete([each.name for each in list(target.files(f"ponds/{other.id}"))])
    shutil.rmtree(tmp_path / "other")
    backups.clean_up()
    assert backups.clean_up().deleted == 2  # its object and its segment
    assert backups.verify(full=True).findings == ()
