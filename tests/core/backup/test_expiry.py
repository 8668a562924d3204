"""Expiry leaves the moments that are kept as they were, and spares what only others needed."""

from pathlib import Path

import pytest

from pond_core import Backups, Keep, NotFoundError, Pond, SnapshotForgottenError
from pond_core.backup import expiry, push
from pond_core.storage import Place
from tests.core.backup.histories import LARGE, TXNS, files_in, shown, write_more

NEWEST = Keep(daily=1)
"""Of moments that are all of one day."""


def keep(monkeypatch: pytest.MonkeyPatch, *txns: int) -> Keep:
    """Return what keeps these, whenever they committed."""
    monkeypatch.setattr(
        Keep, "chosen", lambda _self, found: {each for each in found if each.txn in txns}
    )
    return NEWEST


def pushed_after_each(pond: Pond, backups: Backups, count: int) -> None:
    for number in range(count):
        with pond.transaction() as changes:
            changes.write_data("/same", LARGE + bytes([number]))
            changes.write_data(f"/own-{number}", b"small")
            if number:
                changes.remove(f"/own-{number - 1}")
        pond.push(backups)


def test_only_kept_moments_can_be_restored(
    pond: Pond, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed_after_each(pond, backups, 6)
    expired = backups.expire(keep(monkeypatch, 2, 4, 6))
    assert [each.txn for each in expired.moments] == [2, 4, 6]
    assert expired.expired == 3
    for txn in (2, 4, 6):
        backups.restore(tmp_path / f"{txn}", as_of=txn)
        restored = Pond.open(tmp_path / f"{txn}")
        assert shown(restored, txn) == shown(pond, txn)
        assert restored.verify().findings == ()
    with pytest.raises(SnapshotForgottenError, match="txn 3 has expired") as caught:
        backups.restore(tmp_path / "never", as_of=3)
    assert "txn 2, 4 can be" in caught.value.hint


@pytest.mark.usefixtures("a_day_passes")
def test_what_only_expired_moments_needed_is_deleted_a_day_later(
    pond: Pond, backups: Backups, target: Place, tmp_path: Path
) -> None:
    pushed_after_each(pond, backups, 6)
    before = files_in(target)
    backups.expire(NEWEST)
    assert before.items() <= files_in(target).items()  # nothing is deleted yet
    listed = backups.clean_up()
    assert (listed.deleted, listed.waiting) == (0, 6 + 6 + 5)  # points, segments, objects
    assert before.items() <= files_in(target).items()
    assert backups.clean_up().deleted == listed.waiting
    assert len([name for name in files_in(target) if name.startswith("objects/")]) == 1
    assert backups.verify(full=True).findings == ()
    backups.restore(tmp_path / "restored")
    assert shown(Pond.open(tmp_path / "restored"), 6) == shown(pond, 6)


@pytest.mark.usefixtures("a_day_passes")
def test_a_push_goes_on_after_an_expiry(
    pond: Pond,
    backups: Backups,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pushed_after_each(pond, backups, 20)
    keep(monkeypatch, 5, 20)
    backups.expire(NEWEST)
    backups.clean_up()
    backups.clean_up()
    write_more(pond, 3)
    for _ in range(20):
        write_more(pond)
        pond.push(backups)
    assert backups.verify(full=True).findings == ()
    for txn in (5, 20, 21, 43):
        backups.restore(tmp_path / f"{txn}", as_of=txn)
        restored = Pond.open(tmp_path / f"{txn}")
        assert shown(restored, txn) == shown(pond, txn)
        assert restored.verify().findings == ()


def test_when_all_is_kept_a_point_says_that_it_was_looked_and_nothing_else_is_written(
    lived: Pond, backups: Backups, target: Place
) -> None:
    pushed = lived.push(backups).point
    before = files_in(target)
    expired = backups.expire(NEWEST)
    assert (expired.expired, expired.bytes) == (0, 0)
    assert expired.point == pushed.followed(thinned_us=pushed.ts_us)
    assert len(files_in(target)) == len(before) + 1
    before = files_in(target)
    assert backups.expire(NEWEST).point == expired.point
    assert files_in(target) == before


def test_what_has_expired_once_expires_no_more(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    write_more(lived)
    lived.push(backups)
    assert backups.expire(NEWEST).expired == 1
    before = files_in(target)
    assert backups.expire(NEWEST).expired == 0
    assert files_in(target) == before


def test_a_segment_that_keeps_most_of_its_rows_is_left_as_it_is(
    pond: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_SMALL_BYTES", 0)
    write_more(pond, 10)
    pond.push(backups)
    with pond.transaction() as changes:
        changes.remove("/more-3")
    last = pond.push(backups).point
    point = backups.expire(NEWEST).point
    assert [each.sha256 for each in point.segments] == [each.sha256 for each in last.segments]


def test_a_push_writes_nothing_anew_that_was_there_before_an_expiry(
    pond: Pond, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_SMALL_BYTES", 0)
    monkeypatch.setattr(push, "MERGED", 3)
    for _ in range(2):
        write_more(pond)
        pond.push(backups)
    before = backups.expire(NEWEST).point.segments
    assert [each.pushes for each in before] == [1, 1]
    write_more(pond)
    assert pond.push(backups).point.segments[:-1] == before


def test_what_was_removed_does_not_come_back_where_a_segment_is_left_as_it_is(
    pond: Pond, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_SMALL_BYTES", 0)
    write_more(pond, 10)
    pond.push(backups)
    with pond.transaction() as changes:
        changes.remove("/more-3")
    pond.push(backups)
    write_more(pond)
    pond.push(backups)
    for _ in range(2):
        backups.expire(NEWEST)
        write_more(pond)
        pond.push(backups)
    backups.restore(tmp_path / "restored")
    assert not Pond.open(tmp_path / "restored").snapshot().exists("/more-3")


@pytest.mark.usefixtures("a_day_passes")
def test_an_end_before_a_new_beginning_is_kept_as_long_as_one_of_its_moments_is(
    lived: Pond,
    backups: Backups,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lived.push(backups)
    expected = shown(lived, TXNS)
    write_more(lived, 3)
    lived.maintain(forget_before=TXNS + 3)
    write_more(lived)
    lived.push(backups)
    keep(monkeypatch, TXNS, TXNS + 4)
    for _ in range(2):
        backups.expire(NEWEST)
        backups.clean_up()
    backups.restore(tmp_path / "end", as_of=TXNS)
    assert shown(Pond.open(tmp_path / "end"), TXNS) == expected
    keep(monkeypatch, TXNS + 4)
    backups.expire(NEWEST)
    for _ in range(2):
        backups.clean_up()
    with pytest.raises(SnapshotForgottenError):
        backups.restore(tmp_path / "gone", as_of=TXNS)
    assert backups.verify(full=True).findings == ()


def test_an_end_stays_as_it_is_where_no_moment_expires(
    lived: Pond, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        lived.push(backups)
        write_more(lived)
    expected = shown(lived, 1)
    lived.maintain(forget_before=TXNS + 2)
    write_more(lived)
    lived.push(backups)
    keep(monkeypatch, TXNS, TXNS + 1, TXNS + 3)
    assert backups.expire(NEWEST).expired == 0
    backups.restore(tmp_path / "restored", as_of=1)  # which nobody pushed
    assert shown(Pond.open(tmp_path / "restored"), 1) == expected


@pytest.mark.usefixtures("a_day_passes")
def test_moments_that_were_pushed_before_an_end_are_kept_as_others_are(
    pond: Pond,
    backups: Backups,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(4):
        write_more(pond)
        pond.push(backups)
    expected = shown(pond, 2)
    write_more(pond, 2)
    pond.maintain(forget_before=6)
    write_more(pond)
    pond.push(backups)
    for at in range(3):
        keep(monkeypatch, 2, 7 + at)
        assert [each.txn for each in backups.expire(NEWEST).moments] == [2, 7 + at]
        for _ in range(2):
            backups.clean_up()
            assert backups.verify(full=True).findings == ()
        backups.restore(tmp_path / f"{at}", as_of=2)
        assert shown(Pond.open(tmp_path / f"{at}"), 2) == expected
        with pytest.raises(SnapshotForgottenError):
            backups.restore(tmp_path / "gone", as_of=1)
        write_more(pond)
        pond.push(backups)
    keep(monkeypatch, 10)
    assert [each.txn for each in backups.expire(NEWEST).moments] == [10]
    with pytest.raises(SnapshotForgottenError):
        backups.restore(tmp_path / "gone", as_of=2)


def test_without_a_backup_there_is_nothing_to_expire(backups: Backups) -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        backups.expire(NEWEST)
