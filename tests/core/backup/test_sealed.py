"""Sealed backups are backups like others to whoever has the key, and nothing to anybody else."""

import hashlib
import json
from pathlib import Path

import pytest

from pond_core import Backups, CorruptionError, DataError, Keep, Pond
from pond_core.storage import Place, Sealed
from tests.core.backup.histories import LARGE, TXNS, shown, write_more

KEY = "correct horse battery staple"


@pytest.fixture
def sealed(target: Place) -> Backups:
    return Backups(target, key=KEY, durability="process")


def raw(target: Place) -> dict[str, bytes]:
    """Return what everybody sees."""
    return {each.name: target.read(each.name) or b"" for each in target.files("")}


@pytest.mark.usefixtures("a_day_passes")
def test_a_sealed_backup_is_pushed_restored_verified_thinned_and_cleaned(
    lived: Pond, sealed: Backups, target: Place, tmp_path: Path
) -> None:
    lived.push(sealed)
    write_more(lived)
    lived.push(Backups(target, key=KEY, durability="process"))
    expected = [shown(lived, txn) for txn in range(TXNS + 2)]
    other = Backups(target, key=KEY, durability="process")
    other.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored")
    assert [shown(restored, txn) for txn in range(TXNS + 2)] == expected
    assert other.verify(full=True).findings == ()
    assert other.ponds() == [lived.id]
    other.expire(Keep(daily=1))
    assert other.clean_up().waiting > 0
    assert other.clean_up().deleted > 0
    other.restore(tmp_path / "again")
    assert shown(Pond.open(tmp_path / "again"), TXNS + 1) == expected[-1]


def test_neither_names_nor_content_are_in_what_is_sent(
    lived: Pond, sealed: Backups, target: Place
) -> None:
    with lived.transaction() as changes:
        changes.write_data("/secret-name", b"secret content, only once in here")
    lived.push(sealed)
    everything = "\n".join(raw(target)).encode() + b"".join(raw(target).values())
    large = hashlib.sha256(LARGE).hexdigest()
    for word in (lived.id, "secret", "objects", "segments", "points", "restored", large, KEY):
        assert word.encode() not in everything
    assert bytes.fromhex(large) not in everything


def test_content_cannot_be_confirmed_by_sealing_it_again(
    lived: Pond, sealed: Backups, target: Place, tmp_path: Path
) -> None:
    lived.push(sealed)
    before = raw(target)
    other = Pond.init(tmp_path / "other", durability="process")
    with other.transaction() as changes:
        changes.write_data("/same", LARGE)
    assert other.push(sealed).objects == 1  # it is bound to the pond
    new = [data for name, data in raw(target).items() if name not in before]
    assert not set(new) & set(before.values())


# Sealing knows nothing of where it is kept, and the key's derivation makes each trial dear.
@pytest.mark.parametrize("target", ["folder"], indirect=True)
def test_every_flipped_byte_and_every_cut_is_found(
    lived: Pond, sealed: Backups, target: Place
) -> None:
    lived.push(sealed)
    for name, data in raw(target).items():
        if name in ("duckpond.json", "lock"):  # nothing rests on what is in them
            continue
        for at in range(0, len(data), max(1, len(data) // 7)):
            target.write(name, data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
            assert not is_sound(target), f"{name} at {at}"
        for cut in (data[:-1], data[: len(data) // 2], b""):
            target.write(name, cut)
            assert not is_sound(target), f"{name} cut"
        target.write(name, data)
    assert is_sound(target)


def is_sound(target: Place) -> bool:
    try:
        return Backups(target, key=KEY).verify(full=True).ok
    except (CorruptionError, DataError):
        return False


def test_a_file_cannot_take_the_place_of_another(
    lived: Pond, sealed: Backups, target: Place
) -> None:
    lived.push(sealed)
    place = Sealed(target, KEY)
    one, other = (place._sealed(f"some/{name}") for name in ("one", "other"))
    place.write("some/one", b"1")
    target.write(other, target.read(one) or b"")
    with pytest.raises(CorruptionError, match="not what was written under that name"):
        place.read("some/other")


def test_pieces_of_a_large_file_cannot_change_places(sealed: Backups, target: Place) -> None:
    sealed.prepare()
    place = Sealed(target, KEY)
    place.write("large", bytes(2 * 1024**2))
    name = place._sealed("large")
    data, piece = target.read(name) or b"", 1024**2 + 16
    head, first, second, last = (
        data[:20],
        data[20 : 20 + piece],
        data[20 + piece : 20 + 2 * piece],
        data[20 + 2 * piece :],
    )
    assert last == b""
    for wrong in (head + second + first, head + first, head + first + first):
        target.write(name, wrong)
        with pytest.raises(CorruptionError):
            place.read("large")


def test_without_the_key_nothing_is_read_or_written(
    lived: Pond, sealed: Backups, target: Place, tmp_path: Path
) -> None:
    lived.push(sealed)
    before = raw(target)
    plain = Backups(target)
    for act in (
        lambda: lived.push(plain),
        lambda: plain.restore(tmp_path / "restored"),
        plain.points,
        plain.verify,
    ):
        with pytest.raises(DataError, match="are sealed") as caught:
            act()
        assert "POND_BACKUP_KEY" in caught.value.hint
    assert raw(target) == before


def test_another_key_is_told_at_once(lived: Pond, sealed: Backups, target: Place) -> None:
    lived.push(sealed)
    with pytest.raises(DataError, match="the key is not the one of") as caught:
        Backups(target, key="incorrect horse battery").points()
    assert "horse" not in str(caught.value)


def test_what_is_not_sealed_cannot_be_read_with_a_key_or_sealed_later(
    lived: Pond, backups: Backups, target: Place
) -> None:
    lived.push(backups)
    before = raw(target)
    with pytest.raises(DataError, match="is not sealed"):
        lived.push(Backups(target, key=KEY))
    assert raw(target) == before


def test_a_short_key_is_refused(target: Place) -> None:
    with pytest.raises(DataError, match="less than 16 characters"):
        Backups(target, key="too short")


def test_the_key_is_not_shown(target: Place) -> None:
    assert KEY not in repr(Backups(target, key=KEY))
    assert KEY not in repr(Sealed(target, KEY))


def test_a_damaged_marker_is_told(lived: Pond, sealed: Backups, target: Place) -> None:
    lived.push(sealed)
    target.write("sealed.json", b"{}")
    with pytest.raises(CorruptionError, match=r"sealed\.json is damaged"):
        Backups(target, key=KEY).points()


@pytest.mark.parametrize("cost", [{"n": 32769}, {"n": 2**45}, {"n": 0}, {"p": -1}, {"r": 1}])
def test_a_marker_with_another_cost_is_damaged(
    lived: Pond, sealed: Backups, target: Place, cost: dict[str, int]
) -> None:
    lived.push(sealed)
    marker = json.loads(target.read("sealed.json") or b"")
    target.write("sealed.json", json.dumps(marker | cost).encode())
    with pytest.raises(CorruptionError, match=r"sealed\.json is damaged"):
        lived.push(Backups(target, key=KEY))


def test_where_the_marker_is_lost_no_other_one_is_made(
    lived: Pond, sealed: Backups, target: Place
) -> None:
    lived.push(sealed)
    marker = target.read("sealed.json") or b""
    target.delete(["sealed.json"])
    before = raw(target)
    with pytest.raises(CorruptionError, match=r"sealed\.json is missing") as caught:
        lived.push(Backups(target, key=KEY))
    assert "from a copy" in caught.value.hint
    assert raw(target) == before
    target.write("sealed.json", marker)
    assert Backups(target, key=KEY).verify(full=True).findings == ()
