"""A damaged backup is told from a whole one: by sizes at once, by every byte if asked."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pond_core import Backups, Finding, NotFoundError, Pond
from pond_core.storage import Place
from tests.core.backup.histories import files_in, write_more


@pytest.fixture
def pushed(lived: Pond, backups: Backups) -> Backups:
    lived.push(backups)
    write_more(lived)
    lived.push(backups)
    return backups


def whats(findings: Sequence[Finding]) -> set[str]:
    return {finding.what for finding in findings}


def names(target: Place, kind: str) -> list[str]:
    return [name for name in files_in(target) if name.startswith(kind)]


def test_nothing_is_wrong_with_a_whole_one(pushed: Backups, target: Place) -> None:
    quick, full = pushed.verify(), pushed.verify(full=True)
    assert (quick.ok, full.ok) == (True, True)
    assert (quick.points, full.points, full.segments) == (1, 2, 2)
    assert full.objects == len(names(target, "objects"))


@pytest.mark.parametrize("kind", ["objects", "segments"])
def test_a_missing_file_is_found_at_once(pushed: Backups, target: Place, kind: str) -> None:
    target.delete(names(target, kind)[:1])
    assert whats(pushed.verify().findings) == {f"{kind.removesuffix('s')} missing"}


@pytest.mark.parametrize("kind", ["objects", "segments"])
def test_a_file_that_is_cut_short_is_found(pushed: Backups, target: Place, kind: str) -> None:
    for name, data in files_in(target).items():
        if name.startswith(kind):
            target.write(name, data[:-1])
    assert f"{kind.removesuffix('s')} damaged" in whats(pushed.verify(full=True).findings)


def test_every_flipped_byte_is_found(pushed: Backups, target: Place) -> None:
    everything = [each.name for each in target.files("") if "/" in each.name]
    assert len(everything) > len(files_in(target))  # what tells where to look, too
    for name in everything:
        data = target.read(name) or b""
        for at in range(0, len(data), max(1, len(data) // 5)):
            target.write(name, data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
            assert not pushed.verify(full=True).ok, f"{name} at {at}"
        target.write(name, data)
    assert pushed.verify(full=True).ok


def test_a_pond_is_looked_at_by_itself(
    pushed: Backups, target: Place, lived: Pond, tmp_path: Path
) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    write_more(other)
    other.push(pushed)
    [point] = pushed.points(other.id)
    target.delete([f"segments/{point.segments[0].sha256[:2]}/{point.segments[0].sha256}"])
    assert not pushed.verify(pond=other.id).ok
    assert pushed.verify(pond=lived.id).ok


def test_where_nothing_is_there_is_nothing_to_verify(backups: Backups) -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        backups.verify()
