"""A push sends what the backup lacks, whatever goes on in the pond, and nothing twice."""

import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from pond_core import (
    Backups,
    CorruptionError,
    Pond,
    PondDivergedError,
    StorageError,
)
from pond_core.backup import push as pushing
from pond_core.backup.files import Files
from pond_core.storage import Place, sha256_of
from tests.core.backup.counting import Counting
from tests.core.backup.histories import LARGE, TXNS, files_in, shown, write_history, write_more


def test_the_first_push_sends_everything(lived: Pond, backups: Backups, target: Place) -> None:
    pushed = lived.push(backups)
    assert (pushed.is_new, pushed.point.txn, pushed.point.pond) == (True, TXNS, lived.id)
    assert pushed.point.hash == lived.log(limit=1)[0].hash
    assert pushed.objects == len(list((lived.path / "objects").glob("*/*")))
    assert pushed.bytes == sum(
        len(data) for name, data in files_in(target).items() if not name.startswith("ponds/")
    )


def test_a_push_without_a_new_transaction_sends_nothing(
    lived: Pond, backups: Backups, target: Place
) -> None:
    first = lived.push(backups)
    before = files_in(target)
    again = lived.push(backups)
    assert (again.is_new, again.objects, again.bytes) == (False, 0, 0)
    assert again.point == first.point
    assert files_in(target) == before


def test_a_push_changes_no_file_that_is_there(lived: Pond, backups: Backups, target: Place) -> None:
    lived.push(backups)
    before = files_in(target)
    write_more(lived, 3)
    lived.push(backups)
    after = files_in(target)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2  # a segment and a point


def test_a_new_transaction_is_a_few_requests_whatever_the_history(
    pond: Pond, backups: Backups, target: Place
) -> None:
    counts = []
    for history in (2, 60):
        while pond.snapshot().txn < history:
            write_more(pond)
            pond.push(backups)
        before = files_in(target)
        with pond.transaction() as changes:
            changes.write_data(f"/large-{history}", LARGE + bytes([history]))
        counting = Counting(target)
        pond.push(Backups(counting))
        counts.append(counting.calls)
        assert len(files_in(target)) == len(before) + 3  # an object, a segment, a point
    assert counts[0] == counts[1]


def test_two_pushes_at_once_make_one_point(lived: Pond, backups: Backups) -> None:
    def push() -> None:
        Pond.open(lived.path, durability="process").push(backups)

    pushes = [threading.Thread(target=push) for _ in range(4)]
    for each in pushes:
        each.start()
    for each in pushes:
        each.join()
    assert [point.txn for point in backups.points()] == [TXNS]
    assert backups.verify(full=True).ok


def test_an_object_that_is_there_with_another_size_is_sent_again(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    names = [name for name in files_in(target) if not name.startswith("ponds/")]
    target.delete([each.name for each in list(target.files(f"ponds/{lived.id}"))])
    for name in names:
        if target.size(name) == len(LARGE):
            target.write(name, b"cut")
    lived.push(backups, anew=True)
    assert backups.verify(full=True).findings == ()


def test_small_segments_are_written_as_one_so_that_they_stay_few(
    pond: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MERGED", 3)
    for _ in range(30):
        write_more(pond)
        pond.push(backups)
    newest = backups.newest(pond.id)
    assert newest is not None
    assert [(each.upto - each.after, each.pushes) for each in newest.segments] == [(27, 27), (3, 3)]
    assert backups.verify(full=True).ok


def test_a_segment_that_is_large_is_not_written_again(
    pond: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MERGED", 3)
    monkeypatch.setattr(pushing, "_SEALED_BYTES", 1)
    for _ in range(9):
        write_more(pond)
        pond.push(backups)
    [*_, newest] = backups.points()
    assert len(newest.segments) == 9


def test_a_long_history_is_several_segments(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "_SEGMENT_ROWS", 1)
    pushed = lived.push(backups)
    assert [(each.after, each.upto) for each in pushed.point.segments] == [
        (txn - 1, txn) for txn in range(1, TXNS + 1)
    ]
    assert [each.pushes for each in pushed.point.segments] == [0] * (TXNS - 1) + [1]
    assert backups.verify(full=True).ok


def test_a_segment_that_is_full_is_not_written_again(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MERGED", 2)
    monkeypatch.setattr(pushing, "_SEGMENT_ROWS", 1)
    first = lived.push(backups).point.segments
    monkeypatch.setattr(pushing, "_SEGMENT_ROWS", 20_000)
    write_more(lived)
    segments = lived.push(backups).point.segments
    assert segments[: TXNS - 1] == first[:-1]
    assert [(each.after, each.pushes) for each in segments[TXNS - 1 :]] == [(TXNS - 1, 2)]


def test_what_is_sent_for_a_segment_is_limited_too(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "_STRETCH_BYTES", len(LARGE))
    point = lived.push(backups).point
    assert [(each.after, each.upto) for each in point.segments] == [(0, 1), (1, TXNS)]


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each segment take so long that it becomes a point, and be of one transaction."""
    monkeypatch.setattr(pushing, "_PART_S", 0)
    monkeypatch.setattr(pushing, "_SEGMENT_ROWS", 1)


@pytest.mark.usefixtures("slowly")
def test_a_push_that_takes_long_makes_points_as_it_goes(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    pushed = lived.push(backups, told=lambda *so_far: told.append(so_far))
    points = backups.points()
    assert [each.txn for each in points] == [*range(1, TXNS + 1)]
    assert (pushed.point, pushed.is_new) == (points[-1], True)
    assert (pushed.objects, pushed.bytes) == (pushed.point.objects, pushed.point.bytes)
    assert (told, told[-1]) == (sorted(told), (pushed.objects, pushed.bytes))
    assert backups.verify(full=True).findings == ()
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    for txn in range(TXNS + 1):
        assert shown(restored, txn) == shown(lived, txn)


@pytest.mark.usefixtures("slowly")
def test_a_push_that_took_long_and_failed_is_restored_up_to_there(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    expected = shown(lived, TXNS)
    with lived.transaction() as changes:
        changes.write_data("/later", LARGE + b"later")
    lived._objects.path(sha256_of(LARGE + b"later")).unlink()
    with pytest.raises(CorruptionError, match="missing"):
        lived.push(backups)
    assert backups.restore(tmp_path / "restored").txn == TXNS
    assert shown(Pond.open(tmp_path / "restored"), TXNS) == expected


@pytest.mark.usefixtures("slowly")
def test_points_on_the_way_are_of_more_than_the_last_one_also_where_segments_are_merged(
    pond: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MERGED", 3)
    for _ in range(9):
        write_more(pond)
        pond.push(backups)
    assert [each.txn for each in backups.points()] == [*range(1, 10)]
    assert backups.verify(full=True).findings == ()


@pytest.mark.usefixtures("slowly")
def test_points_on_the_way_are_of_what_can_be_shown(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    lived.maintain(forget_before=TXNS - 1, keep=[2])
    lived.push(backups)
    assert [each.txn for each in backups.points()] == [TXNS - 1, TXNS]
    for txn in (2, TXNS - 1, TXNS):
        backups.restore(tmp_path / f"{txn}", as_of=txn)
        assert shown(Pond.open(tmp_path / f"{txn}"), txn) == shown(lived, txn)


def test_upkeep_is_no_change(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    lived.maintain()
    assert not lived.push(backups).is_new


def test_an_empty_pond_has_a_point_too(pond: Pond, backups: Backups) -> None:
    assert pond.push(backups).point.txn == 0
    write_more(pond)
    assert pond.push(backups).point.txn == 1


def test_two_ponds_share_objects_and_nothing_else(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    lived.push(backups)
    other = Pond.init(tmp_path / "other", durability="process")
    write_history(other)
    pushed = other.push(backups)
    assert pushed.objects == 0
    assert sorted(backups.ponds()) == sorted([lived.id, other.id])
    assert [point.pond for point in backups.points(lived.id)] == [lived.id]
    assert backups.verify(full=True).ok


def test_a_pond_that_lost_transactions_is_refused(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    shutil.copytree(lived.path, tmp_path / "earlier")
    write_more(lived)
    lived.push(backups)
    with pytest.raises(PondDivergedError, match="went apart"):
        Pond.open(tmp_path / "earlier").push(backups)


def test_a_pond_with_another_history_is_refused_and_nothing_is_sent(
    lived: Pond, backups: Backups, target: Place, tmp_path: Path
) -> None:
    shutil.copytree(lived.path, tmp_path / "twin")
    write_more(lived)
    lived.push(backups)
    before = files_in(target)
    twin = Pond.open(tmp_path / "twin", durability="process")
    write_more(twin, 2)
    with pytest.raises(PondDivergedError):
        twin.push(backups)
    assert files_in(target) == before


def test_what_was_forgotten_after_it_was_pushed_stays_in_the_backup(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    lived.push(backups)
    before = [shown(lived, txn) for txn in range(TXNS + 1)]
    lived.maintain(forget_before=TXNS, keep=[1])
    write_more(lived)
    point = lived.push(backups).point
    assert (point.horizon, point.kept) == (0, ())
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    assert [shown(restored, txn) for txn in range(TXNS + 1)] == before


def test_segments_of_what_was_forgotten_since_are_not_merged_of_what_is_left(
    pond: Pond, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MERGED", 3)
    for data in (b"1", b"2"):
        with pond.transaction() as changes:
            changes.write_data("/a", data)
        pond.push(backups)
    expected = shown(pond, 1)
    pond.maintain(forget_before=2)
    write_more(pond)
    assert len(pond.push(backups).point.segments) == 3
    backups.restore(tmp_path / "restored", as_of=1)
    assert shown(Pond.open(tmp_path / "restored"), 1) == expected


def test_what_was_kept_when_it_was_pushed_stays_in_the_backup(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    before = shown(lived, 1)
    lived.maintain(forget_before=TXNS, keep=[1])
    lived.push(backups)
    lived.maintain(forget_before=TXNS)
    write_more(lived)
    point = lived.push(backups).point
    assert (point.horizon, point.kept) == (TXNS, (1,))
    backups.restore(tmp_path / "restored")
    assert shown(Pond.open(tmp_path / "restored"), 1) == before


def test_what_is_forgotten_during_a_push_is_not_promised(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.maintain(forget_before=TXNS, keep=[1, 2])

    def forget_and_write(files: Files, name: str, data: bytes) -> None:
        monkeypatch.undo()
        Pond.open(lived.path).maintain(forget_before=TXNS, keep=[2])
        files.write(name, data)

    monkeypatch.setattr(Files, "write", forget_and_write)
    assert lived.push(backups).point.kept == (2,)


def test_what_was_forgotten_before_it_was_pushed_is_a_new_beginning(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    lived.push(backups)
    for data in (b"1", b"2", b"3"):
        with lived.transaction() as changes:
            changes.write_data("/d", data)
    lived.maintain(forget_before=TXNS + 3)
    write_more(lived)
    point = lived.push(backups).point
    assert point.horizon == TXNS + 3
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    assert shown(restored, TXNS + 4) == shown(lived, TXNS + 4)
    assert restored.verify().ok


def test_a_damaged_pond_makes_no_point(lived: Pond, backups: Backups, target: Place) -> None:
    [path, *_] = (lived.path / "objects").glob("*/*")
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(CorruptionError, match="damaged"):
        lived.push(backups)
    assert backups.points() == []
    assert path.name not in str(files_in(target).keys())


def test_a_folder_that_cannot_be_is_refused_with_a_reason(lived: Pond, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="a part of the path is no directory"):
        lived.push(tmp_path / "file")


def test_a_disk_without_hard_links_will_do(
    lived: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: object, **_options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    lived.push(backups)
    assert backups.verify(full=True).ok


def test_a_push_beside_writers_and_upkeep_is_a_moment_of_the_pond(
    lived: Pond, backups: Backups, tmp_path: Path
) -> None:
    done = threading.Event()

    def live() -> None:
        pond = Pond.open(lived.path, durability="process")
        try:
            for _ in range(5):
                write_more(pond, 8)
                pond.maintain()
        finally:
            done.set()

    writer = threading.Thread(target=live)
    writer.start()
    points = []
    while not done.is_set():
        points.append(Pond.open(lived.path, durability="process").push(backups).point)
    writer.join()
    assert backups.verify(full=True).ok
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    assert shown(restored, points[-1].txn) == shown(lived, points[-1].txn)
