"""Whoever comes between two steps of another one does no harm, and is not told of any.

In a bucket, where no lock keeps anybody away.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_core import Backups, Keep, Pond, StorageError
from pond_core.backup import cleanup, condemned, segment
from pond_core.backup.files import Files
from pond_core.backup.points import Points
from pond_core.storage import Bucket, Durability, Folder, Place
from tests.core.backup.histories import LARGE, files_in, shown, write_more
from tests.core.backup.interrupted import Interrupted, Watched

NEWEST = Keep(daily=1)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def backups(bucket: Bucket) -> Backups:
    return Backups(bucket)


def point_file(pond: Pond, number: int, folder: str = "points") -> str:
    return f"ponds/{pond.id}/{folder}/{number:020}.json"


def push_objects(pond: Pond, backups: Backups, count: int) -> None:
    """Push so many points, each with an object and a segment that the others do without."""
    for _ in range(count):
        at = pond.snapshot().txn
        with pond.transaction() as changes:
            changes.write_data("/a", LARGE + bytes([at]))
        pond.push(backups)


LOOKING: dict[str, Callable[..., bool]] = {
    "before it lists what is there": lambda name, *said: (name, *said) == ("files", "objects"),
    "while it lists": lambda name, *said: name == "files" and said[0].endswith("/points"),
    "when it has listed": lambda name, *said: (name, *said) == ("files", "segments"),
}


@pytest.mark.parametrize("moment", LOOKING)
def test_what_is_pushed_while_a_clean_up_looks_is_not_taken_for_unneeded(
    pond: Pond, backups: Backups, bucket: Bucket, moment: str
) -> None:
    push_objects(pond, backups, 1)
    looking = Interrupted(bucket, LOOKING[moment], lambda: push_objects(pond, backups, 1))
    assert Backups(looking).clean_up().waiting == 0
    assert len(backups.points()) == 2


@pytest.mark.usefixtures("a_day_passes")
def test_the_newest_point_is_found_while_others_are_deleted_in_whatever_order(
    pond: Pond, backups: Backups, bucket: Bucket
) -> None:
    push_objects(pond, backups, 3)
    newest = backups.expire(NEWEST).point
    assert backups.clean_up().waiting > 0
    bucket.write(f"ponds/{pond.id}/newest", b"1")  # of somebody whose reply took long

    def look() -> None:
        assert backups.newest(pond.id) == newest

    watched = Watched(bucket, look, backwards=True)
    assert Backups(watched).clean_up().deleted > 0
    assert watched.deleted > 3


@pytest.mark.usefixtures("a_day_passes")
def test_no_point_that_is_there_lacks_something_while_a_clean_up_deletes(
    pond: Pond, backups: Backups, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup, "_AT_ONCE", 1)
    push_objects(pond, backups, 3)
    backups.expire(NEWEST)
    backups.clean_up()
    files = Files(bucket, pond.id, shared=True)

    def look() -> None:
        for point in backups.points(pond.id):
            for each in point.segments:
                name = segment.file_of(each.sha256)
                with files.open(name) as file:
                    needed = segment.objects_in(segment.references(name, file))
                assert all(files.size(segment.object_file_of(digest)) for digest in needed)

    watched = Watched(bucket, look, backwards=False)
    assert Backups(watched).clean_up().deleted == 3 + 3 + 2  # points, segments, objects


@pytest.mark.usefixtures("a_day_passes")
def test_an_expiry_waits_until_a_clean_up_has_deleted_and_sends_again(
    pond: Pond, backups: Backups, bucket: Bucket
) -> None:
    push_objects(pond, backups, 3)
    # One that died before it made its point left a segment, which was listed since.
    point = backups.expire(NEWEST).point
    bucket.delete([point_file(pond, point.number)])
    assert backups.clean_up().waiting == 1
    [name] = [segment.file_of(each.sha256) for each in point.segments]
    bucket.write("condemned/deleting", b"")

    def delete_meanwhile(_seconds: float) -> None:
        bucket.delete([name, "condemned/deleting"])

    assert backups.expire(NEWEST, sleep=delete_meanwhile).point == point
    assert bucket.size("condemned/deleting") is None  # it has waited
    assert backups.verify(full=True).findings == ()


TAKING: dict[str, Callable[..., bool]] = {
    "before it knows who died": lambda name, *said: (
        name == "read" and said == ("condemned/deleting",)
    ),
    "before it says so": lambda name, *said: name == "create" and "after-" in said[0],
}


@pytest.fixture
def dead(tmp_path: Path) -> Folder:
    """A folder that nobody locks, in which somebody died who was deleting."""
    folder = Folder(tmp_path / "backup", durability=Durability(full=False))
    folder.write("condemned/deleting", b"of the dead")
    os.utime(folder.root / "condemned" / "deleting", (LONG_AGO, LONG_AGO))
    return folder


@pytest.mark.parametrize("moment", TAKING)
@pytest.mark.parametrize("is_done", [False, True])
def test_of_two_that_find_a_clean_up_dead_one_takes_its_place(
    dead: Folder, moment: str, *, is_done: bool
) -> None:
    with ExitStack() as stack:

        def take() -> None:
            may_go_on = stack.enter_context(condemned.deleting(dead))
            assert may_go_on()
            if is_done:
                stack.close()

        second = Interrupted(dead, TAKING[moment], take)
        if is_done and moment == "before it knows who died":
            with condemned.deleting(second) as may_go_on:
                assert may_go_on()
            return
        with (
            pytest.raises(StorageError, match="another clean-up is deleting"),
            condemned.deleting(second),
        ):
            pass


def test_nobody_takes_the_place_of_a_dead_one_while_another_one_does(dead: Folder) -> None:
    def try_too() -> None:
        with (
            pytest.raises(StorageError, match="another clean-up is deleting"),
            condemned.deleting(dead),
        ):
            pass

    saying = Interrupted(
        dead, lambda name, *said: (name, *said[:1]) == ("write", "condemned/deleting"), try_too
    )
    with condemned.deleting(saying) as may_go_on:
        assert may_go_on()


def test_one_that_died_in_the_place_of_a_dead_one_is_succeeded(dead: Folder) -> None:
    for _ in range(2):
        with ExitStack() as stack:
            stack.enter_context(condemned.deleting(dead))
            stack.pop_all()  # it is killed: nothing is put right
        for path in (dead.root / "condemned").iterdir():
            os.utime(path, (LONG_AGO, LONG_AGO))
    with condemned.deleting(dead) as may_go_on:
        assert may_go_on()
    assert [each.name for each in dead.files("condemned")] == ["condemned/clock"]


def deleted_before_reading(pond: Pond, place: Place, number: int, folder: str) -> Interrupted:
    """Return a place where a point goes between the listing and the reading of points."""
    name = point_file(pond, number, folder)
    return Interrupted(
        place, lambda call, *said: (call, *said) == ("read", name), lambda: place.delete([name])
    )


def test_a_point_that_is_not_needed_and_goes_meanwhile_is_no_damage(
    pond: Pond, backups: Backups, bucket: Bucket
) -> None:
    push_objects(pond, backups, 4)
    backups.expire(NEWEST)
    write_more(pond)
    newest = pond.push(backups).point
    assert newest.first == 5
    listing = Backups(deleted_before_reading(pond, bucket, 1, "points"))
    assert [each.number for each in listing.points(pond.id)] == [2, 3, 4, 5, 6]
    verifying = Backups(deleted_before_reading(pond, bucket, 2, "points"))
    assert verifying.verify(full=True).findings == ()
    healing = Backups(deleted_before_reading(pond, bucket, 3, "points"))
    assert pond.heal(healing).findings == ()
    expiring = Backups(deleted_before_reading(pond, bucket, 4, "points"))
    assert expiring.expire(NEWEST).point.number == 7
    assert backups.verify(full=True).findings == ()


def test_a_point_that_is_needed_and_goes_is_damage(
    pond: Pond, backups: Backups, bucket: Bucket
) -> None:
    push_objects(pond, backups, 3)
    [finding] = (
        Backups(deleted_before_reading(pond, bucket, 2, "points")).verify(full=True).findings
    )
    assert finding.what == "point missing"


def test_an_end_that_another_expiry_lets_go_meanwhile_is_no_damage(
    lived: Pond, backups: Backups, bucket: Bucket
) -> None:
    end = lived.push(backups).point
    write_more(lived, 2)
    lived.maintain(forget_before=lived.snapshot().txn)
    write_more(lived)
    lived.push(backups)
    backups.expire(NEWEST)  # which keeps the end's point until a clean-up
    Points(Files(bucket, lived.id, shared=True)).end(end)
    beside = Backups(deleted_before_reading(lived, bucket, end.number, "ends"))
    assert beside.expire(NEWEST).point.number == 3


def test_a_push_beside_a_healing_keeps_the_points_that_are_whole(
    pond: Pond, backups: Backups, bucket: Bucket, tmp_path: Path
) -> None:
    push_objects(pond, backups, 3)
    bucket.write(point_file(pond, 2), b"{}")
    adding = Interrupted(
        bucket,
        lambda call, *said: call == "create" and "/points/" in said[0],
        lambda: push_objects(pond, backups, 1),
    )
    [finding] = pond.heal(Backups(adding)).findings
    assert (finding.what, finding.where) == ("point damaged", point_file(pond, 2))
    assert sorted(name for name in files_in(bucket) if "/points/" in name) == [
        point_file(pond, number) for number in range(1, 5)
    ]
    assert pond.heal(backups).findings == ()
    backups.restore(tmp_path / "restored")
    assert shown(Pond.open(tmp_path / "restored"), 4) == shown(pond, 4)


def test_a_healing_does_not_wait_for_a_clean_up_and_what_it_sends_stays(
    pond: Pond, backups: Backups, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_objects(pond, backups, 2)
    names = [name for name in files_in(bucket) if name.startswith(("objects/", "segments/"))]
    bucket.delete(names)
    monkeypatch.setattr(
        condemned.Condemned,
        "read",
        lambda _place: condemned.Condemned(frozenset(names), datetime(2000, 1, 1, tzinfo=UTC)),
    )
    assert pond.heal(backups).findings == ()
    assert backups.clean_up().deleted == 0
    assert backups.verify(full=True).findings == ()
