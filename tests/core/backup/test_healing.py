"""A damaged backup is healed by the pond that it is of, as far as the pond still has it."""

from pathlib import Path

import pytest

from pond_core import Backups, CorruptionError, Keep, Pond
from pond_core.backup import segment
from pond_core.storage import Place
from tests.core.backup.histories import TXNS, files_in, shown, write_more


@pytest.fixture
def pushed(lived: Pond, backups: Backups) -> Backups:
    for _ in range(3):
        lived.push(backups)
        write_more(lived)
    lived.push(backups)
    return backups


def hurt(target: Place, name: str) -> None:
    data = target.read(name) or b"x"
    target.write(name, data[:-1] + bytes([data[-1] ^ 1]))


def test_each_file_that_is_missing_is_sent_again(
    pushed: Backups, lived: Pond, target: Place, tmp_path: Path
) -> None:
    for name in files_in(target):
        target.delete([name])
        assert not pushed.verify(full=True).ok
        assert lived.heal(pushed).findings == (), name
        assert pushed.verify(full=True).ok
    pushed.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    assert [shown(restored, txn) for txn in range(TXNS)] == [
        shown(lived, txn) for txn in range(TXNS)
    ]


def test_each_file_that_is_damaged_is_sent_again(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    for name in files_in(target):
        if target.size(name) is None:
            continue  # a point that went with one that was damaged
        hurt(target, name)
        assert lived.heal(pushed).findings == (), name


def test_everything_at_once_is_healed(pushed: Backups, lived: Pond, target: Place) -> None:
    for name in files_in(target):
        hurt(target, name)
    assert lived.heal(pushed).findings == ()
    newest = pushed.newest(lived.id)
    assert newest is not None
    assert newest.txn == lived.snapshot().txn


def test_objects_are_sent_again_also_where_the_segments_that_need_them_are_lost(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    before = files_in(target)
    target.delete([name for name in before if not name.startswith("ponds/")])
    assert lived.heal(pushed).findings == ()
    assert files_in(target) == before


def test_segments_whose_bytes_would_be_others_now_are_named_by_a_new_point(
    pushed: Backups,
    lived: Pond,
    target: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = pushed.points()[-1]
    names = [name for name in files_in(target) if not name.startswith("ponds/")]
    target.delete(names)
    monkeypatch.setattr(segment, "_LEVEL", -50)  # as another version of Arrow does
    assert lived.heal(pushed).findings == ()
    point = pushed.points()[-1]
    assert (point.number, point.first, point.txn) == (last.number + 1, last.number + 1, last.txn)
    assert point.segments != last.segments
    write_more(lived)
    assert lived.push(pushed).point.number == point.number + 1
    pushed.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    for txn in range(last.txn + 2):
        assert shown(restored, txn) == shown(lived, txn)


def test_a_segment_that_lost_rows_to_an_expiry_is_sent_with_them(
    pushed: Backups,
    lived: Pond,
    target: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        Keep, "chosen", lambda _, found: {each for each in found if each.txn in (TXNS, TXNS + 3)}
    )
    thinned = pushed.expire(Keep(daily=1)).point
    target.delete([segment.file_of(each.sha256) for each in thinned.segments])
    assert lived.heal(pushed).findings == ()
    for txn in (TXNS, TXNS + 3):
        pushed.restore(tmp_path / f"{txn}", as_of=txn)
        restored = Pond.open(tmp_path / f"{txn}")
        assert shown(restored, txn) == shown(lived, txn)
        assert restored.verify().findings == ()
    [*_, healed] = pushed.points()
    assert (healed.horizon, healed.kept) == (thinned.horizon, thinned.kept)


def test_a_segment_of_which_the_pond_has_forgotten_something_is_not_made_anew(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    point = pushed.expire(Keep(daily=1)).point
    lived.maintain(forget_before=lived.snapshot().txn)
    target.delete([segment.file_of(each.sha256) for each in point.segments])
    assert {finding.what for finding in lived.heal(pushed).findings} == {"segment missing"}
    assert pushed.points()[-1] == point


def test_the_hint_is_healed(pushed: Backups, lived: Pond, target: Place) -> None:
    hurt(target, f"ponds/{lived.id}/newest")
    assert lived.heal(pushed).findings == ()


def test_a_whole_backup_is_left_as_it_is(pushed: Backups, lived: Pond, target: Place) -> None:
    before = files_in(target)
    assert lived.heal(pushed).findings == ()
    assert files_in(target) == before


def test_what_the_pond_has_forgotten_cannot_be_healed_and_is_told(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    [oldest, *_] = pushed.points()
    lived.maintain(forget_before=lived.snapshot().txn)
    name = f"segments/{oldest.segments[0].sha256[:2]}/{oldest.segments[0].sha256}"
    target.delete([name])
    assert {finding.what for finding in lived.heal(pushed).findings} == {"segment missing"}


def test_a_thinned_backup_has_its_objects_healed(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    pushed.expire(Keep(daily=1))
    for name in files_in(target):
        if name.startswith("objects/"):
            target.delete([name])
    assert lived.heal(pushed).findings == ()


@pytest.mark.parametrize("has_point", [True, False])
def test_a_damaged_end_is_taken_from_its_point_or_goes(
    pushed: Backups, lived: Pond, target: Place, tmp_path: Path, *, has_point: bool
) -> None:
    last = lived.push(pushed).point
    write_more(lived, 2)
    lived.maintain(forget_before=lived.snapshot().txn)
    lived.push(pushed)
    name = f"ponds/{lived.id}/ends/{last.number:020}.json"
    hurt(target, name)
    if not has_point:
        target.delete([name.replace("/ends/", "/points/")])
    assert lived.heal(pushed).findings == ()
    assert (target.size(name) is not None) == has_point
    pushed.clean_up()
    if has_point:
        assert pushed.restore(tmp_path / "restored", as_of=last.txn).txn == last.txn


def test_a_damaged_list_of_what_is_to_be_deleted_goes(
    pushed: Backups, lived: Pond, target: Place
) -> None:
    pushed.expire(Keep(daily=1))
    pushed.clean_up()
    write_more(lived)
    hurt(target, "condemned/list.json")
    with pytest.raises(CorruptionError, match=r"list\.json is damaged") as caught:
        lived.push(pushed)
    assert "--repair" in caught.value.hint
    assert lived.heal(pushed).findings == ()
    assert pushed.clean_up().waiting > 0
